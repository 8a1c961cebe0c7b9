"""Small pictures for tests, made byte by byte, with everything that a camera adds."""

from __future__ import annotations

import struct
import zlib

#: What a camera wrote: none of it may be kept.
PLACE, OWNER, NOTE = b"GPS 45.7640N 4.8357E", b"Camera of Grace", b"a remark"


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(orientation: int, order: str = "<") -> bytes:
    """An Exif body with an orientation, and a place and an owner after it."""
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    other = struct.pack(f"{order}HHII", 0x013B, 2, len(OWNER), 40)
    return b"Exif\x00\x00" + mark + struct.pack(f"{order}IH", 8, 2) + other + entry + b"\0\0\0\0" + OWNER + PLACE


def a_jpeg(orientation: int = 6, order: str = "<", *, seed: bytes = b"") -> bytes:
    """A JPEG with two scans, restart markers and stuffed bytes; what a camera adds stands before, between and after."""
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            segment(0xE1, exif(orientation, order)),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + OWNER),
            segment(0xE2, b"ICC_PROFILE\x00\x01\x01profile"),
            segment(0xE2, b"MPF\x00" + PLACE),
            segment(0xED, b"Photoshop 3.0\x00" + OWNER),
            segment(0xFE, NOTE),
            segment(0xDB, bytes(65)),
            segment(0xC2, b"\x08\x00\x01\x00\x01\x01\x01\x11\x00"),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56" + seed,
            segment(0xC4, b"\x00" + bytes(16) + b"\xff\xd9"),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x78\xff\x00\x9a",
            b"\xff\xd9",
            b"trailing video with " + PLACE,
        ]
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def a_png() -> bytes:
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
            chunk(b"gAMA", struct.pack(">I", 45455)),
            chunk(b"tEXt", b"Author\x00" + OWNER),
            chunk(b"eXIf", exif(1)),
            chunk(b"IDAT", zlib.compress(b"\x00\x10\x20\x30")),
            chunk(b"IEND", b""),
            PLACE,
        ]
    )
