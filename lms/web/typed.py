"""What people type and what an address asks for, as the pages read it: the one place for what no page can mean."""

from __future__ import annotations

from datetime import date

import wtforms
from flask import Request, request
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

from lms.web.times import is_meant

#: The largest number that an address may ask for. No list has as many pages, and every database can count so far.
MOST = 1_000_000


class TypedRequest(Request):
    """A request whose texts can be kept: without NUL, which PostgreSQL refuses, and where blanks alone are nothing.

    Blanks are nothing so that a field that must be filled in, such as a reason that stands in the trail, is.
    """

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Return what stands in the address behind the question mark."""
        given = super().args
        return ImmutableMultiDict([(name, _without_nul(value)) for name, value in given.items(multi=True)])

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        texts = [(name, _without_nul(value)) for name, value in self.form.items(multi=True)]
        # the way werkzeug itself puts the form there, past the property that would read the request again
        self.__dict__["form"] = ImmutableMultiDict([(name, value if value.strip() else "") for name, value in texts])


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


def number_asked(name: str, default: int) -> int:
    """Return a whole number from 1 that the address asks for; the default for what is none, and never too large a one."""
    return min(max(1, request.args.get(name, default, type=int)), MOST)


def page_asked() -> int:
    """Return the page of a list that the address asks for."""
    return number_asked("page", 1)


class DateField(wtforms.DateField):  # type: ignore[misc]  # WTForms is not typed
    """A day of a form. A year that nobody means is refused: near the calendar's ends a day has no first or last moment."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        super().process_formdata(valuelist)
        _refuse_unmeant(self)


class MonthField(wtforms.MonthField):  # type: ignore[misc]  # as above
    """A month of a form; its year as that of a day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the month."""
        super().process_formdata(valuelist)
        _refuse_unmeant(self)


class DateTimeLocalField(wtforms.DateTimeLocalField):  # type: ignore[misc]  # as above
    """A day and time of a form, by a site's clock; its year as that of a day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day and time."""
        super().process_formdata(valuelist)
        _refuse_unmeant(self)


def _refuse_unmeant(field: wtforms.Field) -> None:
    day: date | None = field.data
    if day is not None and not is_meant(day):
        field.data = None
        raise ValueError(_("Look at the year: no day before 1900 or after 2999 can be meant here."))
