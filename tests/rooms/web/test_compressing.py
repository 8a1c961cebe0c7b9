"""Static texts go out compressed, the same after unpacking, and are not sent again if they did not change; pages are not."""

from __future__ import annotations

import gzip
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from lms.web.static_files import url_path

STYLE = f"{url_path()}/vendor/bootstrap/bootstrap.min.css"
GZIP = {"Accept-Encoding": "gzip, br"}


def test_a_style_sheet_is_compressed_for_whoever_takes_it(app: Flask, client: FlaskClient) -> None:
    plain = (Path(str(app.static_folder)) / "vendor/bootstrap/bootstrap.min.css").read_bytes()
    sent = client.get(STYLE, headers=GZIP)
    assert sent.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in sent.headers["Vary"]
    assert int(sent.headers["Content-Length"]) == len(sent.get_data()) < len(plain) / 5
    assert gzip.decompress(sent.get_data()) == plain
    bare = client.get(STYLE)
    assert bare.get_data() == plain
    assert "Content-Encoding" not in bare.headers


def test_what_did_not_change_is_not_sent_again(app: Flask, client: FlaskClient) -> None:
    tag = client.get(STYLE, headers=GZIP).headers["ETag"]
    again = client.get(STYLE, headers={**GZIP, "If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_pages_and_fonts_go_out_as_they_are(app: Flask, client: FlaskClient) -> None:
    for path in ("/sign-in", f"{url_path()}/vendor/inter/inter-latin-wght-normal.woff2"):
        answer = client.get(path, headers=GZIP)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


def test_what_blocks_the_first_paint_of_a_sheet_is_small(app: Flask, client: FlaskClient) -> None:
    """At 1.6 Mbit/s, a throttled phone, 50 kB take a quarter of a second."""
    names = ("candor/theme.js", "candor/tokens.css", "candor/components.css", "candor/shell.css", "candor/survey.css")
    addresses = [STYLE, *(f"{url_path()}/{name}" for name in names)]
    weight = sum(len(client.get(address, headers=GZIP).get_data()) for address in addresses)
    print(f"styles before the first paint: {weight} bytes")  # noqa: T201
    assert weight < 50_000
