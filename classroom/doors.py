"""Servers in the background of a notebook, and where the learner's browser finds them."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from wsgiref.types import WSGIApplication

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local_stripe.server import HOST


@dataclass(frozen=True)
class Site:
    """A running shop. `url` is its address, without a slash at the end."""

    url: str
    app: Flask

    def __repr__(self) -> str:
        return "<the shop, open in your browser>"  # a port would differ on every run


class Doors:
    """One open app for each app name, each with a server in a daemon thread."""

    def __init__(self) -> None:
        self.latest: Site | None = None
        self._servers: dict[str, BaseWSGIServer] = {}

    def open(self, app: Flask) -> Site:
        """Open this app, at the address of the one of its name before, if there was one."""
        if app.name not in self._servers:
            self._servers[app.name] = _start(app)
        server = self._servers[app.name]
        # A browser sends the cookies of 127.0.0.1 to all its ports: each shop has to know its own.
        app.config["SESSION_COOKIE_NAME"] = f"session-{server.port}"
        path = hub_path(server.port, whole=True)
        server.app = _mounted(app, path)
        self.latest = Site(path or f"http://{HOST}:{server.port}", app)
        return self.latest


def hub_path(port: int, *, whole: bool = False) -> str:
    """The path that leads to a port through jupyter-server-proxy on JupyterHub; "" elsewhere.

    The server behind it sees the rest of the path, or the `whole` one.
    """
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "").rstrip("/")
    return f"{hub}/proxy/{'absolute/' if whole else ''}{port}" if hub else ""


class QuietHandler(WSGIRequestHandler):
    """No line per request under the learner's cell."""

    def log(self, type: str, message: str, *args: object) -> None:
        if type == "error":
            super().log(type, message, *args)


def _start(app: Flask) -> BaseWSGIServer:
    server = make_server(HOST, 0, app, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, name=app.name, daemon=True).start()
    return server


def _mounted(app: Flask, path: str) -> WSGIApplication:
    return DispatcherMiddleware(app, {path: app}) if path else app
