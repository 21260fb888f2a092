# %% [markdown]
# # 05. Exercises: test and view orders
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("5.1")` gives a
# nudge, and another one each time you ask; `solution("5.1")` shows an answer.

# %%
from sqlalchemy import select, tuple_
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from classroom import check, hint, solution

# %% [markdown]
# ## 5.1 Catch three broken shops (12 min)
#
# *You practice:* tests that fail when the shop is wrong, and only then.
# *Out of scope:* pytest itself. `check` calls your tests, each with a new world.
#
# Three shops went wrong:
#
# - Shop A forgets quantities: five chairs cost as much as one.
# - Shop B says 201 to everybody, also when the card was declined.
# - Shop C is too curious about its guests' orders: `GET /orders/<id>` answers with the order that was
#   placed last, whoever asks for which one.
#
# Write three tests and put them into the list `tests`. Each takes `web`, a test client of a shop, and
# uses `assert`. All three must pass with a healthy shop, and each broken shop must fail at least one.
#
# You need `web.post("/orders", json={"token": …, "item_ids": […]})`, `web.get(f"/orders/{id}")`,
# `answer.status_code` and `answer.json`, which has `id`, `status`, `amount` and `description` (after a
# decline, they are in `answer.json["order"]`).
# A chair (item 5) costs 5950; `tok_chargeDeclined` is a card that is declined.


# %%
### BEGIN SOLUTION
def test_five_chairs_cost_five_times_one_chair(web):
    answer = web.post("/orders", json={"token": "tok_visa", "item_ids": [5] * 5})
    assert answer.json["amount"] == 5 * 5950


def test_a_declined_card_is_a_402(web):
    answer = web.post("/orders", json={"token": "tok_chargeDeclined", "item_ids": [5]})
    assert answer.status_code == 402


def test_an_order_is_found_by_its_own_id(web):
    first = web.post("/orders", json={"token": "tok_visa", "item_ids": [5]}).json
    web.post("/orders", json={"token": "tok_visa", "item_ids": [2]})
    assert web.get(f"/orders/{first['id']}").json == first


tests = [
    test_five_chairs_cost_five_times_one_chair,
    test_a_declined_card_is_a_402,
    test_an_order_is_found_by_its_own_id,
]
### STARTS AS
# # Write three functions here, then list them.
# tests = ...
### END SOLUTION

# %%
check("5.1", tests)

# %% [markdown]
# ## 5.2 Turn the page without losing anybody (8 min)
#
# *You practice:* keyset pagination.
# *Out of scope:* whose orders they are (that is 5.3).
#
# The orders of this exercise carry their time as a number of seconds, and two may well carry the
# same one.


# %%
class Base(DeclarativeBase):
    pass


class Sale(Base):
    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[int]


# %% [markdown]
# Write `page(session, limit, after=None)`. It returns a list of at most `limit` sales, newest first:
# sorted by `created_at` descending, and among equal times by `id` descending. With `after`, a
# `Sale`, it starts with the first one *behind* that sale in this order. The database does the work:
# no `offset`, and no row is read that the page does not show.
#
# `tuple_(Sale.created_at, Sale.id) < (1700, 12)` compares both columns at once, the way Python
# compares tuples: by time, and by id where the times are equal.


# %%
def page(session, limit, after=None):
    ### BEGIN SOLUTION
    query = select(Sale).order_by(Sale.created_at.desc(), Sale.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(Sale.created_at, Sale.id) < (after.created_at, after.id))
    return list(session.scalars(query))
    ### END SOLUTION


# %%
check("5.2", page)

# %% [markdown]
# ## 5.3 Break it, then fix it: the helpful receipt (7 min)
#
# *You practice:* asking whose order it is, and saying 404.
# *Out of scope:* signing in. `customer` is the number of whoever is signed in, or `None`.
#
# A shop shows receipts at this address. It was careful: it checks that the order exists. First, be
# somebody who is customer 2 and curious.

# %%
RECEIPTS = {
    101: {"customer": 1, "text": "1x Mirror, 74.25"},
    102: {"customer": 2, "text": "1x Rug, 89.00"},
    103: {"customer": 1, "text": "2x Table, 498.00"},
}


def helpful_receipt(order_id, customer):
    receipt = RECEIPTS.get(order_id)
    if receipt is None:
        return {"error": "There is no such order."}, 404
    if customer is None:
        return {"error": f"Sign in as customer {receipt['customer']} to read this."}, 403
    return {"text": receipt["text"]}, 200


for order_id in range(100, 105):
    print(order_id, helpful_receipt(order_id, customer=2), helpful_receipt(order_id, None))

# %% [markdown]
# Count what leaks: other people's receipts, and to a stranger who is not signed in even the number
# of the customer behind each order.
#
# Write `receipt(receipts, order_id, customer)`, which answers like the one above, a dict and a
# status:
#
# - the customer's own order: `{"text": …}` and 200
# - everything else: the same words, `{"error": "There is no such order."}`, and the same status 404
#
# An order that a guest placed has `"customer": None`. Such a receipt is shown to nobody here: its
# number is easy to guess.


# %%
def receipt(receipts, order_id, customer):
    ### BEGIN SOLUTION
    found = receipts.get(order_id)
    if customer is None or found is None or found["customer"] != customer:
        return {"error": "There is no such order."}, 404
    return {"text": found["text"]}, 200
    ### END SOLUTION


# %%
check("5.3", receipt)
