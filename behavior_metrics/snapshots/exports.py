"""A study as a printed report: the page's words, drawings and tables on A4, tagged for readers (PDF/UA-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from flask_babel import gettext as _
from markupsafe import Markup

from behavior_metrics.linkage import answers
from behavior_metrics.linkage.rows import Outcome
from behavior_metrics.linkage.showing import Shown
from behavior_metrics.snapshots.queries import SnapshotRow
from lms.annex.printing import set_pages
from lms.exports.sheets import Cell
from lms.web.labels import label

TEMPLATE = Path(__file__).with_name("report.typ")
#: The width at which charts are drawn for paper: over the whole page, their words are then as large as the table's.
_WIDTH = 780
#: Two outcomes beside their labels need more room; their figures stand in the table of tests as well.
_WIDE = 900
#: What the style sheet says of charts, as ink on white: a printed drawing brings its own.
_INK = """text{font-family:"Libertinus Serif";font-size:13.5px;fill:#1c2733}.mutt{fill:#4c5a69}.bt{font-weight:bold}
.gl{stroke:#dde3ea;stroke-width:1}.ax{stroke:#8793a0;stroke-width:1}.nul{stroke:#4c5a69;stroke-width:1.5}
.cutl{stroke:#4c5a69;stroke-dasharray:3 3}.zone{fill:#eef1f5}.hollow{fill:#fff;stroke-width:2}
.l1{fill:none;stroke:#1f5fa8;stroke-width:2}.l2{fill:none;stroke:#b8540c;stroke-width:2;stroke-dasharray:7 3}
.l3{fill:none;stroke:#6a7685;stroke-width:2;stroke-dasharray:2 3}
.ci1{stroke:#1f5fa8;stroke-width:2.5}.ci2{stroke:#b8540c;stroke-width:2.5}.ci3{stroke:#6a7685;stroke-width:1.75}
.f1,.t1,.cu{fill:#1f5fa8}.f2,.t2{fill:#b8540c}.f3{fill:#6a7685}.t3{fill:#4c5a69}
.b1{fill:#1f5fa8;fill-opacity:.13}.b2{fill:#b8540c;fill-opacity:.13}.b3{fill:#6a7685;fill-opacity:.13}
.cx1{fill:none;stroke:#b8540c;stroke-width:2}.cx2{fill:#fff;stroke:#4c5a69;stroke-width:1.5}"""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the report: sentences, then a drawing, then a table. `alt` says what the drawing shows."""

    title: str
    words: Sequence[str] = ()
    picture: str = ""
    alt: str = ""
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    wide: int = 0


def list_headings() -> tuple[str, ...]:
    """Return the first line of the list of signed studies."""
    return (
        _("Up to"), _("As known on (UTC)"), _("Signed by"), _("Signed on (UTC)"), _("Holds"), _("How it was read"),
        _("Method"), _("Input SHA-256"), _("Output SHA-256"), _("Made anew"), _("Id"),
    )  # fmt: skip


def list_cells(rows: Iterable[SnapshotRow]) -> Iterator[tuple[Cell, ...]]:
    """Return a line for each signed study."""
    for row in rows:
        one = row.snapshot
        for signed in row.signatures:
            yield (
                one.quarter, one.known_at, signed.printed_name, signed.signed_at, "yes" if signed.holds else "no",
                one.remark, one.method_version, one.input_hash, one.output_hash,
                label(row.verdict, "snapshot_verdict_short") if row.verdict else "", str(one.id),
            )  # fmt: skip


def report(
    study: Shown, about: Sequence[tuple[str, str]], signed: Sequence[tuple[str, ...]], *, demonstration: bool = False
) -> bytes:
    """Return the report. `about` says of what and as known when; `signed` are signatures, none for an unsigned one."""
    study = replace(study, paint=_on_paper)
    answer = study.answer
    headline = _("Not computed yet for these records.")
    if answer:
        key = answer.headline.key if study.told else "self_unknown_independent_unknown"
        headline = label(key, "linkage_headline") % answer.headline.figures
    return set_pages(
        TEMPLATE,
        {
            "title": _("Does a safer team climate go with fewer recurrent deviations?"),
            "about": [list(line) for line in about],
            "mark": _("Demonstration: not for GMP use") if demonstration else "",
            "short": _("input %(hash)s", hash=study.analysis.input_hash[:12]),
            "headline": headline,
            "foot": _("Printed copy, uncontrolled unless stamped"),
            "sections": [asdict(part) for part in _parts(study, signed)],
        },
    )


def drawing(chart: Markup) -> str:
    """Return a chart as a drawing that stands alone, in ink; empty without one."""
    # the chart's own words are escaped already; what is added is ours
    alone = str(chart).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return alone.replace("<title>", f"<style>{_INK}</style><title>", 1)


def _on_paper(draw: Callable[[int, str], str]) -> str:
    return draw(_WIDTH, "")


def _over_the_page(draw: Callable[[int, str], str]) -> str:
    return draw(_WIDE, "")


def _parts(study: Shown, signed: Sequence[tuple[str, ...]]) -> Iterator[Part]:
    answer = study.answer
    if signed:
        yield Part(
            _("Signatures"), headings=(_("Signed by"), _("Meaning"), _("When"), _("Remark")), rows=signed, wide=3
        )
    else:
        yield Part(_("Signatures"), [_("Not signed: printed from the study as it stands.")])
    if answer and study.told:
        yield from _told(study, answer)
    elif answer:
        yield Part(
            _("What is missing"),
            [label(one.key, "linkage_sentence") % one.figures for one in answer.sentences[Outcome.INDEPENDENT]],
            headings=(_("Gate"), _("Needed"), _("Have")),
            rows=[(label(one.key, "linkage_gate"), str(one.need), str(one.have)) for one in answer.checks],
        )
    yield Part(
        _("Team-quarters used: %(used)s of %(all)s", used=study.used, all=study.cells),
        [study.grid.not_drawn] if study.grid.not_drawn else [],
        picture=drawing(study.grid_picture),
        alt=_("Which team-quarters the study uses; the table counts those left out by reason."),
        headings=(_("Left out because"), _("Team-quarters")) if study.reasons else (),
        rows=[(label(reason, "linkage_reason"), str(many)) for reason, many in study.reasons.items()],
    )
    yield Part(_("Method"), list(study.method))


def _told(study: Shown, answer: answers.Answer) -> Iterator[Part]:
    words = [label(one.key, "linkage_plain") % one.figures for one in answer.plain]
    words.append(
        _(
            "It is an association in team figures. It does not show what brought the change about, and it says nothing of "
            "any one person."
        )
    )
    yield Part(
        _("The result in words"),
        words,
        headings=(
            _("Rate ratio per point of climate"),
            _("As it is"),
            _("Corrected for the cells’ error"),
            _("E-value"),
        ),
        rows=[
            (
                label(outcome, "linkage_outcome"),
                answers.as_read(raw),
                answers.as_read(corrected),
                f"{doubt.value:.2f} ({doubt.limit:.2f})" if (doubt := answer.unmeasured.get(outcome)) else "–",
            )
            for outcome, (raw, corrected) in answer.effects.items()
        ],
    )
    yield Part(
        _("Change in recurrence per +1 point of team climate"),
        picture=drawing(replace(study, paint=_over_the_page).forest_picture),
        alt=_("Rate ratios with their intervals for both outcomes; every figure stands in the table of tests."),
    )
    yield Part(
        _("How far it carries"),
        [
            f"{label(outcome, 'linkage_outcome')}: "
            + "; ".join(label(one.key, "linkage_sentence") % one.figures for one in sentences)
            + "."
            for outcome, sentences in answer.sentences.items()
        ],
    )
    if study.curves:
        yield _curves(study)
    yield Part(
        _("Every test that was run"),
        [
            _("p adjusted: after Benjamini and Hochberg, over every test here that has a p."),
            *(
                f"{label(outcome, 'linkage_outcome')}: {label(said.key, 'linkage_withheld') % said.figures}"
                for outcome, said in answer.withheld.items()
            ),
        ],
        headings=(_("Test"), _("Outcome"), _("Rate ratio"), _("p"), _("p adjusted"), _("Reading")),
        rows=[
            (
                label(one.key, "linkage_test") + (_(" (without %(site)s)", site=one.about) if one.about else ""),
                label(one.outcome, "behavior_chart"),
                one.figure,
                _p(one.p),
                _p(one.adjusted),
                label(one.verdict, "linkage_verdict"),
            )
            for one in answer.tests
        ],
    )


def _curves(study: Shown) -> Part:
    return Part(
        _("Mean recurrences per team, by climate of the quarter before"),
        picture=drawing(study.curves_picture),
        alt=_("Mean cumulative recurrences by band of climate; the table gives the end of each line."),
        headings=(_("Outcome"), _("Band"), _("Quarters"), _("Teams"), _("Mean per team (95 % interval)")),
        rows=[
            (
                label(curve.outcome, "linkage_outcome"),
                label(curve.band, "linkage_band"),
                str(end.quarter),
                str(end.teams),
                f"{end.mean:.2f} ({end.low:.2f}–{end.high:.2f})",
            )
            for curve in study.curves
            for end in curve.steps[-1:]
        ],
    )


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")
