"""One place for each kind of thing: the shape of the checkout and of a feature folder."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.checkout import ROOMS, ROOT, kept_files, python_files, text_of

TOP_LEVEL = {
    *ROOMS,
    *(".ci", "bench", "docs", "migrations", "tests", "validation"),
    *("config.py", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "Makefile"),
    *("README.md", "CHANGELOG.md", "LICENSE", ".editorconfig", ".gitignore", ".importlinter"),
}

#: The files of a feature that may know Flask or the database. Any other file of a feature is pure.
FEATURE_FILES = {
    *(
        "wiring",
        "registration",
        "words",
        "views",
        "cli",
        "jobs",
        "listeners",
        "forms",
        "exports",
        "api",
        "commands",
        "queries",
        "models",
    ),
    "panels",  # what a feature adds to pages of other rooms
    "sealed",  # the survey's own way to its database: outside the trail on purpose
}
#: Only these modules end a transaction.
COMMITTERS = {Path("lms/unit_of_work.py"), Path("coaching/surveys/sealed.py")}
LONGEST_FILE = 450


def _imports(path: Path) -> set[str]:
    """Give the names of the modules a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_the_top_level_holds_what_the_plan_names() -> None:
    assert {path.parts[0] for path in kept_files()} - TOP_LEVEL == set()


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common", "shared"}
    assert [path for path in kept_files() if drawers & {path.stem, *path.parts[:-1]}] == []


def test_init_files_are_empty() -> None:
    assert [path for path in kept_files() if path.name == "__init__.py" and (text_of(path) or "").strip()] == []


def test_every_folder_of_python_is_a_package() -> None:
    folders = {path.parent for path in python_files(*ROOMS, "tests")}
    assert sorted(folder for folder in folders if not (ROOT / folder / "__init__.py").exists()) == []


def test_a_file_that_outgrows_its_feature_becomes_two() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in python_files(*ROOMS, "tests")}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_templates_lie_under_the_name_of_their_room() -> None:
    strays = [
        path
        for path in kept_files()
        if path.parts[0] in ROOMS and "templates" in path.parts and path.parts[1:3] != ("templates", path.parts[0])
    ]
    assert strays == []


def test_a_file_with_a_name_of_its_own_in_a_feature_is_pure() -> None:
    """A calculation, a parser, a release rule may have any name, but then knows neither Flask nor the database."""
    impure = ("flask", "sqlalchemy", "wtforms", "lms.extensions", "lms.unit_of_work", "lms.clock")
    features = [path for path in python_files(*ROOMS[1:]) if len(path.parts) > 2]
    found = {
        path: known
        for path in features
        if path.stem not in FEATURE_FILES and "demonstration" not in path.parts
        if (known := {name for name in _imports(path) if name.startswith(impure)})
    }
    assert found == {}


def test_only_the_unit_of_work_and_the_sealed_survey_commit() -> None:
    def commits(path: Path) -> bool:
        return any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
            for node in ast.walk(ast.parse((ROOT / path).read_text()))
        )

    assert [path for path in python_files(*ROOMS) if path not in COMMITTERS and commits(path)] == []
