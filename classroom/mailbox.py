"""`emails()`: what a shop of the notebook sent to its customers, and kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from flask import Flask


@dataclass(frozen=True)
class Email:
    """One e-mail: to whom, about what, as text and as HTML. `id` is its Message-ID."""

    id: str
    to: str
    subject: str
    text: str
    html: str

    def __repr__(self) -> str:
        return f"To: {self.to}\nSubject: {self.subject}\n\n{self.text.rstrip()}"


def emails(app: Flask) -> list[Email]:
    """The e-mails of a `shop()`, in the order in which they were sent."""
    folder = Path(url2pathname(urlsplit(app.config["MAIL_URL"]).path))
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [_read(path.read_bytes()) for path in files]


def _read(sent: bytes) -> Email:
    message = message_from_bytes(sent, EmailMessage, policy=default)
    return Email(
        id=message["Message-ID"],
        to=message["To"],
        subject=message["Subject"],
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    """With the lines of this machine: those of e-mail end in CRLF."""
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""
