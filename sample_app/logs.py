"""The log: a line of text for a person, or an object of JSON for a program (`LOG_FORMAT=json`).

Each object says which request it is about, by an id that the answer carries too (`X-Request-ID`),
and which order. Whatever library writes a line, it loses its secrets first; see `redaction.py`.
"""

import logging
import re
import secrets

from flask import Flask, Response, current_app, g, has_request_context, request

from sample_app.redaction import FILTER, redact

HEADER = "X-Request-ID"
# What a proxy may call a request: nothing that could end a line or fill the log.
REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
LETTERS = str.maketrans("0123456789", "ghijklmnop")
FIELDS = {"asctime": "time", "levelname": "level", "name": "logger"}


def init_app(app: Flask) -> None:
    """Write as `LOG_FORMAT` says, and give every answer the id of its request."""
    if app.config["LOG_FORMAT"] == "json":
        logging.basicConfig(handlers=[json_handler()], level=logging.WARNING, force=True)
        app.logger.setLevel(logging.INFO)
    app.after_request(name_request)


def json_handler() -> logging.Handler:
    """Return a handler that writes one object a line, to standard error."""
    from pythonjsonlogger.json import JsonFormatter  # for a server; a lesson does without

    handler = logging.StreamHandler()
    handler.addFilter(FILTER)
    handler.addFilter(add_ids)
    handler.setFormatter(JsonFormatter([*FIELDS, "message"], rename_fields=FIELDS))
    return handler


def add_ids(record: logging.LogRecord) -> bool:
    """Say which request a line is about, and which order, where there are any."""
    if has_request_context():
        record.request_id = redact(request_id())
        if order := order_id():
            record.order_id = redact(order)  # in the address, anybody may write anything
    return True


def request_id() -> str:
    """The id of the current request: what our own proxy calls it, or one made here."""
    if "request_id" not in g:
        named = request.headers.get(HEADER, "")
        trusted = current_app.config["TRUSTED_PROXIES"] and REQUEST_ID.fullmatch(named)
        g.request_id = named if trusted else _new_id()
    name: str = g.request_id
    return name


def order_id() -> str | None:
    """The order that the current request is about: in the address, or where the view put it."""
    return (request.view_args or {}).get("order_id") or g.get("order_id")


def name_request(response: Response) -> Response:
    """Tell the id, which the customer can tell our support."""
    response.headers[HEADER] = request_id()
    return response


def _new_id() -> str:
    """Letters only: in a log without card numbers, many digits in a row would not stay."""
    return secrets.token_hex(10).translate(LETTERS)
