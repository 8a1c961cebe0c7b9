"""What the application server alone keeps: each quarter's pseudonym secret and the permanent rounding key. Files, mode 0400.

Neither lies in the database, so a copy of the database cannot try the staff list against the pseudonyms.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from coaching.surveys.periods import Quarter
from coaching.surveys.sealing import SECRET_BYTES

ROUNDING: Final = "survey-rounding.secret"


def folder(data_dir: Path) -> Path:
    """Return the folder of the keys."""
    return data_dir / "keys"


def prepare(data_dir: Path, quarter: Quarter) -> None:
    """Make the quarter's pseudonym secret, and the rounding key if there is none yet. What is there stays."""
    folder(data_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    _make(folder(data_dir) / ROUNDING)
    _make(_pseudonyms(data_dir, quarter))


def pseudonym_secret(data_dir: Path, quarter: Quarter) -> bytes | None:
    """Return the secret behind the quarter's pseudonyms; None before it was made and after it was destroyed."""
    return _read(_pseudonyms(data_dir, quarter))


def rounding_key(data_dir: Path) -> bytes | None:
    """Return the permanent key of the random rounding; None before the first quarter's key was registered."""
    return _read(folder(data_dir) / ROUNDING)


def destroy(data_dir: Path, quarter: Quarter) -> None:
    """Overwrite and remove the quarter's pseudonym secret."""
    shred(_pseudonyms(data_dir, quarter))


def shred(path: Path) -> None:
    """Overwrite a file and remove it; nothing happens if it is gone. A copy on another medium is not reached."""
    if not path.is_file():
        return
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _pseudonyms(data_dir: Path, quarter: Quarter) -> Path:
    return folder(data_dir) / f"survey-pseudonyms-{quarter}.secret"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _make(path: Path) -> None:
    if path.is_file():
        return
    # Written aside and then linked: two servers that start at once end up with one whole secret.
    aside = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
