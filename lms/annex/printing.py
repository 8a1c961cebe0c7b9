"""Setting the annex as a tagged PDF (PDF/UA-1). Words go in as data and are never read as markup."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lms.annex.sections import Section

TEMPLATE = Path(__file__).with_name("annex.typ")


def as_pdf(*, title: str, site: str, known: str, foot: str, sections: Sequence[Section]) -> bytes:
    """Return the annex on A4 pages, with numbered sections, repeated headings and page numbers."""
    import typst  # noqa: PLC0415 - 30 MB that a worker needs once somebody asks for a file

    parts = [asdict(section) for section in sections]
    data = {"title": title, "site": site, "known": known, "foot": foot, "sections": parts}
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            format="pdf",
            sys_inputs={"data": json.dumps(data)},
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
        )
    )
