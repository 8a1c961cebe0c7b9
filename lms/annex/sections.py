"""The annex as tables of plain words: what the page and the printed file both show, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from lms.annex.queries import Annex
from lms.web.labels import label
from lms.web.times import show_day, show_moment


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the annex; its title stands above it, numbered by where it stands."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    #: The column that holds sentences, and on paper takes the width that the others leave.
    wide: int = 0


def sections(annex: Annex) -> Iterator[Section]:
    """Give what the ground knows of a site's year. Other rooms add theirs (slot ``annex.sections``)."""
    yield _figures(annex)
    yield _standings(annex)
    zone = annex.place.zone
    yield Section(
        _("Deviations and good catches"),
        (_("Number"), _("What happened"), _("Occurred"), _("Severity"), _("State"), _("Recurrence")),
        [
            (
                line.number,
                line.title,
                show_moment(line.at, zone) if line.at else "–",
                label(line.word, "severity") if line.word else "–",
                label(line.state, "deviation_state"),
                _("confirmed") if line.outcome else "–",
            )
            for line in annex.deviations
        ],
        wide=1,
    )
    yield Section(
        _("Corrective and preventive actions"),
        (_("Number"), _("What is to be done"), _("Opened"), _("State"), _("Shown to have worked")),
        [
            (
                line.number,
                line.title,
                show_day(line.on) if line.on else "–",
                label(line.state, "capa_state"),
                label(line.outcome, "capa_verdict") if line.outcome else _("not known yet"),
            )
            for line in annex.capas
        ],
        wide=1,
    )


def _figures(annex: Annex) -> Section:
    severities = ", ".join(
        f"{count} {label(word, 'severity').lower() if word else _('not triaged yet')}"
        for word, count in sorted(annex.by_severity.items())
    )
    total = str(len(annex.deviations))
    figures = [
        (_("Batches started"), str(len(annex.batches))),
        (_("Deviations and good catches"), f"{total} ({severities})" if severities else total),
        (_("Of them confirmed as recurrences at the site"), str(annex.recurrences)),
        (_("Actions opened"), str(len(annex.capas))),
        (_("Signed steps: activated, paused, suspended, lifted"), str(len(annex.standings))),
    ]
    return Section(_("The year in figures"), (_("What"), _("How many")), figures)


def _standings(annex: Annex) -> Section:
    zone = annex.place.zone
    rows = []
    for row in reversed(annex.standings):
        holds = row.state in {"paused", "suspended"}
        until = show_moment(row.ends_at, zone) if row.ends_at else _("still in force")
        whom = _("one person") if row.subject == "person" else row.name
        signers = ", ".join(
            one.printed_name if one.holds else f"{one.printed_name} ({_('void')})" for one in row.signatures
        )
        act = label(row.act, "standing_act")
        rows.append((show_moment(row.begins_at, zone), until if holds else "–", whom, act, row.reason, signers))
    headings = (_("From"), _("Until"), _("Whom"), _("What"), _("Why"), _("Signed by"))
    return Section(_("Pauses, suspensions and lifts"), headings, rows, wide=4)
