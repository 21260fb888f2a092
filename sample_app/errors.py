"""Every error, in one shape: JSON under the paths that programs use, a page everywhere else.

An exception of the shop becomes an HTTP status here and nowhere else. What Stripe says of a failure
is for the log; the customer is told what it means for the order (see `stripe_errors.py`).
"""

from functools import partial
from typing import Any

import stripe
from flask import Flask, current_app, json, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug import Response
from werkzeug.exceptions import (
    BadHost,
    HTTPException,
    SecurityError,
    ServiceUnavailable,
)

from sample_app import logs, stripe_errors
from sample_app.invitations import InvitationForeign, InvitationOver, InvitationUnknown
from sample_app.orders import OrderNotFound, OrderRefused, RequestKeyReused, UnknownItems
from sample_app.payments import CardUnusable, OrderNotPayable, PaymentDeclined
from sample_app.schemas import ErrorSchema

API_PATHS = ("/items", "/orders", "/openapi.json", "/webhooks")

STATUS: dict[type[Exception], int] = {
    OrderNotFound: 404,
    UnknownItems: 404,
    OrderRefused: 422,
    CardUnusable: 422,
    PaymentDeclined: 402,
    OrderNotPayable: 409,
    InvitationUnknown: 404,
    InvitationForeign: 403,
    InvitationOver: 410,
}
SECONDS_TO_WAIT = 60
_SCHEMA = ErrorSchema()
NO_DATABASE = "Our books are closed for a moment. Try again in a minute: nothing is done twice."


def init_app(app: Flask) -> None:
    """Answer every error of the app."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(stripe.StripeError, stripe_failed)
    for lost in (OperationalError, InterfaceError):
        app.register_error_handler(lost, database_failed)
    for exception, status in STATUS.items():
        app.register_error_handler(exception, partial(refused, status))


def answer(error: HTTPException, **details: Any) -> Response:
    """Say it as JSON to a program and on a page to a person; headers such as `Allow` are kept."""
    response = error.get_response(request.environ)
    if request.path.startswith(API_PATHS):
        response.data = json.dumps(problem(error, details))
        response.content_type = "application/json"
    elif not isinstance(error, (BadHost, SecurityError)):  # on such a host no page can have a link
        response.data = render_template(
            "error.html", code=error.code, heading=error.name, text=error.description
        )
    return response


def refused(status: int, error: Exception) -> Response:
    """What the shop refuses, it refuses with a sentence for the customer."""
    details = {"order": getattr(error, "order", None)}
    if field := getattr(error, "field", None):
        place = "headers" if isinstance(error, RequestKeyReused) else "json"
        details["errors"] = {place: {field: [str(error)]}}
    return answer(http_error(status, str(error)), **details)


def stripe_failed(error: stripe.StripeError) -> Response:
    """Stripe did not do what it was asked. The order is pending still, and can be paid again."""
    stripe_errors.log(error, logs.order_id())
    meaning = stripe_errors.meaning_of(error)
    response = answer(http_error(meaning.status, meaning.message))
    if meaning.retry:
        response.retry_after = SECONDS_TO_WAIT
    return response


def database_failed(error: OperationalError | InterfaceError) -> Response:
    """The database is away, or somebody else holds it. What was committed is kept."""
    current_app.logger.error("The database failed: %s", error.orig)
    return answer(ServiceUnavailable(NO_DATABASE, retry_after=SECONDS_TO_WAIT))


def http_error(status: int, text: str) -> HTTPException:
    """An error with this status, which need not be one that Werkzeug has a class for."""
    error = HTTPException(text)
    error.code = status
    return error


def problem(error: HTTPException, details: dict[str, Any]) -> dict[str, Any]:
    """Return the error's JSON, with the details that came along or that `abort` was given."""
    details = details or getattr(error, "data", {})
    parts = {
        "code": error.code,
        "status": error.name,
        "message": details.get("message") or error.description,
        # webargs, which checks bodies for the API, calls them messages.
        "errors": details.get("errors") or details.get("messages"),
        "order": details.get("order"),
    }
    known = {name: part for name, part in parts.items() if part is not None}
    body: dict[str, Any] = _SCHEMA.dump(known)
    return body
