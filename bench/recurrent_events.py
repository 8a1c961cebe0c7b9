"""A million intervals: the models of recurrent events beside R's `survival`, statsmodels and lifelines, on the same rows.

``python -m bench.recurrent_events FOLDER`` makes the rows, fits them, asks the others in environments of their own below FOLDER
and prints what each took. Processor seconds of the fit alone, reading left out; whoever takes longer than ``PATIENCE`` is
stopped and said to take more. R is used where it is installed; the Python packages are fetched by pip into FOLDER.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from behavior_metrics.stats.cluster_bootstrap import bootstrapped
from behavior_metrics.stats.cox import clustered, fit_cox
from behavior_metrics.stats.recurrent import mean_cumulative_count
from behavior_metrics.stats.resampling import REPLICATES
from bench.figures import Goal, Verdict

UNITS, SPELLS, DAYS = 100_000, 16, 540
#: Share of spells that end in an event: about a million of them.
ENDS: float = 0.64
#: Seconds after which nobody is waited for any longer.
PATIENCE = 120
OURS = "Candor"
#: What must hold, in processor seconds.
MOST: dict[str, float] = {"ag3": 3.0, "mcf": 1.0, "bootstrap": 3.0}
WORDS = {
    "ag3": "Andersen-Gill, 3 covariates, cluster-robust",
    "ag10": "the same with 10 covariates",
    "mcf": "mean cumulative count with its variance",
    "bootstrap": f"{REPLICATES:,} replicates of clusters drawn anew",
}
_PACKAGES = ("statsmodels", "lifelines")
_SEED = 20_261_128

_R = """
suppressMessages(library(survival))
a <- commandArgs(TRUE); n <- as.integer(a[2]); p <- as.integer(a[3]); what <- a[4]
get <- function(name, k = 1) readBin(file.path(a[1], name), "double", n * k)
start <- get("start"); stop <- get("stop"); event <- get("event"); unit <- get("unit")
x <- matrix(get("x", 10), n)[, 1:p, drop = FALSE]
took <- function(e) { t <- system.time(e); cat(sum(t[1:2])) }
if (what == "ag") took(coxph(Surv(start, stop, event) ~ x, cluster = unit))
if (what == "mcf") took(survfit(Surv(start, stop, event) ~ 1, id = unit))
if (what == "bootstrap") { g <- max(unit) + 1
  took({ w <- tabulate(sample.int(g, g, TRUE), g)[unit + 1]; k <- w > 0
         coxph(Surv(start[k], stop[k], event[k]) ~ x[k, , drop = FALSE], weights = w[k]) }) }
"""

_PYTHON = """
import sys, time, numpy as np
folder, what, p = sys.argv[1], sys.argv[2], int(sys.argv[3])
get = lambda name: np.fromfile(f"{folder}/{name}")
start, stop, event, unit = map(get, ("start", "stop", "event", "unit")); x = get("x").reshape(10, -1).T[:, :p].copy()
if what == "statsmodels":
    from statsmodels.duration.hazard_regression import PHReg
    began = time.process_time()
    PHReg(stop, x, status=event, entry=start + 1e-6, ties="efron").fit()
else:
    import pandas as pd
    from lifelines import CoxTimeVaryingFitter
    table = pd.DataFrame(x).add_prefix("x").assign(start=start, stop=stop, event=event, unit=unit)
    began = time.process_time()
    CoxTimeVaryingFitter().fit(table, id_col="unit", event_col="event", start_col="start", stop_col="stop")
print(time.process_time() - began)
"""


@dataclass(frozen=True, slots=True)
class Took:
    """Who took how many processor seconds for what; `seconds` None is more than patience, `why` says who was not there."""

    what: str
    who: str
    seconds: float | None
    why: str = ""
    #: Times that the figure stands for: one replicate of R is counted a thousand times.
    times: int = 1


@dataclass(frozen=True, slots=True)
class Spells:
    """Rows of (start, stop] by the day, as uneven as a network's."""

    start: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    x: np.ndarray
    unit: np.ndarray


def made_spells() -> Spells:
    """Return about 1.6 million spells with a million events, and ten covariates that change from spell to spell."""
    dice = np.random.default_rng(_SEED)
    ends = np.cumsum(dice.exponential(1, (UNITS, SPELLS)), axis=1)
    ends = np.ceil(ends / ends[:, -1:] * DAYS)
    start = np.concatenate([np.zeros((UNITS, 1)), ends[:, :-1]], axis=1).ravel()
    stop, unit = ends.ravel(), np.repeat(np.arange(UNITS), SPELLS)
    kept = stop > start
    rows = int(kept.sum())
    event = (dice.random(rows) < ENDS).astype(float)
    return Spells(start[kept], stop[kept], event, dice.normal(size=(rows, 10)), unit[kept])


def measure_recurrent_events(folder: Path) -> list[Took]:
    """Measure ours, then each of the others once, on the same rows."""
    spells = made_spells()
    for name in ("start", "stop", "event", "unit"):
        getattr(spells, name).astype(float).tofile(folder / name)
    spells.x.T.copy().tofile(folder / "x")
    took = _ours(spells)
    rows = len(spells.start)
    python = _environment(folder)
    for what, p in (("ag3", 3), ("ag10", 10)):
        took.append(_r(folder, rows, p, what, "ag"))
        took += [_python(python, folder, package, p, what) for package in _PACKAGES]
    took.append(_r(folder, rows, 3, "mcf", "mcf"))
    took.append(_r(folder, rows, 3, "bootstrap", "bootstrap", times=REPLICATES))
    return took


def _ours(spells: Spells) -> list[Took]:
    found = []

    def spent(what: str, act: Callable[[], object]) -> object:
        began = time.process_time()
        made = act()
        found.append(Took(what, OURS, time.process_time() - began))
        return made

    def fitted(p: int) -> object:
        fit = fit_cox(spells.start, spells.stop, spells.event, spells.x[:, :p])
        clustered(fit, spells.unit)
        return fit

    fit = spent("ag3", lambda: fitted(3))
    spent("bootstrap", lambda: bootstrapped(fit, spells.unit))  # type: ignore[arg-type]
    spent("ag10", lambda: fitted(10))
    spent("mcf", lambda: mean_cumulative_count(spells.unit, spells.start, spells.stop, spells.event))
    return found


def _environment(folder: Path) -> Path | None:
    """Make an environment with the other packages; None where they cannot be had."""
    venv.create(folder / "others", with_pip=True)
    python = folder / "others" / "bin" / "python"
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *_PACKAGES], check=False, capture_output=True, text=True
    )
    return python if done.returncode == 0 else None


def _python(python: Path | None, folder: Path, package: str, p: int, what: str) -> Took:
    if python is None:
        return Took(what, package, None, "could not be installed")
    return _asked([str(python), "-c", _PYTHON, str(folder), package, str(p)], what, package)


def _r(folder: Path, rows: int, p: int, what: str, call: str, times: int = 1) -> Took:
    if shutil.which("Rscript") is None:
        return Took(what, "R survival", None, "R is not installed")
    return _asked(["Rscript", "-e", _R, str(folder), str(rows), str(p), call], what, "R survival", times)


def _asked(command: list[str], what: str, who: str, times: int = 1) -> Took:
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE, env=alone)
    except subprocess.TimeoutExpired:
        return Took(what, who, None, times=times)
    if done.returncode:
        return Took(what, who, None, done.stderr.strip().splitlines()[-1][:80] if done.stderr.strip() else "it failed")
    return Took(what, who, float(done.stdout.split()[-1]) * times, times=times)


def read_took(text: str) -> list[Took]:
    """Return what a measuring process printed."""
    return [Took(**values) for values in json.loads(text)]


def judged_recurrent_events(took: list[Took]) -> list[Goal]:
    """Hold ours against what was promised, and print the others as multiples of it."""
    goals = []
    for what, words in WORDS.items():
        ours = next(one.seconds for one in took if (one.what, one.who) == (what, OURS)) or 0.0
        most = MOST.get(what)
        verdict = Verdict.PRINTED if most is None else Verdict.HOLDS if ours <= most else Verdict.DOES_NOT
        bound = "" if most is None else f"at most {most:g} s"
        goals.append(Goal("statistics", words, bound, verdict, f"{ours:.2f} s of a processor", must=most is not None))
        goals += [
            Goal("statistics", f"  {one.who}", "", *_beside(one, ours))
            for one in took
            if one.what == what and one.who != OURS
        ]
    return goals


def _beside(one: Took, ours: float) -> tuple[Verdict, str]:
    if one.why:
        return Verdict.NOT_MEASURED, one.why
    if one.seconds is None:
        least = PATIENCE * one.times
        return Verdict.PRINTED, f"> {least:,} s, more than {least / ours:,.0f}x"
    each = f" ({one.times:,} times one replicate)" if one.times > 1 else ""
    return Verdict.PRINTED, f"{one.seconds:,.1f} s{each}, {one.seconds / ours:,.1f}x"


def main() -> None:
    """Measure in a folder and print what was found as JSON."""
    sys.stdout.write(json.dumps([asdict(one) for one in measure_recurrent_events(Path(sys.argv[1]))]))


if __name__ == "__main__":
    main()
