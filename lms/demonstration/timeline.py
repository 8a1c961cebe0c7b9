"""When the simulated network took its training records into Candor: later than deviations and coaching, as networks do."""

from __future__ import annotations

from datetime import date, timedelta

from lms.demonstration.world import World

#: Days before the last day on which the training records of the founding staff are taken over from paper; a day on which no
#: approved SOP version waits for its day, so that nobody is asked to learn two at once.
TRAINING_DAYS = 118


def training_begins(world: World) -> date:
    """Return the first day on which modules are assigned and qualifications are granted here."""
    return max(world.start + timedelta(days=5), world.today - timedelta(days=TRAINING_DAYS))
