"""The counts of a network's sites added up.

Revision: 0026, after 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_FIGURES = (
    "batches", "recurrences", "self_reported", "independent", "major", "good_catches", "to_be_raised", "raised_first",
    "raised_in_time", "human_causes", "other_causes", "recorded_later", "after_action", "recorded", "late", "classified",
    "not_determined", "without_team",
)  # fmt: skip


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
    _add_up()


def _add_up() -> None:
    """Add up what is kept of each site; what has changed since is taken away where it is read."""
    key = [sa.column(name) for name in ("quarter", "facet", "code")]
    figures = [sa.column(name) for name in (*_FIGURES, "detected")]
    kept = sa.table("behavior_count", sa.column("site_id"), *key, *figures)
    site = sa.table("site", sa.column("id"), sa.column("network_id"))
    total = sa.table("behavior_total", sa.column("network_id"), *key, *figures)
    of = kept.c
    names = [column.name for column in (*key, *figures)]
    sums = (
        sa.select(site.c.network_id, of.quarter, of.facet, of.code, *(sa.func.sum(of[f.name]) for f in figures))
        .select_from(kept.join(site, site.c.id == of.site_id))
        .where(of.facet != "team")
        .group_by(site.c.network_id, of.quarter, of.facet, of.code)
    )
    op.get_bind().execute(sa.insert(total).from_select(["network_id", *names], sums))


def downgrade() -> None:
    op.drop_table("behavior_total")
