"""What signed notes say about the tree: the checkpoints of the database, and copies of them kept outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select

from lms.audit.checkpoint import BadNote, PublicKey, verify_note
from lms.audit.models import AuditCheckpoint
from lms.audit.report import Fault, Findings
from lms.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class Claim:
    """One note's word on a size: who says it, and which root."""

    source: str
    root: bytes
    outside: bool


@dataclass
class Claims:
    """All notes that one of our keys signed, by the size they were signed over."""

    found: Findings
    keys: list[PublicKey]
    by_size: dict[int, list[Claim]] = field(default_factory=dict)
    checkpoints: int = 0
    anchors: int = 0

    def read_checkpoints(self, connection: Connection) -> None:
        """Take in the checkpoints of the database; name those that are not ours."""
        statement = select(AuditCheckpoint.size, AuditCheckpoint.note).order_by(AuditCheckpoint.size)
        for size, note in connection.execute(statement):
            self.checkpoints += 1
            try:
                signed = verify_note(note, self.keys)
            except BadNote as bad:
                self.found.add(Fault.CHECKPOINT_FALSE, f"Checkpoint {size}: {bad}", until=size)
                continue
            if signed.size != size:
                sentence = f"Checkpoint {size} holds a note over {signed.size} leaves."
                self.found.add(Fault.CHECKPOINT_FALSE, sentence, until=size)
            self._claim(signed.size, Claim(f"checkpoint {signed.size}", signed.root, outside=False))

    def read_anchors(self, folder: Path) -> None:
        """Take in the notes kept outside, one a file. Each must still stand among the checkpoints, too.

        Raises ``NotAllowed`` if there is no such folder.
        """
        if not folder.is_dir():
            raise NotAllowed(f"{folder} is not a folder: name one that holds the notes kept outside, one a file.")
        kept = set(self.by_size)
        for path in sorted(file for file in folder.iterdir() if file.is_file()):
            self.anchors += 1
            try:
                signed = verify_note(path.read_text(encoding="utf-8"), self.keys)
            except (BadNote, UnicodeDecodeError) as bad:
                self.found.add(Fault.ANCHOR_FALSE, f"The outside copy {path.name} cannot be used: {bad}")
                continue
            self._claim(signed.size, Claim(f"the outside copy {path.name}", signed.root, outside=True))
            if signed.size not in kept:
                sentence = f"The checkpoint over {signed.size} leaves is gone; the outside copy {path.name} shows it."
                self.found.add(Fault.CHECKPOINT_MISSING, sentence, until=signed.size)

    def settle(self, size: int, root: bytes) -> bool:
        """Whether the first ``size`` leaves, which have this root, stand beyond doubt: every note over them agrees.

        Where copies from outside are at hand, only those settle anything: whoever has the key can sign the others.
        """
        claims = self.by_size.get(size, [])
        return all(c.root == root for c in claims) and any(c.outside or not self.anchors for c in claims)

    def _claim(self, size: int, claim: Claim) -> None:
        self.by_size.setdefault(size, []).append(claim)
