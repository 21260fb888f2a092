"""Another pay page, with the Payment Element: the page confirms the payment, not the server.

It also shows the bank's question. The amount is that of the PaymentIntent, which the shop made: the
page has no say in it.  https://docs.stripe.com/payments/payment-element
"""

from flask import Blueprint, jsonify, redirect, render_template, url_for
from werkzeug import Response

from sample_app.accounts import signed_in_customer
from sample_app.circuit import asking_stripe
from sample_app.database import db
from sample_app.order_status import OrderStatus
from sample_app.orders import find_order
from sample_app.payments import open_payment

element = Blueprint("element", __name__)


@element.get("/shop/orders/<order_id>/pay/element")
def show(order_id: str) -> Response | str:
    order = find_order(db.session, order_id, signed_in_customer())
    if order.status is not OrderStatus.PENDING:
        return redirect(url_for("pages.show_order", order_id=order.id), 303)
    return render_template("pay_element.html", order=order)


@element.post("/shop/orders/<order_id>/pay/element")
def begin(order_id: str) -> Response:
    """Give the page the secret with which it may confirm this order's payment, and no other."""
    order = find_order(db.session, order_id, signed_in_customer())
    with asking_stripe() as client:
        return jsonify(client_secret=open_payment(db.session, client, order))
