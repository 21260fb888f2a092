# %% [markdown]
# # 07. Sell with Checkout
#
# A good pay page is a lot of work: cards and banks, declines and their reasons, phones, screen
# readers, dozens of languages. Stripe has built one and hosts it for you. You say what is sold and send your
# customer there. This chapter does both, and keeps its head when the customer comes back.

# %% [markdown]
# **What you will be able to do**
#
# - Turn an order into a page of Stripe's on which it can be paid.
# - Send customers there, and have them led back to the right place.
# - Write a success page that tells the truth, whoever opens it.
# - Tell a checkout that is complete from one that is paid.
# - Survive the back button, a second tab, a double click, and a customer who never comes back.
#
# **What you need**: chapters 04 (necessary: idempotency keys, metadata) and 06 (necessary:
# statuses, bank debits, `expand`), chapter 02 (helpful: amounts in minor units). The lesson takes
# about 45 minutes, the exercises about 30.
#
# **Out of scope here**: the message by which Stripe tells your shop of a payment (chapter 08),
# sending the goods (chapter 09), subscriptions.

# %%
import uuid

import stripe
from flask import Flask, abort, redirect, request, url_for

from classroom import browse, connect, local, payer, serve, shop, show, states, timeline

client = connect()

# %% [markdown]
# ## Say what you sell
#
# **Checkout** is Stripe's own pay page. A **Checkout Session** is one customer's visit to it, and
# you create it on your server, from your order. Here is an order of a lamp and three chairs. Each
# line has a name, a unit price in cents, and a quantity.

# %%
order = {
    "id": "A-17",
    "status": "pending",
    "lines": [("Desk lamp", 3900, 1), ("Chair", 5950, 3)],
}

# %% [markdown]
# Checkout shows the lines to the customer, so it wants them one by one, as **line items**.
# `price_data` is a price told on the spot. (You can also keep prices at Stripe, and give their ids.
# This shop keeps them in its own database, as chapter 03 did.)


# %%
def line_items(order):
    return [
        {
            "quantity": quantity,
            "price_data": {
                "currency": "usd",
                "unit_amount": unit_price,
                "product_data": {"name": name},
            },
        }
        for name, unit_price, quantity in order["lines"]
    ]


# %% [markdown]
# A session needs three things more. `mode` is `payment`: paid once. `success_url` is where
# customers go who have paid, `cancel_url` is for those who turn back. The last row is for this
# lesson: cards only, until you say otherwise. (`more` adds a parameter or replaces one; `options`
# waits for the double click.)


# %%
def new_session(order, options=None, **more):
    params = {
        "mode": "payment",
        "line_items": line_items(order),
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/cart",
        "allowed_payment_method_types": ["card"],
    }
    return client.v1.checkout.sessions.create(params={**params, **more}, options=options)


# %% [markdown]
# Nowhere did you say what it costs together. **Before you run it:** what is the total, in cents?

# %%
session = new_session(order)
print(session.amount_total, session.currency)

# %% [markdown]
# 39 plus three times 59.50 is 217.50. Stripe does the sum, from your prices. What else does the
# session know? **Before you run it:** does the answer hold the lines, and is there a PaymentIntent
# yet?

# %%
print("line_items" in session)
print(session.payment_intent)

# %% [markdown]
# Neither. A list may be long, so you get it when you ask for it: `expand`, as in chapter 06. And
# the PaymentIntent is made when the customer first tries to pay. Many visits end before that.

# %%
full = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["line_items"]})
for line in full.line_items.data:
    print(line.quantity, "x", line.description, "=", line.amount_total)

# %% [markdown]
# ## Keep the prices to yourself
#
# Some shops let the page send the prices along with the form, as the page knows them anyway. Here
# is such a handler. **Before you run it:** what does the second customer pay for three chairs?


# %%
def careless_checkout(form):
    posted = {"lines": [("Chair", form["unit_amount"], 3)]}
    return new_session(posted)


print(careless_checkout({"unit_amount": "5950"}).amount_total)
print(careless_checkout({"unit_amount": "50"}).amount_total)

# %% [markdown]
# One dollar and fifty cents, and Stripe can't know that this is wrong. Nobody but your server can
# make a session, or change its prices. But your server asked the browser. Take items and quantities
# from there, as in chapter 03, and the prices from your order.

# %% [markdown]
# ## Know where it is in its life
#
# A session has a state machine, too, and a short one:

# %%
states("checkout_session")

# %% [markdown]
# **open**: the page can be paid, and a declined card leads back to `open`. **complete**: the customer
# is done with it. **expired**: too late. That is the field `status`, and it is about the *page*. A second field is about the *money*:

# %%
print(session.status)
print(session.payment_status)

# %% [markdown]
# Remember that there are two. In the middle of this chapter, one will say `complete` while the other
# still says `unpaid`.

# %% [markdown]
# ## Send the customer there
#
# The page's address is `session.url`. The customer has pressed a button of yours, which sent a
# POST. Your answer is a redirect with status **303**, *See Other*: go there, and with a GET. (307
# would have the browser post your form to Stripe.)

# %%
answer = redirect(session.url, 303)
print(answer.status_code, answer.location == session.url)

# %% [markdown]
# That is all. Older code did it in the browser, with `stripe.redirectToCheckout`. Stripe.js
# dropped that function in September 2025. A plugin still called it: the session was created, nobody
# got to it, and there was no error to read (`Ultimate-Multisite/ultimate-multisite#379`).

# %% [markdown]
# One more thing has aged. `ui_mode` says where the page lives. Its values were `hosted`, `embedded`
# and `custom`, and most tutorials still write them. The next cell fails on purpose.

# %%
try:
    new_session(order, ui_mode="hosted")
except stripe.InvalidRequestError as error:
    print(error.user_message)

# %% [markdown]
# They got new names in 2026, and a project's tests failed one morning (`stripe/stripe-mock#1636`).
# `hosted_page` is the one of this chapter, and what you get if you say nothing. `embedded_page`
# puts Stripe's page into a frame of yours; with `elements` you build it from parts.

# %% [markdown]
# ## Say where to come back to
#
# The success page should know *which* session the customer comes from. You can't put its id into
# the address, as you don't have it yet. So Stripe does: wherever `success_url` says
# `{CHECKOUT_SESSION_ID}`, braces included, it writes the id.
#
# Here is a little shop with a page to come back to. It welcomes everybody. You will not like it for
# long.


# %%
def little_shop(thanks):
    app = Flask("little_shop")
    app.add_url_rule("/thanks", "thanks", thanks)
    app.add_url_rule("/cart", "cart", lambda: "You have not paid. Your cart is as you left it.")
    return app


def careless_thanks():
    order["status"] = "paid"
    return "Thank you! Your order is paid."


# %% [markdown]
# In Flask, `url_for` makes addresses. **Before you run it:** will Stripe find its placeholder in
# this one?

# %%
app = little_shop(careless_thanks)
with app.test_request_context():
    path = url_for("thanks", session_id="{CHECKOUT_SESSION_ID}")
print(path)

# %% [markdown]
# `url_for` does its duty: in an address, braces are written `%7B` and `%7D`. Stripe looks for
# braces. Let a customer pay, and see where they are led. `payer` is the customer in code, whom you
# know from chapter 06. (On a sandbox of your own only you can pay; there, such a cell says so and
# fails.)

# %%
encoded = new_session(order, success_url=f"https://shop.example{path}")
print(payer.pay(encoded.url))

# %% [markdown]
# The customer has paid, and comes back without an id. A well-known library for sign-in and billing
# led its users' customers to this very address (`better-auth/better-auth#8255`). The mend: have
# `url_for` write the path, and add the rest by hand. (`serve` gives the little shop an address, and
# `_external` puts it in front of the path: Stripe needs all of it.)

# %%
serve(app)
with app.test_request_context():
    back = {
        "success_url": url_for("thanks", _external=True) + "?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": url_for("cart", _external=True),
    }
print(back["success_url"].partition("?")[2])

# %% [markdown]
# ## Name the order
#
# At Stripe, nothing says yet that this visit is about order A-17. Chapter 04 linked both ways, and
# here there are three places to do it:


# %%
def named(order):
    about = {"order_id": order["id"]}
    return {
        "client_reference_id": order["id"],
        "metadata": about,
        "payment_intent_data": {"metadata": about},
    }


# %% [markdown]
# `client_reference_id` is made for this. `metadata` is for anything else you want to note on the
# session. The third row is the one that people forget. What is it for? Pay without it, and look at
# the PaymentIntent.

# %%
forgetful = new_session(order, metadata={"order_id": order["id"]})
payer.pay(forgetful.url)
paid = client.v1.checkout.sessions.retrieve(forgetful.id, params={"expand": ["payment_intent"]})
print(paid.metadata.to_dict(), paid.payment_intent.metadata.to_dict())

# %% [markdown]
# A session's metadata stays with the session. In half a year a refund or a dispute comes in, and it
# names the *payment*. With `payment_intent_data`, that one knows its order as well.

# %% [markdown]
# ## Pay on Stripe's page
#
# Now do what your customers do. The card is **4242 4242 4242 4242**, with any future date and any
# three digits; write what you like into the other fields. Look around before you press Pay: lines,
# total, a way back. Then see where you land.

# %%
session = new_session(order, **back, **named(order))
browse(session.url)

# %% [markdown]
# The card field is on Stripe's page, on Stripe's server. Your shop has not seen the number, not
# even the page around it. If you read without pressing, `payer` pays. If you were faster, it finds
# the session paid, and pays nothing.

# %%
print(payer.pay(session.url).partition("=")[2] == session.id)

# %% [markdown]
# The address that the customer was sent to holds the session's id, braces gone. What does the
# session say now?

# %%
done = client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent"]})
print(done.status, done.payment_status)

intent = done.payment_intent
print(intent and (intent.status, intent.amount_received, intent.metadata["order_id"]))

# %% [markdown]
# Complete, and paid. The PaymentIntent is there, and it is like those that you made yourself in
# chapter 06. Checkout is a page on top of what you know.

# %%
print(done.url)
print(done.customer_details and done.customer_details.email)

# %% [markdown]
# The page is gone, so its address is, too. And there is an e-mail address, which your guest has
# typed at Stripe's: that is where a confirmation can go to.

# %% [markdown]
# ## Make it look like yours
#
# The page says "Test shop", the name of the account. Logo, colors, shape and name are set once, in
# Stripe's dashboard, or for one session in `branding_settings`. `submit_type` chooses what the
# button says. And the page speaks the language of your customer's browser, unless `locale` names
# another one. Look at the top of the page, at the amounts, and at the end.

# %%
yours = {
    "branding_settings": {"display_name": "Oak & Lamp"},
    "submit_type": "book",
    "locale": "fr",
}
dressed = new_session(order, **back, **named(order), **yours)
browse(dressed.url)

# %% [markdown]
# (The local Stripe takes the name alone, and refuses logos and colors instead of ignoring them.)
# The layout stays Stripe's. The names of your goods stay as you sent them: those you translate.

# %% [markdown]
# ## Leave declines and banks to the page
#
# Now a customer with bad luck: the first card is declined, and the bank of the second one asks.
# **Before you run the cells:** what will your code have to do about it?

# %%
unlucky = new_session(order, **back, **named(order))

try:
    payer.pay(unlucky.url, "4000 0000 0000 0002")
except stripe.CardError as error:
    print(error.user_message)

# %%
print(client.v1.checkout.sessions.retrieve(unlucky.id).status)

# %% [markdown]
# Nothing. The customer reads the reason on Stripe's page, and the page stays open for another card.
# This time `payer.pay` leads to the bank's page, where `payer.answer` says yes:

# %%
bank_page = payer.pay(unlucky.url, "4000 0027 6000 3184")
payer.answer(bank_page)

lucky = client.v1.checkout.sessions.retrieve(unlucky.id)
charges = client.v1.charges.list(params={"payment_intent": lucky.payment_intent})
print(lucky.status, lucky.payment_status, [charge.status for charge in charges.data])

# %% [markdown]
# One session, one PaymentIntent, two charges in it. Your shop wrote no line of code for the
# decline, and none for the bank. That is what you save. In return, nobody tells your code that it
# happened.
#
# See it as the customer does, with the same two cards: first **4000 0000 0000 0002**, then **4000
# 0027 6000 3184**.

# %%
by_hand = new_session(order, **back, **named(order))
browse(by_hand.url)

# %% [markdown]
# ## Distrust the success page
#
# Back to the little shop, and to a stranger who has bought nothing. Everybody who has ever paid
# there knows the page's address. **Before you run it:** is the order paid?

# %%
web = app.test_client()
order["status"] = "pending"

print(web.get("/thanks?session_id=made_up").text)
print(order["status"])

# %% [markdown]
# One line typed into a browser, and the chairs are on their way. The guide of a famous web
# framework did better, and still not well. It looked the session up, and did not look at its
# `payment_status`: start a checkout, note the id, open the success page, pay nothing
# (`laravel/docs#9334`).

# %% [markdown]
# It fails the other way round, too. This customer pays, and closes the tab before the page has
# loaded:

# %%
order["status"] = "pending"
payer.pay(new_session(order, **back, **named(order)).url)
print(order["status"])

# %% [markdown]
# Money taken, order pending, and nobody will ever come by to change that. So opening the success
# page means nothing, and not opening it means nothing. What makes an order paid is a message from
# Stripe to the shop, server to server: chapter 08. The page has one job, to tell its reader the
# truth.

# %% [markdown]
# The truth is at Stripe. Read the session that the address names, and be sure that it belongs to
# this order. (`params` is for later.)


# %%
def session_of(order, params=None):
    session_id = request.args.get("session_id", "")
    try:
        session = client.v1.checkout.sessions.retrieve(session_id, params=params)
    except stripe.InvalidRequestError:
        abort(404)
    if session.client_reference_id != order["id"]:
        abort(404)
    return session


# %% [markdown]
# Then choose your words by both fields. Here is a page that does, and writes nothing anywhere.

# %%
WORDS = {
    ("complete", "paid"): "Thank you! Your payment has arrived.",
    ("complete", "unpaid"): "We are waiting for your bank.",
}


def careful_thanks():
    session = session_of(order)
    return WORDS.get((session.status, session.payment_status), "You have not paid.")


# %%
def read_page(thanks, session_id):
    answer = little_shop(thanks).test_client().get(f"/thanks?session_id={session_id}")
    return answer.status_code, answer.text if answer.status_code == 200 else ""


# %% [markdown]
# Four people open it: one has made up an id, one brings the session of another order, one has not
# paid, and one has. **Before you run it:** what does each one read?

# %%
foreign = new_session(order, client_reference_id="B-2")
unpaid = new_session(order, **named(order))

for session_id in ["made_up", foreign.id, unpaid.id, session.id]:
    print(*read_page(careful_thanks, session_id))

# %% [markdown]
# The page gives nothing away. Not the goods: it changes no order. And no news about others:
# somebody else's session and one that doesn't exist look the same, as in chapter 05.

# %% [markdown]
# ## Tell complete from paid
#
# There was a row for people who wait. Let the page offer bank debits as well; chapter 06 has taught
# you how slow they are. **Before you run it:** what will `status` and `payment_status` be, right
# after paying?

# %%
both_ways = {"allowed_payment_method_types": ["card", "us_bank_account"]}
slow = new_session(order, **back, **named(order), **both_ways)
landed = payer.pay(slow.url, "pm_usBankAccount_success")

# %%
now = client.v1.checkout.sessions.retrieve(slow.id)
print(now.status, now.payment_status)
print(*read_page(careful_thanks, slow.id))

# %% [markdown]
# `complete`, as the customer is done. `unpaid`, as the bank is not. Whoever sends the chairs at
# `complete` sends them before there is money. So wait. On the fifth day:

# %%
DAY = 24 * 60 * 60  # seconds
local().advance(5 * DAY)

# %%
now = client.v1.checkout.sessions.retrieve(slow.id)
print(now.status, now.payment_status)
print(*read_page(careful_thanks, slow.id))

# %% [markdown]
# Paid: this is the arrow `settle` in the drawing. Nobody opened a page that day. A course site took
# note of the completion, and not of the money that came later. So people who paid this way never
# got what they had bought (`AI-Shipping-Labs/website#1423`). Look twice: when the visit ends, and
# when the money comes.

# %% [markdown]
# And when it does not come? This account is empty. **Before you run the cells:** which of the two
# fields will tell you, after five days?

# %%
empty = new_session(order, **named(order), **both_ways)
payer.pay(empty.url, "pm_usBankAccount_insufficientFunds")
local().advance(5 * DAY)

# %%
now = client.v1.checkout.sessions.retrieve(empty.id, params={"expand": ["payment_intent"]})
print(now.status, now.payment_status)
print(now.payment_intent and now.payment_intent.status)

# %% [markdown]
# Neither. The session still says `complete` and `unpaid`, as if the bank were thinking. The news is
# in its PaymentIntent, back at `requires_payment_method`. **Before you run it:** what does this
# customer read on your careful page?

# %%
print(*read_page(careful_thanks, empty.id))

# %% [markdown]
# That was true on the first day, and now it is not, nor will it ever be again. So the page must look
# at three things, the third being the status of the PaymentIntent. `expand` brings it along, in the
# same answer.

# %%
TRUE_WORDS = {
    ("complete", "paid", "succeeded"): "Thank you! Your payment has arrived.",
    ("complete", "unpaid", "processing"): "We are waiting for your bank.",
}


def honest_thanks():
    session = session_of(order, {"expand": ["payment_intent"]})
    intent = session.payment_intent
    seen = (session.status, session.payment_status, intent and intent.status)
    return TRUE_WORDS.get(seen, "You have not paid.")


# %%
for session_id in [empty.id, slow.id, unpaid.id]:
    print(*read_page(honest_thanks, session_id))

# %% [markdown]
# Each of them reads the truth. (`unpaid` has no PaymentIntent: then `intent` is `None`, and so is
# the third thing.) A complete session cannot be paid again: for another try, the customer needs a
# new one.

# %% [markdown]
# ## Let them turn back
#
# The link *back* on Stripe's page leads to your `cancel_url`. Its name promises too much. The
# customer reads it, and nothing else happens:

# %%
left = new_session(order, **back, **named(order))
print(app.test_client().get("/cart").text)
print(client.v1.checkout.sessions.retrieve(left.id).status)

# %% [markdown]
# Still open, and it can be paid: in another tab, or by the browser's forward button. And the
# browser's *back* button does not visit your page at all. So do not cancel the order there. Keep
# it, and offer to go on.

# %% [markdown]
# ## Survive the double click
#
# Nothing happens for a second, so people press again. This shop makes a session for each click.
# **Before you run it:** can the order be paid twice?

# %%
two = [new_session(order, **named(order)) for click in range(2)]

for tab in two:
    payer.pay(tab.url)

# %%
for tab in two:
    print(client.v1.checkout.sessions.retrieve(tab.id).payment_status)

# %% [markdown]
# Two sessions, two payments of 217.50, and both belong to order A-17. Within *one* session that
# can't happen. Pay in one tab, then in a second tab that was open all the time, as the back button
# would bring up:

# %%
one = new_session(order, **named(order))

for tab in [one.url, one.url]:
    payer.pay(tab)

paid = client.v1.checkout.sessions.retrieve(one.id)
charges = client.v1.charges.list(params={"payment_intent": paid.payment_intent})
print(len(charges.data))

# %% [markdown]
# So the rule is: **one order has one open session**. Two clicks at the same moment need the key of
# chapter 04, kept with the order. A click in an hour needs the session's id, kept with the order,
# too.


# %%
def to_checkout(order):
    if "session" in order:
        kept = client.v1.checkout.sessions.retrieve(order["session"])
        if kept.status == "open":
            return kept
    same_click = {"idempotency_key": order["key"]}
    created = new_session(order, same_click, **back, **named(order))
    order["session"] = created.id
    return created


# %%
order["key"] = str(uuid.uuid4())
first, second = to_checkout(order), to_checkout(order)
print(first.id == second.id)

# %%
del order["session"]  # the two clicks came at once: neither knew of the other's session
print(to_checkout(order).id == first.id)

# %% [markdown]
# One session each time. (What if the kept one is `complete`? `to_checkout` has a gap there, which
# you close in the exercises.) Now the customer puts a second lamp into the order and comes back.
# **Before you run it:** what will the page ask for?

# %%
order["lines"][0] = ("Desk lamp", 3900, 2)
print(to_checkout(order).amount_total)

# %% [markdown]
# 217.50, the price of the order as it was. A session is a copy. When the order changes, the old
# page must go before there is a new one, or both can be paid.

# %% [markdown]
# ## Let it expire
#
# You can close a page: **expire** its session. Expire it *first*. If Stripe refuses, make no new
# one: somebody has paid there in the meantime. And a new session is another request, so it takes
# another key.

# %%
closed = client.v1.checkout.sessions.expire(order["session"])
print(closed.status, closed.url)

order["key"] = str(uuid.uuid4())
print(to_checkout(order).amount_total)

# %% [markdown]
# Whoever still has the old page open can't pay there. The next cell fails on purpose.

# %%
try:
    payer.pay(first.url)
except stripe.InvalidRequestError as error:
    print(error.user_message)

# %% [markdown]
# If you do nothing, Stripe does it for you after 24 hours; `expires_at` makes that sooner, down to
# 30 minutes. The customer who never came back has left this behind:

# %%
local().advance(25 * 60 * 60)

# %%
print(client.v1.checkout.sessions.retrieve(order["session"]).status)

# %% [markdown]
# An expired session took no money, and never will. Now you can offer those chairs to somebody else.
# The order itself may live on: `to_checkout`, with a new key, opens a page for it.

# %% [markdown]
# ## See the shop do it
#
# The course's shop has all of it. Place an order, and let a program ask for Checkout. (The page has
# a button for it.) `listen` lets Stripe's messages in, which chapter 08 takes apart.

# %%
from classroom import deliver, listen
from sample_app.database import db
from sample_app.orders import place_order

app = shop()
listen(app)
serve(app)
web = app.test_client()

with app.app_context():
    order_id = place_order(db.session, [1, 5, 5, 5]).id

# %%
timeline.clear()
go = web.post(f"/orders/{order_id}/checkout", json={})
again = web.post(f"/orders/{order_id}/checkout", json={})
print(go.status_code, again.location == go.location)

# %%
timeline()

# %% [markdown]
# The second click has created nothing. This is the function, with three differences from yours. It
# makes sure that the card form of the shop's own page cannot take money at the same time
# (`leave_card`). It saves the key before the call (`attempt`). And it checks the order's status at
# the end, as Stripe may have had news.

# %%
from sample_app import checkout, checkout_pages

show(checkout.start_checkout)

# %% [markdown]
# And here is the page that decides nothing. `find_checkout` does what `session_of` did: it refuses
# made-up ids and sessions of another order, and brings the PaymentIntent along. `OUTCOMES` is a
# table like your `TRUE_WORDS`. (`asking_stripe` lends the client, unless Stripe is down: chapter 10.)

# %%
show(checkout_pages.success)

# %% [markdown]
# Pay, and open the success page. **Before you run it:** what will the page say, and what the order?

# %%
thanks = web.get(payer.pay(go.location))
print("Thank you" in thanks.text, "waiting for Stripe to tell" in thanks.text)

# %%
print(web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# The page says what Stripe knows. The order says what the shop knows, and the shop has no message
# yet. Let them come. Each row is one: its name, and what the shop answered.

# %%
deliver()

# %%
print(web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# Paid, and the customer's tab may have been closed all the time. The one made for Checkout is
# `checkout.session.completed`; when a bank debit arrives,
# `checkout.session.async_payment_succeeded` follows. How your shop takes such messages, and why it
# may believe them, is the next chapter.

# %% [markdown]
# Your turn, with a new order. Press *Check out on Stripe's page*, below the card. Go back, and come
# again. Then choose the bank account instead of the card (routing number 110000000, account number
# 000123456789), and read what the shop says.

# %%
with app.app_context():
    order_id = place_order(db.session, [1]).id

browse(f"/shop/orders/{order_id}/pay")

# %%
print(web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# ## Summary
#
# - A Checkout Session is made on the server, from the order, at your prices.
# - Redirect to its address with 303, from the server.
# - Put the order's id on the session *and* on its PaymentIntent.
# - Add `{CHECKOUT_SESSION_ID}` to `success_url` by hand, behind `url_for`.
# - Declines and questions of the bank are the page's business. Its name and colors are yours.
# - The success page reads the session and its PaymentIntent, and changes nothing. The cancel page
#   reads nothing.
# - `complete` is about the page, `paid` about the money. A debit that fails shows in the
#   PaymentIntent.
# - One order, one open session: keep a key and the session's id. Expire the old one before a new
#   one.
#
# ## New words
#
# - **Checkout** — the pay page that Stripe hosts.
# - **Checkout Session** — one customer's visit to it, made from one order.
# - **`client_reference_id`** — your name for what the session is about: the order's id.
# - **`{CHECKOUT_SESSION_ID}`** — where Stripe writes the session's id into the success URL.
# - **line item** — one row of what is sold there: name, price, quantity.
# - **`price_data`** — a price told with the session, instead of one kept at Stripe.
# - **303** — the answer to a POST that says: go there, with a GET.
# - **success URL**, **cancel URL** — where customers come to who have paid, or who turned back.
# - **complete** — said of a session whose customer is done; the money may be on its way.
# - **expire** — to close a session, so that nobody can pay there any more.
#
# ## What comes next
#
# In the exercises you make a session from an order, mend a success page, let customers turn back
# and come again, and wait for a bank. Chapter 08 takes in the messages.
#
# ## Read on
#
# - [How Checkout works](https://docs.stripe.com/payments/checkout/how-checkout-works)
# - [The Checkout Session object](https://docs.stripe.com/api/checkout/sessions/object)
# - [Customize the success page](https://docs.stripe.com/payments/checkout/custom-success-page)
# - [Fulfil orders](https://docs.stripe.com/checkout/fulfillment)
