"""Every error, in one shape: JSON under the API's paths, a page everywhere else.

An exception of the shop becomes an HTTP status here and nowhere else. What Stripe says of a failure
is for the log; the customer is told what it means for the order.
"""

from functools import partial
from typing import Any

import stripe
from flask import Flask, current_app, json, render_template, request
from werkzeug import Response
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions
from werkzeug.exceptions import ServiceUnavailable

from sample_app.orders import OrderNotFound, OrderRefused, RequestKeyReused, UnknownItems
from sample_app.payments import CardUnusable, OrderNotPayable, PaymentDeclined
from sample_app.schemas import ErrorSchema

API_PATHS = ("/items", "/orders", "/openapi.json")

STATUS: dict[type[Exception], int] = {
    OrderNotFound: 404,
    UnknownItems: 404,
    OrderRefused: 422,
    CardUnusable: 422,
    PaymentDeclined: 402,
    OrderNotPayable: 409,
}
# Stripe was not reached, or could not act: the same request may well succeed in a minute.
PASSING = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError)
SECONDS_TO_WAIT = 60


def init_app(app: Flask) -> None:
    """Answer every error of the app."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(stripe.StripeError, stripe_failed)
    for exception, status in STATUS.items():
        app.register_error_handler(exception, partial(refused, status))


def answer(error: HTTPException) -> Response:
    """Say it as JSON to a program and on a page to a person; headers such as `Allow` are kept."""
    response = error.get_response(request.environ)
    if request.path.startswith(API_PATHS):
        response.data = json.dumps(problem(error))
        response.content_type = "application/json"
    else:
        response.data = render_template(
            "error.html", code=error.code, heading=error.name, text=error.description
        )
    return response


def refused(status: int, error: Exception) -> Response:
    """What the shop refuses, it refuses with a sentence for the customer."""
    refusal = default_exceptions[status](str(error))
    refusal.data = {"order": getattr(error, "order", None)}
    if field := getattr(error, "field", None):
        place = "headers" if isinstance(error, RequestKeyReused) else "json"
        refusal.data["errors"] = {place: {field: [str(error)]}}
    return answer(refusal)


def stripe_failed(error: stripe.StripeError) -> Response:
    """Stripe did not do what it was asked. The order is pending still, and can be paid again."""
    current_app.logger.error(
        "Stripe: %s, status %s, code %s, request %s",
        type(error).__name__, error.http_status, error.code, error.request_id,
    )  # fmt: skip
    if isinstance(error, PASSING):
        text = "Our payment provider did not answer. Your order is kept: try again in a minute."
        return answer(ServiceUnavailable(text, retry_after=SECONDS_TO_WAIT))
    return answer(InternalServerError())


def problem(error: HTTPException) -> dict[str, Any]:
    """Return the error's JSON; `data` is where flask-smorest keeps what was said about it."""
    said = getattr(error, "data", {})
    parts = {
        "code": error.code,
        "status": error.name,
        "message": said.get("message") or error.description,
        "errors": said.get("errors") or said.get("messages"),
        "order": said.get("order"),
    }
    body: dict[str, Any] = ErrorSchema().dump({k: v for k, v in parts.items() if v is not None})
    return body
