"""Where Stripe tells the shop what happened.

Anybody can post here: the signature is what tells Stripe from anybody else. It stands for the bytes
as they came, so nothing reads the body before it was checked. No form of the shop leads here, and
no cookie counts here, so there is nothing for another site to forge: no CSRF token is asked for.

The event is stored and answered at once. The work comes after the answer, since Stripe does not
wait long; see `inbox.py`.  https://docs.stripe.com/webhooks
"""

import json
import re
from collections.abc import Iterable

import stripe
from flask import Blueprint, Flask, current_app, jsonify, request
from werkzeug import Response
from werkzeug.exceptions import BadRequest, ServiceUnavailable

from sample_app import inbox, tasks
from sample_app.database import db
from sample_app.security import csrf

webhooks = Blueprint("webhooks", __name__)
csrf.exempt(webhooks)

# Bytes. The objects in events have no bound at Stripe; half a megabyte is far above any.
LONGEST_EVENT = 512 * 1024
# Seconds that a signature is good for, and Stripe's clock and ours may differ.
TOLERANCE = 300
SECONDS_TO_WAIT = 60
# An id or a type: what the inbox has room for, on every database.
NAME = re.compile(r"[\w.-]{1,255}", re.ASCII)


class Refused(Exception):
    """Nothing proves that this is an event, and that Stripe sent it just now."""


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
        verify(payload, request.headers.get("Stripe-Signature", ""), secrets)
        event_id, type = identify(payload)
    except Refused as reason:
        current_app.logger.warning("A webhook was refused: %s", reason)
        raise BadRequest("This is no event that Stripe signed just now.") from reason
    inbox.keep(db.session, event_id, type, payload.decode())
    response = jsonify(received=event_id)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    response.call_on_close(lambda: _work_after_the_answer(app))
    return response


def verify(payload: bytes, signature: str, secrets: Iterable[str]) -> None:
    """Pass if Stripe signed these bytes just now, with one of the secrets. Raises `Refused`.

    The SDK's `construct_event` does the same, and then builds an object that nobody needs here.
    """
    reason = "no secret"
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(payload, signature, secret, TOLERANCE)
            return
        # A body that is no UTF-8, and a signature that is no ASCII, come out as the other two.
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            reason = str(error)
    raise Refused(reason)


def identify(payload: bytes) -> tuple[str, str]:
    """Id and type of an event. Raises `Refused`."""
    try:
        event = json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise Refused("signed, and no JSON") from error
    match event:
        case {"object": "event", "id": str(event_id), "type": str(type)} if NAME.fullmatch(
            event_id
        ) and NAME.fullmatch(type):
            return event_id, type
        case _:
            raise Refused("signed, and no event")


def _work_after_the_answer(app: Flask) -> None:
    """The answer is on its way: what goes wrong now waits in the inbox for the next try."""
    with app.app_context():
        try:
            tasks.work_on_the_inbox(app)
        except Exception:
            app.logger.exception("The inbox could not be worked through.")
