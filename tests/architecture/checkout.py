"""What belongs to the checkout, for the tests that walk it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("lms", "modules", "assessments", "coaching", "behavior_metrics")
# read here and not asked of git: a machine that runs the tests needs none
IGNORED = GitIgnoreSpec.from_lines([".git", *(ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()])


@cache
def kept_files() -> tuple[Path, ...]:
    """Give every file that .gitignore does not leave out, as paths below the root."""
    return tuple(sorted(_below(ROOT)))


def _below(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        path = entry.relative_to(ROOT)
        if IGNORED.match_file(f"{path}/" if entry.is_dir() else path):
            continue
        if entry.is_dir():
            yield from _below(entry)
        elif entry.is_file():
            yield path


def python_files(*folders: str) -> tuple[Path, ...]:
    """Give the Python files below some top folders."""
    return tuple(path for path in kept_files() if path.suffix == ".py" and path.parts[0] in folders)


def text_of(path: Path) -> str | None:
    """Give a file's text; None if it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
