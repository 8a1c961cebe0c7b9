"""A language that no catalogue has: every text that goes through gettext comes back inside ⟦ ⟧, so that all others stand out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from babel.support import NullTranslations
from flask import Flask

from lms.web import shell

#: Formats as English does and is another language, so that what is kept for each language is not kept for the other one.
LANGUAGE = "en_GB"


class PseudoTranslations(NullTranslations):
    """Gives every text back between brackets; what it leaves room for is filled in between them."""

    def __init__(self) -> None:
        super().__init__()
        #: Every text that was asked for.
        self.said: set[str] = set()

    def gettext(self, message: str) -> str:
        """Return the text between brackets."""
        self.said.add(message)
        return f"⟦{message}⟧" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the one text or the other between brackets."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    # the names by which flask_babel asks
    ugettext = gettext
    ungettext = ngettext


@contextmanager
def pseudo_locale(app: Flask) -> Iterator[PseudoTranslations]:
    """Have the application answer in the language between brackets; give its translations."""
    translations = PseudoTranslations()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.extensions["babel"], "locale_selector", lambda: LANGUAGE)
        patch.setattr(shell._Translations, "get_translations", lambda _: translations)
        yield translations
