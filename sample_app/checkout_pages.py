"""The way to Checkout and back. These pages decide nothing: Stripe's webhooks do."""

import stripe
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug import Response

from sample_app.accounts import signed_in_customer
from sample_app.checkout import find_checkout, start_checkout
from sample_app.circuit import asking_stripe
from sample_app.database import db
from sample_app.models import Order
from sample_app.order_status import OrderStatus
from sample_app.orders import find_order

checkout = Blueprint("checkout", __name__)

# What the customer reads, by `status` and `payment_status` of the Checkout Session and the status
# of its PaymentIntent, which alone tells that a debit failed. In all other cases nothing was paid.
# https://docs.stripe.com/api/checkout/sessions/object
OUTCOMES: dict[tuple[str | None, ...], str] = {
    ("complete", "paid", "succeeded"): "paid",
    ("complete", "unpaid", "processing"): "waiting",
}


def to_checkout(order: Order) -> Response:
    """Send the customer to Stripe's page. Raises as `start_checkout` does."""
    back = {"order_id": order.id, "_external": True}
    success_url = url_for("checkout.success", **back)
    # Stripe looks for these braces; url_for would write %7B.
    success_url += "?session_id={CHECKOUT_SESSION_ID}"
    cancel_url = url_for("checkout.cancel", **back)
    with asking_stripe() as client:
        return redirect(start_checkout(db.session, client, order, success_url, cancel_url), 303)


@checkout.post("/shop/orders/<order_id>/checkout")
def start(order_id: str) -> Response:
    order = find_order(db.session, order_id, signed_in_customer())
    if order.status is not OrderStatus.PENDING:
        return redirect(url_for("pages.show_order", order_id=order.id), 303)
    return to_checkout(order)


@checkout.get("/shop/orders/<order_id>/checkout/success")
def success(order_id: str) -> str:
    """Say what Stripe knows of this payment. The order itself changes when the webhook comes."""
    order = find_order(db.session, order_id, signed_in_customer())
    session_id = request.args.get("session_id", "")
    with asking_stripe() as client:
        found = find_checkout(client, order, session_id)
    intent = found.payment_intent
    paying = intent.status if isinstance(intent, stripe.PaymentIntent) else None
    outcome = OUTCOMES.get((found.status, found.payment_status, paying))
    return render_template("checkout_success.html", order=order, outcome=outcome)


@checkout.get("/shop/orders/<order_id>/checkout/cancel")
def cancel(order_id: str) -> Response:
    """The customer pressed Back. The order is as it was, and Checkout still open to it."""
    order = find_order(db.session, order_id, signed_in_customer())
    flash("You have not paid. Your order is kept, with everything in it.", "warning")
    return redirect(url_for("pages.pay_order", order_id=order.id), 303)
