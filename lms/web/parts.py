"""Parts of a page that are fetched beside it: as they are for the page, inside a whole one for who opens their address."""

from __future__ import annotations

from flask import render_template, request
from markupsafe import Markup


def render_part(template: str, title: str, back: tuple[str, str], style: str = "", **values: object) -> str:
    """Return a part from its template; a whole page around it for a browser without script, or in a window of its own.

    ``back`` is the address and the name of the page that the part belongs to, ``style`` that page's own style sheet.
    """
    part = render_template(template, **values)
    if "HX-Request" in request.headers:
        return part
    inside = Markup(part)  # noqa: S704 - a template of ours made it
    return render_template("lms/part.html", part=inside, title=title, back=back, style=style)
