"""The demonstration network, loaded once for all who walk it.

``python -m tests.servers.loaded_world FOLDER`` loads it ahead of them: ``make test`` does, beside its first steps.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from config import Settings, read_settings
from lms import schema
from lms.app import create_app
from lms.demonstration.loading import load_demonstration
from lms.extensions import db
from tests.servers.memory import in_memory


def settings_of(database_url: str, folder: str) -> Settings:
    """Return the settings of an installation in a folder of its own."""
    return read_settings(
        {
            "DATABASE_URL": database_url,
            "CANDOR_DATA_DIR": folder,
            "CANDOR_SECRET_KEY": "a secret of browser tests that is long enough",
            "CANDOR_IDLE_MINUTES": "60",
        }
    )


def on_sqlite(folder: Path) -> Settings:
    """Return the settings of an installation whose databases and files are in one folder."""
    return settings_of(f"sqlite:///{folder / 'candor.sqlite'}", str(folder))


def loaded_world(parent: Path) -> Path:
    """Return the folder, to be copied, of an installation on SQLite with the demonstration in it.

    The first who asks loads it, the others wait; what broke off is not there.
    """
    loaded = parent / "demonstration"
    parent.mkdir(parents=True, exist_ok=True)
    with loaded.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not loaded.exists():
            with TemporaryDirectory(prefix="candor-", dir=in_memory()) as folder:
                _load(on_sqlite(Path(folder)))
                begun = loaded.with_suffix(".begun")
                shutil.rmtree(begun, ignore_errors=True)
                shutil.copytree(folder, begun)
            begun.rename(loaded)
    return loaded


def _load(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        schema.upgrade()
        load_demonstration(app)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever ends it early finds nothing left in memory
    loaded_world(Path(sys.argv[1]))
