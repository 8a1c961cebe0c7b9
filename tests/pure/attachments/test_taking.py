"""Which files are taken, as what, under which name; and what a camera adds is gone while the picture stays."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from lms.attachments.pictures import Unreadable, without_camera
from lms.attachments.rules import MOST, check_may_attach, clean_name, take
from lms.refusals import NotAllowed
from tests.rooms.attachments.pictures import NOTE, OWNER, PLACE, a_jpeg, a_png, exif, segment


def a_workbook() -> bytes:
    book, file = Workbook(), io.BytesIO()
    book.active["A1"] = "pH"
    book.save(file)
    return file.getvalue()


def a_zip(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        for name in names:
            parts.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("IMG_0042.HEIC", a_jpeg(), ("IMG_0042.jpg", "image/jpeg")),
        ("label.jpg", a_png(), ("label.png", "image/png")),
        ("curve.exe", b"%PDF-1.7 ...", ("curve.pdf", "application/pdf")),
        ("curve.csv", b"time;degC\n10:42;0.6\n", ("curve.csv", "text/csv")),
        ("note", "Gerät 12 – 0,6 °C".encode(), ("note.txt", "text/plain")),
        ("run.xlsx", a_workbook(), ("run.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
        ("C:\\temp\\..\\run.v2.csv", b"a,b", ("run.v2.csv", "text/csv")),
        ("gpj.\u202elabel\x00\r\n.png", a_png(), ("gpj.label.png", "image/png")),
        (".htaccess", b"a,b", ("file.txt", "text/plain")),
    ],
)
def test_a_file_is_kept_as_what_it_is(name: str, data: bytes, kept: tuple[str, str]) -> None:
    taken = take(name, data)
    assert (taken.name, taken.media_type) == kept


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='go()'/>"),
        ("a.txt", b"\n  <!DOCTYPE html><script>go()</script>"),
        ("a.csv", b"harmless,\n" * 200 + b"<script>go()</script>"),
        ("a.txt", b"\xef\xbb\xbf<?xml version='1.0'?>"),
        ("a.pdf", b"MZ\x90\x00\x03"),
        ("a.xlsx", a_zip("[Content_Types].xml", "word/document.xml")),
        ("a.xlsx", a_zip("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin")),
        ("a.xlsx", b"PK\x03\x04 and nothing more"),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.png", a_png()[:40]),
        ("a.txt", b"a\x00b"),
        ("a.txt", b"\xff\xfe a \xfe"),
        ("a.txt", b""),
    ],
)
def test_anything_else_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(NotAllowed) as refused:
        take(name, data)
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    "name", ["patient John Smith.jpg", "Patient_John_Smith.pdf", "MRN 00481516.png", "dob-12-03-1961.jpg"]
)
def test_a_name_that_looks_like_a_patient_is_refused(name: str) -> None:
    with pytest.raises(NotAllowed, match="Rename it"):
        clean_name(name, ".jpg")


def test_a_deviation_takes_so_many_files_while_it_is_open() -> None:
    check_may_attach("X", MOST - 1, is_open=True)
    with pytest.raises(NotAllowed, match="20 files"):
        check_may_attach("X", MOST, is_open=True)
    with pytest.raises(NotAllowed, match="closed"):
        check_may_attach("X", 0, is_open=False)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("held", range(1, 9))
def test_a_jpeg_keeps_its_image_and_how_it_was_held_and_nothing_of_the_camera(held: int, order: str) -> None:
    kept = without_camera(a_jpeg(held, order))
    for added in (PLACE, OWNER, NOTE, b"xap", b"MPF", b"Photoshop", b"trailing"):
        assert added not in kept
    for needed in (b"JFIF", b"ICC_PROFILE", b"\x12\xff\x00\x34\xff\xd0\x56", b"\x78\xff\x00\x9a\xff\xd9"):
        assert needed in kept
    assert kept.endswith(b"\xff\xd9")
    if held == 1:
        assert b"Exif" not in kept
    else:
        start = kept.index(b"Exif\x00\x00") + 6
        assert struct.unpack(">IHHHIH", kept[start + 4 : start + 20]) == (8, 1, 0x0112, 3, 1, held)
    assert without_camera(kept) == kept


def test_a_png_keeps_its_pixels_and_nothing_of_its_maker() -> None:
    kept = without_camera(a_png())
    assert OWNER not in kept
    assert PLACE not in kept
    for needed in (b"IHDR", b"gAMA", b"IDAT", b"IEND"):
        assert needed in kept
    assert without_camera(kept) == kept


def test_an_exif_that_makes_no_sense_is_left_out() -> None:
    broken = b"Exif\x00\x00II*\x00\xff\xff\xff\x7f" + PLACE
    whole = a_jpeg().replace(segment(0xE1, exif(6)), segment(0xE1, broken))
    assert whole != a_jpeg()
    kept = without_camera(whole)
    assert b"Exif" not in kept
    assert PLACE not in kept


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.binary(max_size=12))
def test_a_damaged_picture_is_refused_or_read_and_never_breaks(at: int, noise: bytes) -> None:
    for whole in (a_jpeg(), a_png()):
        place = at % len(whole)
        damaged = whole[:place] + noise + whole[place + len(noise) :]
        try:
            without_camera(damaged if damaged.startswith((b"\xff\xd8", b"\x89PNG\r\n\x1a\n")) else whole)
        except Unreadable:
            continue
