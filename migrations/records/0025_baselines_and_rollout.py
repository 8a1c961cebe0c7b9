"""Baselines of a rate, what went with the start of coaching, and what was found without anybody speaking up.

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.extensions import UTCDateTime
from lms.ids import new_id

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollout_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout_run")),
    )
    with op.batch_alter_table("rollout_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rollout_run_made_at"), ["made_at"], unique=False)

    op.create_table(
        "rate_baseline",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("months", sa.JSON(), nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("method_version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("frozen_by_id", sa.Uuid(), nullable=False),
        sa.Column("frozen_at", UTCDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["frozen_by_id"], ["person.id"], name=op.f("fk_rate_baseline_frozen_by_id_person")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rate_baseline_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_baseline")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_rate_baseline_site_id_number")),
    )
    with op.batch_alter_table("behavior_count", schema=None) as batch_op:
        batch_op.add_column(sa.Column("detected", sa.Integer(), server_default="0", nullable=False))

    _count_everything_again()


def _count_everything_again() -> None:
    """Mark every site, so that no kept count is read before it knows what was found independently."""
    connection = op.get_bind()
    sites = connection.scalars(sa.select(sa.table("site", sa.column("id", sa.Uuid())).c.id)).all()
    mark = sa.table("behavior_mark", sa.column("id", sa.Uuid()), sa.column("site_id", sa.Uuid()))
    if sites:
        connection.execute(sa.insert(mark), [{"id": new_id(), "site_id": site} for site in sites])


def downgrade() -> None:
    with op.batch_alter_table("behavior_count", schema=None) as batch_op:
        batch_op.drop_column("detected")

    op.drop_table("rate_baseline")
    with op.batch_alter_table("rollout_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rollout_run_made_at"))

    op.drop_table("rollout_run")
