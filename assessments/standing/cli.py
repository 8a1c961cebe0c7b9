"""``candor may``: was a person qualified for a task at a site at a moment."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import func, select

from assessments.qualifications.rules import Decision, decide
from assessments.standing.exports import as_file
from assessments.standing.queries import Case, Worker, case_of, find_person
from assessments.training.moments import read_moment
from assessments.training.queries import tasks
from assessments.words import answer_of, reason_of
from lms import clock
from lms.cli import echo_json
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.web.times import show_moment

#: People of one name who are listed; of more than these the employee number has to be looked up anyway.
MOST_LISTED = 10


@click.command("may")
@click.argument("person")
@click.argument("task")
@click.argument("site")
@click.option(
    "--at", "at_text", default="", help="Moment, such as 2026-03-14T14:10; the site's clock unless it says more."
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer with its evidence as JSON.")
def may(person: str, task: str, site: str, at_text: str, *, as_json: bool) -> None:
    """Answer whether PERSON (employee number, user name or name) may do TASK (code) alone at SITE (code).

    Ends with exit code 1 if the answer is no.
    """
    place = db.session.execute(
        select(Site.id, Site.zone).where(func.lower(Site.code) == site.lower()).order_by(Site.code != site)
    ).first()
    if place is None:
        raise NotAllowed(f"There is no site {site}.")
    worker = _the_one_called(person)
    task_id = next((row.id for row in tasks() if row.code.lower() == task.lower()), None)
    if task_id is None:
        raise NotAllowed(f"There is no task {task}.")
    now = clock.now()
    at = read_moment(at_text, place.zone) if at_text else now
    if at > now:
        raise NotAllowed("This moment lies in the future. Ask about now, or about a moment that has been.")
    case = case_of(worker.person_id, task_id, place.id, at, now=now)
    decision = decide(case.facts, at, known_until=now)
    if as_json:
        echo_json(as_file(case, decision))
    else:
        _say(case, decision, at, place.zone, now=not at_text)
    if not decision.allowed:
        raise SystemExit(1)


def _say(case: Case, decision: Decision, at: datetime, zone: str, *, now: bool) -> None:
    click.echo(answer_of(decision, name=case.worker.name, task=case.task.title, site=case.worker.site_name, now=now))
    click.echo(f"{show_moment(at, zone)}: {reason_of(decision)}")
    if decision.until is not None:
        click.echo(f"Runs until {show_moment(decision.until, zone)}.")
    for m in decision.evidence.modules:
        done = f"v{m.completion.number}, {show_moment(m.completion.completed_at, zone)}" if m.completion else "–"
        click.echo(f"  {m.module.sop} v{m.version.number} in force; completed: {done}")
    for run in decision.evidence.runs:
        verdict = "passed" if run.passed else "not passed"
        click.echo(f"  run {show_moment(run.observed_at, zone)}: {verdict}, observed by {run.assessor}")
    for event in decision.later:
        click.echo(f"  later, {show_moment(event.at, zone)}: {event.what.replace('_', ' ')} {event.name}")


def _the_one_called(person: str) -> Worker:
    found = find_person(Actor.system("command line"), person)
    if not found:
        raise NotAllowed(f"Nobody is called {person}. Give the employee number, the user name or the family name.")
    if len(found) > 1:
        known = "; ".join(f"{worker.name}, {worker.employee_no}, {worker.site_name}" for worker in found[:MOST_LISTED])
        more = f"; and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
        raise NotAllowed(f"{len(found)} people are called {person}: {known}{more}. Give the employee number.")
    return found[0]
