"""What a verification found, and which finding is named first."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """The ways in which trail, tree, outside copies and records can disagree."""

    LEAF_MISSING = "leaf_missing"
    EVENT_MISSING = "event_missing"
    EVENT_OUTSIDE_TREE = "event_outside_tree"
    BODY_DIFFERS = "body_differs"
    LEAF_DIFFERS = "leaf_differs"
    BODY_NOT_CANONICAL = "body_not_canonical"
    COPIES_DIFFER = "copies_differ"
    UNKNOWN_TABLE = "unknown_table"
    TIME_GOES_BACK = "time_goes_back"
    HEAD_DIFFERS = "head_differs"
    CHECKPOINT_FALSE = "checkpoint_false"
    CHECKPOINT_CONTRADICTED = "checkpoint_contradicted"
    CHECKPOINT_MISSING = "checkpoint_missing"
    ANCHOR_FALSE = "anchor_false"
    TRAIL_CUT = "trail_cut"
    PAYLOAD_MISSING = "payload_missing"
    PAYLOAD_DIFFERS = "payload_differs"
    OLD_VALUE_DIFFERS = "old_value_differs"
    VERSION_REPEATED = "version_repeated"
    HISTORY_DIFFERS = "history_differs"
    ROW_DIFFERS = "row_differs"
    ROW_MISSING = "row_missing"
    ROW_WITHOUT_EVENT = "row_without_event"


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement. ``seq`` is the leaf, or the first of the leaves up to (not including) ``until``."""

    fault: Fault
    sentence: str
    seq: int | None = None
    until: int | None = None
    #: ``table id`` of the record, where the finding can point at one.
    record: str | None = None

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """What points at a record comes before what only says that something in a stretch is wrong; then by leaf."""
        return self.record is None, self.seq is None, self.seq or 0


class Findings:
    """Collects findings. However much was forged, the memory needed stays small and the first are kept."""

    KEPT = 500

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self.by_fault: Counter[str] = Counter()

    def add(
        self,
        fault: Fault,
        sentence: str,
        *,
        seq: int | None = None,
        until: int | None = None,
        record: str | None = None,
    ) -> None:
        """Keep a finding, unless very many that rank before it are kept already."""
        self.by_fault[fault] += 1
        self._kept.append(Finding(fault, sentence, seq, until, record))
        if len(self._kept) > 2 * self.KEPT:
            self._kept = list(self.in_order())

    def in_order(self) -> tuple[Finding, ...]:
        """Return those that rank first, in order."""
        return tuple(sorted(self._kept, key=lambda finding: finding.rank)[: self.KEPT])


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome of one verification. ``ok`` is all that a monitor needs; ``first`` what an inspector asks next."""

    origin: str
    at: datetime
    #: Leaves in the tree, and the root over them (hex).
    size: int
    root: str
    #: Events whose bodies were read, sealed or not.
    events: int
    #: Events not yet in the tree, and how long the oldest has waited.
    unsealed: int
    oldest_unsealed_seconds: int | None
    checkpoints: int
    anchors: int
    #: Records compared with their last event.
    rows: int
    #: Events whose old and new values were erased by a signed redaction; their leaves still stand.
    redacted: int = 0
    #: Triggers that should guard the tables and do not: a first fence only, so not a finding.
    fences_missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: How many of each kind, also beyond the ones kept.
    by_fault: dict[str, int] = field(default_factory=dict)
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether everything that can be compared agrees."""
        return not self.by_fault

    @property
    def found(self) -> int:
        """All findings, also those beyond the ones kept."""
        return sum(self.by_fault.values())

    @property
    def first(self) -> Finding | None:
        """The finding to look at first."""
        return self.findings[0] if self.findings else None

    @property
    def exit_code(self) -> int:
        """0: all agrees; 1: something does not; 2 is kept for a verification that could not be made."""
        return 0 if self.ok else 1

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values, with the verdict and the first finding spelled out."""
        plain = asdict(self)
        plain["at"] = self.at.isoformat()
        plain["fences_missing"] = list(self.fences_missing)
        plain["findings"] = [asdict(finding) for finding in self.findings]
        first = asdict(self.first) if self.first else None
        return {"ok": self.ok, "found": self.found, "first": first, **plain}
