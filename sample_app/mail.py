"""E-mail, on its way to a mail server, or into a folder where there is none.

| `MAIL_URL`                         | what happens                                          |
|------------------------------------|-------------------------------------------------------|
| `smtps://user:password@host`       | TLS from the first byte, port 465                     |
| `smtp://user:password@host`        | STARTTLS before the password, port 587                |
| `smtp://127.0.0.1:1025`            | as it is: for a server on this machine, no password   |
| `file:///a/folder`                 | each message becomes a file that a mail program opens |
"""

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from sample_app.config import ConfigError

SECONDS_TO_ANSWER = 10.0  # a mail server has for each step


class MailFailed(Exception):
    """The mail server was not reached, or did not take the message."""


@dataclass(frozen=True)
class Mailer:
    """Who writes, and the way a message goes: `send` raises `MailFailed`."""

    sender: str
    send: Callable[[EmailMessage], None]


def connect(config: Mapping[str, Any]) -> Mailer:
    """Return the way that `MAIL_URL` names. Raises `ConfigError`."""
    url = urlsplit(config["MAIL_URL"])
    match url.scheme:
        case "smtp" | "smtps":
            return Mailer(config["MAIL_FROM"], lambda message: _post(url, message))
        case "file":
            folder = Path(url2pathname(url.path))
            return Mailer(config["MAIL_FROM"], lambda message: _keep(folder, message))
        case _:
            raise ConfigError("MAIL_URL must start with smtp://, smtps:// or file://.")


def _post(url: SplitResult, message: EmailMessage) -> None:
    try:
        with _server(url) as server:
            if url.username:
                if url.scheme == "smtp":
                    server.starttls(context=ssl.create_default_context())
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"{type(error).__name__}: {error}") from error


def _server(url: SplitResult) -> smtplib.SMTP:
    host = url.hostname or ""
    if url.scheme == "smtp":
        return smtplib.SMTP(host, url.port or 587, timeout=SECONDS_TO_ANSWER)
    secure = ssl.create_default_context()
    return smtplib.SMTP_SSL(host, url.port or 465, timeout=SECONDS_TO_ANSWER, context=secure)


def _keep(folder: Path, message: EmailMessage) -> None:
    """One file for each Message-ID: what is sent again takes its own place."""
    name = message["Message-ID"].strip("<>").partition("@")[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.eml").write_bytes(message.as_bytes(policy=SMTP))
    except OSError as error:
        raise MailFailed(str(error)) from error
