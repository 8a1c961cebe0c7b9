"""Chance that is the same in every run: drawn from the seed and a natural key, never from ids or the order of calls."""

from __future__ import annotations

import hashlib
from math import exp
from random import Random


def chance(seed: int, *key: str | int) -> Random:
    """Return a generator of its own for a key such as ``("late", "BRA-25-0042/1")``."""
    text = "\x1f".join(str(part) for part in (seed, *key))
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])
    return Random(number)  # noqa: S311 - an invented history; it protects nothing


def poisson(rng: Random, mean: float) -> int:
    """Draw a Poisson count by multiplying uniforms (Knuth); for the small means of this simulation."""
    limit, product, count = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x))
