"""Another system does what its token says, at its sites, once; and nothing else opens the door."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock
from lms.api import commands, rules
from lms.api.models import ApiToken
from lms.api.openapi import description
from lms.api.rest import OPENED_BY
from lms.audit.models import AuditEvent
from lms.deviations import queries
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.ids import new_id
from lms.permissions import Role
from lms.recurrences import commands as recurrences
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.api import Program, a_token
from tests.factories.deviations import CLASSIFIED, a_batch, a_deviation, classified, recurrence_of, stored, triage
from tests.factories.people import INSTALLER, Someone, a_site, a_team, someone

CODES = {name: value for name, value in CLASSIFIED.items() if name not in {"team_id", "batch_id"}}


def reported(**values: Any) -> dict[str, Any]:
    return {
        "external_id": "TW-1",
        "description": "Bag cold. Moved at once.",
        "occurred_at": (clock.now() - timedelta(hours=2)).isoformat(timespec="seconds"),
        **values,
    }


@pytest.fixture
def program(app: Flask) -> Program:
    return Program(app, a_token()[1])


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def refusal(answer: Any, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(as_text=True)
    said: dict[str, Any] = json.loads(answer.data)
    assert said["status"] == status
    assert said["detail"].endswith(".")
    return said


# -- the token -----------------------------------------------------------------------------------------------------------


def test_only_a_valid_token_of_an_approved_integration_opens_the_door(app: Flask) -> None:
    integration_id, token = a_token()
    assert Program(app, token)("GET", "/deviations").status_code == 200
    plain = app.test_client().get("/api/v1/deviations")
    assert refusal(plain, 401)
    assert plain.headers["WWW-Authenticate"].startswith("Bearer")
    wrong = (token[:-1] + ("A" if token[-1] != "A" else "B"), "", "x" * 500)
    assert [Program(app, one)("GET", "/deviations").status_code for one in wrong] == [401, 401, 401]
    _, waiting = a_token(name="Waits", approved=False)
    assert Program(app, waiting)("GET", "/deviations").status_code == 401
    run(commands.revoke_token, INSTALLER, "lost", db.session.scalars(select(ApiToken.id).order_by(ApiToken.id)).first())
    assert Program(app, token)("GET", "/deviations").status_code == 401
    again = run(commands.issue_token, INSTALLER, "x", integration_id, expires_at=clock.now() + timedelta(days=1))
    assert Program(app, again)("GET", "/deviations").status_code == 200
    run(commands.end_integration, INSTALLER, "x", integration_id)
    assert Program(app, again)("GET", "/deviations").status_code == 401


def test_a_token_is_over_on_its_day(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = a_token(days=1)
    later = clock.now() + timedelta(days=1, seconds=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert Program(app, token)("GET", "/deviations").status_code == 401


def test_a_token_is_kept_nowhere_but_as_its_digest(app: Flask) -> None:
    _, token = a_token()
    secret = token.removeprefix("candor_")
    for table in db.metadata.sorted_tables:
        rows = db.session.execute(select(table)).all()
        assert not any(secret in str(value) for row in rows for value in row), table.name
    assert db.session.scalars(select(ApiToken.token_hash)).one() == rules.hash_of(token)


def test_a_session_opens_nothing_here_and_a_token_nothing_elsewhere(app: Flask, dana: Someone, sign_in: Any) -> None:
    browser = sign_in(dana)
    assert browser.get("/deviations").status_code == 200
    assert browser.get("/api/v1/deviations").status_code == 401
    assert browser.post("/api/v1/deviations", json=reported()).status_code == 401
    assert count(Deviation) == 0
    _, token = a_token()
    page = app.test_client().get("/deviations", headers={"Authorization": f"Bearer {token}"})
    assert page.headers["Location"].startswith("/sign-in")


def test_no_form_token_is_asked_for_here_but_still_on_pages(
    app: Flask, program: Program, dana: Someone, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(dana)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)  # noqa: FBT003 - a setting of the library
    assert program("POST", "/deviations", reported()).status_code == 201
    assert browser.post("/imports/sources/" + str(new_id()) + "/retire").status_code == 400


def test_what_was_not_given_is_refused_by_its_name(app: Flask, dana: Someone) -> None:
    _, token = a_token(permissions=["deviation.raise"])
    raising = Program(app, token)
    answer = raising("POST", "/deviations", reported())
    assert answer.status_code == 201
    assert set(answer.get_json()) == {"id", "number", "version"}, "what may not be read is not told"
    said = refusal(raising("GET", "/deviations"), 403)
    assert "deviation.see" in said["detail"]
    patched = raising("PATCH", f"/deviations/{answer.get_json()['id']}", {"version": 1, "severity": "minor"})
    assert "deviation.triage" in refusal(patched, 403)["detail"]


def test_another_sites_records_do_not_exist(app: Flask, program: Program, dana: Someone) -> None:
    there = a_site("BBB")
    other = a_deviation(someone(Role.OPERATOR, there), there)
    for method, path, body in (
        ("GET", f"/deviations/{other}", None),
        ("PATCH", f"/deviations/{other}", {"version": 1}),
        ("POST", f"/deviations/{other}/close", {"version": 1, "root_cause_class": "method", "reference": "R"}),
    ):
        assert refusal(program(method, path, body), 404)
    assert program("GET", "/deviations").get_json()["total"] == 0
    assert refusal(program("POST", "/deviations", reported(site="BBB")), 422)["field"] == "site"
    everywhere = Program(app, a_token(name="All", everywhere=True)[1])
    assert everywhere("GET", f"/deviations/{other}").status_code == 200
    assert refusal(everywhere("POST", "/deviations", reported()), 422)["field"] == "site"


def test_a_token_that_asks_too_often_waits(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    answers = [program("GET", "/openapi.json").status_code for _ in range(rules.BURST)]
    assert set(answers) == {200}
    waiting = program("GET", "/openapi.json")
    assert waiting.headers["Retry-After"] == "1"
    assert refusal(waiting, 429)


# -- recording ----------------------------------------------------------------------------------------------------------


def test_a_record_is_the_same_as_from_the_page_and_the_trail_says_which_system(app: Flask, dana: Someone) -> None:
    site = a_site()
    a_team(site)
    a_batch(dana, "B-1")
    integration_id, token = a_token()
    answer = Program(app, token)(
        "POST", "/deviations", reported(team="Team 1", batch="B-1", process_step="thaw", site="AAA")
    )
    sent = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/deviations/{sent['id']}")
    record = stored(UUID(sent["id"]))
    assert (record.external_id, record.state, record.reported_by_id) == ("TW-1", "reported", None)
    assert (sent["team"], sent["batch"], sent["process_step"], sent["version"]) == (
        "Team 1",
        "B-1",
        "thaw",
        record.version,
    )
    body = json.loads(db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == sent["id"])).one())
    assert (body["actor"], body["role"], body["action"]) == (
        f"i:{integration_id}",
        "integration",
        "lms.receive_deviation",
    )
    inspector = someone(Role.INSPECTOR, everywhere=True)
    from lms.audit.queries import record_history

    history = record_history(inspector.actor, "deviation", sent["id"])
    assert [(event.who, event.role) for event in history] == [("TrackWise", "Integration")]


def test_the_same_id_is_recorded_once_and_another_event_under_it_is_refused(program: Program) -> None:
    body = reported()
    first = program("POST", "/deviations", body)
    events = count(AuditEvent)
    again = program("POST", "/deviations", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert (count(Deviation), count(AuditEvent)) == (1, events)
    assert "another id" in refusal(program("POST", "/deviations", {**body, "description": "Other."}), 409)["detail"]
    assert count(Deviation) == 1


def test_the_same_key_is_done_once_and_comes_with_the_same_body_only(program: Program) -> None:
    body = {name: value for name, value in reported().items() if name != "external_id"}
    key = {"Idempotency-Key": "a-1"}
    first, again = program("POST", "/deviations", body, **key), program("POST", "/deviations", body, **key)
    assert (first.status_code, again.status_code, count(Deviation)) == (201, 200, 1)
    assert first.get_json()["id"] == again.get_json()["id"]
    said = refusal(program("POST", "/deviations", {**body, "description": "Other."}, **key), 422)
    assert said["field"] == "Idempotency-Key"
    assert program("POST", "/deviations", body, **{"Idempotency-Key": "a-2"}).status_code == 201
    assert count(Deviation) == 2


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"description": ""}, "description", "not empty"),
        ({"description": None}, "description", "a text"),
        ({"description": 5}, "description", "a text"),
        ({"description": "a\x00b"}, "description", "control characters"),
        ({"description": "\ud800"}, "description", "control characters"),
        ({"description": "x" * 8_001}, "description", "at most 8000"),
        ({"occurred_at": "2026-03-01"}, "occurred_at", "with its offset"),
        ({"occurred_at": "2026-02-31T10:00:00Z"}, "occurred_at", "a moment such as"),
        ({"occurred_at": "2199-01-01T00:00:00Z"}, "occurred_at", "in the future"),
        ({"occurred_at": "2026-03-01T10:00:00Z"}, "late_reason", "recorded only now"),
        ({"kind": "mishap"}, "kind", "one of: good_catch"),
        ({"process_step": "thawing"}, "process_step", "one of: receipt"),
        ({"team": "Team 9"}, "team", "no team of this site"),
        ({"batch": "B-404"}, "batch", "no batch"),
        ({"site": "ZZZ"}, "site", "none of your sites"),
        ({"severity": "minor"}, "severity", "There is no field"),
        ({"password": "x"}, "password", "There is no field"),
        ({"external_id": "x" * 121}, "external_id", "at most 120"),
    ],
)
def test_a_wrong_value_is_named_at_its_field(program: Program, change: dict[str, Any], field: str, words: str) -> None:
    said = json.loads(program("POST", "/deviations", reported(**change)).data)
    assert said.get("field") == field
    assert words in said["detail"]
    assert count(Deviation) == 0


def test_a_missing_field_is_named(program: Program) -> None:
    assert refusal(program("POST", "/deviations", {"external_id": "1"}), 422)["field"] == "description"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "no JSON"),
        (b"[]", 400, "one object"),
        (b'{"description": NaN}', 400, "NaN is no number"),
        (b'{"description": "a", "description": "b"}', 400, "stands twice"),
        (b'{"description": "\xff"}', 400, "not in UTF-8"),
        (b'{"a":' * 5_000, 400, "too deep"),
        (b'{"description": "' + b"x" * 70_000 + b'"}', 413, "at most 65536 bytes"),
    ],
)
def test_a_body_that_is_no_strict_json_is_refused(program: Program, body: bytes, status: int, words: str) -> None:
    assert words in refusal(program("POST", "/deviations", body), status)["detail"]


def test_another_media_type_and_another_method_are_problems_too(app: Flask, program: Program) -> None:
    _, token = a_token(name="Other")
    form = app.test_client().post(
        "/api/v1/deviations", data={"description": "x"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert "application/json" in refusal(form, 415)["detail"]
    assert refusal(program("DELETE", "/deviations"), 405)
    assert refusal(program("GET", "/nothing"), 404)


# -- reading, classifying, closing --------------------------------------------------------------------------------------


def test_the_list_comes_in_pages_with_the_filters_of_the_page(program: Program, dana: Someone, queries: Any) -> None:
    chidi = someone(Role.OPERATOR)
    for _ in range(3):
        a_deviation(chidi)
    triage(dana, a_deviation(chidi))
    with queries() as few:
        page = program("GET", "/deviations").get_json()
    assert (page["total"], len(page["items"]), page["next"]) == (4, 4, None)
    assert program("GET", "/deviations?state=triaged").get_json()["total"] == 1
    for _ in range(4):
        a_deviation(chidi)
    with queries() as more:
        program("GET", "/deviations")
    assert len(few) == len(more) <= 6
    assert refusal(program("GET", "/deviations?colour=red"), 422)["field"] == "colour"
    assert refusal(program("GET", "/deviations?page=0"), 422)["field"] == "page"
    assert refusal(program("GET", "/deviations?from=yesterday"), 422)


def test_the_next_page_goes_on_where_this_one_ends(
    program: Program, dana: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    made = {str(a_deviation(dana)) for _ in range(5)}
    seen: list[str] = []
    path = "/deviations?state=open"
    while path:
        page = program("GET", path).get_json()
        seen += [item["id"] for item in page["items"]]
        path = (page["next"] or "").removeprefix("/api/v1")
    assert (len(seen), set(seen)) == (5, made)


def test_a_record_is_classified_field_by_field_and_an_old_version_changes_nothing(
    program: Program, dana: Someone
) -> None:
    deviation_id = a_deviation(dana)
    path = f"/deviations/{deviation_id}"
    version = program("GET", path).get_json()["version"]
    answer = program("PATCH", path, {"version": version, **CODES})
    assert answer.status_code == 200, answer.data
    assert (answer.get_json()["state"], answer.get_json()["severity"]) == ("triaged", "major")
    assert "Compare" in refusal(program("PATCH", path, {"version": version, "severity": "minor"}), 409)["detail"]
    changed = program("PATCH", path, {"version": answer.get_json()["version"], "severity": "minor"}).get_json()
    assert (changed["severity"], changed["process_step"]) == ("minor", CODES["process_step"])
    missing = refusal(program("PATCH", path, {"severity": "minor"}), 422)
    assert missing["field"] == "version"
    assert refusal(program("PATCH", path, {"version": True}), 422)["field"] == "version"


def test_what_another_system_keeps_is_closed_as_there(program: Program, dana: Someone) -> None:
    sent = reported(external_id="QMS-77")
    deviation_id = UUID(program("POST", "/deviations", sent).get_json()["id"])
    path = f"/deviations/{deviation_id}/close"
    closing = {"root_cause_class": "training", "reference": "QMS-77, signed 12-Mar-2026"}
    early = refusal(program("POST", path, {"version": stored(deviation_id).version, **closing}), 422)
    assert "triage it first" in early["detail"]
    triage(dana, deviation_id)
    unnamed = {"version": stored(deviation_id).version, "root_cause_class": "training", "reference": " "}
    assert refusal(program("POST", path, unnamed), 422)["field"] == "reference"
    answer = program("POST", path, {"version": stored(deviation_id).version, **closing})
    assert (answer.status_code, answer.get_json()["state"]) == (200, "closed")
    assert stored(deviation_id).root_cause_class == "training"
    assert "QMS-77, signed 12-Mar-2026" in str(stored(deviation_id).closing_reason)


def test_what_was_recorded_here_needs_a_persons_signature(program: Program, dana: Someone) -> None:
    deviation_id = a_deviation(dana)
    triage(dana, deviation_id, severity="minor")
    closing = {"version": stored(deviation_id).version, "root_cause_class": "method", "reference": "R-1"}
    said = refusal(program("POST", f"/deviations/{deviation_id}/close", closing), 403)
    assert said["type"] == "urn:candor:signature-needed"
    assert "only a person gives" in said["detail"]
    assert stored(deviation_id).state == "triaged"


def test_no_token_gives_a_signature(app: Flask, dana: Someone) -> None:
    chidi = someone(Role.OPERATOR)
    classified(chidi, dana, days_ago=40)
    deviation_id = classified(chidi, dana, days_ago=3)
    match = recurrence_of(deviation_id)
    assert match is not None
    from lms.api.queries import caller_of

    caller = caller_of(a_token(name="Signs")[1], clock.now())
    assert caller is not None
    with pytest.raises(NotAllowed, match="Your roles do not include"):
        run(recurrences.decide_recurrence, caller.actor, "x", match.id, version=1, decision="confirmed", reason="x")


# -- the description ----------------------------------------------------------------------------------------------------


def test_the_description_names_every_route_and_no_other(app: Flask, program: Program) -> None:
    served = program("GET", "/openapi.json").get_json()
    assert served == json.loads(json.dumps(description()))
    described = {
        (path, method.upper(), operation["operationId"])
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }
    routes = {
        (rule.rule.replace("<uuid:", "{").replace(">", "}"), method, rule.endpoint.removeprefix("api."))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == routes
    assert all(app.view_functions[f"api.{name}"].permission.startswith(OPENED_BY) for _, _, name in routes)
    assert served["openapi"] == "3.1.0"


def test_what_is_answered_holds_exactly_what_is_described(program: Program) -> None:
    schemas = description()["components"]["schemas"]
    sent = program("POST", "/deviations", reported()).get_json()
    page = program("GET", "/deviations").get_json()
    for name, shown in (("Deviation", sent), ("DeviationPage", page), ("DeviationRow", page["items"][0])):
        assert set(shown) == set(schemas[name]["properties"]) == set(schemas[name]["required"]), name
        for key, value in shown.items():
            kinds = schemas[name]["properties"][key]["type"]
            assert _kind(value) in (kinds if isinstance(kinds, list) else [kinds]), (name, key, value)
    references = json.dumps(description()).split("#/components/schemas/")[1:]
    assert {text.partition('"')[0] for text in references} <= set(schemas)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case list():
            return "array"
        case _:
            return "string"


def test_a_patient_is_asked_about_and_the_answer_is_about_these_words(program: Program) -> None:
    named = reported(description="Patient Erika Meyer, born 12.03.1961, was cold.")
    said = refusal(program("POST", "/deviations", named), 422)
    assert said["field"] == "description"
    answer = said["detail"].split("“")[-1].split("”")[0]
    other = {**named, "description": "Patient Grace Hill was cold.", "no_patient": answer}
    refusal(program("POST", "/deviations", other), 422)
    assert count(Deviation) == 0
    made = program("POST", "/deviations", {**named, "no_patient": answer})
    assert made.status_code == 201
    body = db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == made.json["id"])).one()
    assert "no patient, says who sent it: description" in body
    assert "Erika" not in body
    rationale = {"version": made.json["version"], "severity_rationale": "The donor Erika Meyer was told."}
    assert refusal(program("PATCH", f"/deviations/{made.json['id']}", rationale), 422)["field"] == "severity_rationale"
