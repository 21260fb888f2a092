"""The least that a shop does: it asks Stripe, and keeps one row of each order and of each webhook.

Nothing is verified, nothing is found again, nothing is handed over.
"""

import os

import sqlalchemy as sa
import stripe
from flask import Flask

from local_stripe import SECRET_KEY

kept = sa.Table(
    "kept", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("of", sa.Text)
)


def create_app() -> Flask:
    """Serve POST /orders and POST /webhooks/stripe."""
    app = Flask(__name__)
    engine = sa.create_engine(os.environ["DATABASE_URL"])
    client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": os.environ["STRIPE_API_BASE"]})

    def keep(of: str) -> None:
        with engine.begin() as connection:
            connection.execute(sa.insert(kept).values(of=of))

    @app.post("/orders")
    def order() -> tuple[dict[str, str], int]:
        card = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
        intent = client.v1.payment_intents.create(
            {"amount": 15800, "currency": "usd", "allowed_payment_method_types": ["card"]}
        )
        client.v1.payment_intents.confirm(intent.id, {"payment_method": card.id})
        keep("an order")
        return {"status": "paid"}, 201

    @app.post("/webhooks/stripe")
    def receive() -> dict[str, str]:
        keep("an event")
        return {}

    return app
