"""Measuring targets in turn: each round every target once, so that a machine that slows down slows all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import psutil

from bench.figures import Ratio, paired, percentile
from bench.load import Act, Browser, Pace, drive
from bench.meter import processor_seconds

#: Before anything is counted, each target answers for so long.
WARM_UP_SECONDS = 2.0


@dataclass(frozen=True)
class Target:
    """Something that is measured: a line of a server, with the readers who open it."""

    name: str
    #: the processes whose time counts: the server's, and the database server's
    roots: tuple[psutil.Process, ...]
    browsers: Sequence[Browser]
    act: Act


@dataclass(frozen=True, slots=True)
class Mode:
    """How many clients, and how they come back."""

    clients: int
    pace: Pace

    def __str__(self) -> str:
        return f"{self.clients} {'client' if self.clients == 1 else 'clients'}, {self.pace}"


AT_ONCE_1, AT_ONCE_8, PACED_8 = Mode(1, Pace.AT_ONCE), Mode(8, Pace.AT_ONCE), Mode(8, Pace.EVERY_2_S)


@dataclass(frozen=True, slots=True)
class Window:
    """One target in one round: what its clients saw and what it cost."""

    target: str
    mode: Mode
    round: int
    seconds: float
    #: seconds each answer took
    waits: tuple[float, ...]
    size: int
    processor_seconds: float
    errors: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Processor milliseconds per request."""
        return self.processor_seconds / len(self.waits) * 1000 if self.waits else 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.waits) / self.seconds


def measure(
    targets: Sequence[Target], modes: Sequence[Mode], rounds: int, seconds: float, say: Callable[[str], None]
) -> list[Window]:
    """Measure every target in every mode, round by round; each round begins with another target."""
    for target in targets:
        drive(target.browsers[:1], target.act, Pace.AT_ONCE, min(WARM_UP_SECONDS, seconds))
    windows = []
    for number, mode in product(range(rounds), modes):
        say(f"round {number + 1} of {rounds}: {len(targets)} targets, {mode}")
        shift = number % len(targets)
        windows += [_window(target, mode, number, seconds) for target in (*targets[shift:], *targets[:shift])]
    return windows


def _window(target: Target, mode: Mode, number: int, seconds: float) -> Window:
    before = processor_seconds(target.roots)
    sample = drive(target.browsers[: mode.clients], target.act, mode.pace, seconds)
    used = processor_seconds(target.roots) - before
    return Window(
        target.name, mode, number, sample.seconds, tuple(sample.waits), sample.size, used, tuple(sample.errors)
    )


@dataclass(frozen=True)
class Series:
    """All rounds of one target in one mode."""

    windows: Sequence[Window]

    def wait(self, percent: float) -> float:
        """Return a percentile of all answers' times, in milliseconds."""
        return percentile([wait for window in self.windows for wait in window.waits], percent) * 1000

    @property
    def requests(self) -> int:
        """How many were answered."""
        return sum(len(window.waits) for window in self.windows)

    @property
    def cost(self) -> float:
        """The median round's processor milliseconds per request."""
        return percentile([window.cost for window in self.windows], 50)

    @property
    def rate(self) -> float:
        """The median round's requests per second."""
        return percentile([window.rate for window in self.windows], 50)

    @property
    def size(self) -> int:
        """Bytes of the last page."""
        return self.windows[-1].size if self.windows else 0

    @property
    def errors(self) -> list[str]:
        """Everything that was not answered as it must be."""
        return [error for window in self.windows for error in window.errors]

    def cost_over(self, other: Series) -> Ratio | None:
        """Return how many times the other's processor time this one takes."""
        return paired([window.cost for window in self.windows], [window.cost for window in other.windows])

    def rate_over(self, other: Series) -> Ratio | None:
        """Return how many times the other's rate this one reaches."""
        return paired([window.rate for window in self.windows], [window.rate for window in other.windows])


def series(windows: Sequence[Window], target: str, mode: Mode) -> Series:
    """Return the rounds of one target in one mode, in their order."""
    return Series([window for window in windows if window.target == target and window.mode == mode])
