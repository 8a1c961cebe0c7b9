"""The servers tests lean on do what the tests believe of them."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from tests.servers.smtp_sink import smtp_sink
from tests.servers.throwaway_postgres import PostgresServer, debian_binaries, local_postgres, wheel_binaries

pytestmark = pytest.mark.postgres


def _connect(server: PostgresServer, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.url(database).replace("postgresql+psycopg", "postgresql"), autocommit=True)


@pytest.mark.parametrize("binaries", [debian_binaries, wheel_binaries])
def test_a_throwaway_server_copies_databases_and_leaves_nothing_behind(binaries: Callable[[], Path | None]) -> None:
    found = binaries()
    if found is None:
        pytest.skip(f"{binaries.__name__}: not installed on this machine")
    with local_postgres(found) as server:
        template = server.create_database()
        with _connect(server, template) as connection:
            connection.execute("CREATE TABLE lot (number text)")
        first, second = server.create_database(template=template), server.create_database(template=template)
        with _connect(server, first) as mine, _connect(server, second) as other:
            mine.execute("INSERT INTO lot VALUES ('A1')")
            assert other.execute("TABLE lot").fetchall() == []
            server.drop_database(first)
        folder = Path(str(server.maintenance_url.query["host"]))
        assert folder.exists()
    assert not folder.exists()


def test_the_mail_sink_keeps_what_arrives_and_refuses_whom_it_is_told_to() -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Your review is on Monday", "a@site.test", "b@site.test"
    message.set_content("Bring the batch record.")
    with smtp_sink() as sink:
        sink.refused.add("gone@site.test")
        with smtplib.SMTP(sink.host, sink.port) as client:
            client.send_message(message)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.send_message(message, to_addrs=["gone@site.test"])
        [kept] = sink.to("b@site.test")
        assert kept["Subject"] == "Your review is on Monday"
        assert sink.to("gone@site.test") == []
