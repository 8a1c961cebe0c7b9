"""Lets outside programs read our invitations and feed, and compares what they understood with what was meant.

``python -m tests.validators.outside [--node FOLDER] [--python INTERPRETER] [--libical FILE]``: FOLDER holds
``node_modules`` with ical.js and node-ical, INTERPRETER has vobject and khal, FILE is ``libical.so.3``. What is not named
is left out, with a sentence.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import click

from coaching.calendar_exchange.invitations import Attendee, invitation
from coaching.own_calendar.feed import feed_text
from coaching.own_calendar.rules import Shown

HERE = Path(__file__).parent
MADE_AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
#: Zone, wall clock of the beginning: plain days, and the last appointment before and the first after each change of clocks.
TIMES = (
    ("Europe/Berlin", (2026, 12, 14, 10, 0)),
    ("Europe/Berlin", (2027, 3, 27, 10, 0)),
    ("Europe/Berlin", (2027, 3, 28, 1, 30)),  # ends in the hour after the one that is left out
    ("Europe/Berlin", (2027, 3, 29, 10, 0)),
    ("Europe/Berlin", (2027, 10, 31, 2, 30)),  # the first of two
    ("Europe/Berlin", (2027, 10, 31, 1, 45)),  # ends in the hour that comes twice
    ("America/New_York", (2027, 3, 14, 9, 0)),
    ("America/New_York", (2027, 3, 13, 9, 0)),
    ("America/New_York", (2026, 12, 31, 23, 30)),  # ends next year
    ("Asia/Singapore", (2027, 6, 1, 15, 15)),
    ("Australia/Lord_Howe", (2027, 4, 5, 9, 0)),  # half an hour of summer
    ("Africa/Casablanca", (2027, 2, 20, 9, 0)),  # changes with Ramadan, by no yearly rule
    ("UTC", (2027, 1, 4, 9, 0)),
)

Meant = dict[str, list[list[Any]]]


def texts() -> Iterator[tuple[str, str, list[list[Any]]]]:
    """Yield name, text and meaning (UID, beginning, end, summary, sequence) of each calendar that is tried."""
    organiser = Attendee("Candor", "candor@example.org")
    people = (
        Attendee("Eli Ångström, coach", "eli@example.org", has_agreed=True),
        Attendee("Chidi Obi", "c@example.org"),
    )
    shown = []
    for number, (zone, wall) in enumerate(TIMES):
        begins = datetime(*wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        ends = begins + timedelta(minutes=45)
        uid = f"review-{number}@candor"
        for sequence, method in enumerate(("REQUEST", "CANCEL")):
            text = invitation(
                method=method,
                uid=uid,
                sequence=sequence,
                made_at=MADE_AT,
                starts_at=begins,
                ends_at=ends,
                zone=zone,
                summary="Coaching review",
                place="Room 2; second floor, left",
                link="https://candor.example.org/reviews/1",
                organiser=organiser,
                attendees=people,
            )
            meaning = [uid, int(begins.timestamp()), int(ends.timestamp()), "Coaching review", sequence]
            yield f"{number}-{method}", text, [meaning]
        shown.append(Shown(uid, number, begins, ends, number % 2 == 1, "/reviews/1"))
    feed = feed_text(
        shown, made_at=MADE_AT, name="Candor", summary="Coaching review", base_url="https://candor.example.org"
    )
    meant = [
        [row.uid, int(row.starts_at.timestamp()), int(row.ends_at.timestamp()), "Coaching review", row.sequence]
        for row in shown
    ]
    yield "feed", feed.decode(), meant


def differences(meant: Meant, understood: Meant) -> list[str]:
    """Return a line for each calendar that was understood otherwise than it was meant."""
    return [
        f"{Path(name).name}: meant {sorted(events)}, understood {sorted(understood.get(name, []))}"
        for name, events in meant.items()
        if sorted(understood.get(name, [])) != sorted(events)
    ]


@click.command()
@click.option("--node", type=click.Path(path_type=Path), help="Folder with node_modules of ical.js and node-ical.")
@click.option("--python", "interpreter", type=click.Path(path_type=Path), help="Interpreter with vobject and khal.")
@click.option("--libical", default="-", help="File of the library, such as libical.so.3.")
def main(node: Path | None, interpreter: Path | None, libical: str) -> None:
    """Try every reader that is named; exit code 1 if one understood something else."""
    with TemporaryDirectory() as folder:
        meant: Meant = {}
        for name, text, meaning in texts():
            file = Path(folder) / f"{name}.ics"
            file.write_text(text, encoding="utf-8", newline="")
            meant[str(file)] = meaning
        understood: dict[str, Meant] = {}
        program = shutil.which("node")
        if node is not None and program is not None:
            understood |= _read([program, str(HERE / "readers.mjs"), str(node.resolve()), *meant])
        else:
            click.echo("!! ical.js and node-ical did not run: name their folder with --node, and install node.")
        if interpreter is not None or libical != "-":
            readers = str(interpreter or sys.executable)
            understood |= _read([readers, str(HERE / "readers.py"), libical, *meant])
        else:
            click.echo("!! vobject, khal and libical did not run: name --python and --libical.")
        wrong = {name: differences(meant, read) for name, read in understood.items()}
    for name, lines in wrong.items():
        click.echo(f"{name}: {len(meant)} calendars, {len(lines)} understood otherwise")
        for line in lines:
            click.echo(f"  {line}")
    sys.exit(any(wrong.values()))


def _read(command: list[str]) -> dict[str, Meant]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.stderr:
        click.echo(f"!! {Path(command[1]).name} complained: {done.stderr.strip()}")
    found: dict[str, Meant] = json.loads(done.stdout) if done.returncode == 0 else {}
    return found


if __name__ == "__main__":
    main()
