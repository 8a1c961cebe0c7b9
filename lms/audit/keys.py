"""The key files of the checkpoints: one private key, readable by the server alone, and the public keys we believe.

They lie in ``keys`` of the data folder; the private one is in no backup.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from config import Settings
from lms.audit.checkpoint import PublicKey, SigningKey
from lms.refusals import NotAllowed

PRIVATE = "checkpoint.key"


def folder(settings: Settings) -> Path:
    """Return the folder of the keys."""
    return settings.data_dir / "keys"


def make_signing_key(settings: Settings) -> PublicKey:
    """Make the installation's key and write down its public half beside it. Raises ``NotAllowed`` if there is one.

    The key appears whole and already believed: another process may take it up the moment it is there.
    """
    place = folder(settings)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = SigningKey.generate(settings.audit_origin)
    own = place / f"{PRIVATE}.{key.public.key_id.hex()}"
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(key.dump())
    believe(settings, key.public)
    try:
        os.link(own, place / PRIVATE)
    except FileExistsError:
        _public_file(settings, key.public).unlink()
        raise NotAllowed(f"There is a signing key in {place} already; a new one would cast doubt on it.") from None
    finally:
        own.unlink()
    return key.public


def withdraw_signing_key(settings: Settings, key: PublicKey) -> None:
    """Remove the key that was just made, before anything was signed with it."""
    (folder(settings) / PRIVATE).unlink(missing_ok=True)
    _public_file(settings, key).unlink(missing_ok=True)


def signing_key(settings: Settings) -> SigningKey:
    """Return the installation's key. Development makes one at first use; production asks for ``candor init``."""
    path = folder(settings) / PRIVATE
    if not path.is_file():
        if settings.production:
            raise NotAllowed(f"There is no signing key in {path.parent}: run candor init, or put the key file back.")
        with suppress(NotAllowed):  # two schedulers that start together: the other one was quicker
            make_signing_key(settings)
    return SigningKey.load(path.read_text())


def believe(settings: Settings, key: PublicKey) -> None:
    """Keep a public key among those whose signatures hold."""
    place = folder(settings)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    _public_file(settings, key).write_text(f"{key}\n")


def _public_file(settings: Settings, key: PublicKey) -> Path:
    return folder(settings) / f"{key.key_id.hex()}.pub"


def public_keys(settings: Settings) -> list[PublicKey]:
    """Return the keys whose signatures hold: our own and those of earlier days."""
    return [PublicKey.parse(path.read_text()) for path in sorted(folder(settings).glob("*.pub"))]
