"""New line items for a Checkout Session that is open: it sells something else from now on.

https://docs.stripe.com/payments/advanced/dynamically-update-line-items
"""

from dataclasses import replace

from local_stripe import amending, checkout, checkout_terms, line_items
from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.store import Object


def resold(call: Call, session: Object) -> Object:
    """The session with the line items of the call: all of them, as those not sent are gone.

    Its PaymentIntent, if somebody has tried to pay, is over the new amount, and a bank that was
    asked about the old one has to be asked again.
    Raises StripeError for a session that saves a card, that Stripe's own page sells, or that is
    not open any more.
    """
    if session["mode"] != "payment":
        raise StripeError("You can not pass `line_items` in `setup` mode.", param="line_items")
    if session["ui_mode"] != "elements" or session["status"] != "open":
        raise StripeError(
            "You can only update the `line_items` of Checkout Sessions that are open and have "
            "`ui_mode: elements`.",
            param="line_items",
        )
    known = checkout.items(call.store, session)
    sold = line_items.build(call, call.params["line_items"], session["currency"], known)
    total = checkout_terms.total(sold)
    secret = call.store.secret[session["id"]]
    call.store.secret[session["id"]] = {**secret, "line_items": sold}
    if id := session["payment_intent"]:
        payment = replace(call, params={"amount": total})
        call.store.put(amending.amended(payment, call.store.require("payment_intent", id)))
    return {**session, "amount_subtotal": total, "amount_total": total}
