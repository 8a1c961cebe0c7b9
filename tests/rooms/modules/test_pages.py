"""The pages of training, through a browser's eyes: what they ask, keep, refuse, export, and what they cost the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lms.extensions import db
from lms.permissions import Role
from lms.unit_of_work import run
from lms.web import slots
from lms.web.slots import Panel
from modules.api import CheckDoor
from modules.assignments import commands as assignments
from modules.assignments.models import Assignment
from modules.curricula.models import CurriculumAudience
from modules.documents import commands as documents
from modules.documents.models import DocumentVersion
from modules.study.queries import study_of
from tests.factories import modules as made
from tests.factories.people import INSTALLER, PASSWORD, Someone, a_site, someone

SignIn = Callable[[Someone], FlaskClient]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


# -- studying ------------------------------------------------------------------------------------------------------------


def test_a_module_is_studied_to_its_signature_without_a_line_of_script(app: Flask, sign_in: SignIn) -> None:
    chidi = someone(Role.OPERATOR)
    own = made.assigned(chidi, made.a_taught_sop(risk_class="read").module_id)
    address = f"/training/{own.id}"
    browser = sign_in(chidi)
    page = browser.get(address)
    assert "Not read yet" in text_of(page)
    for slug in re.findall(rf'action="{address}/read/([^"]+)"', page.get_data(as_text=True)):
        answer = browser.post(f"{address}/read/{slug}")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"{address}#read-")
    page = browser.get(address)
    hidden = dict(
        re.findall(r'name="(version|sha256|statement)" type="hidden" value="([^"]*)"', page.get_data(as_text=True))
    )
    assert set(hidden) == {"version", "sha256", "statement"}
    wrong = browser.post(f"{address}/sign", data={**hidden, "password": "not my password"})
    assert wrong.status_code == 422
    assert "not right" in text_of(wrong)
    stale = browser.post(f"{address}/sign", data={**hidden, "sha256": "0" * 64, "password": PASSWORD})
    assert stale.status_code == 409
    signed = browser.post(f"{address}/sign", data={**hidden, "password": PASSWORD})
    assert signed.status_code == 302
    page = text_of(browser.get(address))
    assert "Read and understood" in page
    assert "valid" in page
    assert f"{chidi.person.name}, Read and understood" in text_of(browser.get("/training"))


def test_marking_a_section_by_htmx_gives_back_the_part_of_the_page_that_changed(app: Flask, sign_in: SignIn) -> None:
    chidi = someone(Role.OPERATOR)
    own = made.assigned(chidi, made.a_taught_sop().module_id)
    browser, slug = sign_in(chidi), study_of(own.id).to_read[0].slug
    answer = browser.post(f"/training/{own.id}/read/{slug}", headers={"HX-Request": "true"})
    body = answer.get_data(as_text=True)
    assert body.lstrip().startswith('<div class="study" id="studying">')
    assert "1 of 3 sections" in text_of(answer)
    assert body.count("autofocus") == 1


def test_a_module_without_a_quiz_refuses_and_never_passes(app: Flask, sign_in: SignIn) -> None:
    chidi = someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop().module_id).id
    made.study_up_to(chidi, own_id, "knowledge_check")
    browser = sign_in(chidi)
    hidden = {"version": "1", "sha256": study_of(own_id).sha256, "statement": study_of(own_id).statement}
    refused = browser.post(f"/training/{own_id}/sign", data={**hidden, "password": PASSWORD})
    assert refused.status_code == 422
    assert "You sign when everything before it is done" in text_of(refused)
    assert db.session.get_one(Assignment, own_id).state == "open"


def test_the_check_of_another_room_stands_on_the_page_once_the_reading_is_done(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def check(*, viewer: object, door: CheckDoor) -> list[Panel]:
        asked.append((door.assignment_id, door.part_id, door.is_open))
        return []

    monkeypatch.setitem(slots._fillers, "study.knowledge_check", [check])
    chidi = someone(Role.OPERATOR)
    own_id = made.assigned(chidi, made.a_taught_sop().module_id).id
    browser = sign_in(chidi)
    browser.get(f"/training/{own_id}")
    assert asked == []
    made.study_up_to(chidi, own_id, "knowledge_check")
    browser.get(f"/training/{own_id}")
    part = study_of(own_id).check
    assert part is not None
    assert asked == [(own_id, part.id, True)]


def test_a_revision_shows_old_left_and_new_right_and_folds_what_is_read(app: Flask, sign_in: SignIn) -> None:
    chidi = someone(Role.OPERATOR)
    taught = made.a_taught_sop()
    made.complete(chidi, made.assigned(chidi, taught.module_id).id)
    made.revise(taught.document_id)
    own = made.assigned(chidi, taught.module_id)
    browser, address = sign_in(chidi), f"/training/{own.id}"
    body = browser.get(address).get_data(as_text=True)
    assert "What changed since you trained" in body
    assert re.search(r"<del>300 g\.</del>.*<ins>320 g and wait\.</ins>", body, re.DOTALL)
    assert "Says it better." in body
    [slug] = re.findall(rf'action="{address}/read/([^"]+)"', body)
    browser.post(f"{address}/read/{slug}")
    body = browser.get(address).get_data(as_text=True)
    assert "<details><summary>" in body
    assert f"{address}/read/" not in body


def test_somebody_elses_training_does_not_exist(app: Flask, sign_in: SignIn) -> None:
    chidi, dana, trainer = someone(Role.OPERATOR), someone(Role.OPERATOR), someone(Role.TRAINER)
    own = made.assigned(chidi, made.a_taught_sop().module_id)
    own_id, slug = own.id, study_of(own.id).to_read[0].slug
    for person in (dana, trainer):
        browser = sign_in(person)
        assert browser.get(f"/training/{own_id}").status_code == 404
        assert browser.post(f"/training/{own_id}/read/{slug}").status_code == 404
        assert browser.post(f"/training/{own_id}/sign", data={"password": PASSWORD}).status_code == 404
    assert study_of(own_id).left_to_read == 3


# -- writing and approving -----------------------------------------------------------------------------------------------


def test_an_sop_is_uploaded_written_reviewed_and_approved_in_the_browser(app: Flask, sign_in: SignIn) -> None:
    author, qa = someone(Role.TRAINER), someone(Role.QA, everywhere=True)
    writing = sign_in(author)
    png = (io.BytesIO(b"\x89PNG\r\n\x1a\n1"), "pump.png")
    source = (io.BytesIO(b"# A title\n\n## 1 Purpose\n\n<b>x</b> ![p](img/pump.png)\n"), "SOP-31.md")
    answer = writing.post("/sops/upload", data={"files": [source, png]}, content_type="multipart/form-data")
    assert answer.status_code == 302
    version = db.session.scalars(select(DocumentVersion)).one()
    version_id, edit = version.id, answer.headers["Location"]
    assert "1 thing is shown otherwise than written" in text_of(writing.get(edit))
    preview = writing.post(
        f"/sops/versions/{version_id}/preview", data={"source": "## 1 New\n\n<script>alert(1)</script>"}
    )
    assert "&lt;script&gt;" in preview.get_data(as_text=True)
    fields = {
        "version": str(version.version),
        "title": "A title",
        "source": "# A title\r\n\r\n## 1 Purpose\r\n\r\nWhy.\r\n",
        "risk_class": "read",
        "send": "1",
    }
    assert writing.post(edit, data=fields).status_code == 302
    version = db.session.get_one(DocumentVersion, version_id)
    assert (version.state, version.source) == ("in_review", "# A title\n\n## 1 Purpose\n\nWhy.\n")
    approving = sign_in(qa)
    review = approving.get(f"/sops/versions/{version_id}/review")
    hidden = dict(re.findall(r'name="(version|sha256)" type="hidden" value="([^"]*)"', review.get_data(as_text=True)))
    past = {**hidden, "effective_on": "2020-01-01", "password": PASSWORD}
    refused = approving.post(f"/sops/versions/{version_id}/approve", data=past)
    assert refused.status_code == 422
    assert "01-Jan-2020 is past" in text_of(refused)
    fine = {**past, "effective_on": made.today().isoformat()}
    assert writing.post(f"/sops/versions/{version_id}/approve", data=fine).status_code == 403
    assert approving.post(f"/sops/versions/{version_id}/approve", data=fine).status_code == 302
    page = text_of(sign_in(someone(Role.OPERATOR)).get(f"/sops/{version.document_id}"))
    assert f"{qa.person.name} , Approved" in page


def test_what_was_typed_is_still_there_after_a_refusal(app: Flask, sign_in: SignIn) -> None:
    author = someone(Role.TRAINER)
    draft = run(documents.draft_document_version, author.actor, "", code="SOP-32", title="T", source="# T\n")
    fields = {"version": str(draft.version), "title": "", "source": "My long text", "risk_class": "quiz"}
    answer = sign_in(author).post(f"/sops/versions/{draft.id}/edit", data=fields)
    assert answer.status_code == 422
    assert "My long text" in answer.get_data(as_text=True)
    stale = sign_in(author).post(f"/sops/versions/{draft.id}/edit", data={**fields, "title": "T", "version": "99"})
    assert stale.status_code == 409
    assert "My long text" in stale.get_data(as_text=True)


def test_the_preview_of_impact_names_people_of_ones_own_sites_and_counts_the_others(
    app: Flask, sign_in: SignIn
) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    taught = made.a_taught_sop()
    mine, foreign = someone(Role.OPERATOR, here, name="Mine Own"), someone(Role.OPERATOR, there, name="Foreign Body")
    for person in (mine, foreign):
        made.complete(person, made.assigned(person, taught.module_id).id)
    trainer = someone(Role.TRAINER, here)
    draft = run(documents.draft_next_version, trainer.actor, "", taught.document_id)
    day = made.today() + timedelta(days=20)
    page = text_of(sign_in(trainer).get(f"/sops/versions/{draft.id}/review?effective_on={day.isoformat()}"))
    assert "Mine Own" in page
    assert "Foreign" not in page
    assert "1 at your sites, 1 at others" in page
    assert "at 1 other site" in page
    network = text_of(sign_in(someone(Role.QA, everywhere=True)).get(f"/sops/versions/{draft.id}/review"))
    assert "Foreign Body" in network


def test_the_impact_shown_is_the_assignment_made(app: Flask, sign_in: SignIn) -> None:
    taught = made.a_taught_sop()
    people = [someone(Role.OPERATOR) for _ in range(4)]
    for person in people[:2]:
        made.complete(person, made.assigned(person, taught.module_id).id)
    made.assigned(people[2], taught.module_id)
    trainer = someone(Role.TRAINER, everywhere=True)
    before = set(db.session.scalars(select(Assignment.id)))
    draft = run(documents.draft_next_version, trainer.actor, "", taught.document_id)
    words = {"title": "T", "change_summary": "x", "change_reason": "", "affected": "", "risk_class": "read"}
    run(
        documents.edit_document_version,
        trainer.actor,
        "",
        draft.id,
        version=draft.version,
        source=made.CHANGED,
        **words,
    )
    run(documents.send_to_review, trainer.actor, "", draft.id)
    day = made.today() + timedelta(days=14)
    page = sign_in(trainer).get(f"/sops/versions/{draft.id}/review?effective_on={day}").get_data(as_text=True)
    told = int(re.search(r'<a href="#who">(\d+)</a>', page).group(1))  # type: ignore[union-attr]
    made.approve(draft.id, day)
    run(
        assignments.assign_revision,
        INSTALLER,
        "",
        str(
            db.session.scalars(
                select(made.ModuleVersion.id).where(made.ModuleVersion.document_version_id == draft.id)
            ).one()
        ),
    )
    made_since = [row for row in db.session.scalars(select(Assignment.id)) if row not in before]
    assert told == len(made_since) == 4


# -- overseeing ------------------------------------------------------------------------------------------------------------


def an_overview() -> tuple[Someone, Someone, Someone]:
    """Return a trainer of one site and two operators, one of another site, each with an open assignment."""
    here, there = a_site("AAA"), a_site("BBB")
    made.a_taught_sop()
    operator, foreign = someone(Role.OPERATOR, here, name="Hana Here"), someone(Role.OPERATOR, there, name="Theo There")
    run(assignments.assign_due_modules, INSTALLER, "")
    return someone(Role.TRAINER, here), operator, foreign


def test_a_trainer_sees_exports_and_opens_their_own_site_only(app: Flask, sign_in: SignIn) -> None:
    trainer, _operator, foreign = an_overview()
    browser = sign_in(trainer)
    page = browser.get("/assignments")
    assert "Hana Here" in text_of(page)
    assert "Theo" not in text_of(page)
    rows = list(csv.DictReader(io.StringIO(browser.get("/assignments.csv").data.decode("utf-8-sig"))))
    assert [row["Person"] for row in rows] == ["Hana Here"]
    theirs = db.session.scalars(select(Assignment.id).where(Assignment.person_id == foreign.person.id)).one()
    assert browser.get(f"/assignments/{theirs}").status_code == 404
    assert browser.post(f"/assignments/{theirs}/cancel", data={"reason": "x", "version": "1"}).status_code == 404
    assert browser.get(f"/assignments?site={foreign.person.site_id}").get_data(as_text=True).count("Theo") == 0
    assert "Theo" not in browser.get("/assignments/new").get_data(as_text=True)
    choice = {"module": str(db.session.scalars(select(Assignment.module_id)).first()), "people": str(foreign.person.id)}
    sent = browser.post("/assignments/new", data={**choice, "due_on": made.today().isoformat(), "reason": "x"})
    assert sent.status_code == 422
    assert db.session.get_one(Assignment, theirs).state == "open"


@pytest.mark.parametrize("standing", ["open", "overdue", "due_14", "completed_30", "completed", "cancelled", ""])
def test_a_figure_its_list_and_both_exports_hold_the_same_rows(app: Flask, sign_in: SignIn, standing: str) -> None:
    trainer, operator, _ = an_overview()
    other = made.a_taught_sop(risk_class="read", due_days=60)
    made.complete(operator, made.assigned(operator, other.module_id).id)
    lone = someone(Role.OPERATOR, db.session.get(made.Site, trainer.person.site_id))
    made.assigned(lone, other.module_id)
    browser = sign_in(trainer)
    page = browser.get(f"/assignments?standing={standing}").get_data(as_text=True)
    listed = int(re.search(r"(\d+) in this list", page).group(1))  # type: ignore[union-attr]
    assert page.count('<th scope="row">') == listed
    figure = re.search(rf'standing={standing}&[^"]*"[^>]*>(\d+)</a>|standing={standing}"[^>]*>(\d+)</a>', page)
    if standing in {"open", "overdue", "due_14", "completed_30"}:
        assert figure is not None
        assert int(figure.group(1) or figure.group(2)) == listed
    rows = list(csv.reader(io.StringIO(browser.get(f"/assignments.csv?standing={standing}").data.decode("utf-8-sig"))))
    assert len(rows) - 1 == listed
    workbook = openpyxl.load_workbook(io.BytesIO(browser.get(f"/assignments.xlsx?standing={standing}").data))
    assert (workbook.active.max_row if workbook.active else 0) - 1 == listed


def test_why_somebody_has_a_module_is_answered(app: Flask, sign_in: SignIn) -> None:
    trainer, operator, _ = an_overview()
    own = db.session.scalars(select(Assignment.id).where(Assignment.person_id == operator.person.id)).one()
    page = text_of(sign_in(trainer).get(f"/assignments/{own}"))
    assert re.search(r"Why this is assigned.*First training.*Curriculum \d+ +Operator +Task \d+", page)


def test_a_site_trainer_changes_no_curriculum_of_other_sites_and_sees_no_audience_there(
    app: Flask, sign_in: SignIn
) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    foreign, network = made.a_taught_sop(site=there), made.a_taught_sop()
    browser = sign_in(someone(Role.TRAINER, here))
    assert "Site BBB" not in browser.get(f"/curricula/{foreign.curriculum_id}").get_data(as_text=True)
    for taught in (foreign, network):
        line = {
            "line-module": str(made.a_taught_sop(site=here).module_id),
            "line-due_days": "5",
            "line-valid_from": "2026-01-01",
        }
        answer = browser.post(f"/curricula/{taught.curriculum_id}/modules", data=line)
        assert answer.status_code == 422
        assert "holds at other sites too" in text_of(answer)
    audience = db.session.scalars(
        select(CurriculumAudience.id).where(CurriculumAudience.curriculum_id == foreign.curriculum_id)
    ).one()
    ended = browser.post(f"/curricula/{foreign.curriculum_id}/audiences/{audience}/end", data={"on": "2030-01-01"})
    assert ended.status_code == 404
    swapped = browser.post(f"/curricula/{network.curriculum_id}/audiences/{audience}/end", data={"on": "2030-01-01"})
    assert swapped.status_code == 404
    assert db.session.get_one(CurriculumAudience, audience).valid_to is None


def test_a_module_and_a_curriculum_are_made_in_the_browser_and_reach_people(app: Flask, sign_in: SignIn) -> None:
    operator = someone(Role.OPERATOR)
    version = made.an_sop(risk_class="read")
    browser = sign_in(someone(Role.TRAINER, everywhere=True))
    form = {"code": "MOD-1", "title": "Module one", "document": str(version.document_id), "minutes": "20"}
    module_id = browser.post("/modules", data=form).headers["Location"].rsplit("/", 1)[1]
    task = {"task-code": "T-NEW", "task-title": "Task one", "task-process_step": "wash_selection"}
    assert browser.post("/curricula/tasks", data=task).status_code == 302
    made_ = browser.post("/curricula", data={"curriculum-code": "C-1", "curriculum-title": "Curriculum one"})
    curriculum = made_.headers["Location"]
    line = {"line-module": module_id, "line-due_days": "7", "line-valid_from": made.today().isoformat()}
    assert browser.post(f"{curriculum}/modules", data=line).status_code == 302
    twice = browser.post(f"{curriculum}/modules", data=line)
    assert twice.status_code == 422
    assert "asks for this module already" in text_of(twice)
    who = {"audience-role": "operator", "audience-site": "", "audience-valid_from": made.today().isoformat()}
    assert browser.post(f"{curriculum}/audiences", data=who).status_code == 302
    run(assignments.assign_due_modules, INSTALLER, "")
    page = text_of(sign_in(operator).get("/"))
    assert "Module one" in page
    assert "First training" in page


def test_home_and_search_show_training_to_those_it_concerns(app: Flask, sign_in: SignIn) -> None:
    trainer, operator, _ = an_overview()
    late = db.session.scalars(select(Assignment.id).where(Assignment.person_id == operator.person.id)).one()
    make_late(late)
    assert "overdue" in text_of(sign_in(operator).get("/"))
    assert re.search(r"Overdue training +1 ", text_of(sign_in(trainer).get("/today/figures")))
    author = someone(Role.TRAINER)
    draft = run(documents.draft_document_version, author.actor, "", code="SOP-77", title="Waiting", source="# W\n")
    run(documents.send_to_review, author.actor, "", draft.id)
    assert "Approve version 1 of SOP-77" in text_of(sign_in(someone(Role.QA, everywhere=True)).get("/"))
    assert "Approve version" not in text_of(sign_in(someone(Role.QA)).get("/"))
    assert "Waiting" in text_of(sign_in(author).get("/search?q=sop-77"))


def make_late(assignment_id: Any) -> None:
    """Move a due day into the past, as time would."""

    def move(work: Any, assignment_id: Any) -> None:
        db.session.get_one(Assignment, assignment_id).due_on = made.today() - timedelta(days=1)

    move.needs, move.action = made.Permission.SYSTEM_RUN, "tests.make_late"  # type: ignore[attr-defined]
    run(move, INSTALLER, "time passes", assignment_id)  # type: ignore[arg-type]


# -- cost ------------------------------------------------------------------------------------------------------------------


def test_no_page_of_training_asks_the_database_more_than_six_times(app: Flask, sign_in: SignIn, queries: Any) -> None:
    site = a_site()
    people = [someone(Role.OPERATOR, site) for _ in range(4)]
    both = someone(Role.TRAINER, everywhere=True)
    picture = {"p.png": b"\x89PNG\r\n\x1a\n1"}
    from modules.documents.sop_file import read_sop

    sop = read_sop("SOP-90.md", b"# T\n\n## 1 A\n\n![p](p.png)\n\n## 2 B\n\nold\n", picture.get)
    first = run(documents.import_document_version, both.actor, "", sop)
    run(documents.send_to_review, both.actor, "", first.id)
    document_id = made.approve(first.id, made.today()).document_id
    module = run(made.library.create_module, INSTALLER, "", code="M-90", title="M", document_id=document_id)
    module_id = module.id
    _task, curriculum_id = made.a_curriculum(module_id)
    for person in people[:3]:
        made.complete(person, made.assigned(person, module_id).id)
    made.revise(document_id, text=sop.source.replace("old", "new"))
    own = made.assigned(people[0], module_id).id
    done = db.session.scalars(select(Assignment.id).where(Assignment.state == "completed")).first()
    third = run(documents.draft_next_version, both.actor, "", document_id)
    third_id = third.id
    cost = {}
    pages = {
        people[0]: ["/", "/training", f"/training/{own}", f"/sops/{document_id}"],
        both: [
            "/",
            "/sops",
            f"/sops/{document_id}",
            f"/sops/{document_id}/compare?old=1&new=2",
            "/sops/new",
            f"/sops/versions/{third_id}/edit",
            f"/sops/versions/{third_id}/review",
            "/modules",
            "/modules?q=m",
            f"/modules/{module_id}",
            "/curricula",
            f"/curricula/{curriculum_id}",
            "/assignments",
            "/assignments.csv",
            "/assignments/new",
            f"/assignments/{own}",
        ],
    }
    for person, addresses in pages.items():
        browser = sign_in(person)
        for address in addresses:
            with queries() as seen:
                answer = browser.get(address)
            assert answer.status_code == 200, address
            cost[address] = len(seen)
    assert {address: n for address, n in cost.items() if n > 6} == {}
    assert done is not None
