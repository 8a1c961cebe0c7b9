"""The loop that must always work, walked by the people in it through the pages they use, on the demonstration network."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from coaching.triggers.models import ProposalState, ReviewProposal
from lms import clock
from lms.demonstration.loading import ACCOUNTS, PASSWORD
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Account, Person
from lms.permissions import Actor
from lms.unit_of_work import run
from lms.web.times import local_day
from tests.browser.conftest import Site, opened
from tests.browser.records import an_earlier_deviation, code_by_the_rubric, right_options

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}
SOP = "SOP-CT-010"
TASK = "Print, issue, apply and reconcile labels"
CHANGE = "A second person reads the patient identifier aloud before the first label is applied."
CATCH = "The label printer offered the roll of the patient before; I saw it before anything was printed."
CHOSEN_PASSWORD = "a password of their own choice"
REMINDER = "Read the identifier aloud at the printer"


@dataclass
class Loop:
    """The people in the loop, each in a browser window of their own, and what one step leaves for the next."""

    site: Site
    open_as: Callable[..., Page]
    windows: dict[str, Page] = field(default_factory=dict)
    operator_name: str = ""
    operator_id: UUID | None = None
    document: str = ""
    catch_number: str = ""
    catch: str = ""
    coach_password: str = PASSWORD
    review: str = ""

    def window(self, role: str) -> Page:
        """Return the window of a role, signed in once."""
        if role not in self.windows:
            self.windows[role] = self.open_as(role)
        return self.windows[role]


def test_the_loop_closes_from_a_changed_sop_to_the_figures_of_the_team(
    site: Site, open_as: Callable[..., Page], chromium: Browser
) -> None:
    loop = Loop(site, open_as)
    who_the_operator_is(loop)
    qa_withdraws_a_qualification_until_it_is_earned_anew(loop)
    the_trainer_drafts_the_next_version(loop)
    qa_reads_whom_it_hits_and_approves(loop)
    the_operator_reads_what_changed(loop)
    the_operator_passes_the_knowledge_check(loop)
    the_operator_signs_read_and_understood(loop)
    the_assessor_observes_a_run_at_the_bench(loop)
    qa_grants_the_qualification(loop)
    qa_asks_whether_the_operator_is_qualified_now(loop)
    the_operator_raises_a_good_catch_on_a_phone(loop)
    qa_names_who_was_at_the_bench(loop)
    qa_finds_and_confirms_the_same_one_again(loop)
    the_coach_accepts_the_proposed_review(loop, chromium)
    the_coach_finds_a_time_in_both_calendars(loop)
    the_operator_writes_their_side_first(loop)
    the_coach_holds_the_review_with_two_commitments(loop)
    both_sign(loop)
    the_operator_answers_the_survey_and_gets_the_receipt(loop)
    the_coach_closes_the_follow_up(loop)
    qa_opens_the_team_s_figures_and_the_list_behind_one(loop)


# -- a new version ---------------------------------------------------------------------------------------------------------


def who_the_operator_is(loop: Loop) -> None:
    with loop.site.app.app_context():
        person = db.session.scalars(
            select(Person).join(Account, Account.person_id == Person.id).where(Account.login == ACCOUNTS["operator"])
        ).one()
        loop.operator_id, loop.operator_name = person.id, f"{person.given_name} {person.family_name}"
        db.session.remove()


def qa_withdraws_a_qualification_until_it_is_earned_anew(loop: Loop) -> None:
    page = loop.window("qa")
    qa_asks_whether_the_operator_is_qualified_now(loop)
    page.get_by_role("link", name="Pause or withdraw").click()
    page.locator("#withdraw-reason").fill("The procedure is rewritten; whoever prints labels is trained anew.")
    page.get_by_role("button", name="Withdraw now").click()
    expect(page.locator("body")).to_contain_text("Withdrawn from now on.")
    operator = loop.window("operator")
    operator.goto("/my-qualifications")
    expect(operator.locator("tr", has_text=TASK)).to_contain_text("The qualification was withdrawn")


def qa_asks_whether_the_operator_is_qualified_now(loop: Loop) -> None:
    page = loop.window("qa")
    page.goto("/qualified")
    page.locator("input[name=person]").fill(loop.operator_name)
    page.locator("select[name=task]").select_option(label=TASK)
    page.get_by_role("button", name="Show the answer").click()
    expect(page.locator(".answer")).to_contain_text(f"Yes. {loop.operator_name} was qualified")


def the_trainer_drafts_the_next_version(loop: Loop) -> None:
    page = loop.window("trainer")
    page.goto(f"/sops?q={SOP}")
    page.locator("tr", has_text=SOP).get_by_role("link").click()
    draft = page.get_by_role("button", name="Draft the next version")
    expect(draft).to_be_visible()
    loop.document = page.url
    draft.click()
    source = page.get_by_label("Text, in Markdown")
    text = source.input_value()
    first_step = next(line for line in text.splitlines() if re.match(r"\d+\. ", line) or line.startswith("- "))
    source.fill(text.replace(first_step, f"{first_step} {CHANGE}", 1))
    page.get_by_label("What changed").fill("Before the first label a second person reads the identifier aloud.")
    page.get_by_label("Why").fill("The same mix-up at the printer came back twice this year.")
    page.get_by_role("button", name="Save and send to review").click()
    expect(page.locator("body")).to_contain_text("Sent to review.")
    expect(page.locator("#changes")).to_be_visible()


def qa_reads_whom_it_hits_and_approves(loop: Loop) -> None:
    page = loop.window("qa")
    page.goto(loop.document)
    page.get_by_role("link", name="being written").click()
    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.locator("ins", has_text="reads the patient identifier aloud")).to_be_visible()
    expect(page.locator("#who")).to_contain_text(loop.operator_name)
    page.get_by_label("Holds from").fill(local_day(clock.now(), "Europe/Berlin").isoformat())
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Approve and sign").click()
    expect(page.locator("body")).to_contain_text("Approved and signed.")
    loop.site.deliver()


# -- trained again ---------------------------------------------------------------------------------------------------------


def the_operator_reads_what_changed(loop: Loop) -> None:
    page = loop.window("operator")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/training")
    page.locator(".todo li", has_text=SOP).get_by_role("link").click()
    expect(page.get_by_role("heading", name="What changed since you trained")).to_be_visible()
    expect(page.locator("ins", has_text="reads the patient identifier aloud")).to_be_visible()
    read = page.get_by_role("button", name="I have read this change")
    page.wait_for_load_state()
    left = read.count()
    assert left > 0
    while left:
        read.first.click()
        left -= 1
        expect(read).to_have_count(left)


def the_operator_passes_the_knowledge_check(loop: Loop) -> None:
    page = loop.window("operator")
    page.set_viewport_size(TABLET)  # type: ignore[arg-type]
    # a slow network: the first choice is made before the script that saves it has arrived
    script = "**/candor/attempt.js"
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(script, hold)
    with page.expect_request(script):
        page.get_by_role("button", name="Start attempt 1").click()
    page.wait_for_url("**/attempts/*/questions/1", wait_until="commit")
    attempt_id = UUID(re.findall(r"/attempts/([0-9a-f-]{36})", page.url)[0])
    for right in right_options(loop.site, attempt_id):
        for option in right:
            page.locator(f"input[name=chosen][value='{option}']").check()
        while held:
            held.pop().continue_()
            page.unroute(script)
        expect(page.locator("[data-saved]")).to_contain_text("saved")
        following = page.get_by_role("button", name="Next question").and_(page.locator(".dock button"))
        (following if following.count() else page.get_by_role("button", name="Review and hand in")).click()
    expect(page.locator("main")).to_contain_text("Every question is answered.")
    page.get_by_role("button", name="Hand in now").click()
    expect(page.get_by_role("heading", name="Result: passed")).to_be_visible()
    page.get_by_role("link", name="Back to the module").click()
    page.set_viewport_size({"width": 1440, "height": 900})


def the_operator_signs_read_and_understood(loop: Loop) -> None:
    page = loop.window("operator")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign as").click()
    expect(page.locator("body")).to_contain_text("Signed. This training is on your record.")
    expect(page.locator("main")).to_contain_text("read and understood")
    loop.site.deliver()


# -- qualified -------------------------------------------------------------------------------------------------------------


def the_assessor_observes_a_run_at_the_bench(loop: Loop) -> None:
    page = loop.window("assessor")
    page.set_viewport_size(TABLET)  # type: ignore[arg-type]
    page.goto("/observations/new")
    trainee = page.get_by_label("Trainee").or_(page.get_by_label("Who")).first
    trainee.select_option(value=str(loop.operator_id))
    page.get_by_label("Task").select_option(label=TASK)
    page.get_by_label("Batch").fill("training run")
    page.get_by_role("button", name="Open the checklist").click()
    expect(page.get_by_role("button", name="Sign the run")).to_be_visible()  # the end of the form: all points are there
    for point in page.locator("fieldset.pt").all():
        point.locator("input[value=yes]").check()
    expect(page.locator("[data-draft-state]")).to_contain_text("draft kept")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign the run").click()
    expect(page.locator("main")).to_contain_text("The run was passed.")
    loop.site.deliver()


def qa_grants_the_qualification(loop: Loop) -> None:
    page = loop.window("qa")
    page.goto("/qualifications/to-grant")
    page.locator("tr", has_text=loop.operator_name).filter(has_text=TASK).get_by_role("link").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Grant and sign").click()
    expect(page.locator(".tag", has_text="Qualified").first).to_be_visible()
    operator = loop.window("operator")
    operator.goto("/my-qualifications")
    expect(operator.locator("tr", has_text=TASK)).to_contain_text("Qualified")


# -- the same one again ----------------------------------------------------------------------------------------------------


def the_operator_raises_a_good_catch_on_a_phone(loop: Loop) -> None:
    page = loop.window("operator")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/good-catch")
    page.get_by_label("What happened?").fill(CATCH)
    page.get_by_label("Label and chain of identity").check()
    expect(page.get_by_label("When?")).not_to_have_value("")
    page.get_by_label("What was done?").fill("Stopped, put the right roll in, told the lead.")
    page.get_by_role("button", name="Send to QA").click()
    expect(page.get_by_role("heading", name="Thank you. QA has it.")).to_be_visible()
    loop.catch_number = page.locator(".answer").inner_text().strip()
    loop.catch = page.url.rsplit("/", 1)[1].partition("?")[0]
    page.set_viewport_size({"width": 1440, "height": 900})


def qa_names_who_was_at_the_bench(loop: Loop) -> None:
    page = loop.window("qa")
    page.goto(f"/deviations/{loop.catch}/people")
    page.get_by_label("Who was at the bench").select_option(value=str(loop.operator_id))
    page.get_by_label("Why it has to be known").fill("They saw it and can say what made it likely.")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("body")).to_contain_text("Only QA of this site sees it.")
    loop.site.deliver()


def qa_finds_and_confirms_the_same_one_again(loop: Loop) -> None:
    page = loop.window("qa")
    earlier = an_earlier_deviation(loop.site, UUID(loop.catch))
    page.goto(f"/deviations/{loop.catch}/triage")
    page.get_by_label("Process step").select_option(value=earlier["process_step"])
    page.get_by_label("Category", exact=True).select_option(value=earlier["category"])
    page.get_by_label("Root cause, provisional").select_option(value=earlier["root_cause_class"])
    code_by_the_rubric(page, earlier["root_cause_class"])
    page.locator("input[name=severity][value=minor]").check()
    page.get_by_label("Why this severity").fill("Seen before anything was printed; no product touched.")
    page.get_by_label("Your answer to whoever raised it").fill("Thank you: that was exactly the right moment to stop.")
    page.get_by_role("button", name="Save the triage").click()
    expect(page.locator("body")).to_contain_text("The recurrence rule has looked again.")
    found = page.locator(".cand-first").first
    expect(found.locator(".rule")).to_have_text("R1")
    found.get_by_label("Reason").fill("The same roll was offered at the same step, for the same cause.")
    found.get_by_label("Your password").fill(PASSWORD)
    found.get_by_role("button", name="Confirm").click()
    expect(page.locator("body")).to_contain_text("The decision counts from now on.")
    loop.site.deliver()
    page.goto(f"/deviations/{loop.catch}")
    expect(page.locator("main")).to_contain_text("Training state at that moment")
    expect(page.locator("main")).not_to_contain_text(loop.operator_name)


# -- the review ------------------------------------------------------------------------------------------------------------


def the_coach_accepts_the_proposed_review(loop: Loop, chromium: Browser) -> None:
    with loop.site.app.app_context():
        proposal = db.session.scalars(
            select(ReviewProposal).where(
                ReviewProposal.deviation_id == UUID(loop.catch), ReviewProposal.state == ProposalState.OPEN
            )
        ).one()
        address, coach_id = f"/reviews/proposals/{proposal.id}", proposal.coach_id
        login = db.session.scalar(select(Account.login).where(Account.person_id == coach_id))
        db.session.remove()
    if login != ACCOUNTS["coach"]:
        loop.windows["coach"] = _signed_in_by_a_one_time_link(loop.site, chromium, coach_id, login)
        loop.coach_password = CHOSEN_PASSWORD
    page = loop.window("coach")
    page.goto("/reviews/coaching")
    expect(page.locator("main")).to_contain_text(loop.catch_number)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text(loop.operator_name)
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("body")).to_contain_text("Accepted. Find a time that suits you both.")
    loop.review = re.findall(r"/reviews/([0-9a-f-]{36})/schedule", page.url)[0]


def _signed_in_by_a_one_time_link(site: Site, chromium: Browser, person_id: UUID, login: str | None) -> Page:
    """Open a window for a coach who has no password yet: the administrator's link, the password page, the door."""
    system = Actor.system("browser tests")
    with site.app.app_context():
        if login is None:
            login = run(identity.open_account, system, "first day", person_id, login=f"coach-{person_id}").login
        account_id = db.session.scalars(select(Account.id).where(Account.login == login)).one()
        token = run(identity.send_one_time_link, system, "first day", account_id)
        db.session.remove()
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=site.address).new_page()
    page.goto(f"/welcome/{token}")
    for box in page.locator("input[type=password]").all():
        box.fill(CHOSEN_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.locator("body")).to_contain_text("Your password is set.")
    page.goto("/sign-in")
    page.get_by_label("User name").fill(login)
    page.get_by_label("Password").fill(CHOSEN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def the_coach_finds_a_time_in_both_calendars(loop: Loop) -> None:
    page = loop.window("coach")
    page.locator(".week-day label").first.click()
    page.get_by_label("Room or link").fill("Room 2.14")
    page.get_by_role("button", name="Put it into both calendars").click()
    expect(page.locator("body")).to_contain_text("In both calendars.")
    loop.site.deliver()
    for role in ("coach", "operator"):
        mail = loop.window(role)
        mail.goto("/mail")
        invitation = mail.locator("details", has_text="Calendar invitation").first
        invitation.locator("summary").click()
        expect(invitation).to_contain_text("BEGIN:VCALENDAR")
        expect(invitation).to_contain_text("METHOD:REQUEST")
        expect(invitation).not_to_contain_text(loop.catch_number)


def the_operator_writes_their_side_first(loop: Loop) -> None:
    page = loop.window("operator")
    page.goto("/reviews")
    page.locator(f"a[href='/reviews/{loop.review}']").click()
    page.get_by_label("What happened, from your side").fill("Two rolls lie in the same drawer and look alike.")
    page.get_by_role("button", name="Save my side").click()
    expect(page.locator("body")).to_contain_text("Saved. Your coach reads it before you talk.")


def the_coach_holds_the_review_with_two_commitments(loop: Loop) -> None:
    page = loop.window("coach")
    page.set_viewport_size(TABLET)  # type: ignore[arg-type]
    page.goto(f"/reviews/{loop.review}")
    expect(page.locator(".says")).to_contain_text("Two rolls lie in the same drawer")
    page.get_by_label("What you saw and heard").fill("The drawer invites the mix-up; the stop was well done.")
    page.get_by_label("What in the system stood in the way").fill("One drawer for the rolls of two patients.")
    page.get_by_label("Support the site owes").fill("A second drawer")
    for place, words in enumerate((REMINDER, "Show the new colleague the drawer")):
        agreed = page.locator(".commit-form").nth(place)
        agreed.get_by_label("What will be done").fill(words)
        agreed.get_by_label("Shown by").fill("seen at the next run")
    page.get_by_role("button", name="Save what was agreed").click()
    expect(page.locator("body")).to_contain_text("The operator can read and sign it now.")


def both_sign(loop: Loop) -> None:
    operator, coach = loop.window("operator"), loop.window("coach")
    operator.goto(f"/reviews/{loop.review}")
    expect(operator.locator(".commit")).to_have_count(2)
    expect(operator.locator("blockquote")).to_contain_text(REMINDER)
    operator.get_by_label("Your password").fill(PASSWORD)
    operator.get_by_role("button", name="Sign", exact=True).click()
    expect(operator.locator("body")).to_contain_text("Signed. Your coach signs next.")
    coach.goto(f"/reviews/{loop.review}")
    coach.get_by_label("Your password").fill(loop.coach_password)
    coach.get_by_role("button", name="Sign and close").click()
    expect(coach.locator("body")).to_contain_text("Signed and closed.")
    expect(coach.get_by_text("valid", exact=True)).to_have_count(2)
    loop.site.deliver()


def the_operator_answers_the_survey_and_gets_the_receipt(loop: Loop) -> None:
    page = loop.window("operator")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/")
    # a person is asked once in 28 days at most, so the sheet may be that of the review of a few days ago
    page.locator("main a[href^='/survey/']").first.click()
    expect(page.get_by_role("heading", name="What happens to your answer")).to_be_visible()
    questions = page.locator("fieldset.lik")
    expect(questions).to_have_count(7)
    for question in questions.all():
        question.locator("input[value='5']").check()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Thank you. That is all.")).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})


def the_coach_closes_the_follow_up(loop: Loop) -> None:
    page = loop.window("coach")
    page.goto(f"/reviews/{loop.review}")
    record = page.get_by_role("button", name="Record", exact=True)
    for left in (1, 0):
        page.get_by_label("What shows it").first.fill("It stands in the batch record, signed twice.")
        record.first.click()
        expect(record).to_have_count(left)
    page.get_by_role("button", name="Close the follow-up").click()
    expect(page.locator("body")).to_contain_text("The follow-up is recorded.")
    page.goto("/reviews/coaching")
    expect(page.locator("tr", has_text=loop.catch_number)).to_contain_text("kept")


# -- what the team's figures say -------------------------------------------------------------------------------------------


def qa_opens_the_team_s_figures_and_the_list_behind_one(loop: Loop) -> None:
    page = opened(loop.window("qa"), "/behavior")
    page.get_by_text("Show as table").first.click()
    figure = page.locator("table a[href*='recurrence=confirmed']").filter(has_text=re.compile(r"^[1-9]\d*$")).first
    count = int(figure.inner_text())
    figure.click()
    expect(page.locator("main tbody tr")).to_have_count(count)
    page.goto("/behavior")
    expect(page.get_by_role("heading", name="Does a safer team climate go with fewer recurrences?")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("caused")
