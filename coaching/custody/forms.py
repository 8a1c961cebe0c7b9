"""Forms of the custodian: a look and a release, a rehearsal, a key to register, one to destroy, a quarter to give up."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.web.labels import choices

#: A key file has a few hundred characters; more is not read.
LONGEST_KEY_FILE = 4097
#: A whole request of these pages, in bytes. So small that it is parsed in memory and never spooled to a file.
LARGEST_REQUEST = 32 * 1024


class KeyFileForm(FlaskForm):
    """A key file and its passphrase, which live in the memory of one request."""

    key_file = FileField(_l("Key file"), validators=[FileRequired(_l("Choose the key file of the quarter."))])
    passphrase = PasswordField(_l("Passphrase"), validators=[InputRequired(_l("Type the passphrase of the key file."))])

    def key_text(self) -> str:
        """Return the text of the key file, read once and kept nowhere."""
        return bytes(self.key_file.data.read(LONGEST_KEY_FILE)).decode("utf-8", "replace")


class ReleaseForm(KeyFileForm):
    """What a release, or a look before it, needs."""

    month = SelectField(_l("Month"))


class RegisterForm(FlaskForm):
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


class GiveUpForm(SigningForm):
    """Why a quarter's answers can, or may, be opened by nobody any more."""

    cause = SelectField(_l("What happened to the key"))
    reason = TextAreaField(
        _l("What happened, and since when"),
        validators=[InputRequired(_l("Say what happened and since when: the reason is part of what you sign."))],
    )

    def __init__(self, *args: object, **values: object) -> None:
        super().__init__(*args, **values)
        self.cause.choices = choices("custody_cause")
