"""The tree of the trail, against the definition of RFC 6962 and its published answers."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.audit.canonical import leaf_hash
from lms.audit.tree import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    root,
    spans,
    subtree_of,
    verify_consistency,
    verify_inclusion,
)

#: The eight leaves of the reference tests of Certificate Transparency, and the roots of the first n of them.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
SIZES = st.integers(0, 150)


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 §2.1, word for word, over hashed leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def some_leaves(size: int, start: int = 0) -> list[bytes]:
    return [leaf_hash(f"event {number}".encode()) for number in range(start, start + size)]


@pytest.mark.parametrize(("size", "expected"), CT_ROOTS.items())
def test_the_published_roots_of_the_reference_leaves(size: int, expected: str) -> None:
    assert root(leaf_hash(leaf) for leaf in CT_LEAVES[:size]).hex() == expected


@given(SIZES)
def test_appending_one_by_one_gives_the_root_of_the_definition(size: int) -> None:
    leaves = some_leaves(size)
    assert root(leaves) == naive_root(leaves)


@given(SIZES, SIZES)
def test_a_range_that_was_stored_and_read_goes_on_as_if_it_never_stopped(first: int, more: int) -> None:
    leaves = some_leaves(first + more)
    before = CompactRange().extend(leaves[:first])
    after = CompactRange.load(before.size, before.dump()).extend(leaves[first:])
    assert after.root() == naive_root(leaves)
    assert len(after.hashes) <= 64
    assert [naive_root(leaves[start:end]) for start, end in spans(after.size)] == after.hashes


@pytest.mark.parametrize(("size", "data"), [(1, b""), (2, b"x" * 64), (3, b"x" * 63), (0, b"x" * 32), (-1, b"")])
def test_a_stored_range_that_does_not_fit_its_size_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(ValueError, match="do not make a tree"):
        CompactRange.load(size, data)


@given(st.integers(1, 150), st.data())
def test_every_leaf_is_proven_and_no_other_passes_for_it(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    whole = naive_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtree_of(leaves))
    assert len(proof) <= size.bit_length()
    assert verify_inclusion(leaves[index], index, size, proof, whole)
    assert not verify_inclusion(leaf_hash(b"forged"), index, size, proof, whole)
    assert not verify_inclusion(leaves[index], index, size, [*proof, whole], whole)
    assert not verify_inclusion(leaves[index], size, size, proof, whole)
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert not verify_inclusion(leaves[index], other, size, proof, whole)
    if proof:
        changed = data.draw(st.integers(0, len(proof) - 1))
        proof[changed] = leaf_hash(b"forged")
        assert not verify_inclusion(leaves[index], index, size, proof, whole)


@given(SIZES, SIZES, st.data())
def test_a_tree_that_grew_proves_it_and_one_that_was_rewritten_cannot(old: int, more: int, data: st.DataObject) -> None:
    leaves = some_leaves(old + more)
    new = old + more
    old_root, new_root = naive_root(leaves[:old]), naive_root(leaves)
    proof = consistency_proof(old, new, subtree_of(leaves))
    assert verify_consistency(old, new, old_root, new_root, proof)
    if old:
        rewritten = [*some_leaves(1, start=9_000), *leaves[1:]]
        forged = consistency_proof(old, new, subtree_of(rewritten))
        assert not verify_consistency(old, new, old_root, naive_root(rewritten), forged)
    if proof:
        changed = data.draw(st.integers(0, len(proof) - 1))
        proof[changed] = leaf_hash(b"forged")
        assert not verify_consistency(old, new, old_root, new_root, proof)


def test_what_lies_outside_the_tree_has_no_proof() -> None:
    subtree = subtree_of(some_leaves(5))
    with pytest.raises(ValueError, match="leaf 5"):
        inclusion_proof(5, 5, subtree)
    with pytest.raises(ValueError, match="does not continue"):
        consistency_proof(6, 5, subtree)
    assert not verify_consistency(6, 5, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not verify_consistency(3, 5, EMPTY_ROOT, EMPTY_ROOT, [])
