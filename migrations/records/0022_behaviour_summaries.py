"""Behaviour summaries.

Revision: 0022, after 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.extensions import UTCDateTime
from lms.ids import new_id

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "behavior_recount",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("sites", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("differed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_behavior_recount")),
    )
    with op.batch_alter_table("behavior_recount", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_behavior_recount_asked_at"), ["asked_at"], unique=False)

    op.create_table(
        "behavior_count",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facet", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("recurrences", sa.Integer(), nullable=False),
        sa.Column("self_reported", sa.Integer(), nullable=False),
        sa.Column("independent", sa.Integer(), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("good_catches", sa.Integer(), nullable=False),
        sa.Column("to_be_raised", sa.Integer(), nullable=False),
        sa.Column("raised_first", sa.Integer(), nullable=False),
        sa.Column("raised_in_time", sa.Integer(), nullable=False),
        sa.Column("human_causes", sa.Integer(), nullable=False),
        sa.Column("other_causes", sa.Integer(), nullable=False),
        sa.Column("recorded_later", sa.Integer(), nullable=False),
        sa.Column("after_action", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("classified", sa.Integer(), nullable=False),
        sa.Column("not_determined", sa.Integer(), nullable=False),
        sa.Column("without_team", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_behavior_count_site_id_site")),
        sa.PrimaryKeyConstraint("site_id", "quarter", "facet", "code", name=op.f("pk_behavior_count")),
    )
    with op.batch_alter_table("behavior_count", schema=None) as batch_op:
        batch_op.create_index("ix_behavior_count_facet", ["facet", "quarter"], unique=False)

    op.create_table(
        "behavior_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=True),
        sa.Column("recount_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recount_id"], ["behavior_recount.id"], name=op.f("fk_behavior_mark_recount_id_behavior_recount")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_behavior_mark_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_behavior_mark")),
    )
    with op.batch_alter_table("behavior_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_behavior_mark_recount_id"), ["recount_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_behavior_mark_site_id"), ["site_id"], unique=False)

    _count_everything_first()


def _count_everything_first() -> None:
    """Mark every site, so that no count is read before it is made."""
    connection = op.get_bind()
    sites = connection.scalars(sa.select(sa.table("site", sa.column("id", sa.Uuid())).c.id)).all()
    mark = sa.table("behavior_mark", sa.column("id", sa.Uuid()), sa.column("site_id", sa.Uuid()))
    if sites:
        connection.execute(sa.insert(mark), [{"id": new_id(), "site_id": site} for site in sites])


def downgrade() -> None:
    with op.batch_alter_table("behavior_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_behavior_mark_site_id"))
        batch_op.drop_index(batch_op.f("ix_behavior_mark_recount_id"))

    op.drop_table("behavior_mark")
    with op.batch_alter_table("behavior_count", schema=None) as batch_op:
        batch_op.drop_index("ix_behavior_count_facet")

    op.drop_table("behavior_count")
    with op.batch_alter_table("behavior_recount", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_behavior_recount_asked_at"))

    op.drop_table("behavior_recount")
