"""What looks like a patient's name, number or birth date in free text. Text in, places out; it knows nobody's records.

It asks, it does not forbid: whoever wrote the words says whether they mean a patient. So it may be wrong now and then, but
not about what a deviation is full of: batch numbers, times, codes of SOPs and equipment, numbers of other records.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the words look like."""

    NAME = "name"
    NUMBER = "number"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a text, from ``start`` up to ``end``, and what it looks like."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text; ``kind`` says what it looks like, None that it is only there to be read with the rest."""

    words: str
    kind: Kind | None = None


#: Characters of the text that are shown before and after what was found.
AROUND = 40

_SOMEBODY = r"(?:patient(?:in|e|s)?|donor|recipient|donneu(?:r|se)|receveu(?:r|se)|spender(?:in)?|paziente|paciente)"
_WORD = r"(?:[A-Z][’'])?[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿß]+(?:[-’'][A-ZÀ-ÖØ-Þ][a-zà-öø-ÿß]+)?"
_NAMES = rf"{_WORD}(?:\s+(?:(?:van|von|de|der|den|di|da|le|la)\s+){{0,2}}(?:[A-Z]\.\s*)?{_WORD}){{0,2}}"
_DAY = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d|(?:19|20)\d\d-\d\d-\d\d"
    r"|\d{1,2}\.?[ -](?:[A-Za-zé]{3,9})\.?[ -](?:19|20)\d\d|[A-Z][a-z]{2,8} \d{1,2},? (?:19|20)\d\d)"
)
_BORN = (
    r"(?:\bDOB\b|\bD\.O\.B\.?|\bdate of birth\b|\bbirth ?date\b|\bborn\b|\bgeb\.|\bgeboren\b|\bGeburtsdatum\b"
    r"|\bné(?:e|\(e\))?\b|\bdate de naissance\b|\bnacid[oa]\b|\bfecha de nacimiento\b|\bnat[oa] il\b|\bdata di nascita\b)"
)
_NUMBERED = (
    r"(?:\bMRN\b|\bPID\b|\bIPP\b|\bKVNR\b|\bNHS(?:[ -]?(?:no|nr|number))?\b|\bSSN\b|\bNIR\b|\bINSEE\b"
    r"|\bsocial security(?: (?:no|number))?\b|\bmedical record(?: (?:no|number))?\b"
    rf"|\b(?:hospital|{_SOMEBODY}|subject)(?:'s|’s)?[ -]?(?:id|identifier|no|nr|number)\b|\b{_SOMEBODY}\b(?=\W{{1,3}}\d)"
    r"|\bPatientennummer\b|\bFallnummer\b|\bVersichertennummer\b|\bnuméro de (?:dossier|patient)\b)"
)
#: Words that follow “patient” with a capital letter and name nobody: headings, forms, days, the ends of sentences.
_NOBODY = frozenset(
    """
    Frosty Access Administration Alert Assessment Bag Batch Blood Care Cell Cells Center Centre Chart Code Contact Data
    Day Dose File Flow Form Group Health History Hospital Id Identification Identifier Identity Impact Infusion
    Information Intake Label List Log Material Name Network No None Not Number Outcome Portal Product Protection
    Record Records Registry Release Report Risk Risks Room Safety Sample Samples Service Services Site Specific
    Status Support Therapy Treatment Unit Ward Weight The This That These Those There Then When Where While With
    Without After Before During And But For From Has Had Have Was Were Will Would Should Could Can May Must Are
    All Any Both Each Every Our Its Their His Her In On At By To Of Or If As It He She We They You Is Be Do Did
    Does See Same Two One Three Second First Next New Old Other Only Also Stopped Held Checked Entered Informed
    Called Told Done Nothing Nobody Somebody Seen Found Kept Please Step Monday Tuesday Wednesday Thursday Friday
    Saturday Sunday January February March April May June July August September October November December
    """.split()  # noqa: SIM905 - a list of words is read as one text
)
_NO_INITIALS = frozenset({"AM", "AT", "BY", "EM", "ID", "IN", "NO", "OF", "OK", "ON", "OR", "PM", "QA", "QC", "TO"})
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Herrn?|Frau|Mme|Monsieur|Madame|Signora?|Señora?)"


def find(text: str) -> tuple[Hit, ...]:
    """Return what looks like a patient's name, number or birth date, in the order of the text, without overlaps."""
    found: list[Hit] = []
    for hit in sorted(_all(text), key=lambda hit: (hit.start, -hit.end)):
        if not found or hit.start >= found[-1].end:
            found.append(hit)
    return tuple(found)


def parts(text: str) -> tuple[Part, ...]:
    """Return a text in parts, what was found marked and what lies far from it left out; nothing if nothing was found."""
    hits, found, at = find(text), [], 0
    for hit in hits:
        found += [
            Part(_shortened(text[at : hit.start], head=at > 0, tail=True)),
            Part(text[hit.start : hit.end], hit.kind),
        ]
        at = hit.end
    return (*found, Part(_shortened(text[at:], head=True, tail=False))) if hits else ()


def _shortened(text: str, *, head: bool, tail: bool) -> str:
    """Return what stands between two finds: its beginning, its end, or both, cut at words."""
    if len(text) <= AROUND * (head + tail):
        return text
    first = text[:AROUND].rsplit(" ", 1)[0] if head else ""
    last = text[-AROUND:].split(" ", 1)[-1] if tail else ""
    return f"{first} … {last}"


def digest(words: list[str]) -> str:
    """Return a short digest of the words found: an answer “no patient” is about these words and no others."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:24]


def _all(text: str) -> Iterator[Hit]:
    for pattern, kind, holds in _PATTERNS:
        for match in pattern.finditer(text):
            if holds(match):
                yield Hit(match.start("it"), match.end("it"), kind)


def _somebody(match: re.Match[str]) -> bool:
    """Whether the capital letters after “patient” name somebody: no word of a heading or of a next sentence."""
    words = [word for word in re.split(r"[\s.]+", match["it"]) if word[:1].isupper()]
    return not any(word in _NOBODY or word.removesuffix("s") in _NOBODY for word in words)


def _initials(match: re.Match[str]) -> bool:
    """Whether two capital letters before a date can be somebody's initials."""
    return match["it"][:2] not in _NO_INITIALS


def _always(_match: re.Match[str]) -> bool:
    return True


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits are an NHS number by its check digit (NHS Data Dictionary: modulus 11, weights 10 to 2)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(digits[9])


def is_social_security_number(digits: str) -> bool:
    """Whether nine digits can be a US social security number: it has no check digit, but areas that are never given."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def is_insee_number(number: str) -> bool:
    """Whether 15 characters are a French NIR by its key: 97 minus the number modulo 97; Corsica's 2A is 19, 2B is 18."""
    plain = number[:13].replace("2A", "19", 1) if number[5:7] == "2A" else number[:13].replace("2B", "18", 1)
    return plain.isdigit() and 97 - int(plain) % 97 == int(number[13:])


def _digits(check: Callable[[str], bool]) -> Callable[[re.Match[str]], bool]:
    return lambda match: check(re.sub(r"[\s-]", "", match["it"]))


def _pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(text, flags)


_PATTERNS: tuple[tuple[re.Pattern[str], Kind, Callable[[re.Match[str]], bool]], ...] = (
    # patient John Smith; the donor, Erika Meyer; Patient: Grace O’Neil
    (
        _pattern(
            rf"\b(?i:{_SOMEBODY})(?:['’]s)?(?:\s+(?:is|was|named|called|name))?[ \t]*[,:(]?[ \t]+(?P<it>{_NAMES})"
        ),
        Kind.NAME,
        _somebody,
    ),
    # Mrs Jones, Herr Dr. Weber, Mme Dupont
    (_pattern(rf"\b{_TITLE}\.?\s+(?:(?:Dr|Prof)\.?\s+)?(?P<it>{_NAMES})"), Kind.NAME, _somebody),
    # J.S., 12.03.1961
    (_pattern(rf"(?<![\w.])(?P<it>[A-Z]\. ?[A-Z]\.,?\s*(?:\(|\*)?\s*{_DAY})"), Kind.NAME, _always),
    # JS *12.03.61, JS (born 1961), JS 12.03.1961: undotted letters are codes of all kinds unless the year is a birth's
    (
        _pattern(rf"\b(?P<it>[A-Z]{{2}},?\s*(?:\(?\s*(?:\*|{_BORN})\s*(?:{_DAY}|(?:19|20)\d\d)))", re.IGNORECASE),
        Kind.NAME,
        lambda match: match["it"][:2].isupper(),
    ),
    (_pattern(r"\b(?P<it>[A-Z]{2},?\s+\d{1,2}[./-]\d{1,2}[./-](?:19\d\d|200\d))\b"), Kind.NAME, _initials),
    # DOB 12/03/1961, geb. am 12.3.61, born in 1961, née le 12 mars 1961
    (
        _pattern(
            rf"(?P<it>{_BORN}[\s:,.*(-]*(?:(?:on|in|am|le|el|il|the|is|was)\s+){{0,2}}(?:{_DAY}|(?:19|20)\d\d\b))",
            re.IGNORECASE,
        ),
        Kind.BIRTH_DATE,
        _always,
    ),
    # MRN 00481516, hospital no. A-12345, patient 4815162
    (
        _pattern(
            rf"{_NUMBERED}[\s:.#°(]*(?:(?:is|was|no|nr)\b[\s:.#]*)?"
            r"(?P<it>(?=(?:[A-Z\s/-]{0,6}\d){4})[A-Z]{0,3}[-/ ]?\d[\d\s/-]*\d)",
            re.IGNORECASE,
        ),
        Kind.NUMBER,
        _always,
    ),
    # numbers that tell themselves: by their shape and, where there is one, by their check digit
    (_pattern(r"(?<![\w-])(?P<it>\d{3} \d{3} \d{4})(?![\w-])"), Kind.NUMBER, _digits(is_nhs_number)),
    (_pattern(r"(?<![\w-])(?P<it>\d{3}-\d\d-\d{4})(?![\w-])"), Kind.NUMBER, _digits(is_social_security_number)),
    (
        _pattern(
            r"(?<![\w-])(?P<it>[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d)(?![\w-])"
        ),
        Kind.NUMBER,
        _digits(is_insee_number),
    ),
)
