"""``candor demo``: loading the demonstration network, and the hash of its facts."""

from __future__ import annotations

import time
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import func, select, text

from lms import schema
from lms.cli import echo_json
from lms.demonstration.completeness import check_may_load, check_whole, loaded_seed
from lms.demonstration.export import facts, sha256_of_facts
from lms.demonstration.loading import ACCOUNTS, PASSWORD, load_demonstration
from lms.demonstration.ribbon import holds_demonstration
from lms.demonstration.simulation import DEFAULT_SEED
from lms.extensions import Base, SurveyBase, db
from lms.refusals import NotAllowed
from lms.unit_of_work import transaction


@click.command("demo")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="Another seed is another history.")
@click.option("--fresh", is_flag=True, help="Make it anew. Refuses a database that holds anything but a demonstration.")
@click.option("--export", is_flag=True, help="Print the SHA-256 of the facts, without salts and ids.")
@click.option("--out", type=click.Path(path_type=Path), help="With --export: also write the facts to this file.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def demo(app: Flask, seed: int, out: Path | None, *, fresh: bool, export: bool, as_json: bool) -> None:
    """Load the demonstration network into an empty database: 27 months of an invented network, day by day."""
    check_may_load(app.config["SETTINGS"])
    schema.upgrade()
    holds = holds_demonstration()
    if holds is False:
        raise NotAllowed("This database holds a real network. The demonstration never goes into the same database.")
    if holds and fresh:
        _drop_everything()
        schema.upgrade()
    began = time.monotonic()
    if fresh or not holds:
        load_demonstration(app, seed)
    check_whole()
    report: dict[str, object] = {
        "seed": loaded_seed(),
        "loaded": fresh or not holds,
        "seconds": round(time.monotonic() - began, 1),
    }
    report["records"] = {
        name: _count(name) for name in ("person", "batch", "deviation", "recurrence", "coaching_review")
    }
    if export:
        report["sha256"] = sha256_of_facts()
        if out is not None:
            out.write_text("".join(f"{line}\n" for line in facts()), encoding="utf-8")
    if as_json:
        echo_json(report)
        return
    if not report["loaded"]:
        click.echo(
            f"The demonstration network of seed {report['seed']} is loaded already; candor demo --fresh makes it anew."
        )
    if export:
        click.echo(f"SHA-256 of the facts: {report['sha256']}")
    click.echo(f"One sign-in per role, password “{PASSWORD}”: {', '.join(ACCOUNTS.values())}")


def _count(table: str) -> int:
    return db.session.scalar(select(func.count()).select_from(Base.metadata.tables[table])) or 0


def _drop_everything() -> None:
    """Drop all tables of both databases. Triggers that refuse to delete a record do not stand in the way of this."""
    db.session.rollback()
    for base, bind in ((Base, None), (SurveyBase, "survey")):
        with transaction(bind) as connection:
            base.metadata.drop_all(connection)
            connection.execute(text("drop table if exists alembic_version"))
