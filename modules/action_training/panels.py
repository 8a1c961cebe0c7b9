"""What training puts on the pages of actions and deviations: n of N, the evidence, and a warning about retraining alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from lms.capas.queries import CapaRow
from lms.capas.rules import Kind, State
from lms.permissions import Actor, Permission
from lms.web.slots import Panel
from modules.action_training import rules
from modules.action_training.forms import ConfirmForm
from modules.action_training.queries import training_of_action


def capa_panels(*, viewer: Actor, capa: CapaRow) -> Iterable[Panel]:
    """Show on an open action that is training who has completed it, and let its owner confirm; later, where the list is."""
    if capa.kind != Kind.TRAINING:
        return
    manages = viewer.may(Permission.CAPA_MANAGE, capa.site_id)
    facts = training_of_action(capa.id) if capa.state == State.OPEN else None
    values: dict[str, Any] = {"manages": manages, "t": facts, "puts_in_place": True}
    if facts is not None:
        progress = rules.progress_of(facts.trainees)
        values |= {
            "progress": progress,
            "evidence": rules.evidence_of(facts.module, facts.trainees) if progress.complete else "",
            "form": ConfirmForm(None),
            # whoever owns the action without overseeing people sees how many, not who
            "names": manages or viewer.may(Permission.PEOPLE_SEE, facts.site_id),
        }
    yield Panel(_("Training"), "modules/_action_training.html", values, order=20)


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Offer QA to ask for training as an action."""
    if viewer.may(Permission.CAPA_MANAGE):
        values = {"deviation_id": deviation_id}
        yield Panel(_("Training as an action"), "modules/_deviation_training.html", values, order=11)
