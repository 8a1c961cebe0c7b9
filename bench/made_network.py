"""A small network for measuring when there is no demonstration: made by the application's own commands."""

from __future__ import annotations

from datetime import timedelta

from assessments.items.commands import import_quiz
from assessments.items.quiz_file import read_quiz
from config import ROOT
from lms import clock
from lms.deviations.commands import raise_deviation
from lms.permissions import Role
from lms.unit_of_work import run
from lms.web.times import local_day
from modules.assignments.commands import assign_module
from modules.documents.commands import approve_document_version, draft_document_version, send_to_review
from modules.library.commands import create_module
from tests.factories.people import INSTALLER, Someone, a_site, a_team, someone

WHY = "measuring"
SECTIONS = 12
REPORTS = 40
_TEXT = (
    "Read the label aloud, compare the identifiers with the batch record and let the second person do the same. "
    "Whoever finds a difference stops, leaves everything where it is and calls the shift lead. "
    "Write down what was seen and when, in your own words, before the work goes on.\n"
)


def make_network(operators: int) -> None:
    """Make two sites, a person of each role, operators, an SOP with its module assigned to all of them, and reports."""
    home, other = a_site("AAA"), a_site("BBB", "America/New_York")
    people = {role: someone(role, home) for role in Role if role is not Role.QA}
    qa = someone(Role.QA, home, everywhere=True)
    team = a_team(home)
    crew = [
        someone(Role.OPERATOR, home if number % 4 else other, team=team if number % 4 else None)
        for number in range(operators)
    ]
    _train(people[Role.TRAINER], qa, crew)
    for number in range(REPORTS):
        reporter = crew[number % len(crew)]
        run(
            raise_deviation,
            reporter.actor,
            WHY,
            site_id=reporter.person.site_id,
            description=f"Label of bag {number + 1} was smudged; both persons read it again.",
            occurred_at=clock.now() - timedelta(hours=1),
        )


def _train(author: Someone, qa: Someone, crew: list[Someone]) -> None:
    source = "".join(f"## {number} Step {number}\n\n{_TEXT * 3}\n" for number in range(1, SECTIONS + 1))
    draft = run(draft_document_version, author.actor, WHY, code="SOP-BENCH-1", title="Checking a label", source=source)
    sent = run(send_to_review, author.actor, WHY, draft.id)
    today = local_day(clock.now(), qa.actor.zone)
    run(
        approve_document_version, qa.signing, WHY, sent.id, version=sent.version, sha256=sent.sha256, effective_on=today
    )
    module = run(
        create_module, author.actor, WHY, code="MOD-BENCH-1", title="Checking a label", document_id=sent.document_id
    )
    text = (ROOT / "assessments/demonstration/items/SOP-CT-001.toml").read_text(encoding="utf-8")
    run(import_quiz, author.actor, WHY, read_quiz(text.replace("MOD-CT-001", "MOD-BENCH-1")))
    ids = [one.person.id for one in crew]
    run(assign_module, INSTALLER, WHY, module.id, ids, due_on=today + timedelta(days=14))
