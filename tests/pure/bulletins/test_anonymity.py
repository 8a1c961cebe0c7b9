"""What a bulletin must not tell: every planted name, number, day and place is caught, and plain process words are not."""

from __future__ import annotations

import pytest

from lms.refusals import NotAllowed
from modules.bulletins.anonymity import Secret, Tells, leaks, redacted
from modules.bulletins.rules import Question, Text, check_anonymous

SECRETS = [
    Secret(Tells.PERSON, "Hélène"),
    Secret(Tells.PERSON, "Moreau"),
    Secret(Tells.PERSON, "Li"),
    Secret(Tells.PERSON, "O'Neill-Park"),
    Secret(Tells.PERSON, "E00417"),
    Secret(Tells.SITE, "Lyon University Hospital"),
    Secret(Tells.SITE, "LYO"),
    Secret(Tells.TEAM, "Team Blue"),
    Secret(Tells.TEAM, "A"),
    Secret(Tells.NUMBER, "LYO-DEV-2026-0042"),
    Secret(Tells.NUMBER, "LYO-CAPA-2026-0007"),
    Secret(Tells.NUMBER, "B-20417"),
    Secret(Tells.NUMBER, "TW/88.12"),
]

LEAKING = [
    ("The vector was entered by Moreau.", "Moreau"),
    ("moreau's second check was skipped.", "moreau"),
    ("Helene saw it first.", "Helene"),
    ("HÉLÈNE saw it first.", "HÉLÈNE"),
    ("He\u0301le\u0300ne saw it first.", "He\u0301le\u0300ne"),
    ("Mo\u200breau saw it first.", "Mo\u200breau"),
    ("Li stopped the run.", "Li"),
    ("As O’Neill Park said.", "O’Neill Park"),
    ("Operator E00417 signed.", "E00417"),
    ("Write to h.someone@lyon.example.", "h.someone@lyon.example"),
    ("At the Lyon suite it was seen late.", "Lyon"),
    ("At Lyon University Hospital it was seen late.", "Lyon University Hospital"),
    ("At LYO it was seen late.", "LYO"),
    ("At lyo it was seen late.", "lyo"),
    ("Team Blue found it.", "Team Blue"),
    ("team-blue found it.", "team-blue"),
    ("It was team A that found it.", "team A"),
    ("See LYO-DEV-2026-0042.", "LYO-DEV-2026-0042"),
    ("See LYO DEV 2026 0042.", "LYO DEV 2026 0042"),
    ("See LYODEV20260042.", "LYODEV20260042"),
    ("See DEV-2026-42.", "DEV-2026-42"),
    ("See LYO-CAPA-2026-0007.", "LYO-CAPA-2026-0007"),
    ("Batch B-20417 was held.", "B-20417"),
    ("Batch B20417 was held.", "B20417"),
    ("Record TW 88 12 was held.", "TW 88 12"),
    ("On 22-Nov-2026 it failed.", "22-Nov-2026"),
    ("On 22 November it failed.", "22 November"),
    ("On the 3rd of May it failed.", "3rd of May"),
    ("On November 22nd it failed.", "November 22nd"),
    ("On 2026-11-22 it failed.", "2026-11-22"),
    ("On 22.11.2026 it failed.", "22.11.2026"),
    ("On 11/22/26 it failed.", "11/22/26"),
    ("Last Tuesday it failed.", "Tuesday"),
    ("At 14:05 it failed.", "14:05"),
]


@pytest.mark.parametrize(("text", "words"), LEAKING)
def test_every_planted_leak_is_caught_and_named(text: str, words: str) -> None:
    found = leaks(text, SECRETS)
    assert words in [leak.words for leak in found]


@pytest.mark.parametrize("field", ["title", "what_happened", "why", "what_changed", "look_for"])
@pytest.mark.parametrize(("leaking", "words"), LEAKING)
def test_no_field_of_a_bulletin_lets_one_through(field: str, leaking: str, words: str) -> None:
    parts = dict.fromkeys(("title", "what_happened", "why", "what_changed", "look_for"), "Check the worksheet.")
    with pytest.raises(NotAllowed) as refused:
        check_anonymous(Text(**{**parts, field: leaking}), SECRETS)
    assert refused.value.field == field
    assert "could tell" in str(refused.value)
    assert words.split(maxsplit=1)[0].split("-", maxsplit=1)[0] in str(refused.value)


@pytest.mark.parametrize("part", ["stem", "right", "wrong", "why"])
def test_questions_are_read_too(part: str) -> None:
    question = {
        "stem": "Which value?",
        "right": "The printed one",
        "wrong": ("The typed one",),
        "why": "It is checked.",
    }
    planted: object = ("The one of Moreau",) if part == "wrong" else "The one of Moreau"
    text = Text("t", "a", "b", "c", "d", (Question(**{**question, part: planted}),))  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match="“Moreau” could tell who it was") as refused:
        check_anonymous(text, SECRETS)
    assert refused.value.field == "question_1"


@pytest.mark.parametrize(
    "text",
    [
        "In November 2026 the same was seen twice.",
        "Dilute 1:10 and spin at 300 g for 10 min.",
        "A worksheet of version 4 is in use; step 7.3 asks for a second look.",
        "Believe the printed MOI of 2.5, not the listing.",
        "The hospital's university clinic has a unit for it.",
        "Two of 12 bags were held; the device was checked.",
        "One may do 3 of them at once.",
    ],
)
def test_words_of_the_process_are_not_refused(text: str) -> None:
    assert leaks(text, SECRETS) == []


@pytest.mark.parametrize(("text", "words"), LEAKING)
def test_a_prefilled_text_tells_nothing_any_more(text: str, words: str) -> None:
    told = redacted(text, SECRETS)
    assert leaks(told, SECRETS) == []
    assert words not in told


def test_a_whole_name_becomes_one_colleague() -> None:
    assert redacted("Hélène Moreau stopped it at Lyon University Hospital.", SECRETS) == (
        "a colleague stopped it at a site."
    )
