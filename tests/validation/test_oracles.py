"""Every statistic the shared R oracles know is run against them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ORACLES = Path(os.environ.get("CANDOR_SHARED", ROOT.parent / "shared")) / "oracles"
CASES = 30


def test_every_statistic_agrees_with_r(capsys: pytest.CaptureFixture[str]) -> None:
    if not (ORACLES / "check.py").exists():
        with capsys.disabled():
            sys.stdout.write(f"\n!! {CASES} cases of shared input did not run\n")
        return
    # The runner leaves files open, which is no business of ours: it runs without our warning filters.
    run = subprocess.run(
        [sys.executable, str(ORACLES / "check.py"), str(HERE / "oracle_adapter.py"), "public"],
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [line for line in run.stdout.splitlines() if line.startswith("FAIL")]
    assert not failed, "\n".join(failed)
    last = run.stdout.splitlines()[-1] if run.stdout else run.stderr
    assert last.endswith(" 0 failed, 0 skipped")
    assert int(last.split()[0]) == 286
