"""Checklists are approved by a second person: who wrote a version and why, since when it waits, who approved it.

Revision: 0028, after 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.extensions import UTCDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("checklist", schema=None) as batch_op:
        batch_op.add_column(sa.Column("written_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("sent_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("change_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("approved_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("approved_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", UTCDateTime(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_checklist_written_by_id_person"), "person", ["written_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_checklist_approved_by_id_person"), "person", ["approved_by_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_checklist_writer_does_not_approve"), "written_by_id <> approved_by_id"
        )


def downgrade() -> None:
    with op.batch_alter_table("checklist", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_checklist_writer_does_not_approve"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_checklist_approved_by_id_person"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_checklist_written_by_id_person"), type_="foreignkey")
        batch_op.drop_column("ended_at")
        batch_op.drop_column("approved_at")
        batch_op.drop_column("approved_by_id")
        batch_op.drop_column("change_reason")
        batch_op.drop_column("sent_at")
        batch_op.drop_column("written_by_id")
