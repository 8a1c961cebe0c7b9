"""``candor survey``: the custodian's keys and releases from the command line. Passphrases are asked for and kept nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import click

from coaching.surveys import commands, published, queries, sealed, server_secrets
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Release
from coaching.surveys.sealing import fingerprint, key_of, make_key, rewrap
from lms import clock
from lms.cli import echo_json
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run

CUSTODIAN = Actor.system("survey-custodian")


@click.group("survey")
def survey() -> None:
    """Keys and releases of the survey."""


@survey.group("key")
def key() -> None:
    """Make, register and destroy quarter keys."""


@key.command("new")
@click.argument("quarter")
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="Where the key file is written.")
@click.option("--only-file", is_flag=True, help="Register nothing: the public line is then registered on the page.")
@click.password_option("--passphrase", prompt="Passphrase for the key file", help="Asked for if not given.")
def new(quarter: str, path: Path, passphrase: str, *, only_file: bool) -> None:
    """Make the key of QUARTER (such as 2026-Q4) into a file of the custodian's, and register its public half."""
    made = make_key(_quarter(quarter), passphrase)
    _write(path, made.file)
    click.echo(f"Key file: {path}\nPublic key: {made.public_key.hex()}\nFingerprint: {fingerprint(made.public_key)}")
    if only_file:
        click.echo("Nothing was registered. Register the public key on the page “Releases”.")
        return
    try:
        run(
            commands.register_survey_key,
            CUSTODIAN,
            "key made on the command line",
            quarter=quarter,
            public_key=made.public_key,
        )
    except NotAllowed:
        server_secrets.shred(path)
        raise
    click.echo(f"Answers of {quarter} are sealed to this key from now on. Keep the file away from this server.")


@key.command("passphrase")
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="The key file.")
@click.option("--old", prompt="Present passphrase", hide_input=True, help="Asked for if not given.")
@click.password_option("--passphrase", prompt="New passphrase", help="Asked for if not given.")
def change_passphrase(path: Path, old: str, passphrase: str) -> None:
    """Wrap a key file with a new passphrase, on the custodian's own machine. The key stays the same.

    Copies of the file made before still open with the old passphrase: destroy them.
    """
    file = rewrap(key_file_text(path), old, passphrase)
    aside = path.with_name(f"{path.name}.new")
    _write(aside, file)
    server_secrets.shred(path)
    aside.rename(path)
    click.echo(f"{path} opens with the new passphrase from now on. Destroy every older copy of it.")


@key.command("shred")
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="The key file.")
@click.option("--yes", is_flag=True, help="Do not ask, for scripts.")
def shred(path: Path, *, yes: bool) -> None:
    """Overwrite and remove a key file, on the custodian's own machine. Other copies are not reached."""
    if not path.is_file():
        raise NotAllowed(f"There is no file {path}. Give the place of the key file.")
    quarter, public_key = _key_in(path)
    if not yes:
        click.confirm(
            f"{path} holds the key of {quarter}, fingerprint {fingerprint(public_key)}. It will be overwritten and removed for "
            "good; without another copy, answers of that quarter that are not released yet stay shut for ever. Destroy it?",
            abort=True,
        )
    server_secrets.shred(path)
    click.echo(f"{path} is overwritten and removed. Destroy every other copy of it too.")


@key.command("destroy")
@click.argument("quarter")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="The custodian's key file, to be destroyed as well."
)
@click.option(
    "--unreleased", is_flag=True, help="Even if the quarter's last release was never made: its answers are lost."
)
def destroy(quarter: str, path: Path | None, *, unreleased: bool) -> None:
    """Destroy the server's secrets of QUARTER thirty days after its end; old backups then stay shut."""
    if path is not None and _key_in(path)[0] != _quarter(quarter):
        raise NotAllowed(f"{path} holds the key of {_key_in(path)[0]}, not of {quarter}. Give the file of {quarter}.")
    sealed.destroy_key(
        _quarter(quarter),
        on=clock.now().date(),
        record=lambda: run(commands.record_key_destroyed, CUSTODIAN, "end of the quarter", quarter=quarter),
        unreleased=unreleased,
    )
    if path is not None:
        server_secrets.shred(path)
    click.echo(f"The server's secrets of {quarter} are destroyed. Destroy every copy of the key file too.")


@survey.command("release")
@click.argument("month")
@click.option("--key", "path", required=True, type=click.Path(path_type=Path), help="The quarter's key file.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--passphrase", prompt="Passphrase of the key file", hide_input=True, help="Asked for if not given.")
def release(month: str, path: Path, passphrase: str, *, as_json: bool) -> None:
    """Release MONTH (such as 2026-10): in memory, each answer into one figure or none."""
    report = sealed.release_with_file(
        month_named(month), key_file_text(path), passphrase, on=clock.now().date(), record=_record
    )
    if as_json:
        echo_json(
            {
                "month": str(report.month),
                "released": [{name: row[name] for name in row if name != "hash"} for row in report.rows],
                "waiting": list(report.waiting),
                "counted_at_least": report.counted,
                "straight_lines": report.straight_lines,
                "too_few": report.too_few,
                "put_back": report.put_back,
            }
        )
        return
    _say(report)


@survey.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(*, as_json: bool) -> None:
    """Compare the release table with the trail; exit code 1 if they differ."""
    recorded = [row for event in queries.release_events() for row in event.rows]
    stored = queries.stored_rows()
    wrong = published.discrepancies(recorded, stored)
    if as_json:
        echo_json({"rows": len(stored), "wrong": wrong})
    else:
        click.echo("\n".join(wrong) or f"{len(stored)} released rows, each as in the trail.")
    if wrong:
        raise SystemExit(1)


def _record(made: Release) -> None:
    run(commands.record_release, CUSTODIAN, "monthly release", made)


def _say(report: sealed.ReleaseReport) -> None:
    click.echo(f"{report.month}: {len(report.rows)} figures released.")
    for row in report.rows:
        click.echo(f"  {row['cell']}  {row['first_month']} to {row['last_month']}  {row['n_band']} persons")
    for team in report.waiting:
        click.echo(f"  too few, waits: {team}")
    if report.too_few:
        click.echo("  Some answers were too few even for the whole network; they were destroyed unread by anyone.")
    if report.put_back:
        click.echo(f"  {report.put_back} released rows that a restored backup had lost were put back.")


def key_file_text(path: Path) -> str:
    """Return the text of a key file. Raises ``NotAllowed`` if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NotAllowed(f"The key file {path} cannot be read: {error.strerror}.") from None


def month_named(text: str) -> Month:
    """Return the month that was typed. Raises ``NotAllowed`` for anything else."""
    try:
        return Month.parse(text)
    except ValueError as wrong:
        raise NotAllowed(f"{wrong}.") from None


def _key_in(path: Path) -> tuple[Quarter, bytes]:
    """Return quarter and public key of a key file. Whatever else lies there is not ours to destroy."""
    try:
        return key_of(key_file_text(path))
    except NotAllowed as refusal:
        raise NotAllowed(f"{path}: {refusal}") from None


def _write(path: Path, file: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except OSError as error:
        raise NotAllowed(f"The key file cannot be written to {path}: {error.strerror}. Choose another place.") from None
    with os.fdopen(descriptor, "w") as written:
        written.write(file)
        written.flush()
        os.fsync(written.fileno())


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as wrong:
        raise NotAllowed(f"{wrong}.") from None
