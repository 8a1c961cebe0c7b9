"""``docs/validation/linkage.md`` and its pictures, written from what was measured."""

from __future__ import annotations

from datetime import date
from typing import Final

from behavior_metrics.charts.forest import ForestRow, ForestWords, forest
from behavior_metrics.charts.marks import Mark
from lms.demonstration import truth
from validation import linked_networks as drawn
from validation.linkage import SIZES, TRUTHS, Record, Scenario, Study, of, promises
from validation.linked_networks import Distortion
from validation.worlds import SEED

_NAMES: Final = {
    "recorded": "all that is recorded",
    "raised": "self-reported",
    "found": "**found independently**",
    "found, corrected": "**found independently, corrected for the cells**",
}
#: A file that stands alone brings its own colours.
_STYLE: Final = (
    "<style>svg{font:12px Inter,system-ui,sans-serif;background:#fff}text{fill:#1f2937}.mutt{fill:#5b6472}.bt{font-weight:600}"
    ".nul{stroke:#5b6472}.gl{stroke:#e3e6ea}.zone{fill:#f3f5f8}.ci1,.p1{stroke:#0b6b63}.ci2,.p2{stroke:#8a4b08}"
    ".ci1,.ci2{stroke-width:2}.p1,.f1{fill:#0b6b63}.p2,.f2{fill:#8a4b08}</style>"
)

_HEAD = """# How far the linkage can be believed

Invented networks whose truth is known, read by the product's own estimate (`behavior_metrics/stats/climate_model.py`): Poisson
regression of recurrences on the team's climate a quarter before, within a team over time, with site and quarter effects and
intervals from the site-clustered CR3 sandwich with t(sites - 1). Written by `make validate` on {day}; seed {seed}; it took
{seconds:.0f} s and ends with an error if a bound does not hold.

A network has two teams a site, {quarters} quarters, about {batches} batches of a team in a quarter and {rate:.3f} recurrences per
batch, of which {found:.0%} are found whether or not anybody speaks up. The standard error of a share near .95 is
{error_many:.3f} with {many} runs and {error_few:.3f} with {few}.

## Bounds

| promise or mutant | measured | bound | held |
|---|---|---|---|
{bounds}

A mutant must break the bound it is held against: if it did not, the bound would prove nothing. The gate is not applied below, so
that six sites, of which the product says nothing, can be seen as well.

"""

_TAIL = """
## What this says, and what it does not

- **Records alone mislead.** Where people raise more in a better climate, a climate without any effect seems to do harm, and one
  that lowers recurrences by 30 % seems to do little. What is found independently tells the truth in both. This is why the page
  shows both outcomes side by side and calls neither of them the answer alone.
- **Cells cost little if their error is taken out.** Means of six persons rounded to 0.5 draw the estimate towards 1; the
  correction undoes it, and both are shown.
- **Feedback is not survived.** Where recurrences lower the next climate, the estimate within teams is biased by a few percent and
  its interval holds the truth less often: read an answer that is close to 1 with that in mind.
- Teams that differ for reasons of their own do not mislead the estimate within teams, whatever the one between teams says.
- With six sites the interval holds by its width: a true ratio of 0.7 is seen in few of the networks. The product asks for eight.
- Exposure, rates and spreads are those of the demonstration network. Yours may differ.
"""


def page(measured: Study, seconds: float, day: date) -> str:
    """Return the page as Markdown."""
    found = measured.scenarios
    most, fewest = max(one.runs for one in found), min(one.runs for one in found)
    head = _HEAD.format(
        day=day.isoformat(),
        seed=SEED,
        seconds=seconds,
        quarters=drawn.QUARTERS,
        batches=drawn.BATCHES,
        rate=drawn.RATE,
        found=drawn.FOUND,
        error_many=(0.95 * 0.05 / most) ** 0.5,
        error_few=(0.95 * 0.05 / fewest) ** 0.5,
        many=most,
        few=fewest,
        bounds="\n".join(
            f"| {promise.words} | {promise.figure:.3f} | {'at most' if promise.at_most else 'at least'} {promise.bound:.2f} | "
            f"{'yes' if promise.held else '**NO**'} |"
            for promise in promises(measured)
        ),
    )
    return head + "\n".join(_table(found, ratio) for ratio in TRUTHS) + _demonstration(measured) + _TAIL


def _demonstration(measured: Study) -> str:
    true = truth.REPEAT_RATIO_A_POINT
    names = {
        "happened": "everything that happened",
        "recorded": "all that is recorded",
        "found": "**found independently or major**",
    }
    lines = [
        "\n## In the demonstration network\n",
        f"Its simulation (`docs/demo-network.md`) plants a ratio of {true:g} per point of true climate. Drawn anew from other",
        "seeds and read with the true climate of the quarter before:\n",
        f"| counted | mean ratio | middle 95 % | interval holds {true:g} | seen | networks |",
        "|---|---|---|---|---|---|",
        *(f"| {names[name]} | {_figures(one)} | {one.runs} |" for name, one in measured.demonstration.items()),
    ]
    return "\n".join(lines) + "\n"


def _table(found: list[Scenario], ratio: float) -> str:
    truth = "nothing is linked: the true ratio is 1" if ratio == 1 else f"the true ratio is {ratio}"
    seen = "false alarms" if ratio == 1 else "seen"
    lines = [
        f"## Where {truth}\n",
        f"![Mean ratio and the middle 95 % of all networks, {truth}]({_file(ratio)})\n",
        f"| distortion | sites | read | mean ratio | middle 95 % | interval holds {ratio:g} | {seen} | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for distortion in Distortion:
        for sites in SIZES:
            scenario = of(found, sites, ratio, distortion)
            lines += [
                _line(distortion.value, sites, _NAMES[name], record)
                for name, record in scenario.read.items()
                if name in _NAMES
            ]
    return "\n".join(lines) + "\n"


def _line(distortion: str, sites: int, name: str, record: Record) -> str:
    return f"| {distortion} | {sites} | {name} | {_figures(record)} | {record.runs} |"


def _figures(record: Record) -> str:
    interval = f"{record.low:.2f} to {record.high:.2f}"
    return f"{record.ratio:.2f} | {interval} | {record.covered:.3f} | {record.excluded_one:.3f}"


def _file(ratio: float) -> str:
    return f"linkage-{'no-link' if ratio == 1 else 'link'}.svg"


def pictures(measured: Study) -> dict[str, str]:
    """Return by file name a drawing for each truth: twelve sites, every distortion, both outcomes."""
    return {_file(ratio): _picture(measured.scenarios, ratio) for ratio in TRUTHS}


def _picture(found: list[Scenario], ratio: float) -> str:
    rows = []
    for distortion in Distortion:
        read = of(found, 12, ratio, distortion).read
        rows.append(_row(distortion.value, read["raised"], read["found"]))
        if "found, corrected" in read:
            rows.append(_row("the same, corrected", read["raised, corrected"], read["found, corrected"]))
    words = ForestWords(
        "Self-reported", "raised by people", "Found independently", "by alarms, tests and reviews", "mean (middle 95 %)",
        "fewer recurrences", "more recurrences",
    )  # fmt: skip
    title = f"Rate ratio per point of climate in networks of 12 sites; the true ratio is {ratio:g}"
    drawing = forest(rows, words, title=title, description=title)
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
        "<title>", f"{_STYLE}<title>", 1
    )


def _row(label: str, raised: Record, found: Record) -> ForestRow:
    marks = [Mark(one.ratio, one.low, one.high) for one in (raised, found)]
    texts = [f"{one.ratio:.2f} ({one.low:.2f}-{one.high:.2f})" for one in (raised, found)]
    return ForestRow(label, marks[0], marks[1], texts[0], texts[1])
