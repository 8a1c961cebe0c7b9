"""Pictures of an SOP: known by their content, never by their name, and small enough to be studied on a tablet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

LARGEST = 5 * 1024 * 1024
MOST = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be shown: its name inside the document, its type as found in its content, and its bytes."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def media_type_of(content: bytes) -> str | None:
    """Return the media type that the first bytes show (PNG, JPEG, GIF, WebP), or None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def stored_name(path: str) -> str:
    """Return the name under which a picture of that path is kept: letters, digits, dots and dashes only.

    >>> stored_name("figures/Pump set-up.PNG")
    'figures-pump-set-up.png'
    """
    return re.sub(r"[^a-z0-9.]+", "-", path.lower().removeprefix("./")).strip("-.")[:200]


def why_not(path: str, content: bytes | None) -> str | None:
    """Return why a picture cannot be shown, as a sentence, or None if it can."""
    if content is None:
        return f"The picture {path} was not with the file; its description is shown instead."
    if path.lower().endswith((".svg", ".svgz")) or b"<svg" in content[:1024].lower():
        return f"The picture {path} is SVG, which can carry script; its description is shown instead. Save it as PNG."
    if len(content) > LARGEST:
        return f"The picture {path} is larger than {LARGEST // 1024 // 1024} MB; its description is shown instead."
    if media_type_of(content) is None:
        return f"The file {path} is not a PNG, JPEG, GIF or WebP picture; its description is shown instead."
    return None


def content_digest(source: str, digests: Mapping[str, str]) -> str:
    """Return the hex SHA-256 of an SOP's text and, where it has them, of its pictures by name.

    Without pictures it is the SHA-256 of the text alone, as ``sha256sum`` gives it.
    """
    listed = "".join(f"\n{name} {digest}" for name, digest in sorted(digests.items()))
    return hashlib.sha256((source + listed).encode()).hexdigest()


def address_of(version_id: object) -> str:
    """Return the path under which the pictures of an SOP version are served."""
    return f"/sops/versions/{version_id}/pictures/"
