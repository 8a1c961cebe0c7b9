"""What every answer carries and every request must satisfy: headers, same origin, own paths."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request

#: No inline script or style, nothing from elsewhere, no frame around us.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def init_app(app: Flask) -> None:
    """Check every request and dress every answer."""
    app.before_request(_refuse_foreign_origin)
    app.after_request(_add_headers)


def _refuse_foreign_origin() -> None:
    changing = request.method in {"POST", "PUT", "PATCH", "DELETE"}
    if changing and request.headers.get("Origin") != "null" and not comes_from_here():
        abort(400, "This request came from another address.")


def comes_from_here() -> bool:
    """Whether the browser says that a page of this application sent the request, or is one that says nothing."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    return urlsplit(origin).netloc in {urlsplit(current_app.config["SETTINGS"].base_url).netloc, request.host}


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SETTINGS"].production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("Cookie")
    return response


def own_path(target: str | None) -> str | None:
    """Return the target if it is a path of this application, else None: no other host, backslash or control character."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(character) < 32 or character == "\\" for character in target):
        return None
    return target
