"""``python -m lms.annex.typesetter TEMPLATE`` sets the data of its standard input as pages: a tagged PDF (PDF/UA-1).

A process of its own, since the typesetting library keeps what it has loaded. It takes nothing else of the product: what
that would load takes longer than the setting.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typst


def main() -> None:
    """Write the PDF to the standard output. Words go in as data and are never read as markup."""
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
