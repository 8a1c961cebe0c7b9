"""Custody of the survey's keys.

Revision: 0018, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_custody_act",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_custody_act")),
    )
    with op.batch_alter_table("survey_key_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("given_up_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("survey_key_record", schema=None) as batch_op:
        batch_op.drop_column("given_up_on")

    op.drop_table("survey_custody_act")
