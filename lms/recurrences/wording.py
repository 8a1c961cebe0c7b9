"""How alike two texts read: words in common, a rare word counting more than a common one. Texts in, a number out.

Words weighted by how rare they are in the collection and compared by the cosine (Salton and Buckley 1988, *Term-weighting
approaches in automatic text retrieval*). Chosen by pairs that were judged by hand: see ``docs/real-input.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt

from rapidfuzz.utils import default_process


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as its words with their weights."""

    weights: Mapping[str, float]
    length: float


class Wording:
    """The words of a collection of texts, and how rare each of them is in it."""

    def __init__(self, texts: Iterable[str]) -> None:
        words = [set(_words(text)) for text in texts]
        within = Counter(word for of_one in words for word in of_one)
        self._rarity = {word: log((1 + len(words)) / (1 + count)) + 1 for word, count in within.items()}

    def vector(self, text: str) -> Vector:
        """Return the weighted words of a text of the collection."""
        times = Counter(_words(text))
        weights = {
            word: self._rarity[word] if count == 1 else self._rarity[word] * (1 + log(count))
            for word, count in times.items()
        }
        return Vector(weights, sqrt(sum(weight * weight for weight in weights.values())))


def likeness(one: Vector, other: Vector) -> float:
    """Return how alike two texts read, from 0 (no word in common) to 1 (the same words equally often)."""
    common = sum(weight * other.weights[word] for word, weight in one.weights.items() if word in other.weights)
    return common / (one.length * other.length) if common else 0.0


def _words(text: str) -> list[str]:
    return default_process(text).split()
