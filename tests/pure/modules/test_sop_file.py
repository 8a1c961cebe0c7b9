"""SOP files: front matter of three kinds, pictures known by their content, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from lms.refusals import NotAllowed
from modules.documents.pictures import content_digest, media_type_of, stored_name
from modules.documents.sop_file import read_sop

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def test_toml_front_matter_gives_the_fields_and_names_what_it_cannot_use() -> None:
    sop = read_sop(
        "v2.md",
        b'+++\ncode = "SOP-X-1"\ntitle = "A title"\nversion = 2\nrisk_class = "observed"\neffective_offset_days = 880\n+++\n\n# A\n',
    )
    assert (sop.code, sop.title, sop.number, sop.risk_class) == ("SOP-X-1", "A title", 2, "observed")
    assert [(note.line, note.what) for note in sop.notes] == [
        (6, "The front matter's “effective_offset_days” has no place here: 880.")
    ]
    assert sop.source == "\n# A\n"


def test_yaml_front_matter_is_read_as_far_as_sops_use_it() -> None:
    sop = read_sop(
        "x.md", b"---\ntitle: 'Thaw: a vial'\nauthor: A. Person\ntags:\n  - one\n  - two\n: odd\n---\nText <u>x</u>\n"
    )
    assert sop.title == "Thaw: a vial"
    assert [(note.line, note.what.split(" has")[0]) for note in sop.notes] == [
        (3, "The front matter's “author”"),
        (4, "The front matter's “tags”"),
        (7, "This line of the front matter cannot be read: : odd"),
        (9, "HTML (u) is shown as text."),
    ]


def test_without_front_matter_the_heading_and_the_file_name_serve() -> None:
    sop = read_sop("sop-tc-001-thawing_adherent_cells.md", b"# Thawing adherent cells\n\n## Purpose\n\nx\n")
    assert (sop.code, sop.title, sop.number) == ("SOP-TC-001", "Thawing adherent cells", None)
    assert read_sop("joining-lab.md", b"words\n").title == "Joining lab"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00bad", "is not UTF-8 text: line 1"),
        (b"# A\n\nfine\n\xe9\n", "line 4"),
        (b"# A\x00\n", "zero bytes"),
        (b"   \n", "holds no text"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
)
def test_what_is_no_markdown_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        read_sop("x.md", content)


@pytest.mark.parametrize("front", [b"+++\ncode = [\n+++\n# A\n", b"---\ntitle: A\n# never ends\n"])
def test_front_matter_that_cannot_be_read_is_shown_as_text_and_noted(front: bytes) -> None:
    sop = read_sop("x.md", front)
    assert sop.notes[0].line == 1
    assert "shown as text" in sop.notes[0].what
    assert sop.source == front.decode()


def test_pictures_are_known_by_their_content_and_refused_with_the_reason_and_the_line() -> None:
    files = {
        "a.png": PNG,
        "b.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "c.png": b"<html><script>alert(1)</script>",
        "d.png": b"\n  <svg/>",
        "big.png": PNG + b"\x00" * (5 * 1024 * 1024),
        "e.jpg": b"\xff\xd8\xff\xe0" + b"\x00" * 9,
    }
    source = "# T\n\n" + "\n\n".join(f"![{name}]({name})" for name in [*files, "missing.png"]) + "\n"
    sop = read_sop("x.md", source.encode(), files.get)
    assert [(p.name, p.media_type) for p in sop.pictures] == [("a.png", "image/png"), ("e.jpg", "image/jpeg")]
    assert [(note.line, note.what.split(",")[0].split(" than")[0]) for note in sop.notes] == [
        (5, "The picture b.svg is SVG"),
        (7, "The file c.png is not a PNG"),
        (9, "The picture d.png is SVG"),
        (11, "The picture big.png is larger"),
        (15, "The picture missing.png was not with the file; its description is shown instead."),
    ]


def test_media_types_come_from_the_first_bytes() -> None:
    assert media_type_of(b"GIF89a...") == "image/gif"
    assert media_type_of(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert media_type_of(b"RIFF\x00\x00\x00\x00WAVEfmt ") is None
    assert media_type_of(b"%PDF-1.7") is None


def test_a_stored_name_holds_nothing_that_a_path_could_use() -> None:
    assert stored_name("../../etc/passwd") == "etc-passwd"
    assert stored_name("./Figures/Pump set-up.PNG") == "figures-pump-set-up.png"


def test_the_digest_is_that_of_the_text_and_binds_the_pictures() -> None:
    assert content_digest("text", {}) == hashlib.sha256(b"text").hexdigest()
    assert content_digest("text", {"a.png": "1" * 64}) != content_digest("text", {"a.png": "2" * 64})
