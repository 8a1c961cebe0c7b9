"""The rules of training: which version holds, who needs what, when it is due, how long it counts, in which order it is done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.refusals import NotAllowed, NotFound
from modules.assignments import rules as days
from modules.assignments.rules import Held
from modules.curricula.rules import Audience, Line, Requirement, RoleHeld, required_modules
from modules.documents.rules import (
    Standing,
    VersionDates,
    begins_at,
    check_can_be_approved,
    check_can_be_reviewed,
    check_next_number,
    effective_at,
    state_at,
)
from modules.library.rules import PartText, TaughtVersion, coming_versions, effective_versions, parts_for, statement
from modules.study import rules as studying
from modules.study.rules import Part, ToRead

BERLIN = "Europe/Berlin"


def number(n: int) -> UUID:
    return UUID(int=n)


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def version(n: int, effective: str, approved: str, state: str = "approved") -> VersionDates:
    return VersionDates(number(n), n, state, at(approved), date.fromisoformat(effective))


# -- which version holds -------------------------------------------------------------------------------------------------


def test_versions_go_from_approved_to_effective_to_superseded_by_their_days_alone() -> None:
    versions = [version(1, "2026-01-10", "2026-01-01"), version(2, "2026-06-01", "2026-05-01")]
    draft = VersionDates(number(3), 3, "draft", None, None)
    told = {}
    for day in ("2025-12-01", "2026-01-05", "2026-01-10", "2026-05-20", "2026-06-01"):
        standing = state_at([*versions, draft], at(day), BERLIN)
        told[day] = [standing[number(n)].value for n in (1, 2, 3)]
    assert told == {
        "2025-12-01": ["in_review", "in_review", "draft"],
        "2026-01-05": ["approved", "in_review", "draft"],
        "2026-01-10": ["effective", "in_review", "draft"],
        "2026-05-20": ["effective", "approved", "draft"],
        "2026-06-01": ["superseded", "effective", "draft"],
    }


def test_a_version_holds_from_each_sites_midnight_also_on_the_day_of_a_clock_change() -> None:
    day = date(2026, 3, 29)
    approved = at("2026-03-01")
    assert begins_at(approved, day, "Europe/Berlin") == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert begins_at(approved, day, "America/Los_Angeles") == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert begins_at(approved, date(2026, 3, 30), "Europe/Berlin") == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_a_version_never_holds_before_it_was_approved() -> None:
    same_day = VersionDates(number(1), 1, "approved", at("2026-01-10", 14), date(2026, 1, 10))
    assert effective_at([same_day], at("2026-01-10", 10), BERLIN) is None
    assert effective_at([same_day], at("2026-01-10", 14), BERLIN) == same_day
    assert begins_at(at("2026-01-10", 14), date(2026, 1, 10), BERLIN) == at("2026-01-10", 14)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 400), min_size=1, max_size=6, unique=True), st.integers(-10, 500))
def test_at_any_moment_at_most_one_version_holds_and_it_is_the_newest_that_began(offsets: list[int], day: int) -> None:
    first = date(2026, 1, 1)
    versions = [
        version(n, (first + timedelta(days=offset)).isoformat(), "2025-12-01")
        for n, offset in enumerate(sorted(offsets), 1)
    ]
    standing = state_at(versions, at("2026-01-01") + timedelta(days=day), BERLIN)
    holding = [v for v in versions if standing[v.id] is Standing.EFFECTIVE]
    assert len(holding) <= 1
    assert all(standing[v.id] is not Standing.SUPERSEDED or v.number < holding[0].number for v in versions)


AUTHOR, EDITOR, APPROVER = number(1), number(2), number(3)


def approving(**changed: object) -> None:
    values: dict[str, object] = {
        "state": "in_review",
        "number": 2,
        "writers": [AUTHOR, EDITOR],
        "approver": APPROVER,
        "effective_on": date(2026, 2, 1),
        "today": date(2026, 1, 15),
        "last_effective_on": date(2026, 1, 1),
    }
    check_can_be_approved(**{**values, **changed})  # type: ignore[arg-type]


def test_somebody_who_did_not_write_it_approves_a_version_for_a_day_to_come() -> None:
    approving()
    approving(effective_on=date(2026, 1, 15))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"approver": AUTHOR}, "Nobody approves"),
        ({"approver": EDITOR}, "Nobody approves"),
        ({"approver": None}, "Nobody approves"),
        ({"state": "draft"}, "not in review"),
        ({"state": "approved"}, "not in review"),
        ({"effective_on": date(2026, 1, 14)}, "14-Jan-2026 is past"),
        ({"last_effective_on": date(2026, 2, 1)}, "choose a later day"),
    ],
)
def test_everybody_and_everything_else_is_refused(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        approving(**changed)


def test_a_second_version_says_what_changed_before_it_goes_to_review() -> None:
    check_can_be_reviewed(state="draft", number=1, source="x", change_summary="")
    with pytest.raises(NotAllowed, match="Say what changed"):
        check_can_be_reviewed(state="draft", number=2, source="x", change_summary=" ")
    with pytest.raises(NotAllowed, match="no text"):
        check_can_be_reviewed(state="draft", number=1, source=" ", change_summary="")


def test_numbers_only_rise_and_one_version_is_written_at_a_time() -> None:
    check_next_number(3, [1, 2], None)
    with pytest.raises(NotAllowed, match="newest version is 2"):
        check_next_number(2, [1, 2], None)
    with pytest.raises(NotAllowed, match="Version 2 is still being written"):
        check_next_number(3, [1, 2], 2)


# -- modules -----------------------------------------------------------------------------------------------------------


def taught(n: int, effective: str, approved: str = "2026-01-01") -> TaughtVersion:
    return TaughtVersion(number(n), number(100), number(1000 + n), n, at(approved), date.fromisoformat(effective))


def test_the_version_taught_is_the_one_that_holds_and_the_next_one_is_known() -> None:
    versions = [taught(1, "2026-01-10"), taught(2, "2026-03-01"), taught(3, "2026-05-01", "2026-04-01")]
    now = at("2026-02-01")
    assert effective_versions(versions, now, BERLIN)[number(100)].number == 1
    assert coming_versions(versions, now, BERLIN)[number(100)].number == 2


def test_the_risk_of_a_change_decides_the_evidence_and_words_are_kept() -> None:
    words = [PartText("sign_off", "Sign here", "I will."), PartText("knowledge_check", "Five questions")]
    assert [part.kind for part in parts_for("read", words)] == ["reading", "sign_off"]
    assert [part.title for part in parts_for("quiz", words)] == ["Read the SOP", "Five questions", "Sign here"]
    assert parts_for("observed", ())[1].kind == "knowledge_check"


def test_the_sentence_names_the_version_unless_the_trainer_wrote_another() -> None:
    usual = statement("", code="SOP-1", title="T", number=6, effective_on=date(2026, 12, 7))
    assert usual == "I have read and understood version 6 of SOP-1, T, and will work to it from 07-Dec-2026."
    assert statement("My words.", code="SOP-1", title="T", number=6, effective_on=None) == "My words."


# -- who needs what ------------------------------------------------------------------------------------------------------

HERE, THERE = number(11), number(12)
FOREVER = (date(2020, 1, 1), None)
LINE = Line(number(1), number(100), 14, 12, *FOREVER)


def needs(roles: list[RoleHeld], audiences: list[Audience], lines: list[Line], on: str = "2026-06-01") -> list[UUID]:
    return [r.module_id for r in required_modules(roles, HERE, audiences, lines, date.fromisoformat(on))]


@pytest.mark.parametrize(
    ("role_site", "audience_site", "needed"),
    [
        (HERE, HERE, True),
        (HERE, None, True),
        (HERE, THERE, False),
        (None, HERE, True),
        (None, THERE, False),
        (THERE, THERE, True),
    ],
)
def test_a_curriculum_reaches_the_role_at_its_site(
    role_site: UUID | None, audience_site: UUID | None, *, needed: bool
) -> None:
    roles = [RoleHeld("operator", role_site, *FOREVER)]
    assert bool(needs(roles, [Audience(number(1), "operator", audience_site, *FOREVER)], [LINE])) is needed
    assert needs(roles, [Audience(number(1), "coach", audience_site, *FOREVER)], [LINE]) == []


@pytest.mark.parametrize(
    ("on", "needed"), [("2026-02-28", False), ("2026-03-01", True), ("2026-03-31", True), ("2026-04-01", False)]
)
@pytest.mark.parametrize("which", ["role", "audience", "line"])
def test_days_are_kept_on_every_edge(which: str, on: str, *, needed: bool) -> None:
    march = (date(2026, 3, 1), date(2026, 4, 1))
    role = RoleHeld("operator", HERE, *(march if which == "role" else FOREVER))
    audience = Audience(number(1), "operator", None, *(march if which == "audience" else FOREVER))
    line = Line(number(1), number(100), 14, None, *(march if which == "line" else FOREVER))
    assert bool(needs([role], [audience], [line], on)) is needed


def test_of_several_curricula_the_strictest_days_hold_and_all_are_named() -> None:
    roles = [RoleHeld("operator", HERE, *FOREVER), RoleHeld("assessor", HERE, *FOREVER)]
    audiences = [Audience(number(1), "operator", None, *FOREVER), Audience(number(2), "assessor", None, *FOREVER)]
    lines = [Line(number(1), number(100), 14, None, *FOREVER), Line(number(2), number(100), 5, 6, *FOREVER)]
    [found] = required_modules(roles, HERE, audiences, lines, date(2026, 6, 1))
    assert (found.due_days, found.valid_months) == (5, 6)
    assert found.because == ((number(2), "assessor"), (number(1), "operator"))


# -- what is assigned ----------------------------------------------------------------------------------------------------

REQUIRED = Requirement(number(100), 14, 12, ((number(1), "operator"),))
TODAY = date(2026, 6, 1)


def held(n: int, state: str = "completed", **more: object) -> Held:
    values: dict[str, object] = {
        "id": number(500 + n),
        "person_id": number(9),
        "module_id": number(100),
        "module_version_id": number(n),
        "number": n,
        "cycle": 1,
        "reason": "initial",
        "state": state,
        "due_on": TODAY,
        "completed_at": at("2026-05-01") if state == "completed" else None,
        "counts_until": None,
        "curriculum_id": number(1),
    }
    return Held(**{**values, **more})  # type: ignore[arg-type]


V1, V2 = taught(1, "2026-01-10"), taught(2, "2026-06-15")


def asked(
    *have: Held, effective: TaughtVersion | None = V1, coming: TaughtVersion | None = None
) -> tuple[object, ...] | None:
    found = days.to_assign(REQUIRED, have, effective, coming, TODAY, BERLIN)
    return (found.module_version_id.int, found.reason, found.due_on, found.cycle) if found else None


def test_what_is_required_is_assigned_once() -> None:
    assert asked() == (1, "initial", date(2026, 6, 15), 1)
    assert asked(held(1, "open")) is None
    assert asked(held(1)) is None
    assert asked(held(1, "cancelled")) == (1, "initial", date(2026, 6, 15), 2)
    assert asked(effective=None) is None
    assert asked(effective=None, coming=V2) == (2, "initial", date(2026, 6, 15), 1)


def test_whoever_was_trained_on_an_earlier_version_only_is_retrained() -> None:
    assert asked(held(1), effective=V2) == (2, "revision", date(2026, 6, 15), 1)
    assert asked(held(1), held(2, "open"), effective=V1) is None


@pytest.mark.parametrize(
    ("until", "due"),
    [("2026-07-02", None), ("2026-07-01", date(2026, 6, 30)), ("2026-06-02", TODAY), ("2026-05-01", TODAY)],
)
def test_a_completion_is_renewed_within_thirty_days_of_its_end_as_a_new_cycle(until: str, due: date | None) -> None:
    lapsing = held(1, counts_until=at(until, 0))
    assert asked(lapsing) == ((1, "requalification", due, 2) if due else None)


def retrained(*have: Held, required: Requirement | None = REQUIRED) -> days.Retraining | None:
    return days.retraining(required, have, V2, at("2026-06-01"), BERLIN)


def test_a_new_version_retrains_whoever_holds_it_by_the_last_day_before() -> None:
    found = retrained(held(1))
    assert found is not None
    assert (found.assign.reason, found.assign.due_on, found.trained_on) == ("revision", date(2026, 6, 14), 1)
    assert found.restricted_from == datetime(2026, 6, 14, 22, tzinfo=UTC)
    assert retrained(held(1), required=None) is not None


def test_a_new_version_leaves_alone_whom_it_does_not_concern() -> None:
    assert retrained(required=None) is None
    assert retrained(held(1, counts_until=at("2026-05-01")), required=None) is None
    assert retrained(held(1), held(2, "open")) is None
    assert retrained(held(2)) is None


def test_somebody_still_studying_goes_straight_to_the_new_version_only_if_due_after_it_holds() -> None:
    late = retrained(held(1, "open", due_on=date(2026, 6, 20)))
    assert late is not None
    assert (late.replaces, late.assign.reason, late.assign.due_on) == (number(501), "initial", date(2026, 6, 20))
    soon = retrained(held(1, "open", due_on=date(2026, 6, 5)))
    assert soon is not None
    assert (soon.replaces, soon.assign.reason, soon.assign.due_on) == (None, "revision", date(2026, 6, 14))


def test_whoever_needs_it_and_has_nothing_starts_with_the_new_version() -> None:
    found = retrained()
    assert found is not None
    assert (found.assign.reason, found.assign.due_on, found.restricted_from) == ("initial", date(2026, 6, 15), None)


def test_a_version_that_holds_from_today_is_due_today_not_yesterday() -> None:
    found = days.retraining(REQUIRED, [held(1)], taught(2, "2026-06-01"), at("2026-06-01"), BERLIN)
    assert found is not None
    assert found.assign.due_on == TODAY


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_months_end_on_the_same_day_or_the_months_last(day: str, months: int, later: str) -> None:
    assert days.add_months(date.fromisoformat(day), months).isoformat() == later


def until(reason: str, completed: str, previous: str | None, months: int | None = 12) -> str | None:
    found = days.counts_until(
        reason=reason,
        completed_at=at(completed),
        valid_months=months,
        zone=BERLIN,
        previous_until=days.start_of_day(date.fromisoformat(previous), BERLIN) if previous else None,
    )
    return days.local_day(found, BERLIN).isoformat() if found else None


def test_how_long_a_completion_counts() -> None:
    assert until("initial", "2026-06-01", None) == "2027-06-01"
    assert until("initial", "2026-06-01", None, None) is None
    assert until("requalification", "2026-06-01", "2026-06-20") == "2027-06-20"  # early: keeps the anniversary
    assert until("requalification", "2026-06-25", "2026-06-20") == "2027-06-25"  # late: starts anew
    assert until("requalification", "2026-05-01", "2026-06-20") == "2027-05-01"  # before the window
    assert until("revision", "2026-06-01", "2026-06-20") == "2026-06-20"  # trains the change only


def test_what_was_asked_of_nobody_is_cancelled_and_hand_made_ones_stay() -> None:
    assert "Version 2 holds" in days.to_cancel(held(1, "open"), V2, REQUIRED)
    assert "No curriculum" in days.to_cancel(held(1, "open"), V1, None)
    assert days.to_cancel(held(1, "open", reason="manual"), V1, None) == ""
    assert days.to_cancel(held(1, "open"), V1, REQUIRED) == ""


def test_reminders_go_out_on_five_days_and_overdue_begins_the_day_after() -> None:
    due = date(2026, 6, 15)
    found = {n: days.reminder(due, due - timedelta(days=n)) for n in range(-10, 20)}
    assert {n: stage for n, stage in found.items() if stage} == days.REMINDERS
    assert not days.is_overdue("open", due, due)
    assert days.is_overdue("open", due, due + timedelta(days=1))
    assert not days.is_overdue("completed", due, due + timedelta(days=1))


# -- studying --------------------------------------------------------------------------------------------------------------


def parts(finished: str) -> list[Part]:
    """Return a module's three parts, each finished where the text has a 1."""
    kinds = ("reading", "knowledge_check", "sign_off")
    moment = at("2026-06-01")
    return [
        Part(number(n), n, kind, kind, "", (), moment if done == "1" else None)
        for n, (kind, done) in enumerate(zip(kinds, finished, strict=True))
    ]


def test_parts_are_done_in_their_order_and_each_once() -> None:
    evidence = {"attempt": "1"}
    with pytest.raises(NotAllowed, match="after the reading"):
        studying.check_can_finish(parts("000"), number(1), evidence)
    assert studying.check_can_finish(parts("100"), number(1), evidence).kind == "knowledge_check"
    with pytest.raises(NotAllowed, match="by an attempt only"):
        studying.check_can_finish(parts("100"), number(1), {})
    with pytest.raises(NotAllowed, match="passed already"):
        studying.check_can_finish(parts("110"), number(1), evidence)
    with pytest.raises(NotFound):
        studying.check_can_finish(parts("100"), number(2), evidence)


@pytest.mark.parametrize("finished", ["000", "100", "010", "001", "101", "011", "111"])
def test_nobody_signs_while_anything_before_is_open_nor_twice(finished: str) -> None:
    with pytest.raises(NotAllowed):
        studying.check_can_sign(parts(finished))
    assert studying.check_can_sign(parts("110")).kind == "sign_off"


def test_only_what_is_on_the_reading_list_can_be_marked() -> None:
    to_read = [ToRead("s-1", "1"), ToRead("s-2", "2")]
    assert studying.check_can_read(parts("000"), number(0), "s-2", to_read).kind == "reading"
    for part_id, slug in ((number(0), "s-3"), (number(1), "s-1")):
        with pytest.raises(NotFound):
            studying.check_can_read(parts("000"), part_id, slug, to_read)
