"""Every signal of the application. Senders and receivers import only this file; each carries one fact of ``lms.facts``.

A signal is sent inside the transaction of its command by ``work.tell``; the receiver is called as
``receiver(fact, work=work)``. A receiver that fails undoes the command.
"""

from __future__ import annotations

from blinker import Namespace

_names = Namespace()

deviation_recorded = _names.signal("deviation-recorded", "A deviation was raised or imported. Fact: DeviationRecorded.")
deviation_classified = _names.signal(
    "deviation-classified", "QA classified a deviation, or accepted a good catch. Fact: DeviationClassified."
)
recurrence_confirmed = _names.signal("recurrence-confirmed", "QA confirmed a recurrence. Fact: RecurrenceConfirmed.")
bulletin_approved = _names.signal(
    "bulletin-approved", "A bulletin was approved and is taught by a module. Fact: BulletinApproved."
)
capa_extended = _names.signal("capa-extended", "The due day of an action was moved on. Fact: CapaExtended.")
capa_implemented = _names.signal("capa-implemented", "An action was noted as in place. Fact: CapaImplemented.")
capa_cancelled = _names.signal("capa-cancelled", "An action was cancelled. Fact: CapaCancelled.")
document_version_approved = _names.signal(
    "document-version-approved", "An SOP version was approved with its effective date. Fact: DocumentVersionApproved."
)
module_completed = _names.signal("module-completed", "A person completed a module. Fact: ModuleCompleted.")
assessment_failed = _names.signal(
    "assessment-failed", "An attempt at a knowledge check was closed and not passed. Fact: AssessmentFailed."
)
observation_passed = _names.signal(
    "observation-passed", "An observed run was signed as passed. Fact: ObservationPassed."
)
observation_failed = _names.signal(
    "observation-failed", "An observed run was signed as not passed. Fact: ObservationFailed."
)
review_closed = _names.signal("review-closed", "A coaching review was signed by both and closed. Fact: ReviewClosed.")
