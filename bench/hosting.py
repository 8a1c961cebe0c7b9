"""Starting and stopping the servers that are measured, each a process of its own on a free port of this machine.

``python -m bench.hosting KIND WORKERS`` is what such a process runs; the installation comes by the environment.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil
from flask import Flask

from config import ROOT, Settings, read_settings

#: Threads of each worker, as ``candor serve`` starts them.
THREADS = 8
STARTING_SECONDS = 60
STOPPING_SECONDS = 20
LOOPBACK = "127.0.0.1"
#: Of every reader of a measurement.
PASSWORD = "a password of a measurement"  # noqa: S105 - opens accounts of a throw-away database


class Kind(StrEnum):
    """What is served."""

    PRODUCT = "product"
    #: The product with Werkzeug's default hash in the place of argon2id, to compare signing in.
    PRODUCT_WERKZEUG = "product with Werkzeug's hash"
    REFERENCE = "reference"


class DidNotStart(RuntimeError):
    """A server that is to be measured ended or never answered. Says what it wrote last."""


@dataclass(frozen=True)
class Host:
    """A running server: where it answers, and its processes."""

    kind: Kind
    port: int
    process: psutil.Process


def environment(database_url: str, data_dir: Path, port: int = 0) -> dict[str, str]:
    """Return the environment of an installation for measuring: nothing is taken from the one that is used here."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("CANDOR_", "DATABASE_", "SURVEY_"))
    }
    return {
        **own,
        "CANDOR_ENV_FILE": "",
        "CANDOR_DATA_DIR": str(data_dir),
        "CANDOR_SECRET_KEY": "signs cookies of a measurement and of nothing else",
        "CANDOR_IDLE_MINUTES": "480",
        "CANDOR_HOST": LOOPBACK,
        "CANDOR_PORT": str(port or 8000),
        "DATABASE_URL": database_url,
    }


def installed() -> Settings:
    """Return the settings of the installation that this process was started for."""
    return read_settings(dict(os.environ))


@contextmanager
def hosted(kind: Kind, database_url: str, data_dir: Path, *, workers: int) -> Iterator[Host]:
    """Serve an application until the block ends. Raises ``DidNotStart`` with the last lines of its log."""
    port = _free_port()
    log = data_dir / f"{kind.name.lower()}-{port}.log"
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "bench.hosting", kind.name, str(workers)],
            cwd=ROOT,
            env=environment(database_url, data_dir, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the measurement, which then stops its servers itself
        )
    process = psutil.Process(started.pid)
    try:
        _await_answer(started, port, log)
        yield Host(kind, port, process)
    finally:
        _stop(started, process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _await_answer(started: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError as error:
            if started.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(log.read_text(errors="replace")[-2000:]) from error
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()


def _stop(started: subprocess.Popen[bytes], process: psutil.Process) -> None:
    if started.poll() is not None:
        return
    family = process.children(recursive=True)
    started.send_signal(signal.SIGQUIT)  # at once: nobody waits for an answer any more
    try:
        started.wait(STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        for one in (*family, process):
            if one.is_running():
                one.kill()
        started.wait()


def _application(kind: Kind, settings: Settings) -> Flask:
    if kind is Kind.REFERENCE:
        from bench.reference import create_reference  # noqa: PLC0415 - the product's memory is measured without it

        return create_reference(settings)
    from lms.app import create_app  # noqa: PLC0415 - the reference runs without the product

    if kind is Kind.PRODUCT_WERKZEUG:
        _put_werkzeugs_hash_in_place()
    return create_app(settings)


def _put_werkzeugs_hash_in_place() -> None:
    """Let this process know passwords by Werkzeug's default hash alone: the one that all readers of a measurement share."""
    from werkzeug.security import check_password_hash, generate_password_hash  # noqa: PLC0415 - this kind alone

    from lms.identity import passwords  # noqa: PLC0415 - the same

    kept = generate_password_hash(PASSWORD)

    def matches(password_hash: str, password: str) -> bool:
        return bool(password_hash) and check_password_hash(kept, password)

    passwords.matches = matches


def main() -> None:
    """Serve one kind of application, with the product's own server and its settings, until told to stop."""
    from lms.web.serving import WebServer  # noqa: PLC0415 - so that importing this file starts nothing

    kind, workers = Kind[sys.argv[1]], int(sys.argv[2])
    WebServer(_application(kind, installed()), workers=workers, threads=THREADS, with_scheduler=False).run()


if __name__ == "__main__":
    main()
