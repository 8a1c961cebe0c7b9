"""Studies that a reader brings, with what came out of them.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.extensions import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_study",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=True),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_imported_study_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_study")),
    )
    with op.batch_alter_table("imported_study", schema=None) as batch_op:
        batch_op.create_index("ix_imported_study_account_asked", ["account_id", "asked_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("imported_study", schema=None) as batch_op:
        batch_op.drop_index("ix_imported_study_account_asked")

    op.drop_table("imported_study")
