"""``candor audit``: verify the trail, sign a checkpoint to be kept outside, prove one record."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click

from lms.audit import sealer
from lms.audit.proofs import prove_record
from lms.audit.report import VerifyReport
from lms.audit.scrubbing import scrub as scrub_files
from lms.audit.verification import Progress
from lms.audit.verification import verify as verify_trail
from lms.cli import echo_json

#: Findings that are printed; the JSON report holds more.
_PRINTED = 20


@click.group("audit")
def audit() -> None:
    """The audit trail: verify it, sign it, prove a record of it."""


@audit.command("verify")
@click.option("--anchors", type=click.Path(path_type=Path), help="Folder of checkpoints kept outside, one a file.")
@click.option(
    "--from",
    "from_seq",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="First leaf read whole; 0 is the first of all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(anchors: Path | None, from_seq: int, *, as_json: bool) -> None:
    """Compare events, tree, checkpoints and every record. Ends with 0: all agrees, 1: something was changed."""
    with _progress(shown=not as_json and sys.stderr.isatty()) as progress:
        report = verify_trail(anchors=anchors, from_seq=from_seq, progress=progress)
    if as_json:
        echo_json(report.as_json())
    else:
        for line in lines_of(report):
            click.echo(line)
    sys.exit(report.exit_code)


@audit.command("checkpoint")
@click.option(
    "--json", "as_json", is_flag=True, help="Print it as JSON; --anchors reads it as it is printed without this."
)
def checkpoint(*, as_json: bool) -> None:
    """Seal what is committed and print a signed checkpoint. Keep it where nobody of this installation can change it."""
    note = sealer.sign_checkpoint()
    if as_json:
        echo_json({"checkpoint": note})
        return
    click.echo(note, nl=False)


@audit.command("scrub")
def scrub() -> None:
    """Write the database's files anew after a redaction, so that no old bytes of it are left in them."""
    scrub_files()
    click.echo("Written anew. Backups and archived logs of before are not touched: destroy them by your own procedure.")


@audit.command("prove")
@click.argument("record", type=click.UUID)
def prove(record: UUID) -> None:
    """Print the proof of one record, by its id, to be checked offline with docs/verify_proof.py."""
    echo_json(prove_record(record))


def lines_of(report: VerifyReport) -> Iterator[str]:
    """Yield the report as read by people."""
    yield f"Trail of {report.origin}: {report.size} leaves, root {report.root}"
    yield f"  events read      {report.events}"
    waiting = "" if report.oldest_unsealed_seconds is None else f", the oldest for {report.oldest_unsealed_seconds} s"
    yield f"  not sealed yet   {report.unsealed}{waiting}"
    yield f"  checkpoints      {report.checkpoints}, outside copies {report.anchors}"
    yield f"  records compared {report.rows}"
    if report.redacted:
        yield f"  redacted         {report.redacted} events: old and new values erased by a signed act, leaves unchanged"
    yield f"  took             {report.seconds} s"
    if report.fences_missing:
        yield f"  {len(report.fences_missing)} triggers are missing, such as {report.fences_missing[0]}: run candor migrate."
    if report.ok:
        yield "Everything agrees."
        if not report.anchors:
            yield "No copy from outside was compared: events cut off together with their effect would not be seen."
        return
    kinds = ", ".join(f"{count} {fault.replace('_', ' ')}" for fault, count in sorted(report.by_fault.items()))
    yield f"Does not agree: {report.found} findings ({kinds}). The first:"
    for finding in report.findings[:_PRINTED]:
        yield f"  {finding.sentence}"


@contextmanager
def _progress(*, shown: bool) -> Iterator[Progress | None]:
    if not shown:
        yield None
        return
    with click.progressbar(length=1, label="Verifying", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield progress
