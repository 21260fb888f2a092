"""The request log as `stripe logs tail` shows it.

https://docs.stripe.com/cli/logs/tail
"""

import json
from collections.abc import Callable
from typing import Any

from local_stripe.messages import Exchange

FILTERS: dict[str, Callable[[Exchange], str]] = {
    "filter_http_method": lambda exchange: exchange.request.method,
    "filter_request_path": lambda exchange: exchange.request.path,
    "filter_request_status": lambda exchange: (
        "SUCCEEDED" if exchange.response.status < 300 else "FAILED"
    ),
    "filter_status_code": lambda exchange: str(exchange.response.status),
    "filter_status_code_type": lambda exchange: str(exchange.response.status // 100 * 100),
}
"""What the CLI can ask for, by the name it has for it: what an exchange says to that."""

_TOLD = ("type", "charge", "code", "decline_code", "message", "param")  # of an error


def passes(exchange: Exchange, filters: dict[str, list[str]]) -> bool:
    """Whether the exchange has one of the values of each filter."""
    return all(
        FILTERS[name](exchange).upper() in map(str.upper, values)
        for name, values in filters.items()
    )


def message(exchange: Exchange) -> dict[str, Any]:
    """The exchange as the CLI is told of it."""
    payload = {
        "created_at": exchange.at,
        "livemode": False,
        "method": exchange.request.method,
        "request_id": exchange.id,
        "status": exchange.response.status,
        "url": exchange.request.path,
        "error": _error(exchange),
    }
    return {
        "type": "request_log_event",
        "request_log_id": exchange.id.replace("req_", "resp_"),
        "event_payload": json.dumps(payload),
    }


def _error(exchange: Exchange) -> dict[str, str]:
    """What there is to say about a failure; empty for a success."""
    if exchange.response.status < 400:
        return {}
    error = json.loads(exchange.response.body)["error"]
    return {name: error[name] for name in _TOLD if name in error}
