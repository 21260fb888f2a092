# %% [markdown]
# # 05. Test and view orders
#
# Your shop takes money. Two questions keep you awake. Will it still work after tomorrow's change?
# And who can see what somebody else bought? This chapter answers the first with tests that would
# notice, and the second with queries that ask whose order it is.

# %% [markdown]
# **What you will be able to do**
#
# - Test a payment from the request to the money, without a network and without luck.
# - Tell a test that proves something from one that cannot fail.
# - Show customers their own orders, and nobody else's.
# - Page through a long history without skipping or repeating an order.
#
# **What you need**: chapter 04 (necessary: how an order is charged), chapter 03 (helpful: lines and
# N+1 queries). The lesson takes about 30 minutes, the exercises about 25.
#
# **Out of scope here**: tests of webhooks (chapter 08), what else attackers try (chapter 12).

# %%
from datetime import UTC, datetime
from unittest.mock import Mock

import stripe
from sqlalchemy import event, select

from classroom import browse, serve, shop, show
from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess
from sample_app import create_app
from sample_app.database import db
from sample_app.models import Customer, Order

# %% [markdown]
# ## Ask the shop in a test
#
# A test is a small program that would complain. Flask's **test client** plays the customer: it sends
# a request to your app, with no server and no port.

# %%
web = shop().test_client()
answer = web.post("/orders", json={"token": "tok_visa", "item_ids": [5, 5, 5]})
print(answer.status_code, answer.json["status"], answer.json["amount"])

# %% [markdown]
# Three chairs at 59.50 are 178.50, and the answer says so. Turn your eyes into code: an `assert` is a
# sentence that must be true.


# %%
def test_three_chairs_cost_three_times_one_chair(web):
    answer = web.post("/orders", json={"token": "tok_visa", "item_ids": [5, 5, 5]})
    assert answer.json["amount"] == 3 * 5950


test_three_chairs_cost_three_times_one_chair(web)

# %% [markdown]
# Silence is what a test says when all is well. The name is a promise of the shop's, so that a
# failure reads like a complaint: *three chairs cost three times one chair* is no longer true.
#
# The program `pytest` finds functions that start with `test_` and runs them. Here you call them by
# hand.

# %% [markdown]
# ## Give each test a world of its own
#
# The next test counts. It asks Stripe how many payments there are after one order. Before you run
# it: does it pass?


# %%
def payments_at(client):
    return len(client.v1.payment_intents.list().data)


def test_one_order_makes_one_payment(web, client):
    web.post("/orders", json={"token": "tok_visa", "item_ids": [1]})
    assert payments_at(client) == 1, f"there are {payments_at(client)} payments"


# %%
try:
    test_one_order_makes_one_payment(web, web.application.extensions["stripe"])
except AssertionError as error:
    print("failed:", error)

# %% [markdown]
# It fails, and the shop is fine. Earlier cells bought things from the same Stripe. Tests that share
# a world pass alone and fail together, or the other way round, which is worse.
#
# So each test gets a new shop, a new database and a new Stripe. Sounds slow? All three live in
# memory. `create_app` makes a shop, its command `seed` fills the shelves, and the `InProcess` carrier
# takes the shop's requests to its own Stripe instead of the network.


# %%
def new_world():
    carrier = InProcess(LocalStripe())
    settings = {"DATABASE_URL": "sqlite://", "SECRET_KEY": "for tests"}
    app = create_app({**settings, "STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_HTTP_CLIENT": carrier})
    with app.app_context():
        app.test_cli_runner().invoke(args=["seed"])
    return app.test_client(), app.extensions["stripe"]


# %%
test_one_order_makes_one_payment(*new_world())

# %% [markdown]
# It passes. `LocalStripe` is the Stripe of this course: a working stand-in that keeps everything in
# memory. In the language of testing it is a **fake**. What prepares a test's world is a **fixture**;
# in pytest, `new_world` would carry `@pytest.fixture`, and each test would name what it needs.

# %% [markdown]
# ## Distrust a test that cannot fail
#
# Many projects test payments with a **mock**: an object that says whatever you told it to say. Here
# is a shop function with a bug that costs money. Can you see it?


# %%
def charge_chairs(client, quantity):
    return client.v1.payment_intents.create(
        params={
            "amount": 59.50 * quantity,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )


# %% [markdown]
# The amount is in dollars, and a float. Now a test with a mock. Before you run it: will it notice?


# %%
def test_with_a_mock():
    client = Mock()
    client.v1.payment_intents.create.return_value = {"status": "succeeded"}
    assert charge_chairs(client, 3) == {"status": "succeeded"}


test_with_a_mock()

# %% [markdown]
# It passes. The test told the mock what to answer, and then checked that it answered that. Your code
# could send anything. A public payment example ships a whole suite of such tests
# (`flask-stripe-one-time-payments`): all green, whatever the code does.
#
# The same test against the fake:


# %%
def test_with_a_fake(client):
    assert charge_chairs(client, 3).amount_received == 3 * 5950


try:
    test_with_a_fake(new_world()[1])
except stripe.InvalidRequestError as error:
    print("failed:", error.user_message)

# %% [markdown]
# The fake checks requests as Stripe does, and it refuses. A useful habit follows: **break the code on
# purpose and see the test fail** before you trust it.

# %% [markdown]
# ## Test the answer no
#
# The happy path is one test. The branches that refuse are the others, one each. What does the shop
# promise when a card is declined? A 402, an order that waits, and no money taken.


# %%
def test_a_declined_order_takes_no_money_and_waits(web, client):
    answer = web.post("/orders", json={"token": "tok_chargeDeclined", "item_ids": [2]})
    order = answer.json["order"]
    assert answer.status_code == 402
    assert web.get(f"/orders/{order['id']}").json["status"] == "pending"
    assert client.v1.payment_intents.list().data[0].amount_received == 0


test_a_declined_order_takes_no_money_and_waits(*new_world())

# %% [markdown]
# Look at its three parts: **arrange** nothing, **act** once, **assert** what was promised. It asks
# both sides, the shop *and* Stripe. A shop that says "declined" while Stripe took the money would be
# caught.

# %% [markdown]
# Bodies that make no sense get tests as well. They differ in one field only, so a small **factory**
# makes a good body, and each test spoils it in one way.


# %%
def order_body(**changes):
    return {"token": "tok_visa", "item_ids": [1]} | changes


# %%
web, client = new_world()
for spoiled in [{"item_ids": []}, {"item_ids": ["chair"]}, {"amount": 1}, {"token": "4242"}]:
    answer = web.post("/orders", json=order_body(**spoiled))
    print(answer.status_code, spoiled, "->", answer.json["errors"]["json"])

# %% [markdown]
# Each refusal names the field. Look at the third: an `amount` from the browser is not ignored, it is
# refused, so that nobody believes it was used.

# %% [markdown]
# ## Ask whose order it is
#
# Now the other side: showing orders. Ada and Bob have accounts, and both went shopping in March.

# %%
from sample_app.orders import place_order

app = shop()
app.app_context().push()
session = db.session
ada, bob = Customer(email="ada@example.com"), Customer(email="bob@example.com")
ada.password_hash = bob.password_hash = "no password yet"
session.add_all([ada, bob])


# %%
def buy(customer, item_ids, day):
    order = place_order(session, item_ids, customer)
    order.created_at = datetime(2026, 3, day, tzinfo=UTC)
    session.commit()


for day, (customer, item_ids) in enumerate([(ada, [1]), (bob, [2]), (ada, [5, 5]), (bob, [8])], 1):
    buy(customer, item_ids, day)

# %% [markdown]
# Many a tutorial lists orders like this. Before you run it: whose orders does Ada see?

# %%
for order in session.scalars(select(Order).order_by(Order.created_at)):
    print(order.customer.email, "-", order.description)

# %% [markdown]
# Everybody's. The query never asks who is looking. One `where` makes it ask:

# %%
adas = select(Order).where(Order.customer_id == ada.id)
for order in session.scalars(adas.order_by(Order.created_at)):
    print(order.customer.email, "-", order.description)

# %% [markdown]
# ## Say 404, not 403
#
# Bob guesses the address of one of Ada's orders. The shop must not show it. But what should it say:
# *403, you may not see this*, or *404, there is no such thing*?

# %% [markdown]
# 403 is honest, and it says too much: the order exists. Asking for many ids, Bob learns how many
# orders there are, and which. With 404 he learns nothing. The shop's function does not even tell the
# two cases apart.

# %%
from sample_app import orders

show(orders.find_order)

# %% [markdown]
# `customer and customer.id` is `None` when nobody is signed in. So the set in braces says whose orders
# you may read: nobody's, which are the guests', and your own.

# %%
adas_order = session.scalars(adas.order_by(Order.created_at)).first()

for who in [ada, bob]:
    try:
        print(who.email, "sees", orders.find_order(session, adas_order.id, who).description)
    except orders.OrderNotFound:
        print(who.email, "gets a 404")

# %% [markdown]
# What about guests, who have no account? Whoever holds a guest's order id may read that order. So
# the id itself is the key, and nobody may guess it. The numbers 1, 2, 3 are easy to try out; the
# orders of a well-known sample shop can be read that way (`dotnet/eShop#996`). How long is the shop's?

# %%
from sample_app.models import new_order_id

print(len(new_order_id()), new_order_id()[:4], new_order_id() == new_order_id())

# %% [markdown]
# `ord_` and 22 random characters, which hold 128 bits. Guessing a million a second, you would need
# far longer than the universe has existed.

# %% [markdown]
# ## Show the newest first, a page at a time
#
# A history shows the newest orders first, and not all at once. Most tutorials use `OFFSET`: skip so
# many rows, give the next ones. Ada places five more orders, and reads two a page.

# %%
for day, item_id in enumerate([2, 3, 4, 6, 7], 11):
    buy(ada, [item_id], day)

newest_first = adas.order_by(Order.created_at.desc(), Order.id.desc())


# %%
def page_by_offset(number):
    found = session.scalars(newest_first.offset(2 * number).limit(2))
    return [order.description for order in found]


page_by_offset(0)

# %% [markdown]
# While she reads, an order of hers arrives from her phone. Then she turns the page. Before you run
# it: what will she see?

# %%
buy(ada, [8], day=20)
page_by_offset(1)

# %% [markdown]
# The coat hook again: it was on page one already. One new row in front moved all
# others back by one, and `OFFSET` counts rows. It also *reads* all the rows it skips, so page 50,000
# of a big shop takes 50,000 pages' time.

# %% [markdown]
# The mend is to remember where you were instead of how far: "orders older than this one". The order
# you saw last is the **cursor**, and this is **keyset pagination**. The shop names whose orders it
# wants in one function, and pages through them in another:

# %%
show(orders.list_orders)

# %%
show(orders._page)

# %% [markdown]
# `tuple_` compares time and id together, as Python compares tuples. And it asks for `limit + 1` rows:
# if the extra one comes, there is a next page.

# %%
first = orders.list_orders(session, ada, limit=2)
print([order.description for order in first.orders])

buy(ada, [4, 4], day=21)
second = orders.list_orders(session, ada, limit=2, after=first.after)
print([order.description for order in second.orders])

# %% [markdown]
# A new order arrived in between, and nothing was repeated. Why does the position have two parts, the
# time *and* the id? Two orders can carry the same time. With the time alone, one of them would get
# lost between two pages.

# %% [markdown]
# Stripe pages the same way, with `starting_after`. The names differ, the idea does not:

# %%
client = app.extensions["stripe"]
for amount in [1000, 2000, 3000]:
    client.v1.payment_intents.create(params={"amount": amount, "currency": "usd"})

newest = client.v1.payment_intents.list(params={"limit": 2})
older = client.v1.payment_intents.list(params={"limit": 2, "starting_after": newest.data[-1].id})
print([intent.amount for intent in newest.data], newest.has_more)
print([intent.amount for intent in older.data][:1])

# %% [markdown]
# ## Count the queries
#
# Each line of a history shows its items. Chapter 03's trap waits here: one query for the orders, and
# one more for each of them. Count the statements of a page with two orders, and of one with eight.

# %%
statements = []
event.listen(db.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))


def queries_for(limit):
    session.expunge_all()  # forget what earlier cells loaded
    statements.clear()
    for order in orders.list_orders(session, ada, limit=limit).orders:
        order.description
    return len(statements)


print(queries_for(2), queries_for(8))

# %% [markdown]
# The same number, whatever the page holds. Chapter 03 took `selectinload` for a list, and had two
# queries. The shop's `_WHOLE` is a `joinedload` of lines and items: one query, at the price of the
# `.unique()` that you saw in `_page`.

# %% [markdown]
# ## See the shop do it
#
# The API answers a stranger's question the way you want it to. Nobody is signed in here:

# %%
web = app.test_client()
print(web.get("/orders").status_code, web.get("/orders").json["message"])
print(web.get(f"/orders/{adas_order.id}").status_code)

# %% [markdown]
# A guest's order is the guest's to read, with the id from the answer:

# %%
placed = web.post("/orders", json={"token": "tok_visa", "item_ids": [1, 5, 5, 5]}).json
read = web.get(f"/orders/{placed['id']}").json
for line in read["lines"]:
    print(line["quantity"], "x", line["name"], "=", line["amount"])

# %% [markdown]
# People get a page instead of JSON. Open the shop, and look at that order as its customer does.

# %%
serve(app)
browse(f"/shop/orders/{placed['id']}")

# %% [markdown]
# The shop's own tests are the rest of this chapter. Open `tests/sample_app/` and read the names:
# each is a promise, and most are about saying no.

# %% [markdown]
# ## Summary
#
# - A test's name is a promise; it acts once and asks both the shop and Stripe.
# - Each test has a shop, a database and a Stripe of its own, all in memory.
# - A mock answers what you told it. A fake checks what you send. Break the code to see a test fail.
# - Every query for orders asks whose they are. Somebody else's order is a 404.
# - Ids that open something are long and random.
# - Page by a cursor, not by an offset, and count your queries.
#
# ## New words
#
# - **test client** — sends requests to an app in the same process, without a server.
# - **fake** — a working stand-in that takes a shortcut, here memory instead of Stripe's machines.
# - **mock** — a stand-in that says what the test told it to say.
# - **fixture** — what prepares a test's world.
# - **factory** — a function that makes a good example, to be spoiled in one way.
# - **cursor**, **keyset pagination** — going on after the last row seen, found by its sort key.
#
# ## What comes next
#
# In the exercises you catch three broken shops with tests of your own. Chapter 06 follows a payment
# through all its statuses, including the ones that take days.
#
# ## Read on
#
# - [Testing Flask applications](https://flask.palletsprojects.com/en/stable/testing/)
# - [pytest: fixtures](https://docs.pytest.org/en/stable/explanation/fixtures.html)
# - [Pagination](https://docs.stripe.com/api/pagination) in Stripe's API reference
