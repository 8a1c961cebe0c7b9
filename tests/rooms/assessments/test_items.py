"""The bank: a change is a new version, results keep what was asked, and only authors see keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from assessments.attempts import commands as attempts
from assessments.attempts.models import AttemptItem
from assessments.items import commands, queries
from assessments.items.cli import import_quizzes
from assessments.items.models import Item, ItemVersion, Quiz
from assessments.items.quiz_file import read_quiz
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed, StaleForm
from lms.unit_of_work import run
from tests.factories.assessments import World, a_quiz, a_world, an_assignment, an_operator
from tests.factories.people import someone

DEMONSTRATION = Path(__file__).parents[3] / "assessments" / "demonstration" / "items"


@pytest.fixture
def world(app: Flask) -> World:
    made = a_world()
    a_quiz(made)
    return made


def an_item() -> Item:
    return db.session.scalars(select(Item).order_by(Item.code)).first()  # type: ignore[return-value]


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    before = db.session.execute(select(ItemVersion.id, ItemVersion.version)).all()
    a_quiz(world)
    assert db.session.execute(select(ItemVersion.id, ItemVersion.version)).all() == before


def test_an_attempt_keeps_the_version_it_drew(world: World) -> None:
    operator, trainer = an_operator(world), someone(Role.TRAINER, world.site)
    assignment = an_assignment(world, operator)
    attempt_id = run(attempts.start_attempt, operator.actor, "t", assignment, world.newest.check)
    drawn = set(db.session.scalars(select(AttemptItem.item_version_id).where(AttemptItem.attempt_id == attempt_id)))
    for item in db.session.scalars(select(Item)).all():
        text = queries.text_of_current(item.id)
        changed = type(text)(text.kind, text.stem + " Changed.", text.options)
        run(
            commands.revise_item,
            trainer.actor,
            "t",
            item.id,
            version=item.version,
            section="9",
            critical=item.critical,
            text=changed,
        )
    assert set(db.session.scalars(select(AttemptItem.item_version_id))) == drawn
    second = queries.item_page(an_item().id)
    assert [(v.number, v.is_current) for v in second.versions] == [(2, True), (1, False)]
    assert not second.versions[1].text.stem.endswith("Changed.")


def test_two_authors_at_once_the_second_is_told(world: World) -> None:
    trainer, item = someone(Role.TRAINER, world.site), an_item()
    text, version = queries.text_of_current(item.id), item.version
    changed = type(text)(text.kind, "Another stem?", text.options)
    values: Any = {"version": version, "section": "", "critical": False}
    run(commands.revise_item, trainer.actor, "t", item.id, text=changed, **values)
    with pytest.raises(StaleForm):
        run(commands.revise_item, trainer.actor, "t", item.id, text=text, **values)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ASSESSOR, Role.QA, Role.INSPECTOR, Role.COACH])
def test_nobody_but_authors_opens_the_bank(world: World, sign_in: Any, role: Role) -> None:
    browser, item, quiz = sign_in(someone(role, world.site)), an_item().id, db.session.scalars(select(Quiz.id)).one()
    for path in ("/items", f"/items/{item}", "/items/new", "/knowledge-checks", f"/knowledge-checks/{quiz}"):
        assert browser.get(path).status_code == 403
    assert b"Stem number" not in browser.get("/search?q=stem").data


def test_an_author_writes_the_next_version_in_the_browser(world: World, sign_in: Any) -> None:
    browser, item = sign_in(someone(Role.TRAINER, world.site)), an_item()
    page = browser.get(f"/items/{item.id}").get_data(as_text=True)
    assert "Stem number 1" in page
    sent = {
        "version": str(item.version), "kind": "single", "stem": "What now?", "why": "Because.", "section": "7.1",
        "options-0-text": "This", "options-0-correct": "y", "options-1-text": "That", "options-1-correct": "y",
    }  # fmt: skip
    refused = browser.post(f"/items/{item.id}", data=sent)
    assert refused.status_code == 422
    assert "exactly one answer is right, but 2 are marked so" in refused.get_data(as_text=True)
    assert "What now?" in refused.get_data(as_text=True)
    del sent["options-1-correct"]
    assert browser.post(f"/items/{item.id}", data=sent).status_code == 302
    assert queries.text_of_current(item.id).stem == "What now?"


def test_an_author_changes_how_a_check_draws(world: World, sign_in: Any) -> None:
    browser, quiz = sign_in(someone(Role.TRAINER, world.site)), db.session.scalars(select(Quiz)).one()
    ids = [str(item_id) for item_id in db.session.scalars(select(Item.id).order_by(Item.code))][:2]
    sent = {
        "title": "Two",
        "draw": "3",
        "pass_percent": "100",
        "minutes": "5",
        "attempts": "1",
        "items": ids,
        "reason": "x",
    }
    assert "3 questions are to be drawn" in browser.post(f"/knowledge-checks/{quiz.id}", data=sent).get_data(
        as_text=True
    )
    assert browser.post(f"/knowledge-checks/{quiz.id}", data={**sent, "draw": "2"}).status_code == 302
    [row] = queries.quizzes()
    assert (row.draw, row.items, row.attempts) == (2, 2, 1)


def test_the_command_line_checks_first_and_takes_in_only_when_told(app: Flask, tmp_path: Path) -> None:
    made = a_world()
    text = (DEMONSTRATION / "SOP-CT-004.toml").read_text().replace("MOD-CT-004", made.module_code)
    file = tmp_path / "quiz.toml"
    file.write_text(text)
    runner = CliRunner()
    checked = runner.invoke(import_quizzes, [str(file)], catch_exceptions=False)
    assert "can be taken in" in checked.output
    assert db.session.scalars(select(Item)).all() == []
    runner.invoke(import_quizzes, [str(file), "--yes", "--json"], catch_exceptions=False)
    assert len(queries.bank()) == 9


@pytest.mark.parametrize("file", sorted(DEMONSTRATION.glob("*.toml")), ids=lambda path: path.stem)
def test_every_knowledge_check_of_the_demonstration_can_be_sat(file: Path) -> None:
    quiz = read_quiz(file.read_text(encoding="utf-8"))
    assert len(quiz.items) >= quiz.draw
    assert any(item.critical for item in quiz.items)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("[quiz]", "[other]"), "no \\[quiz\\] table"),
        (("draw = 4", "draw = 40"), "40 questions are to be drawn, but the bank gives it 6"),
        (("draw = 4", 'draw = "4"'), "“draw” must be a whole number"),
        (("correct = true", "correct = false"), "exactly one answer is right, but 0 are marked so"),
        (('kind = "single"', 'kind = "essay"'), "the kind is “essay”"),
    ],
)
def test_a_bad_file_is_refused_by_a_sentence_that_names_the_place(change: tuple[str, str], sentence: str) -> None:
    from tests.factories.assessments import ITEM, OPTION, QUIZ

    text = QUIZ.format(module="M", draw=4)
    for n in range(1, 7):
        text += ITEM.format(module="M", n=n, kind="single", critical="false")
        text += OPTION.format(text="a", correct="true") + OPTION.format(text="b", correct="false")
    with pytest.raises(NotAllowed, match=sentence):
        read_quiz(text.replace(*change))
