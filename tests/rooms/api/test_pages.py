"""An administrator opens the door, QA approves it, the token is shown once; and the record as JSON for an inspector."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.api import commands
from lms.api.models import ApiToken, Integration
from lms.audit import sealer
from lms.audit.models import AuditEvent
from lms.deviations.filters import Filters
from lms.deviations.queries import rows
from lms.extensions import db
from lms.permissions import Role
from lms.recurrences import commands as recurrences
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.api import Program, a_token
from tests.factories.capas import an_action
from tests.factories.deviations import a_deviation, classified, recurrence_of
from tests.factories.people import a_site, also, someone

OPENED = {"name": "TrackWise Lyon", "permissions": ["deviation.see", "deviation.raise"]}


def test_an_integration_is_opened_approved_and_used_by_three_hands(app: Flask, sign_in: Any) -> None:
    site = a_site()
    admin, qa = sign_in(someone(Role.ADMINISTRATOR)), sign_in(someone(Role.QA))
    assert admin.post("/integrations", data={**OPENED, "site": str(site.id)}).status_code == 302
    opened = db.session.scalars(select(Integration)).one()
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    page = admin.post(f"/integrations/{opened.id}/tokens", data={"expires_on": day}).get_data(as_text=True)
    token = re.search(r"<code>(candor_[\w-]+)</code>", page)
    assert token is not None
    program = Program(app, token[1])
    assert program("GET", "/deviations").status_code == 401, "QA has not approved it"
    assert admin.post(f"/integrations/{opened.id}/approve").status_code == 403
    qa.post(f"/integrations/{opened.id}/approve")
    assert program("GET", "/deviations").status_code == 200
    for browser in (admin, qa):
        again = browser.get("/integrations").get_data(as_text=True)
        assert token[1] not in again
        assert "TrackWise Lyon" in again
    kept = db.session.scalars(select(ApiToken.id)).one()
    assert qa.post(f"/integrations/tokens/{kept}/revoke").status_code == 403
    admin.post(f"/integrations/tokens/{kept}/revoke")
    assert program("GET", "/deviations").status_code == 401


def test_whoever_opens_an_integration_does_not_approve_it(app: Flask) -> None:
    both = also(someone(Role.ADMINISTRATOR), Role.QA, a_site())
    given = {"name": "Own door", "site_id": a_site().id, "permissions": ["deviation.triage"]}
    opened = run(commands.open_integration, both.actor, "x", **given)
    with pytest.raises(NotAllowed, match="cannot approve it"):
        run(commands.approve_integration, both.actor, "x", opened.id)


def test_an_administrator_of_a_site_opens_no_door_elsewhere(app: Flask, sign_in: Any) -> None:
    there = a_site("BBB")
    admin = someone(Role.ADMINISTRATOR)
    for site_id in (there.id, None):
        with pytest.raises(NotFound):
            run(
                commands.open_integration, admin.actor, "x", name="Other", site_id=site_id, permissions=["deviation.see"]
            )  # fmt: skip
    other, _ = a_token(there, name="Of BBB")
    for command in (commands.end_integration, commands.approve_integration):
        who = admin if command is commands.end_integration else someone(Role.QA)
        with pytest.raises(NotFound):
            run(command, who.actor, "x", other)
    assert "Of BBB" not in sign_in(admin).get("/integrations").get_data(as_text=True)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({**OPENED, "permissions": []}, "Choose at least one"),
        ({**OPENED, "name": "x"}, "2 to 80 characters"),
        ({**OPENED, "name": ""}, "Give the system a name"),
    ],
)
def test_a_wrong_input_is_refused_on_the_page(app: Flask, sign_in: Any, data: dict[str, Any], sentence: str) -> None:
    site = a_site()
    answer = sign_in(someone(Role.ADMINISTRATOR)).post("/integrations", data={**data, "site": str(site.id)})
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert db.session.scalars(select(Integration)).all() == []


def test_a_record_leaves_with_its_matches_actions_signatures_and_places_in_the_trail(app: Flask, sign_in: Any) -> None:
    chidi, dana = someone(Role.OPERATOR), someone(Role.QA)
    first = classified(chidi, dana, days_ago=40)
    later = classified(chidi, dana, days_ago=3)
    match = recurrence_of(later)
    assert match is not None
    run(
        recurrences.decide_recurrence, dana.signing, "x", match.id, version=match.version, decision="confirmed", reason="same"
    )  # fmt: skip
    action = an_action(dana, later, dana)
    sealer.sign_checkpoint()
    inspector = someone(Role.INSPECTOR)
    found = json.loads(sign_in(inspector).get(f"/deviations/{later}.json").data)
    assert found["deviation"]["id"] == str(later)
    assert [(m["rule"], m["decision"], m["this_is_the_later"]) for m in found["matches"]] == [("R1", "confirmed", True)]
    signature = found["matches"][0]["signatures"][0]
    assert (signature["printed_name"], signature["meaning"], signature["holds"]) == (
        dana.person.name,
        "confirmed",
        True,
    )
    assert [a["id"] for a in found["actions"]] == [str(action.id)]
    ids = {str(later), str(match.id), str(action.id)}
    proofs = found["trail"]["events"]
    kept = db.session.execute(select(AuditEvent.id, AuditEvent.leaf).where(AuditEvent.rid.in_(ids))).all()
    assert {(p["event"], p["hash"]) for p in proofs} == {(str(row.id), row.leaf.hex()) for row in kept}
    assert all(isinstance(p["leaf"], int) for p in proofs)
    lead = sign_in(someone(Role.SITE_LEAD))
    assert "trail" not in json.loads(lead.get(f"/deviations/{first}.json").data), "the trail is for its readers"
    assert chidi.person.name not in json.dumps(found), "who was at the bench stands nowhere"
    assert sign_in(someone(Role.QA, a_site("BBB"))).get(f"/deviations/{later}.json").status_code == 404


def test_the_list_leaves_one_record_a_line_with_the_filters_of_the_page(app: Flask, sign_in: Any) -> None:
    dana = someone(Role.QA)
    a_deviation(dana, description="Größe «5»\nsecond line")
    classified(dana, dana, days_ago=3)
    browser = sign_in(dana)
    for query in ("", "?state=triaged", "?state=closed"):
        lines = browser.get(f"/deviations.jsonl{query}").get_data(as_text=True).splitlines()
        filters = Filters.of({"state": query.partition("=")[2]})
        wanted = [str(row.id) for row in rows(dana.actor, filters, now=clock.now())]
        assert [json.loads(line)["id"] for line in lines] == wanted, query
