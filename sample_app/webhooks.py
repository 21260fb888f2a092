"""Where Stripe tells the shop what happened.

Anybody can post here: the signature is what tells Stripe from anybody else. It stands for the bytes
as they came, so nothing reads the body before it was checked. No form of the shop leads here, and
no cookie counts here, so there is nothing for another site to forge: no CSRF token is asked for.

The event is stored and answered at once. The work comes after the answer, since Stripe does not
wait long; see `inbox.py`.  https://docs.stripe.com/webhooks
"""

from collections.abc import Iterable

import stripe
from flask import Blueprint, Flask, current_app, jsonify, request
from werkzeug import Response
from werkzeug.exceptions import BadRequest, ServiceUnavailable

from sample_app import inbox
from sample_app.database import db
from sample_app.security import csrf

webhooks = Blueprint("webhooks", __name__)
csrf.exempt(webhooks)

# Bytes. The objects in events have no bound at Stripe; half a megabyte is far above any.
LONGEST_EVENT = 512 * 1024
# Seconds that a signature is good for, and Stripe's clock and ours may differ.
TOLERANCE = 300
SECONDS_TO_WAIT = 60


class Unverified(Exception):
    """Nothing proves that this came from Stripe, just now."""


@webhooks.post("/webhooks/stripe")
def receive() -> Response:
    """Keep a signed event; 2xx tells Stripe not to send it again."""
    secrets = current_app.config["STRIPE_WEBHOOK_SECRETS"]
    if not secrets:
        current_app.logger.error("A webhook came, and STRIPE_WEBHOOK_SECRET is not set.")
        raise ServiceUnavailable("No webhooks are taken yet.", retry_after=SECONDS_TO_WAIT)
    request.max_content_length = LONGEST_EVENT
    payload = request.get_data(cache=False)
    try:
        event = verify(payload, request.headers.get("Stripe-Signature", ""), secrets)
    except Unverified as reason:
        current_app.logger.warning("A webhook was refused: %s", reason)
        raise BadRequest("This is no event that Stripe signed just now.") from reason
    inbox.keep(db.session, event.id, event.type, payload.decode())
    response = jsonify(received=event.id)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    response.call_on_close(lambda: _work_after_the_answer(app))
    return response


def verify(payload: bytes, signature: str, secrets: Iterable[str]) -> stripe.Event:
    """Return the event that Stripe signed with one of the secrets. Raises `Unverified`."""
    if not signature.isascii():  # which cannot be compared
        raise Unverified("a signature that is no text of Stripe's")
    reason = "no secret"
    for secret in secrets:
        try:
            event = stripe.Webhook.construct_event(payload, signature, secret, TOLERANCE)
            return _named(event)
        except stripe.SignatureVerificationError as error:
            reason = str(error)
        except (ValueError, AttributeError) as error:
            raise Unverified(f"the body is no event: {type(error).__name__}") from error
    raise Unverified(reason)


def _named(event: stripe.Event) -> stripe.Event:
    """The event, if it has what the inbox needs. Raises `ValueError`, `AttributeError`."""
    if event.object != "event" or not (event.id and event.type):
        raise ValueError("no event")
    return event


def _work_after_the_answer(app: Flask) -> None:
    """The answer is on its way: what goes wrong now waits in the inbox for the next try."""
    with app.app_context():
        try:
            inbox.work()
        except Exception:
            app.logger.exception("The inbox could not be worked through.")
