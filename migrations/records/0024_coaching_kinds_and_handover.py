"""Why a series meets, and why a team does; and who signed a review whose follow-up went to another coach.

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("review_series", "group_review"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("kind", sa.String(length=20), nullable=True))
    with op.batch_alter_table("coaching_review", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signed_coach_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_coaching_review_signed_coach_id_person"), "person", ["signed_coach_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("coaching_review", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_coaching_review_signed_coach_id_person"), type_="foreignkey")
        batch_op.drop_column("signed_coach_id")
    for table in ("group_review", "review_series"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("kind")
