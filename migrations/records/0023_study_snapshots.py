"""Studies of the linkage that are signed, and each time one was made anew.

Revision: 0023, after 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.extensions import UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study_snapshot",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("method_version", sa.Integer(), nullable=False),
        sa.Column("known_at", UTCDateTime(), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.Column("rows_hash", sa.String(length=64), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("output_hash", sa.String(length=64), nullable=False),
        sa.Column("cells_hash", sa.String(length=64), nullable=False),
        sa.Column("deviations_hash", sa.String(length=64), nullable=False),
        sa.Column("exposure_hash", sa.String(length=64), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["analysis_run.id"], name=op.f("fk_study_snapshot_run_id_analysis_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_snapshot")),
    )
    with op.batch_alter_table("study_snapshot", schema=None) as batch_op:
        batch_op.create_index("ix_study_snapshot_scope_taken", ["scope", "taken_at"], unique=False)

    op.create_table(
        "study_snapshot_check",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", UTCDateTime(), nullable=False),
        sa.Column("checked_by_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["person.id"], name=op.f("fk_study_snapshot_check_checked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["study_snapshot.id"], name=op.f("fk_study_snapshot_check_snapshot_id_study_snapshot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_snapshot_check")),
    )
    with op.batch_alter_table("study_snapshot_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_study_snapshot_check_snapshot_id"), ["snapshot_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("study_snapshot_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_study_snapshot_check_snapshot_id"))

    op.drop_table("study_snapshot_check")
    with op.batch_alter_table("study_snapshot", schema=None) as batch_op:
        batch_op.drop_index("ix_study_snapshot_scope_taken")

    op.drop_table("study_snapshot")
