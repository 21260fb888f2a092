# %% [markdown]
# # 04. Exercises: charge an order
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("4.1")` gives a
# nudge, and another one each time you ask; `solution("4.1")` shows an answer.

# %%
import uuid

import stripe
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom import check, connect, hint, solution

client = connect()

# %% [markdown]
# All exercises use this order. Its `amount` is in cents, its `status` starts as `"pending"`.


# %%
class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    payment_intent_id: Mapped[str | None]
    idempotency_key: Mapped[str | None]


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)

# %% [markdown]
# ## 4.1 Write the handler (7 min)
#
# *You practice:* save the key, charge, save the outcome.
# *Out of scope:* trying a declined order again (that is 4.3).
#
# Write `charge_order(session, client, order, card)`. It charges a pending order once and returns
# what the shop should answer: `201` if the order is paid, `402` if the card was declined.
#
# - If the order has no `idempotency_key` yet, give it one. Commit it *before* you call Stripe.
# - Create and confirm a PaymentIntent over `order.amount` in `"usd"`, with the payment method
#   `card`, `"allowed_payment_method_types": ["card"]`, and the order's id, as text, in the metadata
#   under `order_id`. Send the key along.
# - Paid: save `payment_intent_id` and the status `"paid"`, commit, return `201`.
# - Declined: the order stays pending, return `402`.
# - Any other failure of Stripe's is not yours to hide: let it through.


# %%
def charge_order(session, client, order, card):
    ### BEGIN SOLUTION
    if order.idempotency_key is None:
        order.idempotency_key = str(uuid.uuid4())
    session.commit()
    try:
        intent = client.v1.payment_intents.create(
            params={
                "amount": order.amount,
                "currency": "usd",
                "payment_method": card,
                "confirm": True,
                "allowed_payment_method_types": ["card"],
                "metadata": {"order_id": str(order.id)},
            },
            options={"idempotency_key": order.idempotency_key},
        )
    except stripe.CardError:
        return 402
    order.payment_intent_id, order.status = intent.id, "paid"
    session.commit()
    return 201
    ### END SOLUTION


# %%
check("4.1", charge_order)

# %% [markdown]
# ## 4.2 Break it, then fix it: the stubborn shop (6 min)
#
# *You practice:* retrying without charging twice.
# *Out of scope:* how long to wait between tries (chapter 10).
#
# A shop runs this code. It looks careful: it has a key, and it does not give up. First, see what it
# does to a customer on a train, where the answer gets lost once.


# %%
def stubborn_charge(client, params, key, tries=3):
    for _ in range(tries):
        key = str(uuid.uuid4())
        try:
            return client.v1.payment_intents.create(params=params, options={"idempotency_key": key})
        except stripe.APIConnectionError:
            continue


# %%
class OnATrain:
    """A client whose first `losses` answers get lost on their way back from Stripe."""

    def __init__(self, client, losses):
        self.client, self.losses, self.paid = client, losses, {}
        self.v1 = self.payment_intents = self

    def create(self, params, options):
        intent = self.client.v1.payment_intents.create(params=params, options=options)
        self.paid[intent.id] = intent.amount_received
        if self.losses:
            self.losses -= 1
            raise stripe.APIConnectionError("the answer got lost")
        return intent


rug = {
    "amount": 8900,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "confirm": True,
    "allowed_payment_method_types": ["card"],
}
train = OnATrain(client, losses=1)
stubborn_charge(train, rug, key="the order's own key")
print("a rug for 8900 cents, and the customer paid", sum(train.paid.values()))

# %% [markdown]
# Write `charge_with_retries(client, params, key, tries=3)`, which does what the other one meant:
#
# - It tries at most `tries` times while answers get lost, and charges once.
# - It returns the PaymentIntent.
# - If the last try gets lost as well, the caller must learn of it: let that
#   `stripe.APIConnectionError` through. (What did `stubborn_charge` return then?)
# - A decline is an answer, not a lost one: it goes to the caller at once.


# %%
def charge_with_retries(client, params, key, tries=3):
    ### BEGIN SOLUTION
    for left in reversed(range(tries)):
        try:
            return client.v1.payment_intents.create(params=params, options={"idempotency_key": key})
        except stripe.APIConnectionError:
            if not left:
                raise
    ### END SOLUTION


# %%
check("4.2", charge_with_retries)

# %% [markdown]
# ## 4.3 Let the customer try another card (7 min)
#
# *You practice:* one PaymentIntent per order, one key per attempt.
# *Out of scope:* creating the PaymentIntent: `order.payment_intent_id` names it already.
#
# Write `try_card(session, client, order, card)`. It confirms the order's PaymentIntent with the
# card, sends `order.idempotency_key` along, and returns the order's status afterwards.
#
# - It went through: the order is `"paid"`. Commit.
# - Declined: the order stays `"pending"`, and gets a **new** key for the next attempt. Commit.
# - The PaymentIntent was paid before, by a double click: Stripe refuses with
#   `stripe.InvalidRequestError`, whose `code` is `"payment_intent_unexpected_state"`. Retrieve the
#   PaymentIntent; only if its status is `"succeeded"`, the order is `"paid"`. Commit.
# - The answer got lost: keep the key and let the `stripe.APIConnectionError` through.
# - Any other failure of Stripe's is not yours to hide: let it through.


# %%
def try_card(session, client, order, card):
    ### BEGIN SOLUTION
    try:
        intent = client.v1.payment_intents.confirm(
            order.payment_intent_id,
            params={"payment_method": card},
            options={"idempotency_key": order.idempotency_key},
        )
    except stripe.CardError:
        order.idempotency_key = str(uuid.uuid4())
        session.commit()
        return order.status
    except stripe.InvalidRequestError as error:
        if error.code != "payment_intent_unexpected_state":
            raise
        intent = client.v1.payment_intents.retrieve(order.payment_intent_id)
    if intent.status == "succeeded":
        order.status = "paid"
        session.commit()
    return order.status
    ### END SOLUTION


# %%
check("4.3", try_card)

# %% [markdown]
# ## 4.4 Refuse somebody else's payment (5 min)
#
# *You practice:* believing a payment only if it was made for this order.
# *Out of scope:* who sent you the id.
#
# The browser says that `intent_id` paid for the order. Write `proves(client, order, intent_id)`: it
# returns `True` if that PaymentIntent succeeded and was made for this order (its `metadata` names
# the order's id, as text, under `order_id`, its amount is the order's, and its currency is `"usd"`),
# else `False`.
#
# The id comes from a stranger. It may name nothing at all (Stripe raises
# `stripe.InvalidRequestError`), or a payment without any metadata. Both prove nothing: `False`.


# %%
def proves(client, order, intent_id):
    ### BEGIN SOLUTION
    try:
        intent = client.v1.payment_intents.retrieve(intent_id)
    except stripe.InvalidRequestError:
        return False
    made_for = intent.metadata["order_id"] if "order_id" in intent.metadata else None
    return (
        intent.status == "succeeded"
        and made_for == str(order.id)
        and intent.amount == order.amount
        and intent.currency == "usd"
    )
    ### END SOLUTION


# %%
check("4.4", proves)
