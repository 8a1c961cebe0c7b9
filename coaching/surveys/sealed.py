"""The survey's own way to its database: answers sealed on arrival, releases published, keys destroyed.

No trail, no listener, no log line and no mail tells that somebody answered. What the trail must know of a release is
recorded first, by the ``record`` that the caller hands in; what a crash leaves undone after that, the next release completes.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import SQLAlchemyError

from coaching.surveys import queries, server_secrets
from coaching.surveys.instrument import Answers, Instrument, shipped
from coaching.surveys.models import SurveyKey, SurveyRelease, SurveySealed, SurveyTicket
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Release, Row, as_cell, as_row, name_of, reliability_row
from coaching.surveys.release import ReleaseCase, ReleasePlan, Scope, TeamMonth, plan_release
from coaching.surveys.sealing import Opened, SealedAnswer, UnlockedKey, open_boxes, pseudonym, rehearse, seal, unlock
from lms.refusals import NotAllowed
from lms.unit_of_work import transaction
from lms.web.times import show_day

#: So many boxes are deleted by one statement.
_CHUNK: Final = 500
_running = threading.Lock()


# -- answering ----------------------------------------------------------------------------------------------------------


def submit(person_id: UUID | None, review_id: UUID, answers: Answers, *, at: datetime) -> None:
    """Seal one answer and use its ticket, in one transaction. All nulls is an answer too: that of somebody who skipped.

    A second answer to the same review is thrown away without a word, so that nothing tells the first from the second.
    Raises ``NotFound`` for somebody else's review and ``NotAllowed`` after the window.
    """
    asked = queries.own_sheet(person_id, review_id)
    if not asked.is_open(at):
        raise NotAllowed(f"Answers to this review were taken until {show_day(asked.until)}.")
    quarter = asked.month.quarter
    key, secret = queries.key_of(quarter), server_secrets.pseudonym_secret(_data_dir(), quarter)
    if key is None or not key.is_untouched or key.retired or secret is None or asked.team_id is None:
        raise NotAllowed(
            "Answers cannot be sealed at present. Nothing was kept; your survey custodian is the one to ask."
        )
    ticket_says = queries.ticket_of(asked)
    if ticket_says is None:
        return
    answer = SealedAnswer(
        ticket_says.instrument.code, asked.team_id, asked.month, pseudonym(secret, asked.person_id), answers
    )
    box = seal(answer, key.public_key)
    try:
        with transaction("survey") as connection:
            ticket = (
                update(SurveyTicket)
                .where(
                    SurveyTicket.review_id == review_id,
                    SurveyTicket.user_id == asked.person_id,
                    SurveyTicket.used.is_(False),
                )
                .values(used=True)
            )
            if connection.execute(ticket).rowcount == 1:
                row = {"id": secrets.token_bytes(16), "quarter": str(quarter), "box": box}
                connection.execute(insert(SurveySealed).values(row))
    except SQLAlchemyError:
        # Not passed on: its text, which would end up in a log, names the person and the moment.
        raise NotAllowed(
            "Your answer could not be kept just now, and nothing was stored. Press Finish again."
        ) from None


# -- releasing ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What a release did. Counts below five are not told (None)."""

    month: Month
    rows: tuple[Row, ...]
    #: ``Site, Team: instrument`` of those who were asked and are too few so far; empty at the end of a quarter, when
    #: nobody waits.
    waiting: tuple[str, ...]
    #: Answers that went into the figures, at least: a multiple of five.
    counted: int | None
    straight_lines: int | None
    #: Whether answers were destroyed unread by anyone because the whole network had too few.
    too_few: bool
    #: Rows that the trail knows and a restored backup had lost.
    put_back: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a release would do, without any score: how many figures, who would wait, and whether answers would be lost.

    It tells nothing that the release would not tell; no answer arrives any more when it may be taken.
    """

    month: Month
    figures: int
    waiting: tuple[str, ...]
    too_few: bool


def look_with_file(month: Month, file: str, passphrase: str, *, on: date, record: Callable[[Month], object]) -> Look:
    """Open the custodian's key file in memory and say what a release of the month would do. Nothing is published or deleted.

    ``record`` writes into the trail that the answers were opened. Raises ``NotAllowed`` as the release would.
    """
    with _one_at_a_time():
        planned = _planned(month, unlock(file, passphrase), on)
        record(month)
        return Look(month, len(planned.rows), planned.waiting, planned.plan.too_few)


def release_with_file(
    month: Month, file: str, passphrase: str, *, on: date, record: Callable[[Release], object]
) -> ReleaseReport:
    """Open the custodian's key file in memory and release a month with it. Raises ``NotAllowed`` if it may not be."""
    with _one_at_a_time():
        return _release(month, unlock(file, passphrase), on, record)


def release_month(month: Month, key: UnlockedKey, *, on: date, record: Callable[[Release], object]) -> ReleaseReport:
    """Release a month with an unlocked key. ``record`` writes the release into the trail and commits it.

    Call it outside a unit of work. The same month may be released again: nothing is published twice.

    Raises:
        NotAllowed: the key is not the registered one, answers may still come, or a secret of the server is missing.
    """
    with _one_at_a_time():
        return _release(month, key, on, record)


def rehearse_with_file(file: str, passphrase: str, *, record: Callable[[Quarter], object]) -> Quarter:
    """Prove that sealing works here and that a key file opens and is the registered one; return its quarter.

    No answer is opened. ``record`` writes the rehearsal into the trail. Raises ``NotAllowed`` for another key, a wrong
    passphrase, or a server that has lost its own secrets of the quarter.
    """
    with _one_at_a_time():
        rehearse()
        key = unlock(file, passphrase)
        _registered(key)
        _server_secrets(key.quarter)
        record(key.quarter)
        return key.quarter


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # a key file may ask for a gigabyte while it is opened
    if not _running.acquire(blocking=False):
        raise NotAllowed("A release is running. Wait until it has ended, then try again.")
    try:
        yield
    finally:
        _running.release()


@dataclass(frozen=True, slots=True)
class _Planned:
    """A release worked out in memory, before anything of it is written."""

    plan: ReleasePlan
    opened: Opened
    rows: tuple[Row, ...]
    instruments: Mapping[int, Instrument]
    waiting: tuple[str, ...]
    events: list[queries.EventRow]
    #: Rows that the trail knows and the release table has not.
    missing: tuple[Row, ...]


def _planned(month: Month, key: UnlockedKey, on: date) -> _Planned:
    state = _checked_key(month, key, on)
    secret, round_key = _server_secrets(month.quarter)
    events, stored = queries.release_events(), {name_of(row): row for row in queries.stored_rows()}
    recorded = {name_of(row): row for event in events for row in event.rows}
    known = {**stored, **recorded}
    opened = open_boxes(queries.boxes(month.quarter), key)
    rosters, instruments = queries.rosters(month), shipped()
    plan = plan_release(
        ReleaseCase(
            month=month,
            answers=opened.answers,
            rosters=rosters,
            people=frozenset(pseudonym(secret, person) for person in queries.people_asked(month.quarter)),
            instruments=instruments,
            round_key=round_key,
            released=tuple(as_cell(row) for row in known.values()),
            closed=state.retired or any(event.month == month.quarter.last_month for event in events),
        )
    )
    site_of: dict[UUID | None, UUID] = {roster.team: roster.site for roster in rosters}
    rows = tuple(as_row(cell, instruments[cell.instrument], site_of.get(cell.place), on) for cell in plan.cells)
    waiting = _waiting(month, rosters, {**known, **{name_of(row): row for row in rows}})
    missing = tuple(row for name, row in recorded.items() if name not in stored)
    return _Planned(plan, opened, rows, instruments, waiting, events, missing)


def _release(month: Month, key: UnlockedKey, on: date, record: Callable[[Release], object]) -> ReleaseReport:
    planned = _planned(month, key, on)
    plan, rows = planned.plan, planned.rows
    release = Release(
        number=len(planned.events) + 1,
        month=month,
        on=on,
        rows=rows,
        opened=plan.counted,
        straight_lines=plan.straight_lines,
        too_few=plan.too_few,
        reliability=tuple(
            reliability_row(planned.instruments[code], found) for code, found in plan.reliability.items()
        ),
    )
    if rows or month not in {event.month for event in planned.events}:
        record(release)
    boxes = plan.delete | _hopeless(month, planned.opened)
    _publish([*planned.missing, *rows], boxes, month.quarter if month.ends_quarter else None)
    return ReleaseReport(
        month,
        rows,
        planned.waiting,
        plan.counted,
        plan.straight_lines,
        plan.too_few,
        len(planned.missing),
    )


def _checked_key(month: Month, key: UnlockedKey, on: date) -> queries.KeyState:
    if key.quarter != month.quarter:
        raise NotAllowed(
            f"This is the key of {key.quarter}; {month} needs the key of {month.quarter}.", field="key_file"
        )
    state = _registered(key)
    if on < month.releasable_from:
        raise NotAllowed(
            f"Answers for {month} may still arrive. Release it from {show_day(month.releasable_from)} on.",
            field="month",
        )
    return state


def _registered(key: UnlockedKey) -> queries.KeyState:
    quarter = key.quarter
    state = queries.key_of(quarter)
    if state is not None and state.given_up_on is not None:
        raise NotAllowed(
            f"The answers of {quarter} were given up on {show_day(state.given_up_on)} and are destroyed.",
            field="key_file",
        )
    if state is None or key.public_key != state.public_key:
        raise NotAllowed(
            f"This is not the key that was registered for {quarter}; nothing was opened.", field="key_file"
        )
    if not state.is_untouched:
        raise NotAllowed(
            f"The key of {quarter} in the survey database is not the registered one. Nothing was opened; tell QA."
        )
    return state


def _server_secrets(quarter: Quarter) -> tuple[bytes, bytes]:
    secret = server_secrets.pseudonym_secret(_data_dir(), quarter)
    if secret is None:
        raise NotAllowed(f"The server's secret of {quarter} is not there any more: nobody can count its persons.")
    round_key = server_secrets.rounding_key(_data_dir())
    if round_key is None:
        raise NotAllowed(
            f"The rounding key is missing from the data folder. Put the file {server_secrets.ROUNDING} back, then release."
        )
    return secret, round_key


def _hopeless(month: Month, opened: Opened) -> frozenset[bytes]:
    # kept until the quarter ends: until then a wrong restore may still be undone
    return opened.unreadable if month.ends_quarter else frozenset()


def _waiting(month: Month, rosters: tuple[TeamMonth, ...], known: Mapping[Any, Row]) -> tuple[str, ...]:
    if month.ends_quarter:
        return ()
    covered: dict[tuple[str, int], str] = {}
    for row in known.values():
        if row["scope"] == Scope.TEAM:
            series = row["team_id"], row["instrument"]
            covered[series] = max(row["last_month"], covered.get(series, ""))
    waiting = {
        (roster.team, code)
        for roster in rosters
        for code, people in roster.asked.items()
        if people and str(roster.month) > covered.get((str(roster.team), code), "")
    }
    return tuple(queries.names_of_waiting(waiting))


def _publish(rows: list[Row], boxes: frozenset[bytes], closes: Quarter | None) -> None:
    with transaction("survey") as connection:
        if rows:
            connection.execute(insert(SurveyRelease), [_values(row) for row in rows])
        ids = sorted(boxes)
        for start in range(0, len(ids), _CHUNK):
            connection.execute(delete(SurveySealed).where(SurveySealed.id.in_(ids[start : start + _CHUNK])))
        if closes is not None:
            connection.execute(update(SurveyKey).where(SurveyKey.quarter == str(closes)).values(retired=True))


def _values(row: Row) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if name != "hash"}
    for name in ("team_id", "site_id"):
        values[name] = UUID(values[name]) if values[name] else None
    values["released_on"] = date.fromisoformat(values["released_on"])
    return values


# -- destroying -----------------------------------------------------------------------------------------------------------


def destroy_key(quarter: Quarter, *, on: date, record: Callable[[], object], unreleased: bool = False) -> None:
    """Destroy the server's half of a quarter: the pseudonym secret, what is left in boxes, and the used tickets.

    Boxes in old backups then open for nobody who has not the custodian's file, and count for nobody. ``unreleased`` gives
    answers up whose release was never made. Raises ``NotAllowed`` before thirty days after the quarter.
    """
    state = queries.key_of(quarter)
    if state is None:
        raise NotAllowed(f"There is no key of {quarter}.", field="quarter")
    if on < quarter.destroyable_from:
        raise NotAllowed(f"The key of {quarter} is kept until {show_day(quarter.destroyable_from)}.", field="quarter")
    if not state.retired and not unreleased:
        raise NotAllowed(
            f"{quarter.last_month} was not released yet. Release it first, so that its answers count.", field="quarter"
        )
    record()
    _forget(quarter)


def give_up(quarter: Quarter, *, record: Callable[[], object]) -> None:
    """Destroy unread what was sealed to a key that is lost or was seen by others, with the server's half of the quarter.

    ``record`` writes the signed act into the trail and commits it; it refuses where there is nothing to give up. May be
    called again after a crash.
    """
    record()
    _forget(quarter)


def _forget(quarter: Quarter) -> None:
    # the secret first: after a crash here the boxes count for nobody, and the key still shows that it is not closed
    server_secrets.destroy(_data_dir(), quarter)
    months = [str(month) for month in queries.months_of(quarter)]
    with transaction("survey") as connection:
        connection.execute(delete(SurveySealed).where(SurveySealed.quarter == str(quarter)))
        connection.execute(delete(SurveyTicket).where(SurveyTicket.month.in_(months)))
        connection.execute(update(SurveyKey).where(SurveyKey.quarter == str(quarter)).values(retired=True))


def _data_dir() -> Any:  # noqa: ANN401 - Flask's configuration is untyped
    return current_app.config["SETTINGS"].data_dir
