"""The local Stripe over HTTP: for browsers, other languages' SDKs and Stripe's own CLI.

    with start(LocalStripe()) as server:
        stripe.StripeClient(SECRET_KEY, base_addresses={"api": server.url})

A thin shell in a thread of its own: it reads a request, asks the core, writes the answer. Several
shells may share one core. It listens on 127.0.0.1 only.
"""

import asyncio
import json
import logging
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local_stripe import cli_socket, pages
from local_stripe.core import LocalStripe
from local_stripe.errors import StripeError
from local_stripe.faults import Fault
from local_stripe.messages import Request, Response

HOST = "127.0.0.1"
MAX_BODY = 1024 * 1024  # bytes; far above anything that Stripe's API takes

# ASGI: https://asgi.readthedocs.io/en/latest/specs/www.html
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def start(local: LocalStripe, port: int = 0) -> "RunningServer":
    """Serve this local Stripe, on any free port by default. Raises OSError if the port is taken."""
    return RunningServer(local, port)


class RunningServer:
    """A local Stripe at `url`, until `stop()` or the end of the `with` block."""

    def __init__(self, local: LocalStripe, port: int) -> None:
        listener = _listen(port)
        self.url = local.origin = f"http://{HOST}:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(local),
                http=_Connection,
                loop="asyncio",
                ws=_websocket,  # type: ignore[arg-type] - uvicorn only calls it
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            args=([listener],),
            name=f"local Stripe {self.url}",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being answered, close the port, and return when that is done."""
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    bound = socket.create_server((HOST, port), backlog=128).detach()
    # asyncio sends at once only on sockets that say they are TCP; others wait for 40 ms.
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=bound)


class _Connection(HttpToolsProtocol):
    """A connection that the application can break; `on_hold`, it ends when the server does."""

    on_hold = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {"connection": self}

    def shutdown(self) -> None:
        super().shutdown()
        if self.on_hold:
            self.transport.abort()

    def reset(self) -> None:
        """End it by a TCP reset: nothing lingers."""
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        connected = self.transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


def _websocket(**options: Any) -> asyncio.Protocol:
    """Imported when the first CLI connects: most servers never see one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    # uvicorn 0.54 takes a handshake that was refused for one that was forgotten, and says so.
    logging.getLogger("uvicorn.error").addFilter(_is_no_refusal)
    return WebSocketsSansIOProtocol(**options)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    return "without completing handshake" not in record.getMessage()


def application(local: LocalStripe) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The local Stripe as an ASGI application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await cli_socket.serve(local, scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        response = _answer(local, scope, body)
        if response.fault is not None and await _suffer(response.fault, scope, receive):
            return
        headers = {**response.headers, "content-length": str(len(response.body))}
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [
                    (name.encode(), text.encode("latin-1")) for name, text in headers.items()
                ],
            }
        )
        await send({"type": "http.response.body", "body": response.body})

    return app


async def _suffer(fault: Fault, scope: Scope, receive: Receive) -> bool:
    """Let a fault strike an answer on its way; gives whether nobody waits for it any more."""
    connection: _Connection = scope["state"]["connection"]
    match fault.kind:
        case "reset":
            connection.reset()
        case "lost_response":
            connection.transport.close()
        case "timeout" | "slow":
            connection.on_hold = True
        case _:
            return False
    gone = await _hangs_up(receive, within=fault.seconds if fault.kind == "slow" else None)
    connection.on_hold = False
    return gone


async def _hangs_up(receive: Receive, within: float | None) -> bool:
    """Wait until the caller hangs up; gives whether it does within so many seconds."""
    try:
        async with asyncio.timeout(within):
            while (await receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return False
    return True


async def _read(receive: Receive) -> bytes | None:
    """The body, cut one byte above MAX_BODY; None if the caller hung up before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        del body[MAX_BODY + 1 :]
        if not message.get("more_body", False):
            return bytes(body)


def _answer(local: LocalStripe, scope: Scope, body: bytes) -> Response:
    method, path = scope["method"], scope["raw_path"].decode("ascii")
    if len(body) > MAX_BODY:
        return _TOO_LARGE
    if method == "OPTIONS":
        return _OPTIONS
    if method == "HEAD":  # the same answer; the server leaves its body out
        method = "GET"
    if method == "GET" and (page := pages.find(path)):
        return page
    return local.handle(
        Request(
            method=method,
            path=path,
            query=scope["query_string"].decode("utf-8", "replace"),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
            },
            body=body,
        )
    )


# No page of another origin is invited: the card field calls from the local Stripe's own.
_OPTIONS = Response(200, {"allow": "GET, HEAD, POST, DELETE, OPTIONS"}, b"")

_too_large = StripeError(
    f"The request's body is larger than {MAX_BODY} bytes.", status=413, logged=False
)
_TOO_LARGE = Response(
    413, {"content-type": "application/json"}, json.dumps(_too_large.body("")).encode()
)
