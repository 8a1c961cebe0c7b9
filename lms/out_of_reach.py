"""What the command line says of a database or a file that shows only in use that it cannot be used."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

#: PostgreSQL's codes for a table, a column and a schema that are not there.
_UNDEFINED = {"42P01", "42703", "3F000"}


def sentence_about(error: Exception) -> str | None:
    """Return one sentence about what the installation has to put right; None for a fault of the program."""
    if isinstance(error, DBAPIError):
        return _about_database(error)
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return f"{what}{error.strerror or error}. See that it is there and that this user may use it, or name another place."
    return None


def _about_database(error: DBAPIError) -> str | None:
    said = str(error.orig).strip().splitlines()[0].rstrip(".") if str(error.orig).strip() else type(error.orig).__name__
    if getattr(error.orig, "sqlstate", None) in _UNDEFINED or said.startswith(("no such table", "no such column")):
        return f"The database is empty or older than this program ({said}): run candor migrate."
    # DatabaseError itself is what SQLite says of a file that is no database; its heirs tell of a statement's own faults
    if isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError:
        return (
            f"The database cannot be used ({said}): see that it runs and that this user may open it, or correct DATABASE_URL "
            "or SURVEY_DATABASE_URL."
        )
    return None
