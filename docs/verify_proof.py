"""Check the proof of one record offline: ``python verify_proof.py proof.json [--key NAME+ID+KEY]``.

Written from the specification alone: RFC 6962 (tree), C2SP tlog-checkpoint and signed-note (checkpoint), and Candor's
canonical JSON. Needs Python and the package ``cryptography``; no network, no database, nothing of Candor.

Ends with 0 if the proof holds, 1 if it does not, 2 if the file is no proof. It shows that these events are in the trail
that was signed, and that the last of them names the row as printed. It cannot show that nothing happened afterwards.
"""

# ruff: noqa: INP001, T201 - one file that is handed out alone and speaks to its reader

import base64
import hashlib
import json
import sys
import unicodedata
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class ProofFails(Exception):
    """The proof does not hold; the message says where."""


def sha256(*parts: bytes) -> bytes:
    """Hash the parts one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: object) -> bytes:
    """Write JSON canonically: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def demand(holds: object, otherwise: str) -> None:
    """Stop the check unless something holds."""
    if not holds:
        raise ProofFails(otherwise)


def signed_root(note: str, key: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a note, after checking its signature with the key."""
    name, key_id, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    demand(public[:1] == b"\x01" and len(public) == 33, "the key is no Ed25519 key")
    demand(sha256(name.encode(), b"\n", public)[:4].hex() == key_id, "the id of the key does not fit the key")
    text, _, signatures = note.partition("\n\n")
    for line in signatures.splitlines():
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\u2014" or words[1] != name:
            continue
        signature = base64.b64decode(words[2])
        if signature[:4].hex() != key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[4:], (text + "\n").encode())
        except InvalidSignature:
            raise ProofFails("the signature under the checkpoint is false") from None
        origin, size, root = text.split("\n")[:3]
        return origin, int(size), base64.b64decode(root)
    raise ProofFails("the checkpoint is not signed with this key")


def root_along(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that a leaf leads to: walk down from the root to learn the turns, then hash upwards."""
    turns = []
    start, end = 0, size
    while end - start > 1:
        half = 1
        while half * 2 < end - start:
            half *= 2
        leaf_is_left = index < start + half
        turns.append(leaf_is_left)
        start, end = (start, start + half) if leaf_is_left else (start + half, end)
    demand(len(path) == len(turns), f"the path of leaf {index} has the wrong length")
    node = leaf
    for sibling, leaf_is_left in zip(path, reversed(turns), strict=True):
        node = sha256(b"\x01", node, sibling) if leaf_is_left else sha256(b"\x01", sibling, node)
    return node


def check(proof: dict, key: str) -> None:
    """Check the whole proof and print what it shows. Raises ``ProofFails``."""
    demand(proof["format"] == "candor-proof/1", "this is no proof that can be read here")
    origin, size, root = signed_root(proof["checkpoint"], key)
    record = proof["record"]
    print(
        f"Record   {record['type']} {record['id']}\nTrail    {origin}, {size} events, root {base64.b64encode(root).decode()}"
    )
    last_seq, last_version, body = -1, 0, {}
    for event in proof["events"]:
        seq, text = event["seq"], event["body"]
        demand(last_seq < seq < size, f"leaf {seq} is out of order or outside the signed tree")
        path = [bytes.fromhex(node) for node in event["path"]]
        demand(
            root_along(sha256(b"\x00", text.encode()), seq, size, path) == root, f"leaf {seq} is not in the signed tree"
        )
        body = json.loads(text)
        demand(canonical(body) == text.encode(), f"leaf {seq} is not written canonically")
        demand((body["rtype"], body["rid"]) == (record["type"], record["id"]), f"leaf {seq} is of another record")
        demand(body["rver"] > last_version, f"leaf {seq}: version {body['rver']} after {last_version}")
        last_seq, last_version = seq, body["rver"]
        changes = "old and new values were taken away"
        if event["payload"] is not None:
            hashed = sha256(b"\x02", bytes.fromhex(event["salt"]), event["payload"].encode()).hex()
            demand(hashed == body["payload"], f"leaf {seq}: old and new values were changed")
            changes = event["payload"]
        print(
            f"Leaf {seq:>6}  {body['at']}  {body['actor']}  {body['action']}  {body['reason'] or ''}\n             {changes}"
        )
    demand(last_seq >= 0, "the proof holds no event")
    row = {name: normal(value) for name, value in proof["row"].items() if value is not None}
    demand(sha256(b"\x03", canonical(row)).hex() == body["row"], "the row is not what its last event left")
    print(f"Row      {canonical(row).decode()}\nThe proof holds, under key {key.split('+')[1]}.")


def normal(value: object) -> object:
    """Return texts in normal form C, as they are hashed."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def main(arguments: list[str]) -> int:
    """Read the file named, and the key if one is given; without it the key in the file is used and must be compared."""
    key = arguments[arguments.index("--key") + 1] if "--key" in arguments[:-1] else None
    try:
        proof = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        if key is None:
            key = proof["key"]
            print(f"The key is taken from the proof. Compare it with the one you were given on paper:\n  {key}")
        check(proof, key)
    except ProofFails as failure:
        print(f"The proof does not hold: {failure}.")
        return 1
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        print(f"This is no proof of a record: {error!r}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
