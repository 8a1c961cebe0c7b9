"""The variance that a run went by beside its input, so that a page need not read the whole input for it.

Revision: 0027, after 0026
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("analysis_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("within_team_variance", sa.Double(), nullable=True))
    run = sa.table(
        "analysis_run",
        sa.column("id", sa.Uuid()),
        sa.column("input", sa.Text()),
        sa.column("within_team_variance", sa.Double()),
    )
    connection = op.get_bind()
    ids = connection.execute(sa.select(run.c.id).where(run.c.input != "")).scalars().all()
    for run_id in ids:  # one at a time: an input may have megabytes
        text = connection.execute(sa.select(run.c.input).where(run.c.id == run_id)).scalar_one()
        variance = json.loads(text)["within_team_variance"]
        connection.execute(sa.update(run).where(run.c.id == run_id).values(within_team_variance=variance))


def downgrade() -> None:
    with op.batch_alter_table("analysis_run", schema=None) as batch_op:
        batch_op.drop_column("within_team_variance")
