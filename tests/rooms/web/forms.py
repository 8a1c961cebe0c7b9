"""The forms of a page, and the ways in which they are sent: empty, with nonsense, from a page grown stale, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
#: What nobody means, by the kind of field: no such day, number, address or choice.
_NONSENSE = {"date": "31-31-31", "time": "soon", "datetime-local": "soon", "number": "many", "select": "none of these"}


@dataclass
class Form:
    """A form as it stands on a page: field by field its kind and what it holds."""

    action: str
    kinds: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """The fields, which tell one form of a page from another."""
        return " ".join(sorted(self.kinds))

    def ways(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Give each way to send it, with what is sent."""
        hidden = {name: value for name, value in self.values.items() if self.kinds[name] == "hidden"}
        yield "empty", hidden
        nonsense = {
            name: _NONSENSE.get(kind, "x") for name, kind in self.kinds.items() if kind not in {"hidden", "file"}
        }
        yield "nonsense", {**nonsense, **hidden}
        if "version" in self.values:
            yield "stale", {**self.values, "version": "999"}
        yield "as it stands", self.values


class _Forms(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "get").lower() == "post":
            self._form = Form(urljoin(self.base, given.get("action") or self.base))
            self.found.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "option" and self._select:
            if self._select not in self._form.values or "selected" in given:
                self._form.values[self._select] = given.get("value", "")
        elif tag == "select":
            self._select = name
            self._form.kinds[name] = "select"
        elif name and tag in {"input", "textarea", "button"}:
            self._note(name, tag, given)

    def _note(self, name: str, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        kind = given.get("type", "text") if tag == "input" else tag
        chosen = kind not in {"radio", "checkbox", "submit", "button"} or "checked" in given
        self._form.kinds[name] = kind
        if chosen and kind != "file":
            self._form.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def forms_of(html: str, base: str) -> list[Form]:
    """Return the forms of a page that send something."""
    reader = _Forms(base)
    for form in _FORM.findall(html):
        reader.feed(form)
    reader.close()
    return reader.found
