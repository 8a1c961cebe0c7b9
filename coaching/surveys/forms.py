"""Forms of the survey: a sheet of answers, the release, a key to register and one to destroy."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from coaching.surveys.instrument import Answers, Instrument
from lms.refusals import NotAllowed

#: A key file has a few hundred characters; more is not read.
LONGEST_KEY_FILE = 4097


def answers_from(sent: Mapping[str, str], instrument: Instrument) -> Answers:
    """Return one answer per item, None where it was left out. Raises ``NotAllowed`` for a value off the scale."""
    points = {str(point): point for point in range(instrument.low, instrument.high + 1)}
    given = [sent.get(item.key, "") for item in instrument.items]
    if any(value and value not in points for value in given):
        raise NotAllowed("An answer lies off the scale. Choose one of the points, or none.")
    return tuple(points.get(value) for value in given)


class ReleaseForm(FlaskForm):
    """What a release needs; the file and the passphrase live in the memory of one request."""

    month = SelectField(_l("Month"))
    key_file = FileField(_l("Key file"), validators=[FileRequired(_l("Choose the key file of the quarter."))])
    passphrase = PasswordField(_l("Passphrase"), validators=[InputRequired(_l("Type the passphrase of the key file."))])

    def key_text(self) -> str:
        """Return the text of the key file, read once and kept nowhere."""
        return bytes(self.key_file.data.read(LONGEST_KEY_FILE)).decode("utf-8", "replace")


class KeyForm(FlaskForm):
    """A quarter and the public line of its key."""

    quarter = SelectField(_l("Quarter"))
    public_key = StringField(
        _l("Public key"), validators=[InputRequired(_l("Copy the public line of the key file.")), Length(max=80)]
    )

    def key_bytes(self) -> bytes:
        """Return the public key; empty if it is not hexadecimal."""
        try:
            return bytes.fromhex((self.public_key.data or "").removeprefix("public:").strip())
        except ValueError:
            return b""


class DestroyForm(FlaskForm):
    """The quarter whose secrets are destroyed."""

    quarter = SelectField(_l("Quarter"))
