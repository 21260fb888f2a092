"""What a check is run on: a Stripe and a shop apart from the learner's."""

import pytest
import stripe
from flask import Flask, request
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom import connect, timeline
from classroom.exercise import Mistake
from classroom.practice import Practice, browser_at, row_locks, shared_database
from local_stripe import Policies


def test_practice_leaves_the_learners_stripe_and_timeline_alone(capsys):
    timeline.clear()
    bench = Practice()
    bench.client.v1.customers.create({"email": "grace@example.com"})
    timeline()
    assert "Nobody has said anything" in capsys.readouterr().out
    assert not connect().v1.customers.list({"email": "grace@example.com"}).data
    assert type(bench.client) is stripe.StripeClient


def test_a_check_can_look_up_what_was_sent():
    bench = Practice()
    bench.client.v1.customers.create({"metadata": {"a": "b"}}, {"idempotency_key": "mine"})
    bench.client.v1.customers.list({"limit": 3})
    assert [call.method for call in bench.sent()] == ["POST", "GET"]
    [call] = bench.sent("POST", "/v1/customers")
    assert call.params == {"metadata[a]": "b"}
    assert call.idempotency_key == "mine"
    assert call.status == 200
    assert bench.sent("GET")[0].params == {"limit": "3"}


def test_a_practice_shop_pays_through_the_practice_stripe():
    bench = Practice()
    order = {"token": "tok_visa", "item_ids": [1]}
    assert bench.shop().test_client().post("/orders", json=order).status_code == 201
    assert len(bench.sent("POST", "/v1/payment_intents")) >= 1


def test_a_check_can_flip_the_switches_of_an_account():
    assert Practice(Policies(token_charges=True)).local.policies.token_charges


def test_a_check_can_have_webhooks_delivered_to_an_answer():
    bench, app, heard = Practice(), Flask("answer"), []

    @app.post("/hooks")
    def hook() -> str:
        secret = app.config["STRIPE_WEBHOOK_SECRET"]
        signature = request.headers["Stripe-Signature"]
        heard.append(stripe.Webhook.construct_event(request.get_data(), signature, secret).type)
        return "thank you"

    bench.listen(app, "/hooks")
    bench.client.v1.customers.create({})
    assert [delivery.status for delivery in bench.deliver()] == [200]
    assert heard == ["customer.created"]


def test_a_check_browses_the_app_that_an_answer_makes():
    def door(name):
        return Flask(name)

    assert browser_at(door, "front").get("/").status_code == 404


def test_an_answer_that_makes_no_app_is_a_mistake():
    def door(name):
        return name

    with pytest.raises(Mistake, match="Called door, returned 'front', expected a Flask app"):
        browser_at(door, "front")


@pytest.mark.parametrize(
    ("outcome", "status"), [("authenticated", "succeeded"), ("failed", "requires_payment_method")]
)
def test_a_check_answers_the_bank(outcome, status):
    bench = Practice()
    asking = bench.client.v1.payment_intents.create(
        {
            "amount": 1400,
            "currency": "usd",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "https://shop.example/back",
        }
    )
    bench.answer_bank(asking, outcome)
    assert bench.client.v1.payment_intents.retrieve(asking.id).status == status


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


def test_whoever_connects_to_a_shared_database_sees_the_same():
    engine = shared_database(Base)
    with Session(engine) as one, Session(engine) as other:
        one.add(Item(id=1, stock=10))
        one.commit()
        assert other.get_one(Item, 1).stock == 10


def test_a_check_sees_which_rows_are_locked_where_that_works():
    with Session(shared_database(Base)) as session, row_locks("items") as locks:
        session.execute(select(Item))
        assert locks == []
        session.get(Item, 1, with_for_update=True)
        assert len(locks) == 1


def test_a_lock_on_another_table_is_none_on_this_one():
    with Session(shared_database(Base)) as session, row_locks("orders") as locks:
        session.get(Item, 1, with_for_update=True)
    assert locks == []
