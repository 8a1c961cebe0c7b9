"""What standing does by itself."""

from __future__ import annotations

from datetime import time

from assessments.standing.commands import freeze_missing_training_states
from lms.scheduler.jobs import Job

FREEZE_MISSING = Job("freeze_missing_training_states", freeze_missing_training_states, daily_at=time(3))
