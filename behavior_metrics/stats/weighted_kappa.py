"""Whether two people who rate by steps rate alike: Cohen's weighted kappa, where one step apart is less than three."""

from collections.abc import Sequence

from behavior_metrics.stats import quantiles
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.kappa import Kappa

WEIGHTED = "weighted kappa (Cohen 1968), quadratic weights, large-sample interval (Fleiss, Cohen and Everitt 1969)"

#: Agreement between two steps: 1 on the diagonal, down to 0.
Weights = Sequence[Sequence[float]]


def quadratic(size: int) -> list[list[float]]:
    """Weights 1 - (i - j)^2 / (size - 1)^2: two steps apart weigh four times as much as one (Fleiss and Cohen 1973)."""
    if size < 2:
        raise ValueError("Weights need two steps at least.")
    return [[1 - ((i - j) / (size - 1)) ** 2 for j in range(size)] for i in range(size)]


def weighted_kappa(table: Sequence[Sequence[int]], weights: Weights | None = None, *, level: float = 0.95) -> Kappa:
    """Weighted kappa of a square table of counts: rows are the first rating, columns the second, steps in order.

    With p the shares, w the weights, po = sum w_ij p_ij, pe = sum w_ij p_i. p_.j, wr_i = sum_j w_ij p_.j and
    wc_j = sum_i w_ij p_i.: kappa = (po - pe) / (1 - pe), and for its interval

        var = (sum p_ij [w_ij (1 - pe) - (wr_i + wc_j)(1 - po)]^2 - (po pe - 2 pe + po)^2) / (n (1 - pe)^4).

    Source: Cohen (1968); Fleiss, Cohen and Everitt (1969). R ``psych::cohen.kappa(x, w)``, ``vcd::Kappa``. Without
    ``weights`` quadratic ones. `agreed` counts what both rated alike. None as the estimate where both used one step only.
    """
    size = len(table)
    if any(len(row) != size for row in table) or any(count < 0 for row in table for count in row):
        raise ValueError("Kappa needs a square table of counts.")
    w = quadratic(size) if weights is None else weights
    n, steps = sum(map(sum, table)), range(size)
    agreed = sum(table[i][i] for i in steps)
    if n == 0:
        return Kappa(0, 0, None)
    p = [[table[i][j] / n for j in steps] for i in steps]
    first, second = [sum(row) for row in p], [sum(column) for column in zip(*p, strict=True)]
    observed = sum(w[i][j] * p[i][j] for i in steps for j in steps)
    chance = sum(w[i][j] * first[i] * second[j] for i in steps for j in steps)
    if 1 - chance <= 1e-12:
        return Kappa(n, agreed, None)
    kappa = (observed - chance) / (1 - chance)
    of_rows = [sum(w[i][j] * second[j] for j in steps) for i in steps]
    of_columns = [sum(w[i][j] * first[i] for i in steps) for j in steps]
    spread = sum(
        p[i][j] * (w[i][j] * (1 - chance) - (of_rows[i] + of_columns[j]) * (1 - observed)) ** 2
        for i in steps
        for j in steps
    )
    middle = (observed * chance - 2 * chance + observed) ** 2
    # what is nought in truth may come out as minus 1e-18
    variance = max(spread - middle, 0.0) / (n * (1 - chance) ** 4)
    half = quantiles.normal((1 + level) / 2) * variance**0.5
    return Kappa(n, agreed, Estimate(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), n, WEIGHTED, level))
