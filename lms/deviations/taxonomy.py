"""The core taxonomy: codes that are the same at every site, and what follows from a detection channel.

An imported study network brings codes of its own (``Network.taxonomy``), which are kept as they came. The words for the
codes are in ``words.py``; a record keeps the code, so that a change of wording changes no record.
"""

from __future__ import annotations

from collections.abc import Mapping

#: ``Network.taxonomy`` of a network that uses the codes below.
CORE = "core"

#: Steps of the autologous process, in the order of the work.
PROCESS_STEPS = (
    "receipt",
    "thaw",
    "wash_selection",
    "activation",
    "transduction",
    "expansion",
    "sampling",
    "harvest",
    "formulation",
    "fill_finish",
    "cryopreservation",
    "labelling",
    "qc_test",
    "em_cleaning",
    "gowning",
    "documentation",
    "release",
    "shipping",
)
CATEGORIES = (
    "documentation",
    "material",
    "equipment",
    "facility_em",
    "aseptic_technique",
    "procedure_execution",
    "labelling_identity",
    "test_oos",
    "computerised_system",
    "transport_temperature",
    "planning_handoff",
)
ROOT_CAUSE_CLASSES = (
    "method",
    "equipment",
    "material",
    "environment",
    "measurement",
    "organisation",
    "training",
    "design",
    "human",
    "not_determined",
)
KINDS = ("good_catch", "event", "deviation", "nonconformance", "oos", "excursion", "complaint")
SEVERITIES = ("minor", "major", "critical")
#: Raised by the performer or a colleague: these move with the willingness to speak up.
SELF_REPORTED = frozenset({"performer", "peer"})
#: Found whoever wants it found or not: these move with what went wrong.
INDEPENDENT = frozenset({"in_process_control", "batch_record_review", "qc_em_result", "alarm", "audit", "clinical"})
#: ``supervisor`` is neither: it depends on who looks and on who tells.
DETECTION_CHANNELS = (
    "performer",
    "peer",
    "supervisor",
    "in_process_control",
    "batch_record_review",
    "qc_em_result",
    "alarm",
    "audit",
    "clinical",
)

#: What became of the batch because of it. Of an autologous product, a rejected one may be the patient's only one.
BATCH_DISPOSITIONS = (
    "not_affected",
    "released",
    "released_under_exception",
    "rejected",
    "terminated",
    "remanufacture",
    "pending",
)

#: Field of a deviation -> its allowed codes in the core taxonomy.
CODES: Mapping[str, tuple[str, ...]] = {
    "process_step": PROCESS_STEPS,
    "category": CATEGORIES,
    "root_cause_class": ROOT_CAUSE_CLASSES,
    "kind": KINDS,
    "severity": SEVERITIES,
    "detection_channel": DETECTION_CHANNELS,
    "batch_disposition": BATCH_DISPOSITIONS,
}


def is_self_reported(detection_channel: str) -> bool:
    """Whether a deviation found this way counts as self-reported."""
    return detection_channel in SELF_REPORTED


def is_known(taxonomy: str, field: str, code: str) -> bool:
    """Whether a code may stand in a field. A study's own taxonomy takes any code that is not empty."""
    return code in CODES[field] if taxonomy == CORE else bool(code)
