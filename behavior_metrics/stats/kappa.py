"""Whether two people who code the same records alone code them alike: Cohen's kappa with its large-sample interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate

COHEN = "Cohen's kappa (1960), large-sample interval (Fleiss, Cohen and Everitt 1969)"
#: Below this, codes are not clear enough to draw charts by them.
ENOUGH = 0.60
#: Fewer records coded twice than this say nothing of a field.
FEWEST = 30
#: A code chosen fewer times than this by the two together says nothing of itself.
FEWEST_USES = 5

_NO_WIDTH = 1e-6

#: Two codings of one record: first, second.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance of `n` records coded twice.

    `estimate` is None where kappa is undefined (nothing coded, or both used one and the same code throughout, so that
    chance alone would agree fully). `agreed` counts the records that both coded alike. Where every record agrees, and where
    one of the two used a single code (kappa is then nought whatever the records were), the large-sample error is nought: an
    interval of no width, which says nothing.
    """

    n: int
    agreed: int
    estimate: Estimate | None

    @property
    def has_interval(self) -> bool:
        """Whether the interval says anything."""
        return self.estimate is not None and self.estimate.high - self.estimate.low > _NO_WIDTH

    @property
    def is_told(self) -> bool:
        """Whether kappa says anything: it is defined, and not nought by one coder's single code."""
        return self.has_interval or (self.estimate is not None and self.agreed == self.n)


def cohen_kappa(table: Sequence[Sequence[int]], *, level: float = 0.95) -> Kappa:
    """Kappa of a square table of counts: rows are the first coding, columns the second, in the same order of codes.

    With p the shares, po = sum p_ii, pe = sum p_i. p_.i: kappa = (po - pe) / (1 - pe), and for its interval

        var = (sum p_ii [(1 - pe) - (p_.i + p_i.)(1 - po)]^2 + (1 - po)^2 sum_{i != j} p_ij (p_.i + p_j.)^2
               - (po pe - 2 pe + po)^2) / (n (1 - pe)^4).

    Source: Cohen (1960); Fleiss, Cohen and Everitt (1969), the error when kappa is not nought. R `vcd::Kappa`,
    `psych::cohen.kappa`. The interval ends at -1 and 1, between which kappa lies.
    """
    size = len(table)
    if any(len(row) != size for row in table) or any(count < 0 for row in table for count in row):
        raise ValueError("Kappa needs a square table of counts.")
    n, agreed = sum(map(sum, table)), sum(table[i][i] for i in range(size))
    first, second = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    if n == 0 or n in {a for a, b in zip(first, second, strict=True) if a == b}:
        return Kappa(n, agreed, None)
    observed = agreed / n
    chance = sum(a * b for a, b in zip(first, second, strict=True)) / n**2
    kappa = (observed - chance) / (1 - chance)
    half = quantiles.normal((1 + level) / 2) * _variance(table, n, observed, chance) ** 0.5
    return Kappa(n, agreed, Estimate(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), n, COHEN, level))


def crossed(pairs: Sequence[Pair], codes: Sequence[str]) -> list[list[int]]:
    """Count pairs into a square table in the order of the codes.

    Source: Cohen (1960).
    """
    place = {code: index for index, code in enumerate(codes)}
    table = [[0] * len(codes) for _ in codes]
    for first, second in pairs:
        table[place[first]][place[second]] += 1
    return table


def one_against_rest(table: Sequence[Sequence[int]], index: int, *, level: float = 0.95) -> Kappa:
    """Kappa of one code against all others together (Fleiss 1981, ch. 13): the table collapsed to two by two."""
    both, first, second = table[index][index], sum(table[index]), sum(row[index] for row in table)
    rest = sum(map(sum, table)) - first - second + both
    return cohen_kappa([[both, first - both], [second - both, rest]], level=level)


def uses(table: Sequence[Sequence[int]], index: int) -> int:
    """How often the two chose a code, together.

    Source: own definition.
    """
    return sum(table[index]) + sum(row[index] for row in table)


def is_enough(kappa: Kappa) -> bool | None:
    """Whether agreement reaches `ENOUGH`; None where that cannot be told: too few records, or a kappa that says nothing.

    Source: own definition: 0.60 is asked for.
    """
    if kappa.n < FEWEST or kappa.estimate is None or not kappa.is_told:
        return None
    return kappa.estimate.value >= ENOUGH


def _variance(table: Sequence[Sequence[int]], n: int, observed: float, chance: float) -> float:
    size = range(len(table))
    first = [sum(table[i]) / n for i in size]
    second = [sum(table[i][j] for i in size) / n for j in size]
    same = sum(table[i][i] / n * ((1 - chance) - (second[i] + first[i]) * (1 - observed)) ** 2 for i in size)
    # a cell off the diagonal is weighted by the second coder's share of its row and the first coder's of its column
    other = sum(table[i][j] / n * (second[i] + first[j]) ** 2 for i in size for j in size if i != j)
    middle = (observed * chance - 2 * chance + observed) ** 2
    # what is nought in truth may come out as minus 1e-18
    return max(same + (1 - observed) ** 2 * other - middle, 0.0) / (n * (1 - chance) ** 4)
