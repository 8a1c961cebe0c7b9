"""The scheduler's process: becomes the leader if there is none, then lets APScheduler drive jobs and ticks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from lms import clock
from lms.extensions import db
from lms.scheduler.jobs import Job, jobs, ticks
from lms.scheduler.leader import Leadership
from lms.scheduler.stopping import announce_by, is_stopping
from lms.unit_of_work import run_job

#: How often the lead is asked for, or made sure of.
LEAD_SECONDS = 1.0
#: How often it is looked whether a job is due.
JOB_SECONDS = 15.0


class SchedulerService:
    """Runs until told to stop. Reviews and due days are records; APScheduler only drives the fixed beat."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        announce_by(app, self._stop)
        self._beat: BackgroundScheduler | None = None
        self._thread: threading.Thread | None = None
        with app.app_context():
            self._leadership = Leadership(db.engine, Path(app.config["SETTINGS"].data_dir))

    @property
    def leads(self) -> bool:
        """Whether this process runs the jobs."""
        return self._beat is not None

    def start(self) -> None:
        """Run beside the web server, in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the beat, let what runs end its piece of work, give up the lead."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def run(self) -> None:
        """Keep asking for the lead; lead while it lasts."""
        try:
            while not self._stop.wait(LEAD_SECONDS):
                if self._leadership.holds():
                    self._start_beat()
                else:
                    self._stop_beat()
        finally:
            self._stop_beat()
            self._leadership.give_up()

    def _start_beat(self) -> None:
        if self._beat is not None:
            return
        # two threads at most: the web server beside it should keep its processor
        beat = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2)},
            # a beat that comes late, behind a long one, is run once and not lost
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for tick in ticks():
            beat.add_job(self._guarded(tick.function), "interval", seconds=tick.seconds, id=f"tick:{tick.name}")
        for job in jobs():
            beat.add_job(
                self._guarded(_once(job)),
                "interval",
                seconds=JOB_SECONDS,
                id=f"job:{job.name}",
                next_run_time=clock.now(),
            )
        beat.start()
        self._beat = beat

    def _stop_beat(self) -> None:
        if self._beat is not None:
            self._beat.shutdown(wait=True)
            self._beat = None

    def _guarded(self, function: Callable[[], object]) -> Callable[[], None]:
        def guarded() -> None:
            with self._app.app_context():
                if is_stopping():  # it was waiting behind others for a thread
                    return
                try:
                    function()
                except Exception:
                    self._app.logger.exception("a scheduled job failed and will be tried again")
                finally:
                    db.session.remove()

        return guarded


def _once(job: Job) -> Callable[[], object]:
    def due() -> object:
        return run_job(job.name, job.due_at(clock.now()), job.command)

    return due
