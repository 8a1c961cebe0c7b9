"""The sections of a pack, made from what was counted. What cannot be told is said so; nothing here counts anything anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from statistics import median, quantiles
from uuid import UUID

from behavior_metrics.accountability.shares import Share
from behavior_metrics.comparability.lines import MARGIN
from behavior_metrics.dashboard.lines import rate
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Counts, SitePlace
from behavior_metrics.management_review.counted import Closed, Counted, Raised
from behavior_metrics.management_review.figures import Figure, Section, Table, Value
from behavior_metrics.management_review.saying import TEXT, row_word, said, table, untold, word
from behavior_metrics.programme.lines import Shown, SiteLine
from behavior_metrics.stats.equivalence import Equivalence, equivalent
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, rate_ratio
from behavior_metrics.stats.kappa import Kappa
from coaching.api import ReleasedRow, Scope
from lms.deviations.taxonomy import INDEPENDENT
from lms.web.labels import label
from lms.web.times import show_moment, show_month

#: Below these, a median and a 90 % point say nothing.
FEWEST, FEWEST_P90 = 5, 10
#: The z beyond which a site is outside its limits.
OUTSIDE = 3.0
#: Fewer sites tell no limits.
FEWEST_SITES = 5

#: Observed and expected of sites -> z of each (``stats.control_charts.funnel``; numpy is loaded by whoever calls).
Funnel = Callable[[Sequence[int], Sequence[float]], Sequence[float]]


def sections(counted: Counted, funnel: Funnel) -> tuple[Section, ...]:
    """Return every section in the order of a review: what changed and what is to be decided first."""
    return (
        _changes(counted),
        _decisions(counted),
        _raised(counted),
        _recurrence(counted, funnel),
        _actions(counted),
        _closure(counted),
        _training(counted),
        _coaching(counted),
        _survey(counted),
        _coding(counted),
        _linkage(counted),
        _comparability(counted),
    )


def _section(key: str, sentences: Iterable[str], *tables: Table, standing: bool = False) -> Section:
    return Section(key, word(key, "pack_section"), tuple(sentences), tables, standing)


def _figure(estimate: Estimate | None, why: str) -> Figure:
    return Figure.of(estimate, untold(why))


def _share(done: int, due: int) -> Figure:
    return _figure(Share.of(done, due).estimate, "cannot" if due else "nothing_due")


def _shown(shown: Shown) -> Figure:
    if shown.few:
        return _figure(None, "few")
    return _share(shown.done, shown.due)


def _rate(events: int, batches: int) -> Figure:
    return _figure(rate(events, batches), "no_batches")


def _middle(values: Sequence[float]) -> Value:
    return median(values) if len(values) >= FEWEST else untold("cannot")


def _ninety(values: Sequence[float]) -> Value:
    """Return the 90 % point (R ``quantile``, type 7)."""
    return quantiles(values, n=10, method="inclusive")[8] if len(values) >= FEWEST_P90 else untold("cannot")


# -- what changed, what is to be decided -------------------------------------------------------------------------------


def _changes(c: Counted) -> Section:
    counts = {quarter: c.of_all(quarter) for quarter in (c.before, c.quarter)}
    raised = {quarter: _kinds([one for one in c.raised if one.quarter == quarter]) for quarter in counts}
    rates: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
        "r1_independent": _pairs(counts, lambda q: counts[q].independent),
        "r1_self": _pairs(counts, lambda q: counts[q].self_reported),
        "r1": _pairs(counts, lambda q: counts[q].recurrences),
        "raised_independent": _pairs(counts, lambda q: raised[q]["independent"]),
        "raised_self": _pairs(counts, lambda q: raised[q]["self"]),
    }
    rows = [_rate_row(key, *both) for key, both in rates.items()]
    shares = {
        "catches": [_share(raised[q]["good_catches"], raised[q]["raised"]) for q in counts],
        "on_time": [_on_time(c, q) for q in counts],
        "held": [_shown(one.total.held) for one in (c.programme_before, c.programme)],
        "kept": [_shown(one.total.kept) for one in (c.programme_before, c.programme)],
    }
    beside = []
    for key, (before, now) in shares.items():
        told = not before.untold and not now.untold
        beside.append((row_word(key), before, now, untold("compare" if told else "cannot")))
    kinds = {"what": TEXT, "before": "rate", "now": "rate", "ratio": "ratio", "reading": TEXT}
    shape = {"what": TEXT, "before": "share", "now": "share", "reading": TEXT}
    return _section("changes", [said("changes")], table("changes", kinds, rows), table("shares", shape, beside))


def _pairs(
    counts: Mapping[Quarter, Counts], events: Callable[[Quarter], int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    before, now = ((events(quarter), counts[quarter].batches) for quarter in counts)
    return before, now


def _rate_row(key: str, before: tuple[int, int], now: tuple[int, int]) -> tuple[Value, ...]:
    first, second = _rate(*before), _rate(*now)
    if not before[1] or not now[1] or not before[0] + now[0]:
        return row_word(key), first, second, _figure(None, "cannot"), untold("cannot")
    ratio = rate_ratio(*before, *now).estimate
    reading = "fewer" if ratio.high < 1 else "more" if ratio.low > 1 else "open"
    if key.endswith("self") and reading == "more":
        reading = "speaking"
    return row_word(key), first, second, _figure(ratio, "cannot"), untold(reading)


def _on_time(c: Counted, quarter: Quarter) -> Figure:
    due = [action for action in c.actions if action.due_in == quarter]
    return _share(sum(action.on_time for action in due), len(due))


def _decisions(c: Counted) -> Section:
    w = c.waiting
    numbers = {
        "undecided": (w.undecided.total(), "/deviations?recurrence=proposed"),
        "deviations_late": (w.late.total(), "/deviations?overdue=1"),
        "actions_late": (w.actions_late.total(), "/capas?overdue=1"),
        "actions_returned": (w.actions_returned.total(), "/capas?state=returned"),
        "unsettled": (w.codings_unsettled, "/second-coding"),
    }
    rows = [(row_word(key), number, where) for key, (number, where) in numbers.items()]
    number = sum(number for number, _where in numbers.values())
    sentence = said("decisions", number=number) if number else said("no_decisions")
    kinds = {"what": TEXT, "number": "count", "where": TEXT}
    return _section("decisions", [sentence], table("decisions", kinds, rows), standing=True)


# -- deviations, recurrence, actions -----------------------------------------------------------------------------------


def _kinds(raised: Sequence[Raised]) -> dict[str, int]:
    own = sum(one.self_reported for one in raised)
    independent = sum(one.detection_channel in INDEPENDENT for one in raised)
    return {
        "raised": len(raised),
        "self": own,
        "independent": independent,
        "otherwise": len(raised) - own - independent,
        "severe": sum(one.severity in {"major", "critical"} for one in raised),
        "good_catches": sum(one.kind == "good_catch" for one in raised),
    }


def _raised(c: Counted) -> Section:
    here = [one for one in c.raised if one.quarter == c.quarter]

    def row(name: str, batches: int, raised: Sequence[Raised]) -> tuple[Value, ...]:
        kinds = _kinds(raised)
        delays = [one.delay_hours for one in raised if one.self_reported]
        ratio = _share(kinds["good_catches"], kinds["raised"])
        return (name, batches, *kinds.values(), ratio, _middle(delays))

    rows = [
        row(site.name, c.of_site(site.id, c.quarter).batches, [one for one in here if one.site_id == site.id])
        for site in c.frame.places.sites
    ]
    rows.append(row(row_word("all"), c.of_all(c.quarter).batches, here))
    kinds = dict.fromkeys(("batches", "raised", "self", "independent", "otherwise", "severe", "good_catches"), "count")
    shape = {"site": TEXT, **kinds, "catch_share": "share", "delay": "number"}
    return _section("raised", [said("raised")], table("raised", shape, rows))


def _recurrence(c: Counted, funnel: Funnel) -> Section:
    rows: list[tuple[Value, ...]] = []
    for name, counts in (
        *((site.name, c.of_site(site.id, c.quarter)) for site in c.frame.places.sites),
        (row_word("all"), c.of_all(c.quarter)),
    ):
        three = (counts.recurrences, counts.self_reported, counts.independent)
        rows.append((name, counts.batches, three[0], *(_rate(events, counts.batches) for events in three)))
    kinds = {
        "site": TEXT, "batches": "count", "recurrences": "count", "rate": "rate", "self_rate": "rate",
        "independent_rate": "rate",
    }  # fmt: skip
    all_counts = c.of_all(c.quarter)
    sentences = [said("recurrence", recurrences=all_counts.recurrences, batches=all_counts.batches)]
    tables = [table("quarter_rates", kinds, rows)]
    side_by_side = funnel_rows(c, funnel)
    if side_by_side:
        shape = {
            "site": TEXT, "batches": "count", "recurrences": "count", "expected": "number", "z": "number",
            "reading": TEXT,
        }  # fmt: skip
        tables.append(table("funnel", shape, side_by_side))
    else:
        sentences.append(said("funnel_few"))
    return _section("recurrence", sentences, *tables)


def funnel_rows(c: Counted, funnel: Funnel) -> list[tuple[Value, ...]]:
    """Return each site with batches in four quarters beside what the rate of all would give; nothing if too few."""
    busy = [(site, c.of_site(site.id, *c.year)) for site in c.frame.places.sites]
    busy = [(site, counts) for site, counts in busy if counts.batches]
    events, batches = (sum(getattr(counts, name) for _site, counts in busy) for name in ("recurrences", "batches"))
    if len(busy) < FEWEST_SITES or not events:
        return []
    expected = [events * counts.batches / batches for _site, counts in busy]
    zs = funnel([counts.recurrences for _site, counts in busy], expected)
    rows: list[tuple[Value, ...]] = []
    for (site, counts), usual, z in zip(busy, expected, zs, strict=True):
        reading = "above" if z > OUTSIDE else "below" if z < -OUTSIDE else "inside"
        rows.append((site.name, counts.batches, counts.recurrences, usual, z, untold(reading)))
    return rows


def _actions(c: Counted) -> Section:
    due_rows: list[tuple[Value, ...]] = []
    verdict_rows: list[tuple[Value, ...]] = []
    verdicts = ("effective", "not_effective", "not_demonstrable")
    for name, sites in _places(c):
        due = [one for one in c.actions if one.due_in == c.quarter and one.site_id in sites]
        on_time = sum(one.on_time for one in due)
        due_rows.append((name, len(due), on_time, _share(on_time, len(due)), sum(one.extended for one in due)))
        found = [one.outcome for one in c.effects if one.quarter == c.quarter and one.site_id in sites]
        verdict_rows.append((name, found.count("came_back"), *(found.count(verdict) for verdict in verdicts)))
    kinds = {"site": TEXT, "due": "count", "on_time": "count", "on_time_share": "share", "extended": "count"}
    shape = {"site": TEXT, **dict.fromkeys(("came_back", *verdicts), "count")}
    return _section("actions", [said("actions")], table("due", kinds, due_rows), table("verdicts", shape, verdict_rows))


def _closure(c: Counted) -> Section:
    rows: list[tuple[Value, ...]] = []
    for name, sites in _places(c):
        closed = [one for one in c.closed if one.quarter == c.quarter and one.site_id in sites]
        days = [one.days for one in closed]
        late = sum(c.waiting.late[site] for site in sites)
        rows.append((name, len(closed), _middle(days), _ninety(days), _closed_on_time(closed), late))
    kinds = {
        "site": TEXT, "closed": "count", "median": "number", "p90": "number", "on_time_share": "share", "late": "count",
    }  # fmt: skip
    return _section("closure", [said("closure")], table("closure", kinds, rows), standing=True)


def _closed_on_time(closed: Sequence[Closed]) -> Figure:
    told = [one.on_time for one in closed if one.on_time is not None]
    return _share(sum(told), len(told))


def _places(c: Counted) -> list[tuple[str, frozenset[UUID]]]:
    sites: Sequence[SitePlace] = c.frame.places.sites
    every = [(site.name, frozenset({site.id})) for site in sites]
    return [*every, (row_word("all"), frozenset(site.id for site in sites))]


# -- training, coaching, survey ----------------------------------------------------------------------------------------


def _training(c: Counted) -> Section:
    operators = sum(c.currency.statuses.values())
    few = operators < FEWEST
    qualified = c.currency.statuses.get("qualified", 0)
    rows: list[tuple[Value, ...]] = []
    for key, number in (("qualified", qualified), ("not_qualified", operators - qualified)):
        share = _figure(None, "few") if few else _share(number, operators)
        rows.append((row_word(key), None if few else number, share))
    ending: list[tuple[Value, ...]] = []
    for days, (number, people) in c.currency.ending.items():
        ending.append((row_word(f"ends_{days}"), untold("few") if 0 < people < FEWEST else number))
    kinds = {"what": TEXT, "number": "count", "share": "share"}
    shape = {"what": TEXT, "number": "count"}
    tables = table("currency", kinds, rows), table("expiries", shape, ending)
    return _section("training", [said("training")], *tables, standing=True)


def _coaching(c: Counted) -> Section:
    def row(line: SiteLine) -> tuple[Value, ...]:
        held = line.held
        known = held.estimate is not None
        wait = line.took.quartiles
        first = (
            untold("few") if line.took.few else untold("cannot") if wait is None or wait.median is None else wait.median
        )
        return (
            line.name or row_word("all"), held.due if known else None, held.done if known else None, _shown(held),
            _shown(line.system), _shown(line.kept), first,
        )  # fmt: skip

    rows = [row(line) for line in (*c.programme.sites, c.programme.total)]
    kinds = {
        "site": TEXT, "planned": "count", "held": "count", "held_share": "share", "system_share": "share",
        "kept_share": "share", "first": "count",
    }  # fmt: skip
    return _section("coaching", [said("coaching")], table("coaching", kinds, rows))


def _months(cell: ReleasedRow) -> str:
    first, last = (show_month(date.fromisoformat(f"{month}-01")) for month in (cell.first_month, cell.last_month))
    return first if first == last else f"{first} – {last}"


def _survey(c: Counted) -> Section:
    teams = {team.id: team.full_name for team in c.frame.places.teams}
    names = {site.id: site.name for site in c.frame.places.sites}

    def place(cell: ReleasedRow) -> str:
        if cell.scope is Scope.TEAM and cell.team_id is not None:
            return teams[cell.team_id]
        return row_word("pool_site", site=names[cell.site_id]) if cell.site_id else row_word("pool_network")

    rows: list[tuple[Value, ...]] = [
        (
            place(cell), _months(cell), float(cell.score), float(cell.grain), str(cell.n_band).replace("-", "–"),
            untold(cell.response) if cell.response else "–", untold("released"),
        )
        for cell in sorted(c.survey.cells, key=lambda cell: str(cell.first_month))
    ]  # fmt: skip
    sentence = said("survey", cells=len(rows), waiting=len(c.survey.without)) if rows else said("survey_none")
    rows += [(name, "–", None, None, "–", "–", untold("waits")) for name in c.survey.without if rows]
    rows.sort(key=lambda row: str(row[0]))
    kinds = {
        "place": TEXT, "months": TEXT, "score": "number", "rounding": "number", "people": TEXT, "response": TEXT,
        "reading": TEXT,
    }  # fmt: skip
    measured: list[tuple[Value, ...]] = []
    for one in c.survey.reliability:
        numbers = (one.alpha, one.omega, one.icc1, one.icc2, one.median_rwg)
        holds = untold("not_published" if one.team_means_hold is None else "yes" if one.team_means_hold else "no")
        measured.append((one.instrument_version, *(None if n is None else float(n) for n in numbers), holds))
    shape = {
        "instrument": TEXT, "alpha": "small", "omega": "small", "icc1": "small", "icc2": "small", "rwg": "small",
        "hold": TEXT,
    }  # fmt: skip
    return _section("survey", [sentence], table("cells", kinds, rows), table("reliability", shape, measured))


# -- doubt -------------------------------------------------------------------------------------------------------------


def _coding(c: Counted) -> Section:
    rows: list[tuple[Value, ...]] = []
    for line in c.coding:
        kappa: Kappa = line.kappa
        told = line.enough is not None
        figure = _figure(kappa.estimate if told else None, "cannot")
        reading = "cannot" if line.enough is None else "enough" if line.enough else "not_enough"
        rows.append((label(line.field, "coded_field"), kappa.n, kappa.agreed, figure, untold(reading)))
    kinds = {"field": TEXT, "twice": "count", "alike": "count", "kappa": "ratio", "reading": TEXT}
    return _section("coding", [said("coding")], table("kappa", kinds, rows), standing=True)


def _linkage(c: Counted) -> Section:
    found, answer = c.linkage, c.answer
    if answer is None:
        return _section("linkage", [said("no_run")], standing=True)
    if answer.strength is None:
        sentences = [said("linkage_cannot")]
        sentences += [
            label(f"missing_{check.key}", "linkage_sentence")
            % {"short": check.need - check.have, "have": check.have, "need": check.need}
            for check in answer.missing
        ]
    else:
        sentences = [
            label(answer.headline.key, "linkage_headline") % answer.headline.figures,
            label(answer.headline.key, "linkage_meaning"),
            label(answer.strength, "linkage_strength").capitalize() + ".",
            said("linkage_caution"),
        ]
        sentences.append(said("linkage_run", made=show_moment(found.made_at, "UTC"), hash=found.input_hash))
    if found.outdated:
        sentences.append(said("linkage_outdated"))
    return _section("linkage", sentences, standing=True)


def _comparability(c: Counted) -> Section:
    sites = [(site.name, c.of_site(site.id, *c.year)) for site in c.frame.places.sites]
    whole = c.of_all(*c.year)
    if len(sites) == 1:
        return _section("comparability", [said("comparability_one")])
    rows: list[tuple[Value, ...]] = []
    for name, own in sites:
        others, batches = whole.recurrences - own.recurrences, whole.batches - own.batches
        try:
            found = equivalent(own.recurrences, own.batches, others, batches, MARGIN)
        except NoEstimate:
            found = None
        ratio = found.ratio if found else None
        rows.append((name, own.batches, own.recurrences, _figure(ratio, "cannot"), untold(_compared(found))))
    kinds: dict[str, str] = {
        "site": TEXT, "batches": "count", "recurrences": "count", "others": "ratio", "reading": TEXT
    }  # fmt: skip
    return _section("comparability", [said("comparability")], table("comparability", kinds, rows))


def _compared(found: Equivalence | None) -> str:
    if found is None:
        return "cannot"
    if found.equivalent:
        return "comparable"
    return "not_comparable" if found.differs else "cannot"
