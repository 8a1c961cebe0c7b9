"""A ticket says which instrument it asks with; who has read the notice.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # tickets that are out ask with the full set, as they always did
    op.add_column("survey_ticket", sa.Column("instrument", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "survey_notice_read",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("notice", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_survey_notice_read")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("survey_notice_read")
    with op.batch_alter_table("survey_ticket", schema=None) as batch_op:
        batch_op.drop_column("instrument")
