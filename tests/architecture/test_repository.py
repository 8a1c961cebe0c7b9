"""The repository speaks of the product alone, and builds the same environment everywhere."""

from __future__ import annotations

import json
import re
import tomllib
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT, kept_files, text_of

VENDOR = Path("lms/static/vendor")
LOCKS = ("requirements.lock", "requirements-dev.lock", ".ci/uv.lock")


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    homes = re.compile(r"(?<![\w.:/])/(?:home/\w|Users/\w|root/)")
    here = re.compile(rf"(?<![\w.]){re.escape(str(ROOT))}(?![\w-])")
    found = [
        f"{path}: {line.strip()[:100]}"
        for path in kept_files()
        for line in (text_of(path) or "").splitlines()
        if homes.search(line) or here.search(line)
    ]
    assert found == []


def test_what_builds_the_environment_names_no_address() -> None:
    """Where packages come from is the machine's own setting, so the files that install them hold no URL."""
    building = [path for path in kept_files() if path.parts[0] == ".ci" or str(path) in {*LOCKS, "Makefile"}]
    building.append(Path("pyproject.toml"))
    assert [
        path for path in building if re.search(r"\w+://|--(extra-)?index|--find-links", _without_options(path))
    ] == []


def _without_options(path: Path) -> str:
    """Give a file's text without the two options that keep addresses out of the locks."""
    return re.sub(r"--no-emit-(index-url|find-links)", "", (ROOT / path).read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_carries_checksums(lock: str) -> None:
    entries = _entries(lock)
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def _entries(lock: str) -> list[str]:
    joined = (ROOT / lock).read_text().replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def _locked(lock: str) -> dict[str, str]:
    pinned = (re.match(r"([\w.-]+)(?:\[[^]]*\])?==([^ ;]+)", entry) for entry in _entries(lock))
    return {canonicalize_name(match[1]): match[2] for match in pinned if match}


def test_the_locks_fit_what_the_project_asks_for_and_each_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run, work = _locked("requirements.lock"), _locked("requirements-dev.lock")
    asked = [(text, run) for text in project["project"]["dependencies"]]
    asked += [(text, work) for text in project["dependency-groups"]["dev"]]
    unmet = []
    for text, lock in asked:
        requirement = Requirement(text)
        version = lock.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version):
            unmet.append(f"{text}: locked at {version}; make lock")
    assert unmet == []
    assert {name: (run[name], work[name]) for name in run.keys() & work.keys() if run[name] != work[name]} == {}


def test_vendored_files_are_the_ones_that_were_fetched_and_each_has_its_licence() -> None:
    manifest = json.loads((ROOT / VENDOR / "manifest.json").read_text())
    promised = {name: checksum for package in manifest for name, checksum in package["files"].items()}
    found = {
        str(path.relative_to(VENDOR)): "sha384-" + b64encode(sha384((ROOT / path).read_bytes()).digest()).decode()
        for path in kept_files()
        if path.is_relative_to(VENDOR) and path.name != "manifest.json"
    }
    assert found == promised
    assert {name.split("/")[0] for name in found} == {name.split("/")[0] for name in found if name.endswith("/LICENSE")}


def test_style_sheets_ask_only_for_files_that_exist() -> None:
    missing = [
        f"{path}: {target}"
        for path in kept_files()
        if path.suffix == ".css" and path.parts[0] == "lms"
        for target in re.findall(r"url\(['\"]?([^)'\"]+)", (ROOT / path).read_text())
        if not target.startswith(("data:", "#")) and not (ROOT / path.parent / target).exists()
    ]
    assert missing == []
