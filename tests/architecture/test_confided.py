"""The just-culture step is in no figure and on no record: no other code knows its tables or imports it."""

from __future__ import annotations

from pathlib import Path

from tests.architecture.checkout import ROOMS, ROOT, python_files

OWN = Path("coaching/just_culture")
#: Starts it, and nothing else.
ENTRY = Path("coaching/wiring.py")


def knows_of_it(path: Path) -> bool:
    return "just_culture" in (ROOT / path).read_text().replace("just_culture.assess", "")


def test_no_metric_no_record_and_no_other_feature_knows_of_it() -> None:
    others = [path for path in python_files(*ROOMS) if OWN not in path.parents and path != ENTRY]
    assert len(others) > 100
    assert [str(path) for path in others if knows_of_it(path)] == []


def test_the_search_would_find_an_import_and_a_table() -> None:
    own = [path for path in python_files("coaching") if OWN in path.parents and path.name != "__init__.py"]
    assert {path.name for path in own if knows_of_it(path)} >= {"models.py", "queries.py", "commands.py"}
