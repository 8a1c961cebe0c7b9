"""Scheduling.

Revision: 0013, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from lms.extensions import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_rules",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("video_allowed", sa.Boolean(), nullable=False),
        sa.Column("camera_in_gmp_area", sa.String(length=20), nullable=False),
        sa.Column("recording", sa.String(length=20), nullable=False),
        sa.Column("retention_class", sa.String(length=80), nullable=False),
        sa.Column("usual_link", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_meeting_rules_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_rules")),
        sa.UniqueConstraint("site_id", name=op.f("uq_meeting_rules_site_id")),
    )
    op.create_table(
        "booked_quarter",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_booked_quarter_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "quarter", name=op.f("pk_booked_quarter")),
    )
    with op.batch_alter_table("booked_quarter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booked_quarter_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "extra_time",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("struck_out_at", UTCDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_extra_time_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_time")),
    )
    with op.batch_alter_table("extra_time", schema=None) as batch_op:
        batch_op.create_index("ix_extra_time_person", ["person_id", "starts_at"], unique=False)

    op.create_table(
        "group_review",
        sa.Column("coach_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("called_off_at", UTCDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["coach_id"], ["person.id"], name=op.f("fk_group_review_coach_id_person")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_group_review_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_review")),
    )
    with op.batch_alter_table("group_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_review_coach_id"), ["coach_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_review_site_id"), ["site_id"], unique=False)

    op.create_table(
        "meeting_limits",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("a_day", sa.Integer(), nullable=False),
        sa.Column("a_week", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meeting_limits_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_limits")),
        sa.UniqueConstraint("person_id", name=op.f("uq_meeting_limits_person_id")),
    )
    op.create_table(
        "review_series",
        sa.Column("coach_id", sa.Uuid(), nullable=False),
        sa.Column("coachee_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["coach_id"], ["person.id"], name=op.f("fk_review_series_coach_id_person")),
        sa.ForeignKeyConstraint(["coachee_id"], ["person.id"], name=op.f("fk_review_series_coachee_id_person")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_review_series_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_series")),
    )
    with op.batch_alter_table("review_series", schema=None) as batch_op:
        batch_op.create_index("ix_review_series_coach", ["coach_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_series_coachee_id"), ["coachee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_series_site_id"), ["site_id"], unique=False)

    op.create_table(
        "group_review_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("left_at", UTCDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["group_review.id"], name=op.f("fk_group_review_member_group_id_group_review")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["coaching_review.id"], name=op.f("fk_group_review_member_review_id_coaching_review")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_review_member")),
        sa.UniqueConstraint("review_id", name=op.f("uq_group_review_member_review_id")),
    )
    with op.batch_alter_table("group_review_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_review_member_group_id"), ["group_id"], unique=False)

    op.create_table(
        "series_day",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("clocks", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["coaching_review.id"], name=op.f("fk_series_day_review_id_coaching_review")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["review_series.id"], name=op.f("fk_series_day_series_id_review_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_day")),
        sa.UniqueConstraint("review_id", name=op.f("uq_series_day_review_id")),
        sa.UniqueConstraint("series_id", "day", name=op.f("uq_series_day_series_id_day")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_beyond", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("why", sa.String(length=200), nullable=True))

    with op.batch_alter_table("busy_time", schema=None) as batch_op:
        batch_op.add_column(sa.Column("struck_out_at", UTCDateTime(), nullable=True))

    with op.batch_alter_table("working_hours", schema=None) as batch_op:
        batch_op.add_column(sa.Column("set_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("replaced_at", UTCDateTime(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_working_hours_person_id_weekday"), type_="unique")
        batch_op.create_index("ix_working_hours_person", ["person_id", "replaced_at"], unique=False)
    _take_quarters()


def _take_quarters() -> None:
    """Let what is planned already take its quarter hours, each once."""
    connection = op.get_bind()
    appointment = sa.table(
        "appointment", sa.column("id", sa.Uuid()), sa.column("review_id", sa.Uuid()), sa.column("cancelled_at")
    )
    busy = sa.table(
        "busy_time",
        sa.column("person_id", sa.Uuid()),
        sa.column("appointment_id", sa.Uuid()),
        sa.column("starts_at", UTCDateTime()),
        sa.column("ends_at", UTCDateTime()),
    )
    booked = sa.table(
        "booked_quarter",
        sa.column("person_id", sa.Uuid()),
        sa.column("quarter", sa.Integer()),
        sa.column("meeting_id", sa.Uuid()),
    )
    taken = (
        sa.select(busy.c.person_id, appointment.c.review_id, busy.c.starts_at, busy.c.ends_at)
        .join(appointment, appointment.c.id == busy.c.appointment_id)
        .where(appointment.c.cancelled_at.is_(None))
        .order_by(busy.c.starts_at, appointment.c.review_id)
    )
    found = {}
    for person_id, review_id, starts_at, ends_at in connection.execute(taken):
        for quarter in range(int(starts_at.timestamp()) // 900, -(-int(ends_at.timestamp()) // 900)):
            # two that overlap stand from before: the first keeps the quarter
            found.setdefault((person_id, quarter), review_id)
    rows = [{"person_id": key[0], "quarter": key[1], "meeting_id": review_id} for key, review_id in found.items()]
    if rows:
        connection.execute(sa.insert(booked), rows)


def downgrade() -> None:
    with op.batch_alter_table("working_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_working_hours_person")
        batch_op.create_unique_constraint(batch_op.f("uq_working_hours_person_id_weekday"), ["person_id", "weekday"])
        batch_op.drop_column("replaced_at")
        batch_op.drop_column("set_at")

    with op.batch_alter_table("busy_time", schema=None) as batch_op:
        batch_op.drop_column("struck_out_at")

    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_column("why")
        batch_op.drop_column("agreed_beyond")

    op.drop_table("series_day")
    with op.batch_alter_table("group_review_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_review_member_group_id"))

    op.drop_table("group_review_member")
    with op.batch_alter_table("review_series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_series_site_id"))
        batch_op.drop_index(batch_op.f("ix_review_series_coachee_id"))
        batch_op.drop_index("ix_review_series_coach")

    op.drop_table("review_series")
    op.drop_table("meeting_limits")
    with op.batch_alter_table("group_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_review_site_id"))
        batch_op.drop_index(batch_op.f("ix_group_review_coach_id"))

    op.drop_table("group_review")
    with op.batch_alter_table("extra_time", schema=None) as batch_op:
        batch_op.drop_index("ix_extra_time_person")

    op.drop_table("extra_time")
    with op.batch_alter_table("booked_quarter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_booked_quarter_meeting_id"))

    op.drop_table("booked_quarter")
    op.drop_table("meeting_rules")
