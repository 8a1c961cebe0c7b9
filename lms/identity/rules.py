"""What a person, an account and a role must be, whoever brings them: a page, a file or the command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from lms.refusals import NotAllowed
from lms.web.times import is_meant, show_day

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LOGIN = re.compile(r"\S+")


def check_mail(email: str) -> None:
    """Raise ``NotAllowed`` for what is no mail address. None at all is one that nobody has given yet."""
    if email and not _MAIL.fullmatch(email):
        message = f"“{email[:60]}” is no mail address. Write it like name@example.org, or leave it empty."
        raise NotAllowed(message, field="email")


def check_login(login: str) -> None:
    """Raise ``NotAllowed`` for a user name with blanks in it, which nobody could tell from two words."""
    if not _LOGIN.fullmatch(login):
        message = f"The user name “{login[:60]}” has a blank in it. Write it without, such as ada.byron."
        raise NotAllowed(message, field="login")


def check_person(*, employee_no: str, given_name: str, family_name: str, joined_on: date) -> None:
    """Raise ``NotAllowed`` for a person without number or name, or with a first day that nobody means."""
    for field, text, what in (
        ("employee_no", employee_no, "employee number"),
        ("given_name", given_name, "given name"),
        ("family_name", family_name, "family name"),
    ):
        if not text.strip():
            message = f"Type the {what}: blanks are none."
            raise NotAllowed(message, field=field)
    if not is_meant(joined_on):
        message = f"Nobody began on {show_day(joined_on)}: look at the year of the first day of work."
        raise NotAllowed(message, field="joined_on")


def check_role_days(name: str, joined_on: date, valid_from: date, valid_to: date | None) -> None:
    """Raise ``NotAllowed`` for a role that would hold before its person works here, or end before it begins."""
    if valid_from < joined_on:
        message = f"{name} works here from {show_day(joined_on)}: give that day or a later one as the role's first."
        raise NotAllowed(message, field="valid_from")
    if valid_to is not None and valid_to <= valid_from:
        message = f"The role would end before it begins on {show_day(valid_from)}: give a later day, or none."
        raise NotAllowed(message, field="valid_to")


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that a person holds or held: at a site, or in the whole network when ``site_id`` is None."""

    role: str
    site_id: UUID | None
    valid_from: date
    valid_to: date | None

    def holds_after(self, day: date) -> bool:
        """Whether it has not ended by a day."""
        return self.valid_to is None or self.valid_to > day


def check_grantee(granter_id: UUID | None, person_id: UUID) -> None:
    """Raise ``NotAllowed`` to whoever would grant a role to themself."""
    if granter_id is not None and granter_id == person_id:
        raise NotAllowed("Nobody grants a role to themself. Ask another administrator.")


def check_not_held(role: str, site_id: UUID | None, held: Iterable[HeldRole], valid_from: date) -> None:
    """Raise ``NotAllowed`` for a role that its person holds there on its first day or later."""
    if any((one.role, one.site_id) == (role, site_id) and one.holds_after(valid_from) for one in held):
        raise NotAllowed("This person already holds this role there.", field="role")


def check_apart(apart: Collection[str], held: Iterable[HeldRole], valid_from: date, valid_to: date | None) -> None:
    """Raise ``NotAllowed`` if one of the roles kept apart from a new one is held at the same time."""
    if any(
        one.role in apart and one.holds_after(valid_from) and (valid_to is None or one.valid_from < valid_to)
        for one in held
    ):
        raise NotAllowed(
            "The survey custodian is never administrator, coach or site lead as well: nobody holds the key of the answers "
            "and the power to use them. Choose another person, or end the other role first.",
            field="role",
        )


def check_team_day(name: str, joined_on: date, since: date | None, on: date) -> None:
    """Raise ``NotAllowed`` for a first day in a team before that of work, or before that in the present team (``since``)."""
    if on < joined_on:
        message = f"{name} works here from {show_day(joined_on)}: nobody is in a team before that day."
        raise NotAllowed(message, field="team")
    if since is not None and on < since:
        message = (
            f"{name} is in a team since {show_day(since)}, and past days keep the team of their time: give a later day."
        )
        raise NotAllowed(message, field="team")


def is_called(words: str, given_name: str, family_name: str) -> bool:
    """Whether a typed name is a person's: the family name, ``Given Family`` or ``Family, Given``, in any case."""
    wanted = _plain(words.replace(",", ", "))
    names = (family_name, f"{given_name} {family_name}", f"{family_name}, {given_name}")
    return wanted in {_plain(name) for name in names}


def _plain(name: str) -> str:
    return " ".join(name.split()).replace(" ,", ",").casefold()
