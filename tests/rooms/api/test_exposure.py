"""Another system records batches, plans and work by month: once, at its own sites, only with the permission."""

from __future__ import annotations

import json
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock
from lms.api import rules
from lms.audit.models import AuditEvent
from lms.exposure.models import Batch
from lms.extensions import db
from lms.permissions import Role
from lms.planning.models import ExposurePeriod, PlannedBatch
from tests.factories.api import Program, a_token
from tests.factories.deviations import a_batch
from tests.factories.people import a_site, a_team, someone
from tests.factories.standings import an_onboarding_site

START = (clock.now() + timedelta(days=10)).replace(microsecond=0)
BATCH = {"number": "B-1", "product": "CAR-T A", "started_on": "2026-03-01", "process_version": "3"}
PLAN = {
    "number": "P-1",
    "product": "CAR-T A",
    "process": "CAR-T",
    "starts_at": START.isoformat(),
    "ends_at": (START + timedelta(hours=8)).isoformat(),
}
WORK = {"month": "2026-01", "unit": "hours", "count": 120}
#: Route -> a good body, what it becomes, a change that makes it another record, one that says otherwise of the same.
ROUTES: dict[str, tuple[dict[str, Any], type[Any], dict[str, Any], dict[str, Any]]] = {
    "/batches": (BATCH, Batch, {"number": "B-2"}, {"product": "CAR-T B"}),
    "/planned-batches": (PLAN, PlannedBatch, {"number": "P-2"}, {"process": "NK"}),
    "/exposure": (WORK, ExposurePeriod, {"month": "2026-02"}, {"count": 121}),
}


@pytest.fixture
def program(app: Flask) -> Program:
    a_team(a_site())
    return Program(app, a_token()[1])


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def refusal(answer: Any, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(as_text=True)
    said: dict[str, Any] = json.loads(answer.data)
    assert said["detail"].endswith(".")
    return said


def test_what_is_sent_is_recorded_as_by_hand_and_the_trail_names_the_system(program: Program) -> None:
    team_id = a_team(a_site()).id
    sent = {
        path: program("POST", path, {**body, "team": "Team 1", "site": "AAA"}) for path, (body, *_) in ROUTES.items()
    }
    assert {path: answer.status_code for path, answer in sent.items()} == dict.fromkeys(ROUTES, 201)
    batch, planned, work = (db.session.scalars(select(ROUTES[path][1])).one() for path in ROUTES)
    assert (batch.number, batch.started_on, batch.process_version) == ("B-1", date(2026, 3, 1), "3")
    assert (planned.starts_at.astimezone(UTC), planned.state, planned.process) == (START, "planned", "CAR-T")
    assert (work.month, work.unit, work.count) == (date(2026, 1, 1), "hours", 120)
    assert {record.team_id for record in (batch, planned, work)} == {team_id}
    for record, (path, answer) in zip((batch, planned, work), sent.items(), strict=True):
        assert answer.get_json() == {"id": str(record.id), "version": record.version}, path
        body = json.loads(db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == str(record.id))).one())
        assert (body["role"], body["actor"][:2]) == ("integration", "i:")


@pytest.mark.parametrize("path", ROUTES)
def test_the_same_is_recorded_once_and_corrected_never(program: Program, path: str) -> None:
    body, model, other, otherwise = ROUTES[path]
    first = program("POST", path, body)
    events = count(AuditEvent)
    again = program("POST", path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert (count(model), count(AuditEvent)) == (1, events)
    assert "other values" in refusal(program("POST", path, {**body, **otherwise}), 409)["detail"]
    assert (count(model), count(AuditEvent)) == (1, events)
    assert program("POST", path, {**body, **other}).status_code == 201
    assert count(model) == 2


@pytest.mark.parametrize("path", ROUTES)
def test_a_key_is_done_once_and_comes_with_the_same_request_only(program: Program, path: str) -> None:
    body, model, other, _ = ROUTES[path]
    key = {"Idempotency-Key": "a-1"}
    first, again = program("POST", path, body, **key), program("POST", path, body, **key)
    assert (first.status_code, again.status_code, count(model)) == (201, 200, 1)
    assert first.get_json() == again.get_json()
    assert refusal(program("POST", path, {**body, **other}, **key), 422)["field"] == "Idempotency-Key"
    elsewhere = next(one for one in ROUTES if one != path)
    assert refusal(program("POST", elsewhere, ROUTES[elsewhere][0], **key), 422)["field"] == "Idempotency-Key"
    assert refusal(program("POST", path, body, **{"Idempotency-Key": "x" * 121}), 422)["field"] == "Idempotency-Key"
    assert (count(model), count(ROUTES[elsewhere][1])) == (1, 0)


@pytest.mark.parametrize("path", ROUTES)
def test_without_the_permission_or_at_another_site_nothing_is_recorded(app: Flask, path: str) -> None:
    body, model, *_ = ROUTES[path]
    a_site("BBB")
    others = [permission for permission in rules.GRANTABLE if permission != "exposure.record"]
    said = refusal(Program(app, a_token(permissions=others)[1])("POST", path, body), 403)
    assert "exposure.record" in said["detail"]
    own = Program(app, a_token(name="MES", permissions=["exposure.record"])[1])
    assert refusal(own("POST", path, {**body, "site": "BBB"}), 422)["field"] == "site"
    assert refusal(app.test_client().post(f"/api/v1{path}", json=body), 401)
    assert count(model) == 0
    assert own("POST", path, body).status_code == 201
    assert refusal(own("GET", "/deviations"), 403)


def test_another_sites_number_is_not_taken_over(app: Flask, program: Program) -> None:
    there = a_site("BBB")
    a_batch(someone(Role.QA, there), "B-1", there)
    assert refusal(program("POST", "/batches", BATCH), 409)
    assert db.session.scalars(select(Batch.site_id)).all() == [there.id]


def test_no_batch_is_planned_where_none_may_start(app: Flask) -> None:
    a_site()
    an_onboarding_site("CCC")
    everywhere = Program(app, a_token(everywhere=True)[1])
    assert "is onboarding" in refusal(everywhere("POST", "/planned-batches", {**PLAN, "site": "CCC"}), 422)["detail"]
    assert refusal(everywhere("POST", "/planned-batches", PLAN), 422)["field"] == "site"
    assert count(PlannedBatch) == 0


@pytest.mark.parametrize(
    ("path", "change", "field", "words"),
    [
        ("/batches", {"number": ""}, "number", "not empty"),
        ("/batches", {"number": "B" * 41}, "number", "at most 40"),
        ("/batches", {"started_on": "2026-02-30"}, "started_on", "a day such as"),
        ("/batches", {"started_on": "20260301"}, "started_on", "a day such as"),
        ("/batches", {"started_on": "2026-03-01T10:00:00Z"}, "started_on", "a day such as"),
        ("/batches", {"team": "Night"}, "team", "no team of this site"),
        ("/batches", {"disposition": "released"}, "disposition", "There is no field"),
        ("/planned-batches", {"starts_at": "2026-01-05T08:00:00Z"}, "starts_at", "is over"),
        ("/planned-batches", {"starts_at": "2030-01-05T08:00:00"}, "starts_at", "with its offset"),
        ("/planned-batches", {"ends_at": PLAN["starts_at"]}, "ends_at", "ends before it begins"),
        ("/planned-batches", {"roster": "Ada"}, "roster", "There is no field"),
        ("/exposure", {"month": "2026-13"}, "month", "a month such as"),
        ("/exposure", {"month": "2026-01-01"}, "month", "a month such as"),
        ("/exposure", {"month": "2199-01"}, "month", "has not begun"),
        ("/exposure", {"unit": "litres"}, "unit", "one of: critical_steps, hours"),
        ("/exposure", {"count": "120"}, "count", "a whole number"),
        ("/exposure", {"count": True}, "count", "a whole number"),
        ("/exposure", {"count": 1.5}, "count", "a whole number"),
        ("/exposure", {"count": -1}, "count", "0 or more"),
        ("/exposure", {"count": 10**30}, "count", "0 or more"),
    ],
)
def test_a_wrong_value_is_named_at_its_field(
    program: Program, path: str, change: dict[str, Any], field: str, words: str
) -> None:
    body, model, *_ = ROUTES[path]
    said = refusal(program("POST", path, {**body, **change}), 422)
    assert said["field"] == field
    assert words in said["detail"]
    assert count(model) == 0


@pytest.mark.parametrize("path", ROUTES)
def test_the_description_fits_what_is_asked_and_answered(program: Program, path: str) -> None:
    served = program("GET", "/openapi.json").get_json()
    operation = served["paths"][f"/api/v1{path}"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    body = ROUTES[path][0]
    schema = served["components"]["schemas"][asked]
    assert set(schema["required"]) <= set(body) <= set(schema["properties"])
    for name in schema["required"]:
        missing = {key: value for key, value in body.items() if key != name}
        assert refusal(program("POST", path, missing), 422)["field"] == name
    answer = program("POST", path, body).get_json()
    receipt = served["components"]["schemas"]["Receipt"]
    assert set(answer) == set(receipt["properties"]) == set(receipt["required"])
    assert UUID(answer["id"]).version is not None
    assert answer["version"] == 1
