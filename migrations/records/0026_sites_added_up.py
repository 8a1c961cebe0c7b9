"""The counts of a network's sites added up, and what teams raised apart from all else.

Revision: 0026, after 0025
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from lms.ids import new_id

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_FIGURES = (
    "batches", "recurrences", "self_reported", "independent", "major", "good_catches", "to_be_raised", "raised_first",
    "raised_in_time", "human_causes", "other_causes", "recorded_later", "after_action", "recorded", "late", "classified",
    "not_determined", "without_team",
)  # fmt: skip
_RAISED = ("quarter", "to_be_raised", "raised_first", "raised_in_time")


def upgrade() -> None:
    op.create_table(
        "behavior_total",
        sa.Column("network_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facet", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _FIGURES),
        sa.Column("detected", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["network.id"], name=op.f("fk_behavior_total_network_id_network")),
        sa.PrimaryKeyConstraint("network_id", "quarter", "facet", "code", name=op.f("pk_behavior_total")),
    )
    op.create_table(
        "raised_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("to_be_raised", sa.Integer(), nullable=False),
        sa.Column("raised_first", sa.Integer(), nullable=False),
        sa.Column("raised_in_time", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_raised_count_site_id_site")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_raised_count_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raised_count")),
    )
    with op.batch_alter_table("raised_count", schema=None) as batch_op:
        batch_op.create_index("ix_raised_count_site_quarter", ["site_id", "quarter"], unique=False)
    _add_up()
    _keep_what_was_raised()
    _site_occurred(postgresql_include=["team_id", "state", "self_reported", "detection_channel", "recorded_at"])


def _site_occurred(**options: object) -> None:
    """Make the index of a site's deviations by their moment anew; SQLite knows no columns beside the key."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.drop_index("ix_deviation_site_occurred", "deviation")
    op.create_index("ix_deviation_site_occurred", "deviation", ["site_id", "occurred_at"], **options)


def _keep_what_was_raised() -> None:
    connection = op.get_bind()
    count = sa.table("behavior_count", sa.column("site_id", sa.Uuid()), *map(sa.column, ("facet", "code", *_RAISED))).c
    wanted = sa.select(count.site_id, count.code, *(count[name] for name in _RAISED))
    rows = connection.execute(wanted.where(count.facet == "team", count.to_be_raised > 0)).all()
    ids = [sa.column(name, sa.Uuid()) for name in ("id", "site_id", "team_id")]
    raised = sa.table("raised_count", *ids, *map(sa.column, _RAISED))
    made = [
        {
            "id": new_id(),
            "site_id": site,
            "team_id": UUID(code) if code else None,
            **dict(zip(_RAISED, numbers, strict=True)),
        }
        for site, code, *numbers in rows
    ]
    if made:
        connection.execute(sa.insert(raised), made)


def _add_up() -> None:
    """Add up what is kept of each site; what has changed since is taken away where it is read."""
    figures = (*_FIGURES, "detected")
    names = ("quarter", "facet", "code", *figures)
    kept = sa.table("behavior_count", sa.column("site_id"), *map(sa.column, names))
    site = sa.table("site", sa.column("id"), sa.column("network_id"))
    total = sa.table("behavior_total", sa.column("network_id"), *map(sa.column, names))
    of = kept.c
    sums = (
        sa.select(site.c.network_id, of.quarter, of.facet, of.code, *(sa.func.sum(of[name]) for name in figures))
        .select_from(kept.join(site, site.c.id == of.site_id))
        .where(of.facet != "team")
        .group_by(site.c.network_id, of.quarter, of.facet, of.code)
    )
    op.get_bind().execute(sa.insert(total).from_select(["network_id", *names], sums))


def downgrade() -> None:
    _site_occurred()
    with op.batch_alter_table("raised_count", schema=None) as batch_op:
        batch_op.drop_index("ix_raised_count_site_quarter")
    op.drop_table("raised_count")
    op.drop_table("behavior_total")
