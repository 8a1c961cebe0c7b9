"""A mail server on this machine that keeps what it is sent in memory and delivers nothing."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Delivery:
    """One message as it arrived, with its envelope: whom the server was told, not what the headers claim."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass
class SmtpSink:
    """The address of a running sink and what has arrived so far, in order of arrival."""

    host: str
    port: int
    deliveries: list[Delivery] = field(default_factory=list)
    #: recipients refused with a lasting error (550), for proving what the outbox does then
    refused: set[str] = field(default_factory=set)

    def to(self, recipient: str) -> list[EmailMessage]:
        """Give the messages that reached one recipient."""
        return [delivery.message for delivery in self.deliveries if recipient in delivery.recipients]

    async def handle_RCPT(  # noqa: N802 - the name and the shape aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or refuse it if asked to."""
        if address in self.refused:
            return "550 No such person here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keep a message."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.deliveries.append(Delivery(envelope.mail_from, tuple(envelope.rcpt_tos), message))
        return "250 Kept"


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    """Run a sink on a free port of the loopback address."""
    sink = SmtpSink("127.0.0.1", _free_port())
    controller = Controller(sink, hostname=sink.host, port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
