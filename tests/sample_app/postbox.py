"""The folder that the shop's e-mail is kept in, and what is in it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


class Postbox:
    """`MAIL_URL` is its `url`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = folder.as_uri()

    @property
    def messages(self) -> list[EmailMessage]:
        """Every message, by name of its file."""
        files = sorted(self._folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]
