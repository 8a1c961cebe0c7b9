"""Handing out a table as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response

from lms.exports.sheets import Cell, as_csv, as_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(file_type: str, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return the table as ``csv`` or ``xlsx``, to be saved under the name."""
    if file_type == "csv":
        body, media = as_csv(headings, rows), "text/csv"
    else:
        body, media = as_xlsx(headings, rows, name), XLSX
    return Response(body, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}.{file_type}"'})
