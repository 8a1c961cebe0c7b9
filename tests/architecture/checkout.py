"""What belongs to the checkout, for the tests that walk it."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("lms", "modules", "assessments", "coaching", "behavior_metrics")


@cache
def kept_files() -> tuple[Path, ...]:
    """Give every file git keeps or would keep, as paths below the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the developer's own git
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (Path(name) for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def python_files(*folders: str) -> tuple[Path, ...]:
    """Give the Python files below some top folders."""
    return tuple(path for path in kept_files() if path.suffix == ".py" and path.parts[0] in folders)


def text_of(path: Path) -> str | None:
    """Give a file's text; None if it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
