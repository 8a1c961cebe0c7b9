"""Forms of the words of a pack, of their approval and of what is in force."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from coaching.surveys.instrument import OWN_NAMES


class WordsForm(FlaskForm):
    """The words of a pack and the permission to use them."""

    language = SelectField(_l("Language"), choices=[SelectChoice(code, name) for code, name in OWN_NAMES.items()])
    preface = TextAreaField(
        _l("Before the first statement"), validators=[InputRequired(_l("Write what stands first.")), Length(max=1000)]
    )
    texts = TextAreaField(
        _l("Statements, one a line"), validators=[InputRequired(_l("Paste the statements.")), Length(max=4000)]
    )
    anchors = TextAreaField(
        _l("Anchors, one a line, lowest first"), validators=[InputRequired(_l("Paste the anchors.")), Length(max=1000)]
    )
    permission_ref = StringField(
        _l("Permission"),
        validators=[InputRequired(_l("Say who allowed the use, when, and where that is filed.")), Length(max=300)],
    )


class ApproveForm(FlaskForm):
    """The version of the words that was compared."""

    version = HiddenField()


class InForceForm(FlaskForm):
    """Why another full set is asked from now on."""

    reason = StringField(
        _l("Why"), validators=[InputRequired(_l("Say why the series before it ends.")), Length(max=300)]
    )
