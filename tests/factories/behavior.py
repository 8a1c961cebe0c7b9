"""A history of teams for the metrics: batches, recurrences, commitments and released climate, quarter by quarter.

Deviations, batches and commitments come by the application's own commands at simulated moments; released climate is put
into the release table as the custodian's release leaves it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from behavior_metrics.frames.quarters import Quarter
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview
from coaching.reviews.rules import Agreed
from coaching.surveys.models import SurveyRelease
from coaching.triggers import commands as triggers
from lms import clock
from lms.deviations import commands
from lms.deviations.models import Deviation
from lms.exposure import commands as exposure
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Role
from lms.recurrences import commands as recurrences
from lms.recurrences.models import Recurrence
from lms.unit_of_work import Replay, replay, transaction
from tests.factories.people import Someone, a_site, a_team, someone

_numbers = count(1)


def quarter(back: int) -> Quarter:
    """Return the quarter so many before the one going on."""
    return Quarter(Quarter.of(clock.now().date()).index - back)


def moment(of: Quarter, day: int = 10, hour: int = 9) -> datetime:
    """Return a moment on a day of a quarter, counted from 0."""
    return datetime.combine(of.first_day + timedelta(days=day), time(hour), UTC)


@dataclass
class Historian:
    """Writes history inside one unit of work. Moments of one site's deviations must go forward."""

    qa: Someone
    day: Replay

    def batches(self, site: Site, team: Team | None, of: Quarter, number: int) -> None:
        """Start batches in a quarter."""
        for step in range(number):
            self.day.run(
                exposure.record_batch,
                self.qa.actor,
                moment(of, step),
                "test",
                site_id=site.id,
                number=f"B-{next(_numbers):05d}",
                product="CAR-T A",
                started_on=of.first_day + timedelta(days=step),
                team_id=team.id if team else None,
            )

    def deviation(
        self,
        site: Site,
        team: Team | None,
        at: datetime,
        *,
        channel: str = "qc_em_result",
        severity: str = "minor",
        kind: str = "deviation",
        step: str = "transduction",
        hours_late: float = 1,
        triaged: bool = True,
    ) -> UUID:
        """Record and classify something that happened at a moment; it repeats the last of its step at the site."""
        recorded = at + timedelta(hours=hours_late)
        raised = self.day.run(
            commands.raise_deviation,
            self.qa.actor,
            recorded,
            "test",
            site_id=site.id,
            description=f"Event {next(_numbers)}",
            occurred_at=at,
            late_reason="found at review" if hours_late > 24 else "",
            kind=kind,
            detection_channel=channel,
            team_id=team.id if team else None,
        )
        if triaged:
            self.day.run(
                commands.triage_deviation,
                self.qa.actor,
                recorded,
                "test",
                raised.id,
                version=raised.version,
                process_step=step,
                category="procedure_execution",
                root_cause_class="method",
                kind=kind,
                detection_channel=channel,
                severity=severity,
                severity_rationale="as found",
                team_id=team.id if team else None,
                batch_id=None,
            )
        return raised.id

    def classify(self, deviation_id: UUID, at: datetime, *, step: str, channel: str) -> None:
        """Classify what waits, as nobody's team's."""
        self.day.run(
            commands.triage_deviation,
            self.qa.actor,
            at,
            "test",
            deviation_id,
            version=db.session.get_one(Deviation, deviation_id).version,
            process_step=step,
            category="procedure_execution",
            root_cause_class="method",
            kind="deviation",
            detection_channel=channel,
            severity="major",
            severity_rationale="as found",
            team_id=None,
            batch_id=None,
        )

    def decide(self, deviation_id: UUID, decision: str = "confirmed") -> None:
        """Decide on the match of a deviation with the one before."""
        match = db.session.scalars(select(Recurrence).where(Recurrence.deviation_id == deviation_id)).one()
        recorded = db.session.get_one(Deviation, deviation_id).recorded_at
        self.day.run(
            recurrences.decide_recurrence,
            self.qa.signing_at(recorded),
            recorded,
            "test",
            match.id,
            version=match.version,
            decision=decision,
            reason="the same again",
        )

    def recurrence(self, site: Site, team: Team | None, at: datetime, **values: object) -> UUID:
        """Record a deviation that QA confirms as the same one again."""
        found = self.deviation(site, team, at, **values)  # type: ignore[arg-type]
        self.decide(found)
        return found

    def commitments(self, coach: Someone, operator: Someone, at: datetime, *, kept: int, late: int, open_: int) -> None:
        """Hold and close a review whose commitments fell due ten days later, each with its fate."""
        due = at.date() + timedelta(days=10)
        total = kept + late + open_
        proposal = self.day.run(triggers.propose_routine_review, coach.actor, at, "", coachee_id=operator.person.id)
        review = self.day.run(triggers.accept_proposal, coach.actor, at, "", proposal.id)
        self.day.run(reviews.write_own_account, operator.actor, at, "", review.id, own_account="SECRET account.")
        self.day.run(
            reviews.hold_review,
            coach.actor,
            at,
            "",
            review.id,
            coach_account="You stopped.",
            barrier="",
            support_owed="",
            support_due_on=None,
            commitments=[Agreed(f"SECRET text {number}", "initials", due) for number in range(total)],
            follow_up_on=at.date() + timedelta(days=30),
        )
        self.day.run(reviews.agree_to_review, operator.signing_at(at), at, "", review.id, version=review.version)
        self.day.run(reviews.close_review, coach.signing_at(at), at, "", review.id, version=review.version)
        self._verify(coach, review, kept=kept, late=late)

    def _verify(self, coach: Someone, review: CoachingReview, *, kept: int, late: int) -> None:
        from coaching.commitments.models import Commitment

        found = db.session.scalars(
            select(Commitment).where(Commitment.review_id == review.id).order_by(Commitment.position)
        )
        for commitment in list(found)[: kept + late]:
            days = 0 if commitment.position <= kept else 2
            done = commitment.due_on + timedelta(days=days)
            self.day.run(
                reviews.verify_commitment,
                coach.actor,
                datetime.combine(done, time(9), UTC),
                "",
                commitment.id,
                review_id=review.id,
                state="kept",
                done_on=done,
                evidence="initials of the second person",
            )


@contextmanager
def history(qa: Someone) -> Iterator[Historian]:
    """Open a unit of work in which history is written."""
    with replay() as day:
        yield Historian(qa, day)


def qa_of_the_network(site: Site) -> Someone:
    """Return somebody of quality assurance who answers for every site."""
    return someone(Role.QA, site, everywhere=True, name="Ana Ferreira")


def release_climate(
    of: Quarter,
    score: float,
    *,
    team: Team | None = None,
    site: Site | None = None,
    month: int = 2,
    band: str = "5-9",
    instrument: str = "voice-climate 1",
) -> None:
    """Put a released cell of one month (0 to 2) of a quarter: of a team, or of a site's or the network's small teams."""
    first = of.first_day
    name = f"{first.year}-{first.month + month:02d}"
    scope = "team" if team else "site-small-teams" if site else "network-small-teams"
    place = team.id if team else site.id if site else None
    with transaction("survey") as connection:
        connection.execute(
            insert(SurveyRelease).values(
                cell=f"{scope}:{place}" if place else scope,
                instrument_version=instrument,
                first_month=name,
                last_month=name,
                scope=scope,
                team_id=team.id if team else None,
                site_id=team.site_id if team else site.id if site else None,
                instrument=1,
                n_band=band,
                score=f"{score:.4f}",
                response=None,
                released_on=of.last_day + timedelta(days=10),
            )
        )


def a_life(qa: Someone, *codes: str, zones: Sequence[str] = ("UTC",)) -> None:
    """Write two years of sites: many batches, recurrences in every quarter, some late, some without a team."""
    placed = [(site := a_site(code, zones[at % len(zones)]), a_team(site, "Blue")) for at, code in enumerate(codes)]
    with history(qa) as past:
        for site, team in placed:
            for back in range(8, 0, -1):
                past.batches(site, team, quarter(back), 6)
                past.deviation(site, team, moment(quarter(back), 1), step="harvest")
                for number in range(1 + back % 3):
                    past.recurrence(
                        site,
                        team if number else None,
                        moment(quarter(back), 20 + number),
                        channel=("performer", "qc_em_result")[number % 2],
                        hours_late=30.0 if back % 4 == 0 else 2.0,
                        severity=("minor", "major")[back % 2],
                        step="harvest",
                    )


def qa_after_a_life(codes: Sequence[str], zones: Sequence[str] = ("UTC",)) -> Someone:
    """Return quality assurance of the network, at the first of the sites that have a life behind them."""
    qa = qa_of_the_network(a_site(codes[0], zones[0]))
    a_life(qa, *codes, zones=zones)
    return qa


def a_network_with_an_answer(qa: Someone) -> list[Team]:
    """Write eight sites, twelve teams and seven quarters, in which a better climate comes before fewer recurrences found.

    It passes the gate with little to spare; self-reports rise with the climate.
    """
    sites = [a_site(f"S{number:02d}", ("Europe/Berlin", "Asia/Tokyo")[number % 2]) for number in range(8)]
    teams = [a_team(site, name) for number, site in enumerate(sites) for name in ("Blue", "Red")[: 2 - number // 4]]
    climate = {
        (team.id, back): 4.0 + 0.75 * ((3 * number + 5 * back) % 4)
        for number, team in enumerate(teams)
        for back in range(2, 8)
    }
    for (team_id, back), score in climate.items():
        release_climate(quarter(back), score, team=next(team for team in teams if team.id == team_id))
    site_of = {team.id: next(site for site in sites if site.id == team.site_id) for team in teams}
    with history(qa) as past:
        for site in sites:
            past.deviation(site, None, moment(quarter(7), 80))
        for back in range(6, 0, -1):
            for number, team in enumerate(teams):
                site, before = site_of[team.id], climate[team.id, back + 1]
                past.batches(site, team, quarter(back), 3)
                # at best one, at worst two, and a chance of its own for each team-quarter
                found = (2 if before < 4.5 else 1 if before < 6 else 0) + (number + back) % 5 // 4
                spoken = 1 if before > 4.5 or (number + 2 * back) % 3 == 0 else 0
                for step in range(found + spoken):
                    channel = "qc_em_result" if step < found else "performer"
                    past.recurrence(site, team, moment(quarter(back), 3 + number, 1 + 2 * step), channel=channel)
    return teams


def qa_with_an_answer() -> Someone:
    """Return quality assurance of a network with an answer."""
    qa = qa_of_the_network(a_site("S00", "Europe/Berlin"))
    a_network_with_an_answer(qa)
    return qa


def opened(browser: Any) -> Any:
    """Open the room's figures in a browser's session, as its reader does by a button."""
    assert browser.post("/behavior/figures").status_code == 303
    return browser


def the_network_of_story_7(qa: Someone) -> None:
    """Write twelve sites of one team, eight climate quarters with 88 of 96 cells released, and nine quarters of deviations.

    Each climate quarter is paired with the next. A better climate comes before more self-reports and fewer recurrences
    that are found without anybody speaking up.
    """
    sites = [a_site(f"S{number:02d}", "Europe/Berlin") for number in range(12)]
    teams = [a_team(site, "Blue") for site in sites]
    climate = {
        (number, back): 4.0 + 0.75 * ((3 * number + 5 * back + back * back // 3) % 4)
        for number in range(12)
        for back in range(2, 10)
    }
    for (number, back), score in climate.items():
        if (number + 12 * back) % 13:
            release_climate(quarter(back), score, team=teams[number])
    with history(qa) as past:
        for site in sites:
            past.deviation(site, None, moment(quarter(9), 1))
        for site, team in zip(sites, teams, strict=True):
            past.batches(site, team, quarter(9), 4)
        for back in range(8, 0, -1):
            for number, (site, team) in enumerate(zip(sites, teams, strict=True)):
                before = climate[number, back + 1]
                past.batches(site, team, quarter(back), 4)
                found = (2 if before < 4.5 else 1 if before < 6 else 0) + (number + back) % 5 // 4
                spoken = 2 if before > 6 else 1 if before > 4.5 or (number + 2 * back) % 3 == 0 else 0
                for step in range(found + spoken):
                    channel = "qc_em_result" if step < found else "performer"
                    past.recurrence(site, team, moment(quarter(back), 3 + number, 1 + 2 * step), channel=channel)
