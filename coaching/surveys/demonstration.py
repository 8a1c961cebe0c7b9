"""The custodian of the demonstration network, who breaks the one rule that counts: the keys lie beside the data. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nacl.pwhash import argon2id

from coaching.surveys.periods import Quarter
from coaching.surveys.sealing import Effort, UnlockedKey, make_key, unlock

#: Known on purpose, and printed. A real custodian's passphrase is known to the custodian alone.
PASSPHRASE: Final = "demonstration custodian"  # noqa: S105 - known on purpose, and printed
#: Opening such a key takes no noticeable time; a real one takes a second and 256 MiB.
QUICK: Final = Effort(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
_README: Final = (
    "Keys of the demonstration's survey custodian.\n\n"
    f"Passphrase of every file: {PASSPHRASE}\n\n"
    "A real custodian makes the keys on a machine of their own and never leaves one here: whoever holds both this folder\n"
    "and the survey database can open every answer that waits.\n"
)


def key_folder(data_dir: Path) -> Path:
    """Return where the demonstration's key files lie."""
    return data_dir / "demonstration-custodian"


def make_demonstration_custodian(quarters: Iterable[Quarter], data_dir: Path) -> dict[Quarter, UnlockedKey]:
    """Make a key file for each quarter in the data folder, and return the keys unlocked. A file that is there is used again.

    Register each ``public_key`` with ``register_survey_key``; hand each key to ``release_month``.
    """
    folder = key_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(_README)
    found: dict[Quarter, UnlockedKey] = {}
    for quarter in quarters:
        path = folder / f"survey-{quarter}.key"
        if not path.is_file():
            path.write_text(make_key(quarter, PASSPHRASE, QUICK).file)
        found[quarter] = unlock(path.read_text(), PASSPHRASE)
    return found
