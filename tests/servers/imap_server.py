"""A small mail server on this machine that speaks as much IMAP (RFC 3501) as reading one mailbox takes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """Mails by their UID, and which were seen. ``commands`` holds what was asked, passwords left out."""

    port: int = 0
    login: str = "candor"
    password: str = "secret"
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)

    def deliver(self, mail: bytes) -> None:
        """Put a mail into the box."""
        self.mails[len(self.mails) + 1] = mail


@contextmanager
def imap_server() -> Iterator[Mailbox]:
    """Run a server with one mailbox on a free port of the loopback address."""
    box = Mailbox()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                box.commands.append(command if not command.upper().startswith("LOGIN") else "LOGIN")
                status = _answer(box, command, self.wfile.write)
                self.wfile.write(f"{tag} {status} done\r\n".encode())
                if command.upper() == "LOGOUT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def _answer(box: Mailbox, command: str, write: Callable[[bytes], object]) -> str:
    """Write what was asked for, and return whether it was understood."""
    words = command.split()
    match [word.upper() for word in words[:2]]:
        case ["LOGIN", _]:
            return "OK" if words[1:] == [box.login, f'"{box.password}"'] else "NO"
        case ["SELECT", _]:
            write(f"* {len(box.mails)} EXISTS\r\n".encode())
            return "OK" if words[1].strip('"') == "INBOX" else "NO"
        case ["UID", "SEARCH"]:
            write(f"* SEARCH {' '.join(str(uid) for uid in box.mails if uid not in box.seen)}\r\n".encode())
        case ["UID", "FETCH"]:
            write(_fetched(box, int(words[2]), size_only="SIZE" in command))
        case ["UID", "STORE"] if r"\Seen" in command:
            box.seen.add(int(words[2]))
        case ["CAPABILITY"] | ["LOGOUT"]:
            write(b"* CAPABILITY IMAP4rev1\r\n" if words[0] == "CAPABILITY" else b"* BYE\r\n")
        case _:
            return "BAD"
    return "OK"


def _fetched(box: Mailbox, uid: int, *, size_only: bool) -> bytes:
    mail = box.mails[uid]
    if size_only:
        return f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(mail)})\r\n".encode()
    return f"* {uid} FETCH (UID {uid} BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"
