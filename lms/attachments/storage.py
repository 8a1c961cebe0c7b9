"""The contents of files, in the data folder, each under its SHA-256. Backups take the folder with them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from lms.backup.backing_up import ATTACHMENTS
from lms.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Storage:
    """The folder of contents."""

    folder: Path

    @classmethod
    def here(cls) -> Storage:
        """Return the storage of this installation."""
        return cls(current_app.config["SETTINGS"].data_dir / ATTACHMENTS)

    def keep(self, data: bytes) -> str:
        """Keep a content and return its SHA-256. It is whole on the disk before any record names it."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = path.with_name(f"{digest}.{os.getpid()}.partial")
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        return digest

    def content(self, digest: str) -> bytes:
        """Return a content. Raises ``NotFound`` if it is gone, or is not what was recorded."""
        path = self._path(digest)
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != digest:
            raise NotFound("The content of this file is missing or was changed. Tell whoever runs this installation.")
        return data

    def remove(self, digest: str) -> None:
        """Overwrite a content with zeros and remove it; nothing happens if it is gone."""
        path = self._path(digest)
        if path.is_file():
            path.write_bytes(bytes(path.stat().st_size))
            path.unlink()

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
