"""The shop's process dies between Stripe's answer and its own commit; no money goes back twice."""

import stripe
from sqlalchemy import select

from local_stripe import SECRET_KEY
from local_stripe.server import start
from sample_app import refunds
from sample_app.after_sales import Refund
from sample_app.database import db
from sample_app.models import Customer
from sample_app.order_status import OrderStatus
from sample_app.orders import place_order
from sample_app.payments import pay
from sample_app.roles import Role
from tests.sample_app.conftest import build, close
from tests.sample_app.dying import die

REFUNDING = """
from sample_app import refunds
from sample_app.database import db
from sample_app.models import Customer, Order

[order_id] = arguments
with app.app_context():
    order = db.session.get_one(Order, order_id)
    staff = db.session.get_one(Customer, 1)
    refunds.refund(
        db.session, app.extensions["stripe"], order, order.amount,
        staff=staff, reason="It broke.", request_key="the form of a page",
    )
"""


def test_a_shop_killed_after_stripe_answered_gives_money_back_once(database_url, local):
    with start(local) as server:
        app = build(database_url, STRIPE_API_BASE=server.url)
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": server.url})
        with app.app_context():
            session = db.session
            session.add(Customer(email="grace@shop.example", password_hash="-", role=Role.MANAGER))
            order = pay(session, client, place_order(session, [4]), payment_method="pm_card_visa")

        die(database_url, server.url, "/refunds", REFUNDING, order.id)
        [made] = client.v1.refunds.list().data

        with app.app_context():
            left = db.session.scalars(select(Refund)).one()
            assert (left.status, left.stripe_id) == ("pending", None)
            refunds.resume(db.session, client, left)
            assert (left.status, left.stripe_id) == ("succeeded", made.id)
            assert left.order.status is OrderStatus.REFUNDED
        close(app)
        assert [refund.id for refund in client.v1.refunds.list().data] == [made.id]
