"""Style, scripts, fonts and pictures stand under an address that names their contents, so a browser asks for each once.

A release whose files differ has another address; what a page of the release before still asks for is led there.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

_FOLDER: Final = Path(__file__).parent.parent / "static"
_YEAR: Final = 365 * 24 * 60 * 60


@cache
def url_path() -> str:
    """Return the path below which the static files stand: with the first twelve digits of their common SHA-256."""
    contents = sha256()
    for file in sorted(path for path in _FOLDER.rglob("*") if path.is_file()):
        contents.update(f"{file.relative_to(_FOLDER).as_posix()}\0{file.stat().st_size}\0".encode())
        contents.update(file.read_bytes())
    return f"/static/{contents.hexdigest()[:12]}"


def init_app(app: Flask) -> None:
    """Let browsers keep static files for a year, and lead who asks for those of another release to those of this one."""

    def static(filename: str, release: str = "") -> ResponseReturnValue:
        return redirect(url_for("static", filename=filename)) if release else app.send_static_file(filename)

    app.view_functions["static"] = static
    app.add_url_rule("/static/<release>/<path:filename>", endpoint="static")
    app.after_request(_keep)


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in {200, 206, 304}:
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = _YEAR
        response.cache_control.immutable = True
    return response
