"""Processor time and memory of a server with all its processes, and of the PostgreSQL server behind it."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import psutil
from sqlalchemy import create_engine, make_url, text

#: Packages of analysis that no web worker should carry.
ANALYTICS = ("numpy", "pandas", "scipy")


def tree(root: psutil.Process) -> list[psutil.Process]:
    """Return a process with all its descendants."""
    return [root, *root.children(recursive=True)]


def processor_seconds(roots: Iterable[psutil.Process]) -> float:
    """Return user and system time that the trees below these processes have used so far, in seconds.

    The times of children that ended are added up by their parent, so that a PostgreSQL backend that closes is not lost.
    """
    total = 0.0
    for root in roots:
        for process in tree(root):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def proportional_mebibytes(root: psutil.Process) -> float:
    """Return the memory of a tree in MiB: its own pages, and its share of those held with others (PSS)."""
    return sum(process.memory_full_info().pss for process in tree(root)) / 2**20


def loaded_analytics(root: psutil.Process) -> list[str]:
    """Return which packages of analysis a process of the tree has mapped into its memory, by their compiled parts."""
    mapped = "".join(Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8") for process in tree(root))
    return [name for name in ANALYTICS if re.search(rf"/site-packages/{name}/", mapped)]


def database_server(url: str) -> psutil.Process | None:
    """Return the PostgreSQL server of a database; None for SQLite, or if the server runs on another machine."""
    if make_url(url).get_backend_name() != "postgresql":
        return None
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            backend = psutil.Process(connection.scalar(text("select pg_backend_pid()")))
            server = backend.parent()
    except psutil.NoSuchProcess:
        return None
    finally:
        engine.dispose()
    return server if server is not None and server.name().startswith("postgres") else None


def disk_milliseconds(folder: Path, times: int = 30) -> float:
    """Return the median time in milliseconds that this folder's disk takes to hold 4 KiB for good (write and fsync)."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return median(taken)
