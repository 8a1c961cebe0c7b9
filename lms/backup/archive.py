"""The archive: one tar file, its manifest first, with the hash of every file in it. It knows no database.

Everything in it has the archive's moment and no owner, so that it tells nothing beyond its content.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

FORMAT = "candor-backup/1"
MANIFEST = "manifest.json"


class BadArchive(ValueError):
    """The file is not an archive, or not the one that was written. The message names what differs."""


@dataclass(frozen=True, slots=True)
class Content:
    """One file of the archive."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says about itself."""

    origin: str
    at: datetime
    #: ``sqlite`` or ``postgresql``.
    database: str
    #: Alembic's revision of the record database; None where the schema was made without migrations.
    revision: str | None
    #: Leaves in the tree, and the newest signed note over it (None: none was ever signed).
    size: int
    checkpoint: str | None
    #: Public keys of the checkpoints. The private key is in no archive.
    keys: tuple[str, ...]
    files: dict[str, Content]

    def dump(self) -> bytes:
        """Return the manifest as written."""
        plain = {"format": FORMAT, **asdict(self), "at": self.at.isoformat()}
        return json.dumps(plain, indent=2, sort_keys=True).encode()

    @classmethod
    def load(cls, data: bytes) -> Manifest:
        """Read a manifest. Raises ``BadArchive``."""
        try:
            plain = json.loads(data)
            if plain.pop("format") != FORMAT:
                raise BadArchive("The archive was written by another version of Candor.")
            files = {name: Content(**content) for name, content in plain.pop("files").items()}
            at = datetime.fromisoformat(plain.pop("at"))
            return cls(at=at, files=files, keys=tuple(plain.pop("keys")), **plain)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, BadArchive):
                raise
            raise BadArchive("The archive has no readable manifest.") from None


def content_of(path: Path) -> Content:
    """Return hash and size of a file."""
    return Content(digest_of(path), path.stat().st_size)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_archive(target: Path, manifest: Manifest, folder: Path) -> None:
    """Write the files that the manifest names, from ``folder``, into one tar file that appears when it is complete."""
    partial = target.with_name(f"{target.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            data = manifest.dump()
            tar.addfile(_entry(MANIFEST, len(data), manifest.at), BytesIO(data))
            for name, content in sorted(manifest.files.items()):
                with (folder / name).open("rb") as source:
                    tar.addfile(_entry(name, content.size, manifest.at), source)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)


def read_archive(archive: Path, folder: Path) -> Manifest:
    """Unpack into an empty folder and compare every file with the manifest. Raises ``BadArchive`` for any difference."""
    try:
        with tarfile.open(archive, "r:") as tar:
            return _unpack(tar, folder)
    except (OSError, tarfile.TarError) as error:
        raise BadArchive(f"{archive} cannot be read as an archive: {error}.") from None


def _unpack(tar: tarfile.TarFile, folder: Path) -> Manifest:
    first = tar.next()
    source = tar.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if source is None:
        raise BadArchive("The archive does not begin with a manifest.")
    manifest = Manifest.load(source.read())
    missing = dict(manifest.files)
    while (member := tar.next()) is not None:
        expected = missing.pop(member.name, None)
        data = tar.extractfile(member) if expected is not None and member.isreg() else None
        if expected is None or data is None or not _stays_inside(member.name):
            raise BadArchive(f"The archive holds {member.name}, which its manifest does not name.")
        path = folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while chunk := data.read(1 << 20):
                file.write(chunk)
        if content_of(path) != expected:
            raise BadArchive(f"{member.name} in the archive is not the file that was written.")
    if missing:
        raise BadArchive(f"{min(missing)} is missing from the archive.")
    return manifest


def _stays_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _entry(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, int(at.timestamp()), 0o600
    return entry
