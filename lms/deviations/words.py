"""The words people read for the codes of the taxonomy and for the states of a deviation."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "process_step": {
        "receipt": _l("Collection and receipt"),
        "thaw": _l("Thaw"),
        "wash_selection": _l("Wash and selection"),
        "activation": _l("Activation"),
        "transduction": _l("Transduction or electroporation"),
        "expansion": _l("Expansion and feed"),
        "sampling": _l("Sampling"),
        "harvest": _l("Harvest"),
        "formulation": _l("Formulation"),
        "fill_finish": _l("Fill and finish"),
        "cryopreservation": _l("Cryopreservation"),
        "labelling": _l("Label and chain of identity"),
        "qc_test": _l("QC test"),
        "em_cleaning": _l("Environmental monitoring and cleaning"),
        "gowning": _l("Gowning and transfer"),
        "documentation": _l("Documentation"),
        "release": _l("Release"),
        "shipping": _l("Shipping and infusion hand-off"),
    },
    "category": {
        "documentation": _l("Documentation"),
        "material": _l("Material"),
        "equipment": _l("Equipment"),
        "facility_em": _l("Facility and environment"),
        "aseptic_technique": _l("Aseptic technique"),
        "procedure_execution": _l("Procedure execution"),
        "labelling_identity": _l("Labelling and identity"),
        "test_oos": _l("Test, out of specification"),
        "computerised_system": _l("Computerised system"),
        "transport_temperature": _l("Transport and temperature"),
        "planning_handoff": _l("Planning and hand-off"),
    },
    "root_cause_class": {
        "method": _l("Method or procedure"),
        "equipment": _l("Equipment"),
        "material": _l("Material"),
        "environment": _l("Environment"),
        "measurement": _l("Measurement"),
        "organisation": _l("Organisation and planning"),
        "training": _l("Training and qualification"),
        "design": _l("Design or automation"),
        "human": _l("Human performance"),
        "not_determined": _l("Not determined"),
    },
    "kind": {
        "good_catch": _l("Good catch"),
        "event": _l("Event"),
        "deviation": _l("Deviation"),
        "nonconformance": _l("Nonconformance"),
        "oos": _l("Out of specification"),
        "excursion": _l("Excursion"),
        "complaint": _l("Complaint"),
    },
    "severity": {"minor": _l("Minor"), "major": _l("Major"), "critical": _l("Critical")},
    "detection_channel": {
        "performer": _l("The performer spoke up"),
        "peer": _l("A colleague spoke up"),
        "supervisor": _l("Supervisor"),
        "in_process_control": _l("In-process control"),
        "batch_record_review": _l("Batch record review"),
        "qc_em_result": _l("QC or monitoring result"),
        "alarm": _l("Automatic alarm"),
        "audit": _l("Audit or inspection"),
        "clinical": _l("Clinical site or patient"),
    },
    "deviation_state": {
        "reported": _l("Reported"),
        "triaged": _l("Triaged"),
        "closed": _l("Closed"),
        "rejected_duplicate": _l("Same event, already recorded"),
    },
    "notification": {
        "deviation_answered": _l("QA answered %(number)s: %(answer)s"),
        "deviation_triaged": _l("QA classified %(number)s. Thank you for speaking up."),
        "deviation_duplicate": _l("QA found that %(number)s was recorded already as %(other)s"),
    },
}
