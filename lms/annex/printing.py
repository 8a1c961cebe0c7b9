"""Setting pages as a tagged PDF (PDF/UA-1), the annex first. Words go in as data and are never read as markup.

``python -m lms.annex.printing TEMPLATE`` sets what it reads: a process of its own, since the typesetter keeps what it has loaded.
"""

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
    command = [sys.executable, "-m", "lms.annex.printing", str(template)]
    done = subprocess.run(  # noqa: S603 - our own module; what is set goes in as data
        command,
        cwd=ROOT,
        input=json.dumps(data).encode(),
        stdout=subprocess.PIPE,
        check=True,
        process_group=0,  # Ctrl-C is for the server, which lets what it began be set
    )
    return done.stdout


def main() -> None:
    """Set the data of the standard input by the template that is named, and write the PDF to the standard output."""
    import typst  # noqa: PLC0415 - for this process alone

    pdf = typst.compile(
        Path(sys.argv[1]).read_bytes(),
        format="pdf",
        sys_inputs={"data": sys.stdin.read()},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )
    sys.stdout.buffer.write(bytes(pdf))


if __name__ == "__main__":
    main()
