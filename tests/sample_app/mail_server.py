"""A real SMTP server on loopback, which keeps what it was handed."""

import asyncio
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP

HOST = "127.0.0.1"


class MailServer:
    """Runs in a thread, inside a `with` block; `messages` is what it took, in order."""

    def __init__(self, *, refuse: bool = False) -> None:
        self.messages: list[EmailMessage] = []
        self._refuse = refuse
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """What `MAIL_URL` is to be."""
        return f"smtp://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self._refuse:
            return "550 no such mailbox"
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def __enter__(self) -> "MailServer":
        listening = self._loop.create_server(lambda: SMTP(self, loop=self._loop), HOST, 0)
        self._server = self._loop.run_until_complete(listening)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _hang_up(self) -> None:
        self._server.close()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
