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
from coaching.surveys.instrument import Answers, shipped
from coaching.surveys.models import SurveyKey, SurveyRelease, SurveySealed, SurveyTicket
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Release, Row, as_cell, as_row, name_of, reliability_row
from coaching.surveys.release import K_FLOOR, ReleaseCase, Scope, TeamMonth, plan_release
from coaching.surveys.sealing import Opened, SealedAnswer, UnlockedKey, open_boxes, pseudonym, seal, unlock
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
    #: ``Site, Team`` of those who were asked and are too few so far; empty at the end of a quarter, when nobody waits.
    waiting: tuple[str, ...]
    opened: int | None
    straight_lines: int | None
    #: Whether answers were destroyed unread by anyone because the whole network had too few.
    too_few: bool
    #: Rows that the trail knows and a restored backup had lost.
    put_back: int


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


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # a key file may ask for a gigabyte while it is opened
    if not _running.acquire(blocking=False):
        raise NotAllowed("A release is running. Wait until it has ended, then try again.")
    try:
        yield
    finally:
        _running.release()


def _release(month: Month, key: UnlockedKey, on: date, record: Callable[[Release], object]) -> ReleaseReport:
    state = _checked_key(month, key, on)
    secret, round_key = _server_secrets(month.quarter)
    events, stored = queries.release_events(), queries.stored_rows()
    recorded = {name_of(row): row for event in events for row in event.rows}
    opened = open_boxes(queries.boxes(month.quarter), key)
    rosters, instruments = queries.rosters(month), shipped()
    known = {**{name_of(row): row for row in stored}, **recorded}
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
    release = Release(
        number=len(events) + 1,
        month=month,
        on=on,
        rows=rows,
        opened=plan.opened if plan.opened >= K_FLOOR else None,
        straight_lines=plan.straight_lines,
        too_few=plan.too_few,
        reliability=tuple(reliability_row(instruments[code], found) for code, found in plan.reliability.items()),
    )
    if rows or month not in {event.month for event in events}:
        record(release)
    missing = [row for name, row in recorded.items() if name not in {name_of(row) for row in stored}]
    _publish([*missing, *rows], plan.delete | _hopeless(month, opened), month.quarter if month.ends_quarter else None)
    return ReleaseReport(
        month,
        rows,
        _waiting(month, rosters, {**known, **{name_of(row): row for row in rows}}),
        release.opened,
        plan.straight_lines,
        plan.too_few,
        len(missing),
    )


def _checked_key(month: Month, key: UnlockedKey, on: date) -> queries.KeyState:
    if key.quarter != month.quarter:
        raise NotAllowed(
            f"This is the key of {key.quarter}; {month} needs the key of {month.quarter}.", field="key_file"
        )
    state = queries.key_of(month.quarter)
    if state is None or key.public_key != state.public_key:
        raise NotAllowed(
            f"This is not the key that was registered for {month.quarter}; nothing was opened.", field="key_file"
        )
    if not state.is_untouched:
        raise NotAllowed(
            f"The key of {month.quarter} in the survey database is not the registered one. Nothing was opened; tell QA."
        )
    if on < month.releasable_from:
        raise NotAllowed(
            f"Answers for {month} may still arrive. Release it from {show_day(month.releasable_from)} on.",
            field="month",
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
    covered: dict[str, str] = {}
    for row in known.values():
        if row["scope"] == Scope.TEAM:
            covered[row["team_id"]] = max(row["last_month"], covered.get(row["team_id"], ""))
    waiting = {r.team for r in rosters if r.asked and str(r.month) > covered.get(str(r.team), "")}
    return tuple(queries.team_names(waiting))


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
    months = [str(month) for month in queries.months_of(quarter)]
    with transaction("survey") as connection:
        connection.execute(delete(SurveySealed).where(SurveySealed.quarter == str(quarter)))
        connection.execute(delete(SurveyTicket).where(SurveyTicket.month.in_(months)))
        connection.execute(update(SurveyKey).where(SurveyKey.quarter == str(quarter)).values(retired=True))
    server_secrets.destroy(_data_dir(), quarter)


def _data_dir() -> Any:  # noqa: ANN401 - Flask's configuration is untyped
    return current_app.config["SETTINGS"].data_dir
