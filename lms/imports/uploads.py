"""The file of an import between its steps: kept by its content, in a folder of the account that sent it, then removed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from lms.refusals import NotFound

#: How long a file waits for its next step.
LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Uploads:
    """One account's files on their way in. Nobody else's can be reached: the folder is the account's own."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path, account_id: UUID) -> Uploads:
        """Return the uploads of an account."""
        return cls(data_dir / "uploads" / str(account_id))

    def keep(self, data: bytes, *, name: str, kind: str, now: datetime) -> str:
        """Keep a new file in place of whatever was left lying there; return the digest it is known by.

        Files that anybody left lying for a day are removed with it.
        """
        self.clear()
        for left in self.folder.parent.glob("*"):
            if now.timestamp() - left.stat().st_mtime > LASTS.total_seconds():
                shutil.rmtree(left)
        self.folder.mkdir(parents=True, mode=0o700)
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / digest).write_bytes(data)
        self.describe(digest, {"name": name[-200:], "kind": kind})
        return digest

    def data(self, digest: str) -> bytes:
        """Return the file. Raises ``NotFound`` if it was taken in or replaced meanwhile."""
        return self._path(digest).read_bytes()

    def description(self, digest: str) -> dict[str, Any]:
        """Return what is known about the file: name, kind and, once chosen, the mapping."""
        found: dict[str, Any] = json.loads(self._path(digest).with_suffix(".json").read_text(encoding="utf-8"))
        return found

    def describe(self, digest: str, values: MappingOf[str, Any]) -> None:
        """Keep what is known about the file beside it."""
        self._path(digest).with_suffix(".json").write_text(json.dumps(values), encoding="utf-8")

    def clear(self) -> None:
        """Remove the account's files."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)

    def _path(self, digest: str) -> Path:
        path = self.folder / digest
        if not re.fullmatch("[0-9a-f]{64}", digest) or not path.is_file():
            raise NotFound("This file is no longer here: it was taken in, or another was sent since. Choose it again.")
        return path
