"""What a site permits at remote reviews: said by QA, with a reason, and shown to everybody who may look."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coaching.meeting_rules import commands
from coaching.meeting_rules.queries import rules_of_site, rules_of_sites
from coaching.meeting_rules.rules import Permitted
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run
from tests.factories.people import Someone, a_site, someone

RECORDED = Permitted(
    camera_in_gmp_area="with_permit",
    recording="with_consent",
    retention_class="R2: one year",
    usual_link="https://meet.example.org/aaa",
)


def change(qa: Someone, permitted: Permitted, version: int = 0, reason: str = "Agreed with the works council.") -> None:
    run(commands.set_meeting_rules, qa.actor, "", a_site().id, version=version, permitted=permitted, reason=reason)


def test_at_first_video_is_allowed_and_nothing_is_recorded(app: Flask) -> None:
    qa = someone(Role.QA, a_site())
    permitted = rules_of_site(qa.actor, a_site().id).permitted
    assert permitted.modes == ("video", "onsite")
    assert (permitted.camera_in_gmp_area, permitted.recording) == ("never", "never")


@pytest.mark.parametrize(
    ("permitted", "sentence"),
    [
        (Permitted(recording="with_consent"), "under which retention class"),
        (Permitted(video_allowed=False, recording="with_consent", retention_class="R2"), "nothing to record"),
        (Permitted(usual_link="http://meet.example.org"), "beginning with https"),
        (Permitted(usual_link="https:room"), "beginning with https"),
        (Permitted(camera_in_gmp_area="sometimes"), "cameras in a GMP area"),
        (Permitted(recording="always"), "holds for recording"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(app: Flask, permitted: Permitted, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        change(someone(Role.QA, a_site()), permitted)


def test_a_change_needs_a_reason_and_the_newest_version(app: Flask) -> None:
    qa = someone(Role.QA, a_site())
    with pytest.raises(NotAllowed, match="Say why"):
        change(qa, RECORDED, reason=" ")
    change(qa, RECORDED)
    with pytest.raises(StaleForm):
        change(qa, Permitted(), version=0)
    version = rules_of_site(qa.actor, a_site().id).version
    change(qa, Permitted(), version=version)
    assert rules_of_site(qa.actor, a_site().id).permitted == Permitted()


def test_only_qa_and_administrators_of_the_site_change_them(app: Flask, sign_in: Any) -> None:
    with pytest.raises(NotFound):
        change(someone(Role.QA, a_site("BBB")), RECORDED)
    assert sign_in(someone(Role.SITE_LEAD, a_site())).post(f"/meeting-rules/{a_site().id}").status_code == 403
    stranger = someone(Role.SITE_LEAD, a_site("BBB"))
    assert [row.site_code for row in rules_of_sites(stranger.actor)] == ["BBB"]
    assert sign_in(stranger).get(f"/meeting-rules/{a_site().id}").status_code == 404


def test_the_pages(app: Flask, sign_in: Any, queries: Any) -> None:
    browser = sign_in(someone(Role.QA, a_site()))
    url = f"/meeting-rules/{a_site().id}"
    data = {"video_allowed": "y", "camera_in_gmp_area": "with_permit", "recording": "with_consent", "version": "0"}
    wrong = browser.post(url, data={**data, "reason": "Why not"})
    assert wrong.status_code == 422
    assert "under which retention class" in wrong.get_data(as_text=True)
    assert 'value="Why not"' in wrong.get_data(as_text=True)
    assert browser.post(url, data={**data, "retention_class": "R2", "reason": "Agreed."}).status_code == 302
    for path in ("/meeting-rules", url):
        with queries() as seen:
            page = browser.get(path).get_data(as_text=True)
        assert len(seen) <= 6
        assert "with a permit of the site" in page
        assert "only if everybody agrees beforehand" in page
    line = '"AAA","Site AAA","yes","with_permit","with_consent","R2",""'
    assert line in browser.get("/meeting-rules/sites.csv").get_data(as_text=True)
