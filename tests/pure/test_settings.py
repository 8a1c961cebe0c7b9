"""A setting that cannot be used stops the start with one sentence that names it, and never shows a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import SettingError, Settings, read_settings

SECRET = "a secret of tests that is long enough for anybody"


def read(folder: Path, **given: str) -> Settings:
    return read_settings({"CANDOR_DATA_DIR": str(folder), "CANDOR_SECRET_KEY": SECRET, **given})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:////nodir/candor.sqlite"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql://candor@localhost"),
        ("DATABASE_URL", "postgresql://candor:pass-word@localhost:port/candor"),
        ("DATABASE_URL", "mysql://candor:pass-word@localhost/candor"),
        ("SURVEY_DATABASE_URL", "postgresql://"),
        ("CANDOR_BASE_URL", "http://["),
        ("CANDOR_BASE_URL", "http://candor.example.org:port"),
        ("CANDOR_BASE_URL", "http://candor example.org"),
        ("CANDOR_MAIL_FROM", "candor"),
        ("CANDOR_MAIL_FROM", "Candor <candor@example.org>"),
        ("CANDOR_MAIL_URL", "smtp://candor:pass-word@localhost:0"),
        ("CANDOR_MAIL_URL", "smtp://candor:pass-word@localhost:65536"),
        ("CANDOR_MAIL_URL", "smtp://["),
        ("CANDOR_REPLIES_URL", "imaps://candor:pass-word@localhost:70000/INBOX"),
        ("CANDOR_AUDIT_ORIGIN", "our audit"),
        ("CANDOR_AUDIT_ORIGIN", "our+audit"),
    ],
)
def test_a_wrong_value_is_named_without_its_password(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name) as refused:
        read(tmp_path, **{name: value})
    assert "pass-word" not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_right_values_are_taken(tmp_path: Path) -> None:
    read(
        tmp_path,
        DATABASE_URL="postgresql://candor:pass-word@localhost:5432/candor",
        SURVEY_DATABASE_URL=f"sqlite:///{tmp_path / 'survey.sqlite'}",
        CANDOR_BASE_URL="http://[::1]:8000",
        CANDOR_MAIL_FROM="candor@localhost",
        CANDOR_MAIL_URL="smtp://localhost:25",
        CANDOR_REPLIES_URL="imaps://candor:pass-word@localhost/INBOX",
    )


def test_a_host_with_colons_stands_in_brackets_where_its_port_follows(tmp_path: Path) -> None:
    for host in ("::1", "[::1]"):
        settings = read(tmp_path, CANDOR_HOST=host)
        assert (settings.host, settings.base_url) == ("[::1]", "http://[::1]:8000")


def test_the_data_folder_is_made_and_one_that_cannot_be_is_named(tmp_path: Path) -> None:
    read(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"CANDOR_DATA_DIR is .* the folder cannot be made"):
        read(tmp_path / "file" / "folder")


def test_an_env_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = tmp_path / "candor.env"
    file.write_bytes("CANDOR_AUDIT_ORIGIN=Zürich".encode("latin-1"))
    with pytest.raises(SettingError, match=r"candor\.env cannot be read \(it is not written in UTF-8\)"):
        read(tmp_path, CANDOR_ENV_FILE=str(file))
