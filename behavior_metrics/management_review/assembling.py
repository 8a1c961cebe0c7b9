"""Putting a pack together: what was counted, the words around it, and the funnel."""

from __future__ import annotations

from collections.abc import Sequence

from behavior_metrics.management_review import pictures
from behavior_metrics.management_review.counted import Counted
from behavior_metrics.management_review.figures import Pack, as_read
from behavior_metrics.management_review.rules import NETWORK
from behavior_metrics.management_review.saying import document, word
from behavior_metrics.management_review.sections import FEWEST_SITES, sections
from behavior_metrics.management_review.words import DEFINITIONS
from lms.web.times import show_moment


def assemble(counted: Counted, scope: str, *, demonstration: bool) -> Pack:
    """Return the pack. Loads numpy for the funnel, so it is a job's and not a page's."""
    here = counted.frame.places.sites
    whole = scope == NETWORK
    name = document("network") if whole else f"{here[0].name} ({here[0].code})"
    zone = "UTC" if whole else here[0].zone
    terms = [key for key in DEFINITIONS if not key.endswith("_said")]
    points = [(site.code, counted.of_site(site.id, *counted.year)) for site in here]
    busy = [(code, counts.batches, counts.recurrences) for code, counts in points if counts.batches]
    picture = ""
    if len(busy) >= FEWEST_SITES:
        picture = pictures.funnel(busy, document("picture_across"), document("picture_up"))
    total = counted.of_all(*counted.year)
    rate = 100 * total.recurrences / total.batches if total.batches else 0.0
    return Pack(
        scope,
        name,
        str(counted.quarter),
        show_moment(counted.as_of, zone),
        demonstration,
        sections(counted, _z_of_sites),
        tuple((word(key, "pack_definition"), word(f"{key}_said", "pack_definition")) for key in terms),
        picture=picture,
        picture_words=document("picture_words", rate=as_read(rate, "number")) if picture else "",
    )


def _z_of_sites(observed: Sequence[int], expected: Sequence[float]) -> Sequence[float]:
    from behavior_metrics.stats.control_charts import funnel  # noqa: PLC0415 - numpy, for this job alone

    return [float(z) for z in funnel(observed, expected).z]
