"""Shapes of input: the signature read-and-understood."""

from __future__ import annotations

from wtforms import HiddenField

from lms.identity.forms import SigningForm


class ReadAndUnderstoodForm(SigningForm):
    """The password, and what was shown: the text by its hash and the sentence."""

    sha256 = HiddenField()
    statement = HiddenField()
