"""What can be made anew does not wait for the disk; whoever comes after it does again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from lms.writers import not_waiting_for_the_disk

WAITS, HURRIES = 2, 0


def test_sqlite_waits_for_the_disk_again_afterwards_and_has_everything(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'made.sqlite'}")

    def how() -> object:
        with engine.connect() as connection:
            return connection.exec_driver_sql("pragma synchronous").scalar()

    assert how() == WAITS
    with not_waiting_for_the_disk(engine):
        assert how() == HURRIES
        with engine.begin() as connection:
            connection.exec_driver_sql("create table made (what text)")
    assert how() == WAITS
    assert not (tmp_path / "made.sqlite-wal").exists() or (tmp_path / "made.sqlite-wal").stat().st_size == 0
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from made").scalar() == 0
