"""Starting the web server, alone or with the scheduler beside it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from lms.scheduler.service import SchedulerService


class WebServer(BaseApplication):
    """gunicorn with threads. On SQLite one process, so that its writers queue fairly; on PostgreSQL as many as asked."""

    def __init__(self, app: Flask, *, workers: int, threads: int, with_scheduler: bool) -> None:
        self._app = app
        self._workers = workers
        self._threads = threads
        self._with_scheduler = with_scheduler
        self._service: SchedulerService | None = None
        super().__init__()

    def load_config(self) -> None:
        """Take the settings of the application."""
        settings = self._app.config["SETTINGS"]
        values: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": self._workers,
            "threads": self._threads,
            "worker_class": "gthread",
            "graceful_timeout": 10,
            "keepalive": 5,
            "accesslog": None,  # the survey promises that no line of a log tells who answered when
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": self._started,
            "worker_exit": self._stopped,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app

    def _started(self, _worker: object) -> None:
        if self._with_scheduler:
            self._service = SchedulerService(self._app)
            self._service.start()

    def _stopped(self, _server: Arbiter, _worker: object) -> None:
        if self._service is not None:
            self._service.stop()
