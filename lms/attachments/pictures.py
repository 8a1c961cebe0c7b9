"""Photos without what a camera adds: place, moment, device, owner, thumbnails. Pixels are not touched.

JPEG: ITU-T T.81 annex B (markers), Exif 2.3 (orientation). PNG: W3C PNG third edition (chunks).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_EXIF = b"Exif\x00\x00"
_SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
#: Segments that say how pixels are read: JFIF, the colour profile, Adobe's colour transform.
_TELL_COLOURS = {_APP0: b"JFIF\x00", _APP2: b"ICC_PROFILE\x00", _APP14: b"Adobe"}
#: Chunks that say how pixels are read; critical ones begin with a capital letter.
_PNG_COLOURS = {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP"}
_ORIENTATION = 0x0112


class Unreadable(ValueError):
    """The bytes are not a whole picture."""


def without_camera(data: bytes) -> bytes:
    """Return a JPEG or PNG with only what is needed to show it. Raises ``Unreadable``."""
    try:
        return _jpeg(data) if data.startswith(_JPEG) else _png(data)
    except (IndexError, struct.error):
        raise Unreadable("the picture ends before it is complete") from None


def _jpeg(data: bytes) -> bytes:
    kept = [_JPEG]
    for marker, whole in _segments(data):
        body = whole[4:]
        if marker == _APP1 and body.startswith(_EXIF):
            kept.append(_upright(_orientation(body[len(_EXIF) :])))
        elif _APP0 <= marker <= _APP15:
            if body.startswith(_TELL_COLOURS.get(marker, b"\x00never")):
                kept.append(whole)
        elif marker != _COM:
            kept.append(whole)
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and bytes of each segment, that of a scan with its image data, up to the end of the image."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise Unreadable("the picture has a fault between its segments")
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, data[at : at + 2]
            return
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == _SOS:
            # image data: 0xFF is followed by 0 where it means itself, and by 0xD0 to 0xD7 where decoding restarts
            while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7:
                end += 1
        if end > len(data) or end < at + 4:
            raise Unreadable("the picture ends before it is complete")
        yield marker, data[at:end]
        at = end


def _orientation(tiff: bytes) -> int:
    """Return how the camera was held (1 to 8); 1 where it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        start = struct.unpack(f"{order}I", tiff[4:8])[0]
        for number in range(struct.unpack(f"{order}H", tiff[start : start + 2])[0]):
            entry = tiff[start + 2 + 12 * number :][:12]
            tag, _type, _count, value = struct.unpack(f"{order}HHIH", entry[:10])
            if tag == _ORIENTATION and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 1
    return 1


def _upright(orientation: int) -> bytes:
    """Return an Exif segment that holds the orientation and nothing else; none for a picture that is upright."""
    if orientation == 1:
        return b""
    tiff = b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    body = _EXIF + tiff
    return struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body


def _png(data: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    while True:
        length = struct.unpack(">I", data[at : at + 4])[0]
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise Unreadable("the picture ends before it is complete")
        if kind[:1].isupper() or kind in _PNG_COLOURS:
            kept.append(data[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
