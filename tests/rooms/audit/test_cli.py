"""``candor audit``: exit codes for monitors, sentences for people, proofs for inspectors without our program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from lms.audit import sealer
from lms.audit.cli import audit
from lms.identity import commands as identity
from lms.ids import new_id
from lms.refusals import NotFound
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, someone
from tests.rooms.audit.attacker import attacker

STAND_ALONE = Path(__file__).resolve().parents[3] / "docs" / "verify_proof.py"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments)


def a_changed_person() -> Any:
    person = someone().person.id
    for name in ("One", "Two"):
        run(
            identity.correct_person, INSTALLER, "test", person, given_name="Zoë", family_name=name,
            email=f"{name}@example.org",
        )  # fmt: skip
    someone()
    return person


def test_verify_ends_with_0_when_all_agrees_and_says_what_it_compared(app: Flask) -> None:
    someone()
    sealer.seal()
    result = call("verify")
    assert result.exit_code == 0, result.output
    assert "Everything agrees." in result.output
    assert "No copy from outside was compared" in result.output


def test_verify_ends_with_1_and_names_the_first_record(app: Flask) -> None:
    person = a_changed_person()
    with attacker() as dba:
        dba.edit("person", person, family_name="Forged")
    result = call("verify")
    assert result.exit_code == 1
    assert f'person {person} was changed without an event: “family_name” is "Forged"' in result.output
    assert "triggers are missing" in result.output
    report = json.loads(call("verify", "--json").output)
    assert report["ok"] is False
    assert report["first"]["record"] == f"person {person}"


def test_a_checkpoint_is_printed_as_it_is_to_be_kept(app: Flask, tmp_path: Path) -> None:
    someone()
    note = call("checkpoint").output
    (tmp_path / "a.note").write_text(note)
    result = call("verify", "--anchors", str(tmp_path), "--from", "2")
    assert result.exit_code == 0, result.output
    assert "outside copies 1" in result.output
    assert "No copy from outside" not in result.output


def test_a_checkpoint_for_programs(app: Flask) -> None:
    someone()
    note = call("checkpoint").output
    assert json.loads(call("checkpoint", "--json").output) == {"checkpoint": note}


def test_a_leaf_that_is_not_there_is_no_agreement(app: Flask) -> None:
    someone()
    sealer.seal()
    size = json.loads(call("verify", "--json").output)["size"]
    assert call("verify", "--from", str(size - 1)).exit_code == 0
    for leaf in (size, 99_999_999):
        result = call("verify", "--from", str(leaf))
        assert result.exit_code != 0
        assert f"There is no leaf {leaf}: the trail has {size}" in str(result.exception)
        assert "agrees" not in result.output


# -- proofs --------------------------------------------------------------------------------------


@pytest.fixture
def proof(app: Flask) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(call("prove", str(a_changed_person())).output)
    return parsed


def check(proof: object, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the stand-alone verifier as an inspector would: a file, Python, nothing of ours."""
    file = tmp_path / "proof.json"
    file.write_text(proof if isinstance(proof, str) else json.dumps(proof))
    return subprocess.run(
        [sys.executable, "-I", str(STAND_ALONE), str(file), *options], capture_output=True, text=True, check=False
    )


def test_a_proof_holds_offline(proof: dict[str, Any], tmp_path: Path) -> None:
    result = check(proof, tmp_path, "--key", proof["key"])
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"The proof holds, under key {proof['key'].split('+')[1]}." in result.stdout
    assert result.stdout.count("lms.correct_person") == 2
    assert "Compare it" in check(proof, tmp_path).stdout


def _edit_body(proof: dict[str, Any]) -> None:
    proof["events"][1]["body"] = proof["events"][1]["body"].replace('"test"', '"fest"')


def _edit_values(proof: dict[str, Any]) -> None:
    proof["events"][1]["payload"] = proof["events"][1]["payload"].replace("One", "Oneself")


def _edit_row(proof: dict[str, Any]) -> None:
    proof["row"]["family_name"] = "Forged"


def _leave_out_the_last(proof: dict[str, Any]) -> None:
    proof["events"].pop()


def _edit_path(proof: dict[str, Any]) -> None:
    proof["events"][0]["path"][0] = "00" * 32


def _shorten_path(proof: dict[str, Any]) -> None:
    proof["events"][0]["path"].pop()


def _move_leaf(proof: dict[str, Any]) -> None:
    proof["events"][0]["seq"] += 1


def _edit_note(proof: dict[str, Any]) -> None:
    size = proof["checkpoint"].split("\n")[1]
    proof["checkpoint"] = proof["checkpoint"].replace(f"\n{size}\n", f"\n{int(size) + 1}\n")


def _other_record(proof: dict[str, Any]) -> None:
    proof["record"]["id"] = str(new_id())


def _no_events(proof: dict[str, Any]) -> None:
    proof["events"] = []


@pytest.mark.parametrize(
    "forge",
    [
        _edit_body, _edit_values, _edit_row, _leave_out_the_last, _edit_path, _shorten_path, _move_leaf, _edit_note,
        _other_record, _no_events,
    ],
)  # fmt: skip
def test_a_forged_proof_does_not(
    forge: Callable[[dict[str, Any]], None], proof: dict[str, Any], tmp_path: Path
) -> None:
    key = proof["key"]
    forge(proof)
    result = check(proof, tmp_path, "--key", key)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "The proof does not hold" in result.stdout


def test_a_proof_under_another_key_or_no_proof_at_all(proof: dict[str, Any], tmp_path: Path) -> None:
    from lms.audit.checkpoint import SigningKey

    other = str(SigningKey.generate("localhost/audit").public)
    assert check(proof, tmp_path, "--key", other).returncode == 1
    assert check("milk", tmp_path).returncode == 2
    assert check({}, tmp_path).returncode == 2


def test_a_record_that_the_trail_does_not_know(app: Flask) -> None:
    result = call("prove", str(new_id()))
    assert isinstance(result.exception, NotFound)


def test_the_stand_alone_verifier_is_short_enough_to_be_read(app: Flask) -> None:
    lines = STAND_ALONE.read_text().splitlines()
    assert len(lines) < 150
    assert not any("lms" in line and "import" in line for line in lines)
