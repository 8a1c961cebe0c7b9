"""A file as it comes out of a hundred tired systems, and the key to it: which lines are refused, at which column, why.

Made anew from a seed each time. A case is either odd and fine, or wrong in one way; the key says which.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

HEADINGS = (
    "Ref", "Plant", "When", "Found", "Story", "Done", "Type", "Raised by", "Step", "Cat", "Cause", "Sev", "Crew", "Lot",
)  # fmt: skip
FIELDS = {
    "external_id": "Ref", "site": "Plant", "occurred_at": "When", "detected_at": "Found", "description": "Story",
    "immediate_action": "Done", "kind": "Type", "detection_channel": "Raised by", "process_step": "Step",
    "category": "Cat", "root_cause_class": "Cause", "severity": "Sev", "team": "Crew", "batch": "Lot",
}  # fmt: skip
MAPPING_TOML = (
    'dates = ["%d/%m/%Y", "%m/%d/%Y", "%d/%m/%Y %H:%M"]\n[columns]\n'
    + "".join(f'{name} = "{heading}"\n' for name, heading in FIELDS.items())
    + '[patterns]\nexternal_id = "TW-[0-9]{6}"\n'
    + '[values.detection_channel]\nyes = "performer"\ny = "performer"\ntrue = "performer"\n1 = "performer"\n'
    + 'ja = "performer"\nno = "supervisor"\nfalse = "supervisor"\n0 = "supervisor"\n[values.severity]\nGrave = "critical"\n'
)


@dataclass(frozen=True)
class Case:
    """One kind of line."""

    name: str
    #: Heading -> cell instead of the good one; ``{ref}`` is the line's own id.
    cells: Mapping[str, str] = field(default_factory=dict)
    #: Heading that the sentence is put at and words of the sentence; None: the line is taken in.
    wrong: tuple[str, str] | None = None
    #: The line as it stands in the file, where a writer of CSV would not write it so.
    raw: str = ""


LINE = ""
_FAULTS = {
    "no id": ("Ref", "", "Fill the cell"),
    "an id of blanks": ("Ref", "  \u00a0 ", "Fill the cell"),
    "leading zeros lost": ("Ref", "TW-123", "does not have the form"),
    "an id in scientific notation": ("Ref", "1.23457E+11", "shortened"),
    "an id in scientific notation with a comma": ("Ref", "1,23E+11", "shortened"),
    "an id that is a formula": ("Ref", '=HYPERLINK("x")', "as a formula does"),
    "an id with plus": ("Ref", "+TW-1", "as a formula does"),
    "an id with minus": ("Ref", "-TW-1", "as a formula does"),
    "an id with at": ("Ref", "@TW-1", "as a formula does"),
    "an id with a Cyrillic letter": ("Ref", "T\u0412W-000001", "which look alike"),
    "an id with a Greek letter": ("Ref", "\u03a4W-000001", "which look alike"),
    "an id with full-width letters": ("Ref", "\uff34W-000001", "which look alike"),
    "an id with an unseen tag": ("Ref", "TW-000001\U000e0041", "not seen"),
    "an id far too long": ("Ref", "TW-" + "1" * 200, "does not have the form"),
    "an id with a line break": ("Ref", "TW-00\n0001", "does not have the form"),
    "no site": ("Plant", "", "Fill the cell"),
    "unknown site": ("Plant", "AAB", "Did you mean AAA"),
    "a site's name for its code": ("Plant", "Site AAA", "none of your sites"),
    "a site in Cyrillic": ("Plant", "\u0410\u0410\u0410", "none of your sites"),
    "somebody else's site": ("Plant", "BBB", "none of your sites"),
    "a site as a number": ("Plant", "1", "none of your sites"),
    "a site as a formula": ("Plant", "=A1", "none of your sites"),
    "a site too long": ("Plant", "A" * 21, "shorten it to 20"),
    "no date": ("When", "", "Fill the cell"),
    "31 February": ("When", "2025-02-31", "is not a date"),
    "29 February of no leap year": ("When", "2025-02-29", "is not a date"),
    "31 February by format": ("When", "31/02/2025", "is not a date"),
    "month 13": ("When", "2025-13-01", "is not a date"),
    "a day that could be two": ("When", "03/04/2025", "could be 2025-03-04 or 2025-04-03"),
    "another day that could be two": ("When", "11/12/2024", "could be 2024-11-12 or 2024-12-11"),
    "Excel's count of days": ("When", "45800", "a spreadsheet counts days so"),
    "Excel's count with its hour": ("When", "45800.5", "a spreadsheet counts days so"),
    "a year of two digits": ("When", "25/12/24", "is not a date"),
    "a date with points": ("When", "25.12.2024", "name its format"),
    "a date in words": ("When", "25 December 2024", "is not a date"),
    "yesterday": ("When", "yesterday", "is not a date"),
    "no value in words": ("When", "n/a", "is not a date"),
    "year 1025": ("When", "1025-03-01", "is not a date"),
    "year 0000": ("When", "0000-03-01", "is not a date"),
    "full-width digits": ("When", "\uff12\uff10\uff12\uff15-03-01", "is not a date"),
    "Arabic digits by format": ("When", "\u0662\u0665/\u0661\u0662/\u0662\u0660\u0662\u0664", "is not a date"),
    "hour 25": ("When", "2025-03-01 25:00", "is not a date"),
    "a time that was skipped": ("When", "2025-03-30 02:30", "clocks were put forward"),
    "a time that was twice": ("When", "2025-10-26 02:30", "clocks were put back"),
    "an offset of 99 hours": ("When", "2025-03-01T10:00+99:00", "is not a date"),
    "in the future": ("When", "2199-01-01", "lies in the future"),
    "found in the future": ("Found", "2199-01-01", "lies in the future"),
    "found before it happened": ("Found", "2023-01-01", "before it happened"),
    "found on an impossible day": ("Found", "2025-04-31", "is not a date"),
    "found at a time that was skipped": ("Found", "2025-03-30 02:59", "clocks were put forward"),
    "no story": ("Story", "", "Fill the cell"),
    "a story of unseen characters": ("Story", "\u200b\u200e\u202c", "Fill the cell"),
    "a story too long": ("Story", "x" * 8_001, "shorten it to 8000"),
    "an action too long": ("Done", "y" * 8_001, "shorten it to 8000"),
    "no channel": ("Raised by", "", "Fill the cell"),
    "unknown channel": ("Raised by", "gossip", "Use one of: performer"),
    "a truth the mapping does not know": ("Raised by", "vrai", "not in the taxonomy"),
    "a tick for a channel": ("Raised by", "\u2713", "not in the taxonomy"),
    "unknown kind": ("Type", "mishap", "not in the taxonomy"),
    "a truth for a kind": ("Type", "TRUE", "not in the taxonomy"),
    "a line break in a code": ("Type", "devi\nation", "on one line"),
    "a kind too long": ("Type", "z" * 30, "shorten it to 20"),
    "unknown step": ("Step", "thawing", "Did you mean “thaw”"),
    "a Cyrillic letter in a code": ("Step", "transdu\u0441tion", "Did you mean “transduction”"),
    "full-width code": ("Step", "\uff54\uff48\uff41\uff57", "not in the taxonomy"),
    "a code with an inner blank": ("Step", "trans duction", "Did you mean “transduction”"),
    "unknown category": ("Cat", "II", "not in the taxonomy"),
    "a category as a number": ("Cat", "4", "not in the taxonomy"),
    "unknown cause": ("Cause", "fate", "not in the taxonomy"),
    "blame for a cause": ("Cause", "operator", "not in the taxonomy"),
    "unknown severity": ("Sev", "4", "minor, major, critical"),
    "severity with a remark": ("Sev", "major (see QA)", "minor, major, critical"),
    "unknown team": ("Crew", "Team 9", "not known at AAA"),
    "another site's team": ("Crew", "Night", "not known at AAA"),
    "a team too long": ("Crew", "T" * 81, "shorten it to 80"),
    "unknown batch": ("Lot", "B-404", "Record it first"),
    "another site's batch": ("Lot", "B-BBB", "not known at AAA"),
    "a batch in scientific notation": ("Lot", "1E+05", "Record it first"),
}
#: Cell by cell there is nothing to say: the whole line cannot be read.
_UNREADABLE = {
    "NUL": ("Story", "a\x00b", "control character"),
    "a bell": ("Story", "a\x07b", "control character"),
    "an escape sequence": ("Done", "\x1b[31mred", "control character"),
    "a C1 control": ("Story", "a\x85b", "control character"),
    "delete": ("Ref", "TW-\x7f", "control character"),
    "a lone surrogate": ("Story", "\udced\udca0\udc80", "another encoding"),
    "a byte of cp1252": ("Story", "Gr\udcf6\udcdfe", "another encoding"),
    "a letter lost before": ("Story", "Gr\ufffd\ufffde", "an earlier conversion lost a letter"),
    "10,000 marks over one letter": ("Story", "Z" + "\u0301" * 10_000, "more than 30 marks"),
    "marks of many classes": ("Done", "Z" + "\u0301\u0323\u0327" * 20, "more than 30 marks"),
    "a cell no spreadsheet holds": ("Story", "x" * 33_000, "at most 32767"),
}
_RAW = {
    "a short line": ("{ref},AAA", "2 cells under 14 headings"),
    "a line cut in the middle": ("{ref},AAA,2025-03-01,,Label lo", "5 cells under 14 headings"),
    "40 cells": ("{ref}," + ",".join(["x"] * 39), "40 cells under 14 headings"),
    "a comma too many": ("{ref},AAA,2025-03-01,,Label, loose,,deviation,alarm,thaw,material,method,minor,,x", "15 cells"),
    "semicolons in a file of commas": ("{ref};AAA;2025-03-01;;Label;;deviation;alarm;thaw;material;method;minor;;", "1 cells under"),
    "tabs in a file of commas": ("{ref}\tAAA\t2025-03-01\t\tLabel\t\tevent\talarm\tthaw\tmaterial\tmethod\t\t\t", "1 cells under"),
    "the headings again": (",".join(HEADINGS), "repeats the headings"),
    "the headings again in capitals": (",".join(HEADINGS).upper(), "repeats the headings"),
    "a mark inside marks": ('{ref},AAA,2025-03-01,,"the "loose" label",,event,alarm,thaw,material,method,minor,,', "do not close"),
    "a mark that never closes": ('{ref},AAA,2025-03-01,,"open,,event,alarm,thaw,material,method,minor,,', "do not close"),
    "a sum below the table": ("Total,,,,,,,,,,,,,,17", "15 cells"),
    "a remark below the table": ("printed on 2025-03-01", "1 cells under"),
}  # fmt: skip
_FINE = {
    "plain": {},
    "trailing blanks": {"Plant": "AAA  ", "Step": " thaw ", "Sev": "minor\t"},
    "hard spaces": {"Plant": "\u00a0AAA\u00a0", "Story": "Bag\u00a0cold."},
    "marks of direction": {"Plant": "\u200eAAA\u200f", "Story": "\u202eBag cold\u202c."},
    "zero width": {"Step": "th\u200baw", "Story": "Bag\u200b cold."},
    "a byte order mark inside": {"Story": "\ufeffBag cold."},
    "letters in parts": {"Story": "Ge\u0301ne tube cracked."},
    "emoji": {"Story": "Bag cold \U0001f976, told \U0001f469\u200d\U0001f52c."},
    "Arabic": {"Story": "\u0627\u0644\u0643\u064a\u0633 \u0628\u0627\u0631\u062f"},
    "Japanese": {"Story": "\u888b\u304c\u51b7\u305f\u3044\u3002"},
    "five marks": {"Story": "Z\u0301\u0301\u0301\u0301\u0301 strange."},
    "an inch": {"Story": '5" tubing split.'},
    "marks written as they should be": {"Story": 'The "loose" label.'},
    "two lines": {"Story": "Bag cold.\nMoved at once."},
    "two lines of Windows": {"Story": "Bag cold.\r\nMoved at once."},
    "commas": {"Story": "Bag, cold, moved."},
    "a story that is a formula": {"Story": "=1+1"},
    "a story with plus": {"Story": "+49 rang"},
    "a story with minus": {"Story": "-80 C freezer open"},
    "a story with at": {"Story": "@noon the bag was cold"},
    "a story after a tab": {"Story": "\t=1+1"},
    "a formula that was made harmless": {"Story": "'=1+1"},
    "markup": {"Story": "<script>alert(1)</script>"},
    "braces": {"Story": "{{ 7 * 7 }} {Ref}"},
    "SQL": {"Story": "'; drop table deviation; --"},
    "a story of 8,000": {"Story": "x" * 8_000},
    "words for codes": {"Type": "Out of specification", "Step": "Fill and finish", "Sev": "MAJOR"},
    "capitals": {"Type": "DEVIATION", "Raised by": "Alarm"},
    "a yes": {"Raised by": "yes"},
    "a Y": {"Raised by": "Y"},
    "a TRUE": {"Raised by": "TRUE"},
    "a 1": {"Raised by": "1"},
    "a Ja": {"Raised by": "Ja"},
    "a no": {"Raised by": "NO"},
    "a False": {"Raised by": "False"},
    "a 0": {"Raised by": "0"},
    "the source's own word": {"Sev": "Grave"},
    "only one order of day and month": {"When": "25/12/2024"},
    "the other order of day and month": {"When": "12/25/2024"},
    "the same day in both orders": {"When": "04/04/2025"},
    "a day by format with its hour": {"When": "25/12/2024 14:05"},
    "a time in UTC": {"When": "2025-03-30T02:30:00Z"},
    "a time that was twice, with its offset": {"When": "2025-10-26T02:30:00+01:00"},
    "found later": {"When": "2025-03-01 10:00", "Found": "2025-03-02 09:00"},
    "29 February of a leap year": {"When": "2024-02-29"},
    "not classified": {"Step": "", "Cat": "", "Cause": "", "Sev": ""},
    "half classified": {"Cause": ""},
    "team in other letters": {"Crew": "team 1"},
    "a batch": {"Lot": "B-AAA"},
}
CASES = (
    *(Case(name, {heading: cell}, (heading, words)) for name, (heading, cell, words) in _FAULTS.items()),
    *(Case(name, {heading: cell}, (LINE, words)) for name, (heading, cell, words) in _UNREADABLE.items()),
    *(Case(name, wrong=(LINE, words), raw=raw) for name, (raw, words) in _RAW.items()),
    *(Case(name, cells) for name, cells in _FINE.items()),
)


@dataclass(frozen=True)
class BadFile:
    """The file and its key."""

    data: bytes
    #: Line -> (case, heading, words) of each line that must be refused.
    refused: dict[int, tuple[str, str, str]]
    #: Id -> case of each line that must be taken in.
    accepted: dict[str, str]
    #: Lines with something in them below the heading.
    read: int


def good_cells(ref: str, chance: random.Random) -> dict[str, str]:
    """Return a line without fault."""
    day = date(2024, 1, 8) + timedelta(days=chance.randrange(600))
    return {
        "Ref": ref,
        "Plant": "AAA",
        "When": day.isoformat(),
        "Found": "",
        "Story": chance.choice(("Label loose.", "Bag cold.", "Worksheet step skipped.", "Filter change late.")),
        "Done": "held, told",  # in quotation marks on every line, so that an open one meets another soon
        "Type": "deviation",
        "Raised by": chance.choice(("performer", "peer", "alarm", "batch_record_review")),
        "Step": chance.choice(("thaw", "labelling", "transduction", "qc_test")),
        "Cat": chance.choice(("material", "documentation", "equipment")),
        "Cause": chance.choice(("method", "material", "not_determined")),
        "Sev": chance.choice(("minor", "major")),
        "Crew": chance.choice(("Team 1", "")),
        "Lot": "",
    }


def cases_of(count: int, chance: random.Random) -> Iterable[tuple[str, Case]]:
    """Give so many lines, each an id and a case: every case once at least, the rest plain, in an order by chance."""
    plain = next(case for case in CASES if case.name == "plain")
    drawn = [*CASES, *(chance.choice(CASES) if chance.random() < 0.1 else plain for _ in range(count - len(CASES)))]
    chance.shuffle(drawn)
    return [(f"TW-{number:06}", case) for number, case in enumerate(drawn, 1)]


def bad_csv(count: int, seed: int = 7) -> BadFile:
    """Return a CSV of so many lines, and empty ones and doubles between them, with its key."""
    chance = random.Random(seed)
    text = [",".join(HEADINGS) + "\r\n"]
    line, read = 2, 0
    refused: dict[int, tuple[str, str, str]] = {}
    accepted: dict[str, str] = {}
    twice: list[tuple[int, str]] = []
    for number, (ref, case) in enumerate(cases_of(count, chance)):
        if number % 500 == 250:
            text.append(["", "," * 13][number % 1000 == 250] + "\r\n")
            line += 1
        record = case.raw.format(ref=ref) + "\r\n" if case.raw else _record({**good_cells(ref, chance), **case.cells})
        if case.wrong:
            refused[line] = (case.name, *case.wrong)
        elif number % 400 == 100:
            twice += [(line, ref), (line + record.count("\n"), ref)]
            text.append(record)
            line, read = line + record.count("\n"), read + 1
        else:
            accepted[ref] = case.name
        text.append(record)
        line, read = line + record.count("\n"), read + 1
    refused |= {double: ("an id twice in the file", "Ref", "have the same id. Keep one") for double, _ in twice}
    return BadFile("".join(text).encode("utf-8", errors="surrogateescape"), refused, accepted, read)


def _record(cells: Mapping[str, str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([cells[heading] for heading in HEADINGS])
    return text.getvalue()
