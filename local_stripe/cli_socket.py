"""The websocket over which Stripe's CLI listens, as a part of the ASGI application.

https://asgi.readthedocs.io/en/latest/specs/www.html#websocket
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from local_stripe.core import LocalStripe
from local_stripe.listeners import Session
from local_stripe.resources.stripe_cli import SOCKETS

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_PROTOCOL = "stripecli-devproxy-v1"
_NOT_UNDERSTOOD = 1003  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
_LONGEST_REASON = 30  # characters, of four bytes at most: a close frame has room for 123 bytes
_NO_PAGES = json.dumps({"error": {"message": "No web page may listen."}}).encode()
# In these words, which make the CLI ask for a new session: this server was started anew.
_UNKNOWN = json.dumps({"error": {"message": "Unknown WebSocket ID."}}).encode()


async def serve(local: LocalStripe, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Carry the messages of a session to its CLI and back, until one side hangs up."""
    await receive()  # websocket.connect
    if b"origin" in dict(
        scope["headers"]
    ):  # only a browser sends it; any site's page could connect
        await _refuse(send, 403, _NO_PAGES)
        return
    loop, outbox = asyncio.get_running_loop(), asyncio.Queue[str]()

    def carry(message: str) -> None:  # in whichever thread something happens
        loop.call_soon_threadsafe(outbox.put_nowait, message)

    session = local.listeners.connect(scope["path"].removeprefix(SOCKETS), carry)
    if session is None:
        await _refuse(send, 404, _UNKNOWN)
        return
    await send({"type": "websocket.accept", "subprotocol": _PROTOCOL})
    outgoing = asyncio.create_task(_send_all(outbox, send))
    try:
        await _hear_all(local, session, receive, send)
    finally:
        local.listeners.disconnect(session, carry)
        outgoing.cancel()


async def _send_all(outbox: asyncio.Queue[str], send: Send) -> None:
    while True:
        await send({"type": "websocket.send", "text": await outbox.get()})


async def _hear_all(local: LocalStripe, session: Session, receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        try:
            local.listeners.hear(session, message.get("text") or "")
        except ValueError as error:
            reason = str(error)[:_LONGEST_REASON]
            await send({"type": "websocket.close", "code": _NOT_UNDERSTOOD, "reason": reason})
            return


async def _refuse(send: Send, status: int, body: bytes) -> None:
    await send(
        {
            "type": "websocket.http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    await send({"type": "websocket.http.response.body", "body": body})
