"""What a browser test reads from the database: things that no page may show, and the past it builds on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import select

from assessments.attempts.models import AttemptItem
from assessments.items.models import OptionKey
from lms.deviations.models import Deviation
from lms.extensions import db
from tests.browser.conftest import Site


def right_options(site: Site, attempt_id: UUID) -> list[list[str]]:
    """Return the ids that the page gives the right options, question by question."""
    with site.app.app_context():
        right = set(db.session.scalars(select(OptionKey.option_id).where(OptionKey.correct)))
        drawn = db.session.scalars(
            select(AttemptItem).where(AttemptItem.attempt_id == attempt_id).order_by(AttemptItem.position)
        ).all()
        answers = [[shown for shown, option in item.options if UUID(option) in right] for item in drawn]
        db.session.remove()
    assert answers
    return answers


def code_by_the_rubric(page: Page, root_cause_class: str) -> None:
    """Choose a cell of the severity rubric on the desk; for human performance say that the system's causes are excluded."""
    page.locator("input[name=rubric][value='none.before_release']").check()
    if root_cause_class == "human":
        page.get_by_label("Type of error").select_option(value="slip")
        for area in page.locator("#human textarea").all():
            area.fill("Looked at in the line and found in order.")


def an_earlier_deviation(site: Site, catch_id: UUID) -> dict[str, str]:
    """Return the codes of the latest classified deviation of the same site."""
    with site.app.app_context():
        catch = db.session.get_one(Deviation, catch_id)
        earlier = db.session.scalars(
            select(Deviation)
            .where(
                Deviation.site_id == catch.site_id,
                Deviation.category != "",
                Deviation.root_cause_class != "",
                Deviation.process_step == "labelling",
                Deviation.state.in_(["triaged", "closed"]),
                Deviation.occurred_at > catch.occurred_at - timedelta(days=180),
            )
            .order_by(Deviation.occurred_at.desc())
        ).first()
        assert earlier is not None
        codes = {name: getattr(earlier, name) for name in ("process_step", "category", "root_cause_class")}
        db.session.remove()
    return codes
