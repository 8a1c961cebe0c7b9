"""Calendars in and out.

Revision: 0014, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from lms.extensions import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "read_mail",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_read_mail")),
    )
    with op.batch_alter_table("read_mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_read_mail_read_at"), ["read_at"], unique=False)

    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_feed_person", ["person_id", "ended_at"], unique=False)

    op.create_table(
        "own_calendar",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.Column("taken_in_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_own_calendar_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_calendar")),
    )
    with op.batch_alter_table("own_calendar", schema=None) as batch_op:
        batch_op.create_index("ix_own_calendar_person", ["person_id", "taken_in_at"], unique=False)

    op.create_table(
        "own_busy_time",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["own_calendar.id"], name=op.f("fk_own_busy_time_calendar_id_own_calendar")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_own_busy_time_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_busy_time")),
    )
    with op.batch_alter_table("own_busy_time", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_own_busy_time_calendar_id"), ["calendar_id"], unique=False)
        batch_op.create_index("ix_own_busy_time_person", ["person_id", "ends_at"], unique=False)

    op.create_table(
        "appointment_answer",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("proposed_starts_at", UTCDateTime(), nullable=True),
        sa.Column("proposed_ends_at", UTCDateTime(), nullable=True),
        sa.Column("said_at", UTCDateTime(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_answer_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appointment_answer_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_answer")),
    )
    with op.batch_alter_table("appointment_answer", schema=None) as batch_op:
        batch_op.create_index("ix_appointment_answer_appointment", ["appointment_id", "sequence"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("appointment_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_appointment_answer_appointment")

    op.drop_table("appointment_answer")
    with op.batch_alter_table("own_busy_time", schema=None) as batch_op:
        batch_op.drop_index("ix_own_busy_time_person")
        batch_op.drop_index(batch_op.f("ix_own_busy_time_calendar_id"))

    op.drop_table("own_busy_time")
    with op.batch_alter_table("own_calendar", schema=None) as batch_op:
        batch_op.drop_index("ix_own_calendar_person")

    op.drop_table("own_calendar")
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_feed_person")

    op.drop_table("calendar_feed")
    with op.batch_alter_table("read_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_read_mail_read_at"))

    op.drop_table("read_mail")
