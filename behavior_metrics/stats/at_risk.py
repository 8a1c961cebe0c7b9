"""From dated records to rows (start, stop]: one for each stretch in which a unit's last score did not change.

For studies that are brought in: in an installation's own analyses a row is a team's quarter, and no person has a score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def intervals_between_reviews(reviews: pd.DataFrame, units: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return a row (start, stop] for each unit between any two of its review and event days, from `index_day` to `end_day`.

    `reviews` has operator_id, day, ps_score and any z columns to carry; `units` operator_id, site_id, index_day, end_day and
    what does not change; `events` operator_id, day. The score in force is that of the last review on or before `start`, so
    an event on a review's day belongs to the score before it: a later score cannot reach back. A unit without one is left
    out until its first. `ps_z` is standardised over all reviews; `ps_between` is the unit's mean of it over all its reviews,
    `ps_within` what is left (Mundlak 1978); `enum` the ordinal of the event waited for.

    Source: Andersen and Gill (1982); Therneau and Grambsch (2000), section 3.7, R `survival::tmerge`.
    """
    import pandas as pd  # noqa: PLC0415 - loaded on first use: a web worker never needs it

    score = reviews["ps_score"]
    scored = reviews.assign(ps_z=(score - score.mean()) / score.std())
    carried = [name for name in scored.columns if name.endswith("_z")]
    span = units[["operator_id", "index_day", "end_day"]]
    days = pd.concat(
        [
            span[["operator_id", "index_day"]].rename(columns={"index_day": "day"}),
            span[["operator_id", "end_day"]].rename(columns={"end_day": "day"}),
            reviews[["operator_id", "day"]],
            events[["operator_id", "day"]],
        ]
    ).drop_duplicates()
    days = days.merge(span, on="operator_id")
    days = days[days["day"].between(days["index_day"], days["end_day"])].sort_values(["operator_id", "day"])
    rows = days[["operator_id"]].assign(start=days["day"], stop=days.groupby("operator_id")["day"].shift(-1))
    rows = rows.dropna(subset=["stop"]).astype({"start": float, "stop": float})
    counted = events.groupby(["operator_id", "day"]).size().rename("event").reset_index()
    rows = rows.merge(
        counted.rename(columns={"day": "stop"}).astype({"stop": float}), on=["operator_id", "stop"], how="left"
    )
    rows["event"] = rows["event"].fillna(0).astype(int)
    rows["enum"] = rows.groupby("operator_id")["event"].cumsum() - rows["event"] + 1
    latest = scored[["operator_id", "day", *carried]].astype({"day": float}).sort_values("day", kind="stable")
    rows = pd.merge_asof(
        rows.sort_values("start", kind="stable"), latest, left_on="start", right_on="day", by="operator_id"
    ).drop(columns="day")
    between = scored.groupby("operator_id")["ps_z"].mean().rename("ps_between")
    rows = rows.merge(between, on="operator_id", how="left").dropna(subset=["ps_z"])
    rows["ps_within"] = rows["ps_z"] - rows["ps_between"]
    rest = units.drop(columns=["index_day", "end_day"])
    return rows.merge(rest, on="operator_id").sort_values(["operator_id", "start"], ignore_index=True)
