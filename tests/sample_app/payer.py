"""Somebody who pays on the pages that Stripe hosts, as those pages' scripts would have it."""

import stripe

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess


class Payer:
    def __init__(self, local: LocalStripe) -> None:
        self._stripe = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
        self._page = stripe.StripeClient(PUBLISHABLE_KEY, http_client=InProcess(local))

    def pay(self, session_id: str, payment_method: str = "pm_card_visa") -> None:
        """Press Pay on the page of a Checkout Session."""
        path = f"/v1/payment_pages/{session_id}/confirm"
        self._page.raw_request("post", path, payment_method=payment_method)

    def confirm(self, client_secret: str, payment_method: str = "pm_card_visa") -> None:
        """Pay with the secret of a PaymentIntent, from a page of one's own."""
        self._page.v1.payment_intents.confirm(
            client_secret.partition("_secret_")[0],
            {"client_secret": client_secret, "payment_method": payment_method},
        )

    def answer(self, intent_id: str, outcome: str = "authenticated") -> None:
        """Answer the bank's question, on the page that the payment led to."""
        intent = self._stripe.v1.payment_intents.retrieve(intent_id)
        assert intent.next_action, f"nobody is asked anything: it is {intent.status}"
        self._page.raw_request(
            "post",
            "/v1/3ds2/challenge_complete",
            client_secret=intent.client_secret,
            source=intent.next_action.redirect_to_url.url.partition("source=")[2],
            outcome=outcome,
        )


def charge(
    client: stripe.StripeClient,
    order_id: str,
    amount: int,
    card: str = "pm_card_visa",
    confirm: bool = True,
) -> stripe.PaymentIntent:
    """Take money for an order, in cents, past the shop, which knows nothing of it yet."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "metadata": {"order_id": order_id},
            "allowed_payment_method_types": ["card"],
            "payment_method": card,
            "confirm": confirm,
        }
    )
