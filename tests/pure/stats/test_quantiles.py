"""The plain functions agree with scipy's over every shape that an interval can ask for."""

from __future__ import annotations

import math
import sys
from math import inf
from subprocess import run

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special

from behavior_metrics.stats import quantiles
from tests.architecture.checkout import ROOT

SHAPE = st.one_of(st.integers(1, 400).map(float), st.floats(0.05, 2000))
PROBABILITY = st.one_of(st.sampled_from([0.025, 0.05, 0.5, 0.95, 0.975]), st.floats(1e-4, 1 - 1e-4))


@given(SHAPE, PROBABILITY)
def test_gamma(shape: float, p: float) -> None:
    expected = special.gammaincinv(shape, p)
    assume(expected > 1e-200)
    assert quantiles.gamma(shape, p) == pytest.approx(expected, rel=1e-10)


@given(SHAPE, SHAPE, PROBABILITY)
def test_beta_and_fisher(a: float, b: float, p: float) -> None:
    expected = special.betaincinv(a, b, p)
    assume(1e-200 < expected < 1 - 1e-9)
    assert quantiles.beta(a, b, p) == pytest.approx(expected, rel=1e-9)
    assert quantiles.fisher(2 * a, 2 * b, p) == pytest.approx(special.fdtri(2 * a, 2 * b, p), rel=1e-6)


@given(st.floats(1, 500), PROBABILITY, st.floats(-40, 40))
def test_student_and_normal(df: float, p: float, t: float) -> None:
    assert quantiles.student(df, p) == pytest.approx(special.stdtrit(df, p), rel=1e-9, abs=1e-12)
    if abs(t) > 1e-6:  # nearer to 0 scipy gives one half
        assert quantiles.student_below(df, t) == pytest.approx(special.stdtr(df, t), rel=1e-9, abs=1e-15)
    assert quantiles.normal(p) == pytest.approx(special.ndtri(p), rel=1e-11, abs=1e-12)


@given(st.floats(1, 500), st.floats(-1e-6, 1e-6))
def test_student_near_the_middle_rises_by_its_density(df: float, t: float) -> None:
    density = special.poch(df / 2, 0.5) / math.sqrt(df * math.pi)
    assert quantiles.student_below(df, t) - 0.5 == pytest.approx(t * density, rel=1e-6, abs=1e-15)


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.001, 0.999))
def test_binomial(k: int, more: int, p: float) -> None:
    assert quantiles.binomial_up_to(k, k + more, p) == pytest.approx(special.bdtr(k, k + more, p), rel=1e-9, abs=1e-300)


def test_the_ends() -> None:
    assert (quantiles.gamma(3, 0), quantiles.gamma(3, 1)) == (0, inf)
    assert (quantiles.beta(3, 2, 0), quantiles.beta(3, 2, 1)) == (0, 1)
    assert quantiles.student(5, 0.5) == 0
    assert quantiles.student(inf, 0.975) == pytest.approx(1.959963984540054)
    assert quantiles.student_below(inf, 1.959963984540054) == pytest.approx(0.975)


def test_a_web_worker_that_has_started_holds_no_analysis() -> None:
    """Numpy and scipy cost each worker 90 MB; only the scheduler's work needs them."""
    code = (
        "import sys; from lms.app import create_app; create_app(); "
        "print([m for m in ('numpy', 'scipy', 'pandas') if m in sys.modules])"
    )
    done = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
