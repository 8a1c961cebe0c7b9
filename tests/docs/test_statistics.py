"""Every statistic says where it comes from, and a quoted formula is found in the reference."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.docs.reference import DOCS

ROOT = DOCS.parent
#: What makes data ready, checks it or puts it into words computes no statistic.
NO_STATISTIC = {"counts", "panel", "rate_findings", "readings", "refusing", "risk_sets", "findings"}
_SOURCE = re.compile(r"\b(1[89]|20)\d\d\b|\bR `|Source:")


def modules() -> list[Path]:
    found = [*(ROOT / "behavior_metrics" / "stats").glob("*.py"), *(ROOT / "lms" / "stats").glob("*.py")]
    return sorted(file for file in found if file.stem not in NO_STATISTIC)


@pytest.mark.parametrize("file", modules(), ids=lambda file: file.stem)
def test_each_public_statistic_names_its_source_and_stands_in_the_reference(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    whole = ast.get_docstring(tree) or ""
    reference = (DOCS / "statistics.md").read_text(encoding="utf-8")
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
            said = ast.get_docstring(one) or ""
            assert _SOURCE.search(said) or _SOURCE.search(whole), f"{file.name}: {one.name} says no source"
            assert f"{one.name}(" in reference
