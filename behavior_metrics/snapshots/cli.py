"""``candor study-snapshot``: a signed study, and whether it comes out the same when it is made anew."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

import click

from behavior_metrics.snapshots import rules
from behavior_metrics.snapshots.queries import signed_of, stored
from lms.audit.canonical import moment
from lms.cli import echo_json
from lms.signatures.queries import signatures_on


@click.command("study-snapshot")
@click.argument("snapshot", type=click.UUID)
@click.option("--verify", is_flag=True, help="Make it anew from what was kept, by the method that made it.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def study_snapshot(snapshot: UUID, *, verify: bool, as_json: bool) -> None:
    """Say what SNAPSHOT holds, by its id, and with --verify whether every figure comes out the same to 1e-9.

    Writes nothing and prints no climate. Ends with 0: the same, or not asked; 1: it differs, or was altered.
    """
    found, run = stored(snapshot)
    signed = signatures_on(found)
    report: dict[str, object] = {
        "snapshot": str(found.id),
        "quarter": found.quarter,
        "method_version": found.method_version,
        "known_at": moment(found.known_at),
        "input_sha256": found.input_hash,
        "output_sha256": found.output_hash,
        "cells_sha256": found.cells_hash,
        "deviations_sha256": found.deviations_hash,
        "exposure_sha256": found.exposure_hash,
        "signatures": [{"name": one.printed_name, "at": moment(one.signed_at), "holds": one.holds} for one in signed],
    }
    verdict = None
    if verify:
        verdict, differences = rules.regenerate(signed_of(found), run.input, run.output)
        report |= {
            "verdict": str(verdict),
            "tolerance": rules.TOLERANCE,
            "differences": [asdict(one) for one in differences],
        }
    if as_json:
        echo_json(report)
    else:
        click.echo(
            f"Study up to {found.quarter or '–'}, method {found.method_version}, as known on {moment(found.known_at)}"
        )
        click.echo(f"SHA-256 of what went in: {found.input_hash}")
        click.echo(f"SHA-256 of what came out: {found.output_hash}")
        for one in signed:
            click.echo(f"Signed by {one.printed_name} on {moment(one.signed_at)}: {'holds' if one.holds else 'VOID'}")
        if verify:
            _say(str(verdict), differences)
    if verdict not in {None, rules.Verdict.SAME}:
        raise SystemExit(1)


def _say(verdict: str, differences: tuple[rules.Difference, ...]) -> None:
    sentences = {
        "same": "Made anew: every figure is the same to 1e-9.",
        "differs": "Made anew: it differs.",
        "altered": "What was kept is not what was signed.",
    }
    click.echo(sentences[verdict])
    for one in differences:
        click.echo(f"  {one.place}: {one.kept} → {one.again}")
