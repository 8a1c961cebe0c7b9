"""Setting pages as a tagged PDF (PDF/UA-1), the annex first, by a process of its own (``typesetter``)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from config import ROOT
from lms.annex.sections import Section

TEMPLATE = Path(__file__).with_name("annex.typ")


def as_pdf(*, title: str, site: str, known: str, foot: str, sections: Sequence[Section]) -> bytes:
    """Return the annex on A4 pages, with numbered sections, repeated headings and page numbers."""
    parts = [asdict(section) for section in sections]
    data = {"title": title, "site": site, "known": known, "foot": foot, "sections": parts}
    return set_pages(TEMPLATE, data)


def set_pages(template: Path, data: Mapping[str, object]) -> bytes:
    """Return the pages that a template makes of the data."""
    command = [sys.executable, "-m", "lms.annex.typesetter", str(template)]
    done = subprocess.run(  # noqa: S603 - our own module; what is set goes in as data
        command,
        cwd=ROOT,
        input=json.dumps(data).encode(),
        stdout=subprocess.PIPE,
        check=True,
        process_group=0,  # Ctrl-C is for the server, which lets what it began be set
    )
    return done.stdout
