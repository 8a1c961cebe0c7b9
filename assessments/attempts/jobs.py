"""What attempts do by themselves."""

from __future__ import annotations

from datetime import timedelta

from assessments.attempts.commands import close_expired_attempts
from lms.scheduler.jobs import Job

CLOSE_EXPIRED = Job("close_expired_attempts", close_expired_attempts, every=timedelta(minutes=1))
