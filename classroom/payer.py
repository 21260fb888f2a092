"""The customer at Stripe's pages, in code: so that a lesson runs while nobody is there to type.

    from classroom import payer

    payer.pay(session.url)                          # at Checkout, with a card that works
    payer.pay(session.url, "4000 0000 0000 0002")   # raises stripe.CardError: declined
    payer.answer(url)                               # the bank's question: yes, it is me

Both return the address that the browser is sent to next, and raise `RuntimeError` on a real
sandbox, where you pay on the page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import stripe

from classroom.connection import connection
from classroom.recording import speaking_as
from classroom.traffic import BROWSER
from local_stripe import PUBLISHABLE_KEY
from local_stripe.shapes import NOWHERE

VISA = "4242 4242 4242 4242"
BY_HAND = (
    "This is a page of your Stripe sandbox, made for people: show it with browse, do there by hand "
    "what this cell does, and go on with the next cell."
)
OPEN = ("requires_payment_method", "requires_action", "canceled")


def pay(url: str, method: str = VISA, email: str = "ada@example.com") -> str:
    """Pay on the Checkout page at this address, with a card's number or a name like `pm_card_visa`.

    The shop's success page comes next, or the bank's page if the bank has a question.
    Raises `stripe.CardError` if the card is declined.
    """
    page = f"/v1/payment_pages/{urlsplit(url).path.rpartition('/')[2]}"
    total = _ask("get", page)["amount_total"]
    shown = {"expected_amount": total} if total else {}
    chosen = method if method.startswith("pm_") else _typed(method, email)
    back = urljoin(NOWHERE, url)  # on a hub the page's address has no name of a machine
    session = _ask("post", f"{page}/confirm", payment_method=chosen, return_url=back, **shown)
    intent = session.get("payment_intent") or session["setup_intent"]
    question = intent["next_action"]
    return str(question["redirect_to_url"]["url"] if question else session["success_url"])


def answer(url: str, *, authenticated: bool = True) -> str:
    """Answer the bank on the 3D Secure page at this address: it is you, or you cannot prove it.

    The shop's `return_url` comes next, and is told how it went; "" if Stripe.js asked in the page.
    """
    asked = dict(parse_qsl(urlsplit(url).query))
    kind = "setup_intent" if "setup_intent" in asked else "payment_intent"
    secret = f"{kind}_client_secret"
    waiting = _ask("get", f"/v1/{kind}s/{asked[kind]}", client_secret=asked[secret])
    intent = _ask(
        "post",
        "/v1/3ds2/challenge_complete",
        client_secret=asked[secret],
        source=asked["source"],
        outcome="authenticated" if authenticated else "failed",
    )
    back = (waiting["next_action"] or {}).get("redirect_to_url")
    if back is None:
        return ""
    result = "failed" if intent["status"] in OPEN else "succeeded"
    told = {kind: asked[kind], secret: asked[secret], "redirect_status": result}
    return _extended(back["return_url"], told)


def _typed(number: str, email: str) -> str:
    """The PaymentMethod that the page makes of what is typed into it."""
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": _code(number)}
    made = _ask(
        "post", "/v1/payment_methods", type="card", card=card, billing_details={"email": email}
    )
    return str(made["id"])


def _code(number: str) -> str:
    """American Express prints four digits, on the front."""
    return "1234" if number.startswith(("34", "37")) else "123"


def _extended(url: str, query: dict[str, str]) -> str:
    parts = urlsplit(url)
    return parts._replace(query=urlencode([*parse_qsl(parts.query), *query.items()])).geturl()


def _ask(method: str, path: str, **params: Any) -> Any:
    """What Stripe answers to its own page."""
    if connection().local is None:
        raise RuntimeError(BY_HAND)
    client = stripe.StripeClient(PUBLISHABLE_KEY, http_client=connection().transport)
    with speaking_as(BROWSER):
        return client.raw_request(method, path, **params).data
