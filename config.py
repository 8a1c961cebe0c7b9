"""Settings of an installation, read once from the environment or an env file and checked at start.

Nothing here imports a room: the application starts the rooms by the names in ``ROOMS``.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

#: The rooms in the order in which they are started, lowest first.
ROOMS = ("lms", "modules", "assessments", "coaching", "behavior_metrics")
ROOT = Path(__file__).resolve().parent


class SettingError(Exception):
    """A setting has a value that cannot be used. The message names the setting and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation can decide. Field comments are shown in ``docs/settings.md``."""

    #: ``development`` or ``production``. Production has no default secret and insists on https.
    environment: str
    #: Where records live: ``sqlite:///path`` or ``postgresql://user@host/name``.
    database_url: str
    #: Where sealed survey answers live, in a bind of their own.
    #: Empty: beside the records (SQLite: a second file; PostgreSQL: schema ``survey``).
    survey_database_url: str
    #: Signs cookies and tokens. At least 32 characters. Development makes one and keeps it in the data folder.
    secret_key: str
    #: Folder for attachments, mail files, keys and backups.
    data_dir: Path
    #: The address people type, used in mails and calendar invitations.
    base_url: str
    #: Where mail goes: ``file:`` (data folder, readable in the application) or ``smtp://user:password@host:port``.
    mail_url: str
    #: The sender of every mail, and the organiser of invitations: answers to them arrive there.
    mail_from: str
    #: The mailbox in which answers to invitations are read: ``maildir:/path`` or ``imaps://user:password@host/mailbox``.
    #: Empty: none is read.
    replies_url: str
    #: Minutes without a click after which one signs in again.
    idle_minutes: int
    #: Wrong passwords in a row after which an account waits.
    lockout_after: int
    #: Minutes an account waits after that.
    lockout_minutes: int
    #: Name of this installation's trail, printed on every checkpoint.
    audit_origin: str
    #: Fixes the day on which the demonstration network ends (YYYY-MM-DD). Empty: today.
    demo_today: date | None
    #: Address and port the web server listens on.
    host: str
    port: int
    #: Largest upload in megabytes.
    upload_megabytes: int
    #: Percent of classified deviations that a second person codes, from 10 to 20; critical ones always are.
    second_coding_percent: int

    @property
    def production(self) -> bool:
        """Whether the stricter rules of a real installation hold."""
        return self.environment == "production"


#: The name of each setting in the environment, with its default for development ("" = none).
VARIABLES: Mapping[str, tuple[str, str]] = {
    "environment": ("CANDOR_ENVIRONMENT", "development"),
    "database_url": ("DATABASE_URL", ""),
    "survey_database_url": ("SURVEY_DATABASE_URL", ""),
    "secret_key": ("CANDOR_SECRET_KEY", ""),
    "data_dir": ("CANDOR_DATA_DIR", ""),
    "base_url": ("CANDOR_BASE_URL", ""),
    "mail_url": ("CANDOR_MAIL_URL", "file:"),
    "mail_from": ("CANDOR_MAIL_FROM", "candor@localhost"),
    "replies_url": ("CANDOR_REPLIES_URL", ""),
    "idle_minutes": ("CANDOR_IDLE_MINUTES", "15"),
    "lockout_after": ("CANDOR_LOCKOUT_AFTER", "5"),
    "lockout_minutes": ("CANDOR_LOCKOUT_MINUTES", "15"),
    "audit_origin": ("CANDOR_AUDIT_ORIGIN", ""),
    "demo_today": ("DEMO_TODAY", ""),
    "host": ("CANDOR_HOST", "127.0.0.1"),
    "port": ("CANDOR_PORT", "8000"),
    "upload_megabytes": ("CANDOR_UPLOAD_MEGABYTES", "25"),
    "second_coding_percent": ("CANDOR_SECOND_CODING_PERCENT", "15"),
}


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. Raises ``SettingError`` with one sentence for the first that is wrong."""
    given = dict(os.environ if environ is None else environ)
    file = given.get("CANDOR_ENV_FILE", "" if environ is not None else str(ROOT / ".env"))
    if file and Path(file).is_file():
        given = {**_env_file(Path(file)), **given}
    elif given.get("CANDOR_ENV_FILE"):
        message = f"CANDOR_ENV_FILE names {file}, which is not a file: create it or unset the variable."
        raise SettingError(message)
    text = {field: given.get(name, default).strip() for field, (name, default) in VARIABLES.items()}

    environment = text["environment"]
    if environment not in {"development", "production"}:
        raise _wrong("environment", environment, "use development or production")
    production = environment == "production"
    data_dir = _folder("data_dir", text["data_dir"])
    # an IPv6 address stands in brackets wherever a port follows
    host = f"[{text['host']}]" if ":" in text["host"] and not text["host"].startswith("[") else text["host"]
    port = _integer("port", text["port"], 1, 65535)
    base_url = (text["base_url"] or f"http://{host}:{port}").rstrip("/")
    address = _parts(base_url)
    if address is None or address.scheme not in {"http", "https"} or not address.hostname or re.search(r"\s", base_url):
        raise _wrong("base_url", base_url, "use an address such as https://candor.example.org")
    if production and address.scheme != "https":
        raise _wrong("base_url", base_url, "production is served over https only")
    settings = Settings(
        environment=environment,
        database_url=_database("database_url", text["database_url"] or f"sqlite:///{data_dir / 'candor.sqlite'}"),
        survey_database_url=_database("survey_database_url", text["survey_database_url"], empty=True),
        secret_key=_secret(text["secret_key"], production=production, data_dir=data_dir),
        data_dir=data_dir,
        base_url=base_url,
        mail_url=_mail(text["mail_url"]),
        mail_from=_sender("mail_from", text["mail_from"]),
        replies_url=_mailbox(text["replies_url"]),
        idle_minutes=_integer("idle_minutes", text["idle_minutes"], 1, 480),
        lockout_after=_integer("lockout_after", text["lockout_after"], 3, 20),
        lockout_minutes=_integer("lockout_minutes", text["lockout_minutes"], 1, 1440),
        audit_origin=_origin("audit_origin", text["audit_origin"] or f"{address.hostname}/audit"),
        demo_today=_day("demo_today", text["demo_today"]),
        host=host,
        port=port,
        upload_megabytes=_integer("upload_megabytes", text["upload_megabytes"], 1, 500),
        second_coding_percent=_integer("second_coding_percent", text["second_coding_percent"], 10, 20),
    )
    assert {f.name for f in fields(Settings)} == set(VARIABLES)  # noqa: S101 - the two lists are one vocabulary
    return settings


def _wrong(field: str, value: str, what: str) -> SettingError:
    return SettingError(f"{VARIABLES[field][0]} is {value!r}: {what}.")


def _integer(field: str, value: str, low: int, high: int) -> int:
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise _wrong(field, value, f"use a whole number from {low} to {high}")
    return int(value)


def _day(field: str, value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _wrong(field, value, "use a day such as 2026-11-22") from None


def _folder(field: str, value: str) -> Path:
    try:
        folder = Path(value).expanduser() if value else ROOT / "var"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: ~ of a user whom nobody knows
        why = getattr(error, "strerror", None) or str(error)
        raise _wrong(field, value, f"the folder cannot be made ({why}), name one that this user may write to") from None
    return folder


def _parts(value: str) -> SplitResult | None:
    """Return the parts of an address, or None if it is none: a bracket left open, a port that is no port."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def _sender(field: str, value: str) -> str:
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", value):
        raise _wrong(field, value, "use one mail address, such as candor@example.org")
    return value


def _origin(field: str, value: str) -> str:
    # what a signed note demands of a name
    if re.search(r"[\s+]", value):
        raise _wrong(field, value, "use a name without blanks and plus signs, such as candor.example.org/audit")
    return value


def _database(field: str, value: str, *, empty: bool = False) -> str:
    if empty and not value:
        return ""
    scheme = value.split(":", 1)[0]
    if scheme in {"postgres", "postgresql"}:
        value = value.replace(f"{scheme}:", "postgresql+psycopg:", 1)
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in {"sqlite", "postgresql+psycopg"} or not url.database:
        # not the value itself: it may hold a password
        message = (
            f"{VARIABLES[field][0]} cannot be used: write sqlite:///path/to/file or postgresql://user@host:port/name."
        )
        raise SettingError(message)
    if url.drivername == "sqlite" and not url.database.startswith((":", "file:")):
        folder = Path(url.database).absolute().parent
        if not folder.is_dir():
            raise _wrong(field, value, f"there is no folder {folder}, make it or name another")
    return value


def _mail(value: str) -> str:
    parts = _parts(value)
    if value == "file:" or (parts and parts.scheme in {"smtp", "smtps"} and parts.hostname):
        return value
    # not the value itself: it may hold a password
    raise SettingError("CANDOR_MAIL_URL cannot be used: write file: or smtp://user:password@host:port (1 to 65535).")


def _mailbox(value: str) -> str:
    parts = _parts(value)
    here = parts is not None and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not value or (parts and parts.scheme == "maildir" and parts.path.startswith("/")):
        return value
    if parts and parts.hostname and (parts.scheme == "imaps" or (parts.scheme == "imap" and here)):
        return value
    # not the value itself: it may hold a password
    message = (
        "CANDOR_REPLIES_URL cannot be used: write maildir:/path or imaps://user:password@host/mailbox "
        "(imap:// only on this machine)."
    )
    raise SettingError(message)


def _secret(value: str, *, production: bool, data_dir: Path) -> str:
    if value:
        if len(value) < 32:
            raise SettingError("CANDOR_SECRET_KEY is too short: use at least 32 random characters.")
        return value
    if production:
        raise SettingError(
            "CANDOR_SECRET_KEY is missing: production has no default secret, set 32 or more random characters."
        )
    kept = data_dir / "development-secret"
    if not kept.is_file():
        kept.write_text(secrets.token_urlsafe(48))
        kept.chmod(0o600)
    return kept.read_text().strip()


def _env_file(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not written in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        message = f"The env file {path} cannot be read ({why}): save it as UTF-8 where this user may read it."
        raise SettingError(message) from None
    for number, line in enumerate(lines, 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        name, sign, value = content.partition("=")
        if not sign:
            message = f"{path}, line {number}: expected NAME=value."
            raise SettingError(message)
        found[name.strip()] = value.strip().strip("'\"")
    return found
