"""The shop's process dies between Stripe's answer and its own commit; no money goes back twice."""

import subprocess
import sys
from pathlib import Path

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

ROOT = Path(__file__).parents[2]
EXIT_CODE = 86

DYING_SHOP = """
import os, sys
import stripe
from sample_app import create_app, refunds
from sample_app.database import db
from sample_app.models import Customer, Order

database, api_base, order_id = sys.argv[1:]


class Deadly(stripe.RequestsClient):
    def request(self, method, url, *args, **kwargs):
        answer = super().request(method, url, *args, **kwargs)
        if url.endswith("/refunds"):
            os._exit(86)  # no cleanup, no rollback, no goodbye
        return answer


app = create_app({
    "DATABASE_URL": database,
    "STRIPE_API_BASE": api_base,
    "STRIPE_HTTP_CLIENT": Deadly(),
    "SECRET_KEY": "for-tests",
})
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

        arguments = [database_url, server.url, order.id]
        died = subprocess.run([sys.executable, "-c", DYING_SHOP, *arguments], cwd=ROOT, timeout=60)
        assert died.returncode == EXIT_CODE
        [made] = client.v1.refunds.list().data

        with app.app_context():
            left = db.session.scalars(select(Refund)).one()
            assert (left.status, left.stripe_id) == ("pending", None)
            refunds.resume(db.session, client, left)
            assert (left.status, left.stripe_id) == ("succeeded", made.id)
            assert left.order.status is OrderStatus.REFUNDED
        close(app)
        assert [refund.id for refund in client.v1.refunds.list().data] == [made.id]
