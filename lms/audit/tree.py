"""The tree over the trail: hashes, compact range, inclusion and consistency proofs (RFC 6962 §2.1, RFC 9162 §2.1.3-4).

Leaves are hashed by ``lms.audit.canonical.leaf_hash``; here a leaf is its 32 bytes already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

HASH_SIZE = 32
#: Root of a tree without leaves: SHA-256 of nothing.
EMPTY_ROOT = hashlib.sha256().digest()

#: The root of the leaves from ``start`` up to, not including, ``end``: all that a proof needs.
Subtree = Callable[[int, int], bytes]


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """All that appending needs: the roots of the perfect subtrees, left to right, one per bit set in the size."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count() or any(len(h) != HASH_SIZE for h in hashes):
            message = f"{len(hashes)} hashes do not make a tree of {size} leaves"
            raise ValueError(message)
        self.size = size
        self.hashes = list(hashes)

    @classmethod
    def load(cls, size: int, data: bytes) -> CompactRange:
        """Return the range that ``dump`` wrote. Raises ``ValueError`` if the bytes do not fit the size."""
        return cls(size, [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)])

    def dump(self) -> bytes:
        """Return the hashes one after the other: 32 bytes for each, at most 64 of them."""
        return b"".join(self.hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf at the right."""
        node, carry = leaf, self.size
        while carry & 1:
            node = node_hash(self.hashes.pop(), node)
            carry >>= 1
        self.hashes.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> CompactRange:
        """Add leaves at the right and return this range."""
        for leaf in leaves:
            self.append(leaf)
        return self

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over all leaves."""
    return CompactRange().extend(leaves).root()


def spans(size: int) -> Iterator[tuple[int, int]]:
    """Yield which leaves each hash of a compact range covers, as (start, end)."""
    start = 0
    for bit in reversed(range(size.bit_length())):
        if size & (1 << bit):
            yield start, start + (1 << bit)
            start += 1 << bit


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """Return the subtree function of leaves held in memory."""

    @cache
    def subtree(start: int, end: int) -> bytes:
        return root(leaves[start:end])

    return subtree


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the path from leaf ``index`` to the root of ``size`` leaves. Raises ``ValueError`` for a leaf outside."""
    if not 0 <= index < size:
        message = f"leaf {index} is not in a tree of {size}"
        raise ValueError(message)

    def path(start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*path(start, middle), subtree(middle, end)]
        return [*path(middle, end), subtree(start, middle)]

    return path(0, size)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether ``leaf`` is number ``index`` of the tree with that size and root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, fn, sn = leaf, index, size - 1
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == expected_root


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the first ``old`` leaves of a tree of ``new`` are the older tree. Raises ``ValueError``."""
    if not 0 <= old <= new:
        message = f"a tree of {new} does not continue one of {old}"
        raise ValueError(message)

    def part(start: int, end: int, *, known: bool) -> list[bytes]:
        if old == end:
            return [] if known else [subtree(start, end)]
        middle = start + _split(end - start)
        if old <= middle:
            return [*part(start, middle, known=known), subtree(middle, end)]
        return [*part(middle, end, known=False), subtree(start, middle)]

    return part(0, new, known=True) if 0 < old < new else []


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree (new, new_root) continues the tree (old, old_root) (RFC 9162 §2.1.4.2)."""
    if not 0 < old < new:
        trivial = (old == new and old_root == new_root) or (old == 0 <= new and old_root == EMPTY_ROOT)
        return trivial and not proof
    path = list(proof)
    if old & (old - 1) == 0:  # the older tree is a subtree of the new one, so its root was left out of the proof
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    older = newer = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            older, newer = node_hash(node, older), node_hash(node, newer)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            newer = node_hash(newer, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and older == old_root and newer == new_root


def _split(size: int) -> int:
    """Return the largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
