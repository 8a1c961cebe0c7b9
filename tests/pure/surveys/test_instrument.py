"""An instrument file says all that its score needs, and a shipped version is never edited."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from coaching.surveys.instrument import SHIPPED, Answers, BadInstrument, load, load_all, shipped

CLIMATE = shipped()[1]
FILE = SHIPPED / "voice-climate-1.toml"
#: Reversed are the second, fifth and sixth statement.
BEST: Answers = (7, 1, 7, 7, 1, 1, 7)

#: A file that has been answered is never edited; a change of wording is a new version in a new file.
PUBLISHED = {
    "packs/edmondson-1999.toml": "e9a9e5cfe4fea3a19df6624f0fc2693d1b2fa123dbca4d030e3a32639a78eb83",
    "translations/voice-climate-1.de.toml": "4708ba13ad2c16a4e6930014ba198e99873881660625a26f01dd3ca6a61abddd",
    "translations/voice-climate-1.fr.toml": "8e499f68d655d3f12d7daccaa823c60d137a59fdfbda1c2d62e8e1de0df42b42",
    "translations/voice-pulse-1.de.toml": "a59f4c67352cc1af607fa36e5c13aea56d924f83672fe542603adcc2931dbc24",
    "translations/voice-pulse-1.fr.toml": "e4cbce220cca93d9ecd20effe041a92a4b1135d1131d7d9e30fb1df5c666159e",
    "voice-climate-1.toml": "a9f219f3d763509dd08a33b6bcd1d6baf261e4b79735065b290161345b3324ae",
    "voice-pulse-1.toml": "284a4a3b8414604ebddd555f2747a78895232aa58ffa504c5766f2d0cd89c6b8",
}


def test_a_published_instrument_is_never_edited() -> None:
    found = {str(path.relative_to(SHIPPED)): path.read_bytes() for path in SHIPPED.rglob("*.toml")}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} == PUBLISHED


def test_the_shipped_instrument_may_be_used_by_everybody_and_says_where_it_comes_from() -> None:
    assert CLIMATE.licence == "CC0-1.0"
    assert "Candor" in CLIMATE.source
    assert "not about product" in CLIMATE.preface
    assert [item.reversed for item in CLIMATE.items] == [False, True, False, False, True, True, False]
    assert (CLIMATE.low, CLIMATE.high, len(CLIMATE.anchors), len(CLIMATE.items)) == (1, 7, 7, 7)


def test_reversed_items_are_turned_so_that_more_is_better() -> None:
    assert CLIMATE.recode(BEST) == (7,) * 7
    assert CLIMATE.recode((1, None, 2, 3, 6, 7, 4)) == (1, None, 2, 3, 2, 1, 4)


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        (BEST, Fraction(7)),
        ((5, 2, 6, 4, 3, 1, 7), Fraction(5 + 6 + 6 + 4 + 5 + 7 + 7, 7)),
        ((5, 2, 6, 4, 3, None, None), Fraction(5 + 6 + 6 + 4 + 5, 5)),
        ((5, 2, 6, 4, None, None, None), None),
        ((None,) * 7, None),
    ],
)
def test_a_sheet_is_the_mean_of_its_answers_from_five_of_seven_on(answers: Answers, score: Fraction | None) -> None:
    found = CLIMATE.score(answers)
    assert (found.score, found.straight_line) == (score, False)


@pytest.mark.parametrize("value", [1, 4, 7])
def test_the_same_choice_on_all_seven_is_kept_out_of_the_mean_but_reported(value: int) -> None:
    found = CLIMATE.score((value,) * 7)
    assert (found.score, found.straight_line, found.answered) == (None, True, 7)
    assert not CLIMATE.score((value,) * 6 + (None,)).straight_line


@pytest.mark.parametrize("answers", [(0, *BEST[1:]), (8, *BEST[1:]), BEST[:6], (*BEST, 1)])
def test_an_answer_off_the_scale_or_too_many_is_refused(answers: Answers) -> None:
    with pytest.raises(ValueError, match="voice-climate 1"):
        CLIMATE.score(answers)


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("minimum_answered = 5", "minimum_answered = 3", "more than half"),
        ("low = 1", "low = 0", "the scale must run"),
        ('    "Half and half",\n', "", "one anchor for each point"),
        ('key = "slip"', 'key = "odd"', "share a key"),
        ('licence = "CC0-1.0"', "", "'licence' is missing"),
        ('licence = "CC0-1.0"', 'licence = " "', "may not be empty"),
        ("code = 1 ", "code = 70000 ", "the code must lie"),
        ("[scale]", "[scale", "voice-climate-1.toml"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_by_name(tmp_path: Path, good: str, bad: str, complaint: str) -> None:
    text = FILE.read_text()
    assert good in text
    copy = tmp_path / FILE.name
    copy.write_text(text.replace(good, bad, 1))
    with pytest.raises(BadInstrument, match=complaint) as refusal:
        load(copy)
    assert FILE.name in str(refusal.value)


def test_two_instruments_never_share_a_code(tmp_path: Path) -> None:
    for name, version in (("a.toml", 'version = "1"'), ("b.toml", 'version = "2"')):
        (tmp_path / name).write_text(FILE.read_text().replace('version = "1"', version, 1))
    with pytest.raises(BadInstrument, match="already taken"):
        load_all(tmp_path)
