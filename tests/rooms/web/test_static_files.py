"""A browser asks for style and scripts once; a page of the release before still finds them, and never stale ones."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lms.web import static_files


def test_what_a_page_asks_for_is_kept_for_a_year(client: FlaskClient) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert len(addresses) > 5
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        kept = answer.cache_control
        assert (kept.max_age, kept.immutable, kept.public, kept.no_cache) == (365 * 24 * 3600, True, True, None)
        assert "Set-Cookie" not in answer.headers
    style = next(address for address in addresses if address.endswith("tokens.css"))
    for relative in re.findall(r"url\(([^)]+)\)", client.get(style).get_data(as_text=True)):
        assert client.get(f"{style.rpartition('/')[0]}/{relative}").status_code == 200


def test_a_page_of_another_release_is_led_to_the_files_of_this_one(client: FlaskClient) -> None:
    old = client.get("/static/0123456789ab/candor/theme.js")
    assert old.status_code == 302
    assert old.headers["Location"] == f"{static_files.url_path()}/candor/theme.js"
    assert old.cache_control.max_age is None
    for nothing in ("/static/0123456789ab/nothing.js", "/static/0123456789ab/../../config.py", "/static/x//host/a"):
        gone = client.get(nothing, follow_redirects=True)
        assert gone.status_code == 404, nothing
        assert gone.cache_control.max_age is None


def test_pages_are_kept_by_nobody(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("change", ["contents", "name", "a file more", "a file less"])
def test_any_change_of_a_file_is_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    folder = tmp_path / "static"
    shutil.copytree(static_files._FOLDER / "candor", folder / "candor")
    monkeypatch.setattr(static_files, "_FOLDER", folder)
    before = static_files.url_path.__wrapped__()
    assert static_files.url_path.__wrapped__() == before
    file = folder / "candor" / "theme.js"
    if change == "contents":
        file.write_text(file.read_text() + " ")
    elif change == "name":
        file.rename(file.with_name("themes.js"))
    elif change == "a file more":
        (folder / "candor" / "zzz.css").touch()
    else:
        file.unlink()
    assert static_files.url_path.__wrapped__() != before
