"""Which files are taken, and as what: by their content, never by their name. Values in, values out."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from lms.attachments.pictures import Unreadable, without_camera
from lms.patient_data.rules import find
from lms.refusals import NotAllowed

#: Files of one deviation at most.
MOST = 20
NAME_LENGTH = 100
#: Media type -> ending of the file's name.
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "text/csv": ".csv",
    "text/plain": ".txt",
}
_MARKUP = re.compile(r"<\s*(?:!doctype|html|svg|script|body|iframe|\?xml)", re.IGNORECASE)
#: Control characters, and those that turn the direction of reading so that an ending looks like another.
_HIDDEN = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it is kept."""

    name: str
    media_type: str
    data: bytes


def take(name: str, data: bytes) -> Taken:
    """Return the file as it is kept: named by what it is, a photo without what its camera added.

    Raises ``NotAllowed`` for what is not a photo, PDF, table or plain text, and for a name that looks like a patient's.
    """
    if not data:
        raise NotAllowed("The file is empty. Choose it again.", field="file")
    media_type = _kind_of(name, data)
    if media_type is None:
        raise NotAllowed("Attach a photo (JPEG, PNG), a PDF, a table (XLSX, CSV) or plain text.", field="file")
    if media_type.startswith("image/"):
        try:
            data = without_camera(data)
        except Unreadable:
            raise NotAllowed("The photo is not complete. Take or choose it again.", field="file") from None
    return Taken(clean_name(name, ENDINGS[media_type]), media_type, data)


def check_may_attach(number: str, count: int, *, is_open: bool) -> None:
    """Raise ``NotAllowed`` if a deviation takes no more files."""
    if not is_open:
        raise NotAllowed(f"{number} is closed: its files stay as they are.", field="file")
    if count >= MOST:
        raise NotAllowed(f"{number} has {MOST} files already. Put what belongs together into one.", field="file")


def clean_name(name: str, ending: str) -> str:
    """Return a file's name without path and hidden characters, with its true ending. Raises ``NotAllowed``."""
    plain = _HIDDEN.sub("", unicodedata.normalize("NFC", name)).replace("\\", "/")
    stem = PurePosixPath(plain).name.rsplit(".", 1)[0].strip(" .")[:NAME_LENGTH] or "file"
    if find(stem.replace("_", " ")) or find(re.sub(r"[_\-.]+", " ", stem)):
        raise NotAllowed("The file's name looks like a patient's name, number or birth date. Rename it.", field="file")
    return stem + ending


def _kind_of(name: str, data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"PK\x03\x04"):
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if _is_workbook(data) else None
    if _is_plain_text(data):
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    return None


def _is_workbook(data: bytes) -> bool:
    """Whether a zip file is a workbook without macros. Only its list of names is read: nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = {part.lower() for part in parts.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return {"[content_types].xml", "xl/workbook.xml"} <= names and not any("vba" in part for part in names)


def _is_plain_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not re.search("[\x00-\x08\x0e-\x1f]", text) and not _MARKUP.search(text)
