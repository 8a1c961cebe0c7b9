"""When a review is looked at again, whether it helped, which model it has, and who may own what it asks for."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from coaching.barriers.rules import Asked, Kind, check_asked, check_done
from coaching.follow_up.rules import Declared, Effect, Since, effect_of
from coaching.notes.rules import Readers, check_note, choices_of
from coaching.occasions.rules import Trigger
from coaching.reviews import guides
from coaching.reviews.rules import Agreed, agreed_text, check_effect
from coaching.workspace.rules import kept_fields
from lms.refusals import NotAllowed

CLOSED = date(2027, 3, 1)
DECLARED = Declared(batches=20, days=90, first_day=CLOSED, last_day=CLOSED + timedelta(days=90))
OPERATOR, LEAD = UUID(int=1), UUID(int=2)


def after(days: int) -> date:
    return CLOSED + timedelta(days=days)


@pytest.mark.parametrize(
    ("since", "today", "verdict"),
    [
        (Since(0, None), after(1), Effect.CANNOT_TELL),
        (Since(19, None), after(89), Effect.CANNOT_TELL),
        (Since(20, None), after(30), Effect.EFFECTIVE),
        (Since(1, None), after(91), Effect.EFFECTIVE),
        (Since(1, None), after(90), Effect.CANNOT_TELL),
        # days without a single batch show nothing
        (Since(0, None), after(200), Effect.CANNOT_TELL),
        (Since(3, after(5)), after(6), Effect.NOT_EFFECTIVE),
        (Since(40, after(90)), after(120), Effect.NOT_EFFECTIVE),
        # what comes back after the declared days is another story
        (Since(40, after(91)), after(120), Effect.EFFECTIVE),
    ],
)
def test_the_verdict_follows_from_what_was_declared(since: Since, today: date, verdict: Effect) -> None:
    assert effect_of(DECLARED, since, today) is verdict


def test_with_batches_alone_days_decide_nothing() -> None:
    declared = Declared(20, None, CLOSED, after(365))
    assert effect_of(declared, Since(19, None), after(400)) is Effect.CANNOT_TELL


@pytest.mark.parametrize(("batches", "days"), [(0, None), (501, None), (None, 0), (None, 366)])
def test_a_declaration_that_could_never_tell_is_refused(batches: int | None, days: int | None) -> None:
    with pytest.raises(NotAllowed, match="Give between"):
        check_effect(batches, days, about_deviation=True)


def test_only_a_review_about_a_deviation_can_be_checked_by_its_not_coming_back() -> None:
    check_effect(None, None, about_deviation=False)
    with pytest.raises(NotAllowed, match="Only a review about a deviation"):
        check_effect(5, None, about_deviation=False)


def test_every_kind_of_review_of_the_domain_is_there_and_has_a_model() -> None:
    wanted = {"scheduled", "deviation", "good_catch", "assessment", "requalification", "new_starter", "return"}
    assert set(guides.kinds()) == wanted | {"observation"}
    assert {guide.title for guide in guides.current_guides()} == {
        "GROW",
        "After-action review",
        "Job instruction (TWI)",
    }


@pytest.mark.parametrize(
    ("trigger", "kind"), [("recurrence", "deviation"), ("routine", "scheduled"), ("something new", "scheduled")]
)
def test_a_proposal_leads_to_its_kind(trigger: str, kind: str) -> None:
    assert guides.kind_of_trigger(trigger).code == kind


def test_whatever_proposes_leads_to_a_kind_of_its_own() -> None:
    named = {trigger for kind in guides.kinds().values() for trigger in kind.triggers}
    assert set(Trigger) - named == set()
    assert guides.kind_of_trigger(Trigger.SEVERE_DEVIATION).code == "deviation"


def test_a_review_keeps_the_version_it_was_held_with(tmp_path: Path) -> None:
    for file in guides.SHIPPED.iterdir():
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    newer = (tmp_path / "grow-1.toml").read_text(encoding="utf-8").replace("version = 1", "version = 2")
    (tmp_path / "grow-2.toml").write_text(newer.replace("Where do you want", "Whither do you want"), encoding="utf-8")
    both = guides.guides(tmp_path)
    assert both["grow-1"].prompts["own_account"].startswith("Where")
    assert both["grow-2"].prompts["own_account"].startswith("Whither")


def test_a_model_that_forgets_a_text_is_found_at_start(tmp_path: Path) -> None:
    text = (guides.SHIPPED / "grow-1.toml").read_text(encoding="utf-8")
    assert "barrier" in tomllib.loads(text)["prompts"]
    (tmp_path / "grow-1.toml").write_text(text.replace("barrier =", "obstacle ="), encoding="utf-8")
    with pytest.raises(ValueError, match="must be called"):
        guides.guides(tmp_path)


# -- what the site is asked for ----------------------------------------------------------------------------------------


def asked(what: str = "One worksheet per batch", owner: UUID = LEAD, days: int = 14) -> Asked:
    return Asked(Kind.BARRIER, what, owner, "Sofie Lead", CLOSED + timedelta(days=days))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([asked()] * 4, "3 barriers"),
        ([asked(what=" ")], "says nothing"),
        ([asked(owner=OPERATOR)], "never by the operator"),
        ([asked(days=-1)], "within 90 days"),
        ([asked(days=91)], "within 90 days"),
    ],
)
def test_what_cannot_be_asked_of_a_site(wrong: list[Asked], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        check_asked(wrong, held_on=CLOSED, coachee_id=OPERATOR)


def test_what_is_kept_on_the_review_reads_back_as_it_was() -> None:
    assert Asked.read(asked().kept()) == asked()


def test_both_sign_what_the_site_is_asked_for_and_who_sees_to_it() -> None:
    support = Asked(Kind.SUPPORT, "Books the simulator", LEAD, "Sofie Lead", CLOSED)
    text = agreed_text([Agreed("Read back", "initials", CLOSED, "nobody hears a number twice")], "Books the simulator",
                       CLOSED, [asked(), support])  # fmt: skip
    assert text.splitlines() == [
        "1. Read back because nobody hears a number twice (shown by: initials; due 01-Mar-2027)",
        "Support owed by the site by 01-Mar-2027, Sofie Lead: Books the simulator",
        "Asked of the site by 15-Mar-2027, Sofie Lead: One worksheet per batch",
    ]


@pytest.mark.parametrize(
    ("on", "evidence", "sentence"),
    [
        (after(-1), "seen", "before the action was opened"),
        (after(3), "seen", "future"),
        (after(1), " ", "Say what shows"),
    ],
)
def test_a_system_action_is_done_on_a_day_that_can_be_with_something_that_shows_it(
    on: date, evidence: str, sentence: str
) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        check_done(on, opened_on=CLOSED, today=after(2), evidence=evidence)


# -- notes and drafts --------------------------------------------------------------------------------------------------


def test_nobody_writes_a_note_for_readers_that_are_not_theirs() -> None:
    assert choices_of(is_coach=True) == (Readers.SHARED, Readers.COACH)
    assert choices_of(is_coach=False) == (Readers.SHARED, Readers.OWN)
    with pytest.raises(NotAllowed, match="both of you, or yourself alone"):
        check_note("x", Readers.COACH, is_coach=False, is_cancelled=False)
    with pytest.raises(NotAllowed, match="both of you, or yourself alone"):
        check_note("x", "everybody", is_coach=True, is_cancelled=False)


def test_a_draft_holds_the_fields_of_its_side_and_nothing_else() -> None:
    sent = {
        "own_account": "mine",
        "went_well": "w" * 9000,
        "coach_account": "seen",
        "commitments-0-text": "read back",
        "commitments-3-text": "one too many",
        "barriers-2-owner": "x",
        "password": "secret",
        "csrf_token": "token",
    }
    assert set(kept_fields(sent, is_coach=False)) == {"own_account", "went_well"}
    coach = kept_fields(sent, is_coach=True)
    assert set(coach) == {"went_well", "coach_account", "commitments-0-text", "barriers-2-owner"}
    assert len(coach["went_well"]) == 4000
