"""Loading the demonstration network: the simulated history, day by day, by the same commands as people use.

A room registers a founder (its content on the first day) and a player (what its people set about each morning). Whatever
shall happen at a moment is put on the agenda, which all rooms share, so that a day runs in the order of its hours. One
unit of work per simulated day; nothing else of the application accepts a clock.
"""

from __future__ import annotations

import gc
import heapq
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, ParamSpec, TypeVar

from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.demonstration import staffing
from lms.demonstration.cast import Cast
from lms.demonstration.completeness import note_end
from lms.demonstration.simulation import DEFAULT_SEED, simulate
from lms.demonstration.world import World
from lms.extensions import db
from lms.network.models import Network
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import Command, Replay, replay
from lms.writers import not_waiting_for_the_disk

P = ParamSpec("P")
R = TypeVar("R")

#: The password of the demonstration's accounts, one per role. They exist in a demonstration database only.
PASSWORD = "candor-demonstration"  # noqa: S105 - known on purpose, and printed
#: Role -> the login of its account with that password.
ACCOUNTS = staffing.ACCOUNTS
#: Mails of the last days stay in the outbox, so that there is something to read; notifications stay unread longer.
MAILS_KEPT = timedelta(days=3)
UNREAD_KEPT = timedelta(days=30)
#: Records that the session holds: those of some weeks.
NEWEST_HELD = 30_000
BEFORE_HISTORY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Agenda:
    """What shall happen when: shared by all rooms, run in the order of the hours."""

    _waiting: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _serial: count[int] = field(default_factory=count)

    def put(self, at: datetime, action: Action) -> None:
        """Put an action on the agenda. What is due after the end of history never happens."""
        heapq.heappush(self._waiting, (at.astimezone(UTC), next(self._serial), action))

    def next_before(self, end: datetime) -> tuple[datetime, Action] | None:
        """Take the earliest action that is due before a moment."""
        if not self._waiting or self._waiting[0][0] >= end:
            return None
        at, _, action = heapq.heappop(self._waiting)
        return at, action


@dataclass
class Stage:
    """The play as it stands: the simulated world, who plays in it, and what each room keeps for itself."""

    world: World
    cast: Cast = field(default_factory=Cast)
    agenda: Agenda = field(default_factory=Agenda)
    memory: dict[str, Any] = field(default_factory=dict)
    #: Records that every day needs; held here, the session does not read them again.
    held: list[object] = field(default_factory=list)
    #: The latest moment played: time in the trail never goes back.
    latest: datetime = BEFORE_HISTORY


@dataclass
class Day:
    """One simulated day, inside its unit of work."""

    date: date
    stage: Stage
    replay: Replay

    @property
    def world(self) -> World:
        """The simulated world."""
        return self.stage.world

    @property
    def cast(self) -> Cast:
        """The people and records by natural key."""
        return self.stage.cast

    @property
    def starts_at(self) -> datetime:
        """The first moment of the day in UTC."""
        return datetime.combine(self.date, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment of the next day."""
        return self.starts_at + timedelta(days=1)

    def run(self, what: Command[P, R], by: Actor, at: datetime, reason: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one command at a simulated moment, or at the latest one played if that is later already."""
        if at < self.stage.latest:
            at = self.stage.latest
            by = by if by.proof is None else by.proven(replace(by.proof, at=at))
        self.stage.latest = at
        return self.replay.run(what, by, at, reason, *args, **kwargs)

    def put(self, at: datetime, action: Action) -> None:
        """Put an action on the agenda."""
        self.stage.agenda.put(at, action)


#: Something that happens at a moment of a day.
Action = Callable[[Day, datetime], None]
Part = Callable[[Day], None]
Evening = Callable[[Stage, date], None]


@dataclass(frozen=True, slots=True)
class _Player:
    founder: Part
    player: Part
    evening: Evening


_players: dict[int, _Player] = {}


def _rest(_stage: Stage, _on: date) -> None:
    """Do nothing in the evening."""


def register_player(order: int, founder: Part, player: Part, evening: Evening = _rest) -> None:
    """Register a room's part: its content on the first day, and what it sets about on the morning of each day.

    ``evening`` runs once the day's unit of work is committed, for what keeps away from the trail: the survey's answers.
    """
    _players[order] = _Player(founder, player, evening)


def is_loaded() -> bool:
    """Whether the database holds a network already, of whatever kind."""
    return db.session.scalar(select(Network.id).limit(1)) is not None


def load_demonstration(app: Flask, seed: int = DEFAULT_SEED) -> None:
    """Load the demonstration network into an empty database, with a progress bar."""
    today = app.config["SETTINGS"].demo_today or clock.now().date()
    from rich.console import Console  # noqa: PLC0415 - a web worker shows no progress in a terminal
    from rich.progress import (  # noqa: PLC0415 - the same
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Demonstration", total=None)
        world = simulate(seed, today)
        progress.update(task, total=(world.today - world.start).days)
        play(app, world, on_day=lambda day: progress.update(task, advance=1, description=f"{day:%b %Y}"))


def play(app: Flask, world: World, *, on_day: Callable[[date], None] = lambda _: None) -> Stage:
    """Play a simulated world into the database, one unit of work per day; return what became of it.

    Raises ``NotAllowed`` if the database holds a network: history is played into an empty one only.
    """
    if is_loaded():
        raise NotAllowed("This database holds a network already. The demonstration loads into an empty one only.")
    stage = Stage(world)
    day = world.start
    with ExitStack() as stack:
        for engine in db.engines.values():
            stack.enter_context(not_waiting_for_the_disk(engine))
        stack.enter_context(_one_long_session())
        while day < world.today:
            with replay() as unit:
                _play_day(Day(day, stage, unit), keep_mails=app.config["SETTINGS"].mail_url == "file:")
            _in_the_evening(app, stage, day)
            on_day(day)
            day += timedelta(days=1)
    note_end(world.seed, world.today)
    app.config["IS_DEMONSTRATION"] = True
    return stage


@contextmanager
def _one_long_session() -> Iterator[None]:
    """Let the session keep what it knows from day to day, since nobody else writes; and look for lost cycles less often.

    A session forgets what nobody holds; the newest records are held here, so that the next act need not read them again.
    """
    session = db.session()
    session.expire_on_commit = False
    newest: deque[object] = deque(maxlen=NEWEST_HELD)

    def hold(_session: Session, record: object) -> None:
        newest.append(record)

    for moment in ("pending_to_persistent", "loaded_as_persistent"):
        event.listen(session, moment, hold)
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        for moment in ("pending_to_persistent", "loaded_as_persistent"):
            event.remove(session, moment, hold)
        session.expire_on_commit = True
        session.close()


def _play_day(day: Day, *, keep_mails: bool) -> None:
    players = [_players[order] for order in sorted(_players)]
    if day.date == day.world.start:
        for one in players:
            one.founder(day)
    for one in players:
        one.player(day)
    while (due := day.stage.agenda.next_before(day.ends_at)) is not None:
        at, action = due
        action(day, max(at, day.stage.latest))
    day.replay.follow_ups(max(day.ends_at - timedelta(seconds=1), day.stage.latest))
    _put_away(day, keep_mails=keep_mails)


def _in_the_evening(app: Flask, stage: Stage, on: date) -> None:
    # in a session of its own, so that what ends its reading does not make the day's session forget what it holds
    with app.app_context():
        for order in sorted(_players):
            _players[order].evening(stage, on)


def _put_away(day: Day, *, keep_mails: bool) -> None:
    """Let no mail of the past leave, and let old notifications be read. Neither is a GMP record."""
    if not keep_mails or day.world.end - day.starts_at > MAILS_KEPT:
        mails = update(OutboxMessage).where(OutboxMessage.kind == "mail", OutboxMessage.done_at.is_(None))
        db.session.execute(
            mails.values(done_at=OutboxMessage.created_at), execution_options={"synchronize_session": False}
        )
    if day.world.end - day.starts_at > UNREAD_KEPT:
        unread = update(Notification).where(Notification.read_at.is_(None))
        db.session.execute(unread.values(read_at=day.ends_at), execution_options={"synchronize_session": False})
