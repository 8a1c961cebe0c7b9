"""What the training of an action does when something happens to the action, or when somebody completes a module."""

from __future__ import annotations

from sqlalchemy import select

from lms.capas.models import Capa
from lms.extensions import db
from lms.facts import CapaCancelled, CapaExtended, CapaImplemented, ModuleCompleted
from lms.unit_of_work import Work
from modules.action_training import rules
from modules.action_training.commands import move_due_day, take_out_who_is_gone, tell_if_complete, withdraw_training
from modules.action_training.models import ActionTraining
from modules.action_training.queries import trainees_of, trainings_waiting_for


def on_module_completed(fact: ModuleCompleted, *, work: Work) -> None:
    """Tell the owner of an action when the last of those it asks has completed its module."""
    for training_id in trainings_waiting_for(fact.person_id, fact.module_id):
        training = db.session.get_one(ActionTraining, training_id)
        take_out_who_is_gone(work, training)
        tell_if_complete(work, training)


def on_capa_implemented(fact: CapaImplemented, *, work: Work) -> None:
    """Refuse to call an action in place while its training is not completed by everybody who is counted."""
    training = db.session.scalar(select(ActionTraining).where(ActionTraining.capa_id == fact.capa_id))
    if training is not None:
        trainees = trainees_of(training.id, training.module_id, training.asked_at, "UTC")
        rules.check_complete(db.session.get_one(Capa, fact.capa_id).number, rules.progress_of(trainees))


def on_capa_cancelled(fact: CapaCancelled, *, work: Work) -> None:
    """Withdraw what is still open of the action's training, with the reason."""
    withdraw_training(work, fact.capa_id, f"{fact.number} was cancelled: {fact.reason}")


def on_capa_extended(fact: CapaExtended, *, work: Work) -> None:
    """Let the training be due with its action."""
    move_due_day(fact.capa_id, fact.due_on)
