"""Starting the web server, alone or with the scheduler beside it."""

from __future__ import annotations

import ctypes
import errno
import gc
import socket
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from config import SettingError, Settings
from lms.scheduler.service import SchedulerService

#: ``mallopt`` parameters of the GNU C library, from <malloc.h>: number of arenas, size from which a block is mapped alone.
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
#: Bytes. Pages fit below; the 19 MiB of a password check and large exports do not, and go back to the system when freed.
MAPPED_ALONE = 256 * 1024
#: Objects more than there were, after which the collector looks through the young ones; Python's own number is 700.
LOOKED_THROUGH = 50_000


def keep_little_memory() -> None:
    """Let the C library give back what one large page or a password check needed, where it would keep it for the next.

    The threads of a worker share one arena: Python's own lock makes them take turns anyway. A large block is mapped alone;
    left to itself, the library raises that limit to the size of the first large block that is freed, and then keeps
    blocks of that size. Elsewhere than on Linux with glibc nothing happens.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 1)
            mallopt(_M_MMAP_THRESHOLD, MAPPED_ALONE)


def set_aside_what_is_loaded() -> None:
    """Leave what is loaded in memory that all workers share: the collector would write to every page of it.

    It would also walk through all of it, 0.1 s each time, in the middle of somebody's request. What comes later it looks
    through when there is more of it: a page of a large network makes some ten thousand rows, and at Python's own threshold
    everything was walked through twice for each such page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOKED_THROUGH, 10, 10)


def check_port(settings: Settings) -> None:
    """Raise ``SettingError`` if the web server could not listen: gunicorn would try for seconds and print its log."""
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            # as gunicorn does: what was closed a moment ago is no hindrance
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = (
                f"CANDOR_PORT is {port}, which another program at {host} uses: stop that one, or choose another port."
            )
        elif error.errno == errno.EACCES:
            message = f"CANDOR_PORT is {port}, which this user may not open: choose a port from 1024 on."
        else:
            message = (
                f"CANDOR_HOST is {host!r}, where nothing can listen ({error.strerror}): use an address of this machine."
            )
        raise SettingError(message) from None


class WebServer(BaseApplication):
    """gunicorn with threads. On SQLite one process, so that its writers queue fairly; on PostgreSQL as many as asked."""

    def __init__(self, app: Flask, *, workers: int, threads: int, with_scheduler: bool) -> None:
        self._app = app
        self._workers = workers
        self._threads = threads
        self._with_scheduler = with_scheduler
        self._service: SchedulerService | None = None
        keep_little_memory()
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
            "pre_fork": self._about_to_fork,
            "post_worker_init": self._started,
            "worker_exit": self._stopped,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app

    def _about_to_fork(self, _server: Arbiter, _worker: object) -> None:
        set_aside_what_is_loaded()

    def _started(self, _worker: object) -> None:
        if self._with_scheduler:
            self._service = SchedulerService(self._app)
            self._service.start()

    def _stopped(self, _server: Arbiter, _worker: object) -> None:
        if self._service is not None:
            self._service.stop()
