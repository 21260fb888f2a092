# %% [markdown]
# # 09. Fulfil exactly once
#
# Stripe has knocked, the signature is genuine, you have answered 200. Now somebody has to pack a parcel
# and write to the customer. Once per order: not twice when the news comes twice, and not never when your
# shop falls over half-way. This chapter is about what happens after the 200.

# %% [markdown]
# **What you will be able to do**
#
# - Keep what Stripe tells you, once, and work on it after the answer.
# - Write one `fulfil` that anybody may call any number of times.
# - Handle events that come late, twice, or in the wrong order.
# - Send one e-mail, and say what "one" can mean.
# - Try again, give up, ring the alarm, and repeat by hand what was given up.
#
# **What you need**: chapter 08 (necessary: the endpoint and its signature), chapter 04 (helpful: crashes
# and retries), chapter 07 (helpful: Checkout). The lesson takes about 50 minutes, the exercises about 30.
#
# **Out of scope here**: refunds (chapter 11), Celery and Redis at work (chapter 13).

# %%
import logging
import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import stripe
from flask import Flask, request
from sqlalchemy import create_engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom import connect, deliver, emails, listen, local, payer, shop, show, timeline

client = connect()

# %% [markdown]
# ## Pack what you hear of
#
# Begin with a toy shop: a door that checks the signature, as in chapter 08, and a function `react` that
# does the rest. You will change `react` several times, and the door never.

# %%
toy = Flask("toy")
wanted = {"payment_intent.succeeded"}


@toy.post("/webhooks")
def door():
    signature, secret = request.headers["Stripe-Signature"], toy.config["STRIPE_WEBHOOK_SECRET"]
    event = stripe.Webhook.construct_event(request.get_data(), signature, secret)
    return react(event) if event.type in wanted else ("", 200)


toy_door = listen(toy, "/webhooks")
toy_door

# %% [markdown]
# The first `react` packs a parcel at once. A second function pays for an order at Stripe, whose number
# travels in the metadata.

# %%
parcels = []


def react(event):
    parcels.append(event.data.object.metadata["order_id"])
    return "", 200


def pay_for(order_id):
    basics = {"amount": 3900, "currency": "usd", "allowed_payment_method_types": ["card"]}
    noted = {"payment_method": "pm_card_visa", "confirm": True, "metadata": {"order_id": order_id}}
    client.v1.payment_intents.create(params={**basics, **noted})


# %% [markdown]
# In chapter 08 one payment was one piece of news. (It is told in several events. The toy cares for one.)
# Now let a fault strike: the next `payment_intent.succeeded` is delivered twice. **Before you run it:**
# what will be packed?
#
# (Faults and a clock that you may move are the local Stripe's. On a sandbox of your own, such a cell says
# so and fails.)

# %%
local().webhooks.inject("duplicate", "payment_intent.succeeded")
pay_for("A-1")
deliver()

# %%
print(parcels)

# %% [markdown]
# Two parcels for A-1, and both deliveries carry the same event with the same id. It is not a mistake of
# Stripe's. Stripe sends until it hears a 2xx. When your answer gets lost on its way back, Stripe cannot
# know whether you got the event, and has two choices: never again, and some events are lost, or once
# more, and some come twice.

# %% [markdown]
# The first choice is called **at most once**, the second **at least once**. Stripe chose the second, and
# says so in its documentation. With at least once, the receiver can mend what goes wrong; an event that
# never comes, nobody can mend.

# %% [markdown]
# ## Fail in the middle
#
# You need no bad luck on the line to get an event twice. Say, the parcel is packed, and then the mail
# server is down. If you answer 500, Stripe comes again, and you begin again from the start: a second
# parcel.
#
# So catch the error, and answer 200 whatever happens? The next cell does. **Before you run it:** what
# becomes of this order?

# %%
parcels.clear()


def write_to_the_customer(order_id):
    raise OSError("no mail server")


def react(event):
    order_id = event.data.object.metadata["order_id"]
    try:
        write_to_the_customer(order_id)
        parcels.append(order_id)
    except OSError:
        pass
    return "", 200


pay_for("A-2")
deliver()

# %%
local().advance(3 * 24 * 60 * 60)
deliver()

# %%
print(parcels)

# %% [markdown]
# Three days later nothing is due, and nothing is packed. A 200 means "I have it, you may forget it", and
# Stripe forgets. The customer has paid, and your shop has no trace of it. A ticket shop's handler wrote
# the error into its log and answered 200 all the same (`fossasia/eventyay#3447`).

# %% [markdown]
# So answer 500 and act twice, or answer 200 and lose it? Neither. Say 200 as soon as the event is *safe*
# with you, and do the work afterwards, from your own copy. Then no error of yours loses anything.

# %% [markdown]
# ## Keep it in an inbox
#
# That copy is a row in your database, in a table called the **inbox**. What makes it more than a list is
# its key: the event's own id. Two rows with one key is a thing that the database refuses.


# %%
class Base(DeclarativeBase):
    pass


class Kept(Base):
    __tablename__ = "inbox"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    handled: Mapped[bool] = mapped_column(default=False)


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)


# %%
def keep(event_id, order_id):
    session.add(Kept(id=event_id, order_id=order_id))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


# %%
print(keep("evt_7", "A-3"), keep("evt_7", "A-3"))

# %% [markdown]
# The second one was refused, and that is no error: it means "I have it already". So answer 200 to it,
# too. A well-known library had the key and not the `except`: duplicates became errors, and Stripe takes
# an error for a wish to hear it again (`dj-stripe/dj-stripe#1239`).

# %% [markdown]
# Why not ask first, "is it there?", and insert if it is not? Two deliveries may arrive at the same moment,
# at two processes of your shop. Both ask, neither finds it, both go on to insert, and both to work.
#
# A **unique constraint** asks and acts in one step, at the one place where both meet. Let the database
# decide, and catch its refusal. (It also stops the thief of chapter 08, who replays a genuine message
# within the five minutes.)

# %% [markdown]
# Now the toy's door only keeps. The work is a function of its own, called later. Same duplicate as
# before:

# %%
parcels.clear()


def react(event):
    keep(event.id, event.data.object.metadata["order_id"])
    return "", 200


def work():
    for kept in session.scalars(select(Kept).where(Kept.handled.is_(False))).all():
        parcels.append(kept.order_id)
        kept.handled = True
        session.commit()


# %%
local().webhooks.inject("duplicate", "payment_intent.succeeded")
pay_for("A-4")
deliver()

# %%
work()
print(parcels)

# %% [markdown]
# One parcel each. (A-3 is the one that you kept by hand.) And if a **worker**, which is whoever runs
# `work`, stumbles, the row is still there, not handled, for the next one.
#
# Are you done? **Think before you read on:** where in `work` may a power cut come, so that a parcel is
# packed twice after all?

# %% [markdown]
# After packing, and before the commit. The worker dies, the row still says "not handled", and the next
# worker packs again. The inbox takes in each event once. Handling it is
# at least once again, and no clever place for the commit changes that: put it before the packing, and a
# power cut loses the parcel.

# %% [markdown]
# There is a second hole. A payment at Checkout is told twice, by `payment_intent.succeeded` and by
# `checkout.session.completed`: two events, two ids, one order. An inbox cannot see that they mean the
# same. What must not happen twice is the *parcel*. So that is where to look.

# %% [markdown]
# ## Look behind the news
#
# One more thing about events, before you act on them: they overtake each other. A customer's first card
# is declined, the second one pays.


# %%
def decline_then_pay():
    basics = {"amount": 3900, "currency": "usd", "allowed_payment_method_types": ["card"]}
    intent = client.v1.payment_intents.create(params=basics)
    for card in ["pm_card_visa_chargeDeclined", "pm_card_visa"]:
        try:
            client.v1.payment_intents.confirm(intent.id, params={"payment_method": card})
        except stripe.CardError:
            pass


# %% [markdown]
# This `react` notes two things: what each event *says*, and what Stripe says when you *ask*. The first
# event is held up on its way. **Before you run it:** what will stand in `said` in the end, and what in
# `asked`?

# %%
said, asked = [], []
wanted.add("payment_intent.payment_failed")


def react(event):
    said.append(event.data.object.status)
    asked.append(client.v1.payment_intents.retrieve(event.data.object.id).status)
    return "", 200


# %%
local().webhooks.inject("delay", "payment_intent.payment_failed", seconds=60)
decline_then_pay()
deliver()

# %%
local().advance(60)
deliver()

# %%
print("said: ", said)
print("asked:", asked)

# %% [markdown]
# The payment has succeeded, and whoever believes the last event ends with `requires_payment_method`. The
# event was not wrong: it says how things were when it was written. A subscription shop stored "incomplete"
# over "active" in this way (`stripe/stripe-cli#418`). Stripe promises no order.

# %% [markdown]
# Sorting by the event's `created` time does not help: it counts whole seconds, and both may share one.
# Take the event for a **doorbell**: it tells that something has happened, and to whom. Then look for
# yourself: **refetch** the object.

# %% [markdown]
# Late or not, what counts is what Stripe says *now*. As a gift, it no longer matters how often an event
# comes, or which of two events it is. That is the next section's idea, too.

# %% [markdown]
# ## Write one fulfil for everybody
#
# To **fulfil** an order is to hand over what was paid for. A function that may be called twice and acts
# once is **idempotent**, like Stripe's requests with a key in chapter 04. Give the toy a table of orders,
# and a first try:


# %%
class Stocked(Base):
    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    fulfilled: Mapped[bool] = mapped_column(default=False)


Base.metadata.create_all(engine)
session.add_all([Stocked(id="B-1"), Stocked(id="B-2")])
session.commit()


# %%
def is_fulfilled(order_id):
    return session.scalar(select(Stocked.fulfilled).where(Stocked.id == order_id))


def pack(order_id):
    parcels.append(order_id)
    session.execute(update(Stocked).where(Stocked.id == order_id).values(fulfilled=True))


# %% [markdown]
# The customer comes back from Checkout, and the webhook arrives, at the same moment. Both call the
# function `if not is_fulfilled(…): pack(…)`, each in a process of its own. Step by step:

# %%
parcels.clear()
page_may = not is_fulfilled("B-1")
webhook_may = not is_fulfilled("B-1")

if page_may:
    pack("B-1")
if webhook_may:
    pack("B-1")

print(parcels)

# %% [markdown]
# It is the race of the inbox again: asking, then acting, with room between. It is no theory. A ticket shop's
# customers got the "payment received" e-mail twice, and the maintainer's first guess was that page and
# webhook had confirmed the payment at the same time (`pretix/pretix#1166`).

# %% [markdown]
# The inbox had a unique key to decide. Here, let the UPDATE decide: change the row *where it is not yet
# changed*, and ask how many rows that were. The database lets one go after the other.


# %%
def take(order_id):
    mine = update(Stocked).where(Stocked.id == order_id, Stocked.fulfilled.is_(False))
    return session.execute(mine.values(fulfilled=True)).rowcount == 1


print(take("B-2"), take("B-2"), take("B-2"))

# %% [markdown]
# One `True`, however many ask. What else belongs to it, such as taking the items from the stock, goes
# into the *same transaction*: either all of it is committed, or nothing. So a power cut leaves an order
# that is either not fulfilled at all, or fulfilled as a whole.

# %% [markdown]
# Here is how the shop does it. Its `lock` is an UPDATE that changes nothing, and makes everybody else wait
# until the commit. Under the lock, asking first is safe.

# %%
from sample_app import fulfilment

show(fulfilment)

# %% [markdown]
# Find three things. Only a paid order is fulfilled. The stock and `fulfilled_at` are committed together.
# The e-mail comes after the commit, for a reason that has a section of its own below.
#
# Now the shop itself. Two lists help you to watch it. `alarms` plays the phone that wakes you at night:
# whatever the shop writes into its log as an error goes there.

# %%
alarms = []


class Phone(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.ERROR:
            alarms.append(re.sub(r"evt_\w+", "evt_…", record.getMessage()))


logging.getLogger("sample_app").addHandler(Phone())

# %% [markdown]
# Switch the toy's door off, and open the shop. (Stripe does not know its address yet: no webhook comes.)
# The second list, `sent`, notes what really goes to the mail server.

# %%
if toy_door.id:  # none on a sandbox
    client.v1.webhook_endpoints.update(toy_door.id, params={"disabled": True})

app = shop()

# %%
sent = []
post = app.extensions["mail"]


def send(message):
    sent.append(message["Message-ID"])
    post.send(message)


app.extensions["mail"] = replace(post, send=send)

# %% [markdown]
# `place_and_pay` leaves an order that is paid and not fulfilled: what a power cut leaves, too.

# %%
from sample_app import payments
from sample_app.database import db
from sample_app.models import Item, Order, WebhookEvent
from sample_app.orders import place_order


def place(*item_ids):
    with app.app_context():
        order = place_order(db.session, item_ids)
        order.email = "ada@example.com"
        db.session.commit()
        return order.id


# %%
def place_and_pay(*item_ids):
    order_id = place(*item_ids)
    with app.app_context():
        order = db.session.get(Order, order_id)
        payments.pay(db.session, client, order, payment_method="pm_card_visa")
    return order_id


# %%
def look(order_id):
    with app.app_context():
        order = db.session.get(Order, order_id)
        stock = {line.item.name: line.item.stock for line in order.lines}
        print(order.status, "-", "fulfilled" if order.fulfilled_at else "not fulfilled", "-", stock)


# %%
lamp = place_and_pay(1)
look(lamp)

# %% [markdown]
# Of each item there are 1000 to begin with. Now call `fulfil` ten times in a row.


# %%
def fulfil(order_id, mailer=None):
    with app.app_context():
        order = db.session.get(Order, order_id)
        fulfilment.fulfil(db.session, mailer or app.extensions["mail"], order)


for _ in range(10):
    fulfil(lamp)

look(lamp)

# %%
print(len(sent))
email = emails(app)[0]
print(f"To: {email.to} - {email.subject}", *email.text.splitlines()[:5], sep="\n")

# %% [markdown]
# One lamp, and one e-mail, however often you ask. And now eight threads at once, which all want the same
# two chairs. `fulfil_at_once` is the form for pages: when somebody else is at it, it leaves the rest to
# them. **Before you run it:** how many chairs will be left, and how many e-mails will there be in all?

# %%
chairs = place_and_pay(5, 5)


def visit(_):
    with app.app_context():
        fulfilment.fulfil_at_once(db.session.get(Order, chairs))


with ThreadPoolExecutor(max_workers=8) as visitors:
    list(visitors.map(visit, range(8)))

look(chairs)
print(len(sent))

# %% [markdown]
# Two chairs, and two e-mails: the lamp's and the chairs'.
#
# And an order that nobody has paid? The next cell fails on purpose.

# %%
unpaid = place(1)

try:
    fulfil(unpaid)
except fulfilment.OrderNotPaid as error:
    print(type(error).__name__)

# %% [markdown]
# `fulfil` decides by the order's own status. Whoever calls it, a page, a webhook, you at midnight, cannot
# talk it into anything.

# %% [markdown]
# ## Let the page and the webhook race
#
# Now for real. From here on the shop listens. A customer pays at Checkout, and is back at the shop
# *before* the webhook.

# %%
listen(app)

# %%
from sample_app import checkout


def to_checkout(order_id):
    back = "https://shop.example/success", "https://shop.example/cancel"
    with app.app_context():
        order = db.session.get(Order, order_id)
        address = checkout.start_checkout(db.session, app.extensions["stripe"], order, *back)
        return address, order.checkout_session_id


# %%
mirror = place(7)
address, session_id = to_checkout(mirror)
timeline.clear()
print(payer.pay(address))

# %% [markdown]
# The payment is made, and no webhook has come. **Before you run it:** what does the page that the
# customer returns to say, and what does it *do*?

# %%
return_page = f"/shop/orders/{mirror}/checkout/success?session_id={session_id}"
page = app.test_client().get(return_page).text
print(*re.findall(r"<(?:h1|p)>(Thank you|We are waiting.+?)<", page), sep="\n")

# %%
look(mirror)

# %% [markdown]
# It thanks, it waits, and it changes nothing. Had the customer never come back, nothing would be
# different. Now let the webhooks come.

# %%
deliver()

# %%
look(mirror)

# %%
timeline()

# %% [markdown]
# (The notebook played the customer's browser at the return page.) Two events told the shop of one payment.
# Both times it looked behind the news, both led to `fulfil`, and one mirror left the stock.
#
# The shop's *own* pay page (chapter 04) does not wait for the webhook: it has seen the payment, so it
# calls `fulfil`, too. It does not matter who is first.

# %% [markdown]
# Here is what the shop does about an event of Checkout's, and nothing of it is decided by the event:

# %%
from sample_app import handlers

show(handlers.checkout_completed)

# %% [markdown]
# "If it took money", says the first line. A session that is complete may be unpaid (chapter 07): with a
# bank debit, the customer has done everything, and the bank needs days. **Before you run it:** which of
# the two deliveries ships the bookshelf?

# %%
shelf = place(3)
address, _ = to_checkout(shelf)
payer.pay(address, "pm_usBankAccount_success")
deliver()

# %%
look(shelf)

# %%
local().advance(5 * 24 * 60 * 60)
deliver()

# %%
look(shelf)

# %% [markdown]
# Ship when it is *paid*, not when it is complete.
#
# One more trap lies in the event itself. What did the customer buy? Look for the lines in what Stripe has
# sent, which the inbox has kept:

# %%
import json

with app.app_context():
    told = select(WebhookEvent.payload).where(WebhookEvent.type == "checkout.session.completed")
    for payload in db.session.scalars(told.limit(1)):
        print(json.loads(payload)["data"]["object"].get("line_items"))

# %% [markdown]
# `None`: the lines are not in it, as people find out in their handlers (`stripe/stripe-java#1164`). You
# can fetch the session with `line_items` expanded (chapter 07). Or, like this shop, you know what was
# ordered, because you saved the order before anybody paid.

# %% [markdown]
# ## Send one e-mail
#
# The stock is a row in your database, and a transaction covers it. An e-mail is not. It leaves for another
# computer, and the last you hear of it is that server's "250 OK", which is a mail server's 200. Say, you
# then commit that it was sent.
#
# **Think before you read on:** what does a power cut do between the two? And if you commit first?

# %% [markdown]
# Send, then commit: the e-mail is out, nobody knows, and it is sent again. Commit, then send: nobody sends
# it at all. At least once or at most once; there is no third order of two steps. No transaction spans two
# computers that do not know each other, so **exactly once is impossible** here, for anybody.

# %% [markdown]
# What is to be had is nearly as good, and takes three steps:

# %%
from sample_app import confirmation

show(confirmation.confirm)

# %% [markdown]
# First a **claim** is committed: "I am sending this". So of many callers at one moment only one sends.
# Then it is sent. Then it is committed that it was. A claim without an end would be at most once, so it
# runs out, after two minutes. Then whoever claimed is taken for dead.

# %% [markdown]
# Let somebody die. A `PowerCut` is no `Exception`, so that no `except Exception` of the shop's stops it.


# %%
class PowerCut(BaseException):
    """The lights go out."""


def send_and_die(message):
    send(message)
    raise PowerCut


# %%
rug = place_and_pay(4)
sent.clear()

try:
    fulfil(rug, replace(post, send=send_and_die))
except PowerCut:
    look(rug)

# %% [markdown]
# The rug has left the stock, the e-mail is with the mail server, and the shop does not know it. Somebody
# calls again, at once. The next cell fails on purpose.

# %%
try:
    fulfil(rug)
except confirmation.ConfirmationUnderway as error:
    print(type(error).__name__)

# %% [markdown]
# The claim holds: it might be that somebody is sending this moment. Make it three minutes older, as if
# you had waited, and call once more.

# %%
with app.app_context():
    db.session.get(Order, rug).confirmation_claimed_at -= timedelta(minutes=3)
    db.session.commit()

fulfil(rug)
print(len(sent), "sent, with", len(set(sent)), "Message-ID")

# %% [markdown]
# Sent twice: that is the price of a power cut in the worst moment. But both copies have the same
# **Message-ID**, since it is made from the order's id. It is an e-mail's own key of idempotency: many mail
# programs show a second one with the same id only once. Not all do, so count on it for comfort only.

# %% [markdown]
# ## Retry, give up, ring
#
# The shop answered 200, so Stripe will not come again. From now on, trying again is *your* business. Put
# a line between shop and Stripe that you can make worse: `lost` is the part of the requests that it
# loses.

# %%
chance = random.Random(9)


class Line(stripe.HTTPClient):
    name, lost = "line", 0.0

    def request(self, *args, **more):
        if chance.random() < self.lost:
            raise stripe.APIConnectionError("no line to Stripe")
        return app.config["STRIPE_HTTP_CLIENT"].request(*args, **more)


# %%
line = Line()
app.extensions["stripe"] = payments.connect({**app.config, "STRIPE_HTTP_CLIENT": line})
deliver()

# %% [markdown]
# That was the news of the rug, over a line in good order. Now cut it. The handlers refetch, so they need
# it. **Before you run it:** what does the shop answer to the webhooks of this plant stand?

# %%
line.lost = 1.0
stand = place_and_pay(8)
deliver()

# %%
print(*alarms, sep="\n")
look(stand)

# %% [markdown]
# 200 four times: the event is safe, which is all that a 200 says. The work failed, your phone rang, and
# the event waits. At work you type `flask --app sample_app events` into a terminal. Here, a function
# types it for you (and hides what differs on each run):


# %%
hidden = {
    r"evt_\w+  ": "evt_…".ljust(30),
    r"evt_\w+": "evt_…",
    r"[\d-]{10} [\d:]{5} UTC  ": "(a time)".ljust(22),
    r"[\d-]{10} [\d:]{5} UTC": "(a time)",
}


def terminal(*words):
    output = app.test_cli_runner().invoke(args=words).output.strip()
    for pattern, shown in hidden.items():
        output = re.sub(pattern, shown, output)
    print(output)


terminal("events", "list", "--limit", "3")

# %% [markdown]
# What waits stands on top. When does it come due? In steps that grow, so that a shop that is down for a
# minute is well after a minute, and one that is down for a day is not asked a thousand times:

# %%
from sample_app import inbox

print(*inbox.RETRIES, sep="; ")

# %% [markdown]
# The function that takes an event from the inbox is the answer to the power cut, too:

# %%
show(inbox.take)

# %% [markdown]
# It writes the *next* try into the row, and commits, before anything is done. Who dies at work leaves an
# event that comes due by itself. Two workers at one moment take two events, and an event that kills
# whoever touches it runs out of tries. It is the claim again: a claim that runs out is called a **lease**.

# %% [markdown]
# Nobody wants to wait for two days. `hurry` makes everything due that waits, and works through it, as
# `flask --app sample_app events work` does.

# %%
from sample_app.models import now


def hurry():
    with app.app_context():
        waiting = update(WebhookEvent).where(WebhookEvent.due_at.is_not(None))
        db.session.execute(waiting.values(due_at=now()))
        db.session.commit()
        return inbox.work()


# %%
for _ in inbox.RETRIES:
    hurry()

print(len(alarms), "alarms, the last one:", *alarms[-1:])
terminal("events", "list", "--limit", "3")

# %% [markdown]
# After eight tries the shop gives the event up. It is a **dead letter** now: kept, and no longer tried. An
# event that fails eight times in two days has a reason that time does not heal, such as a bug. Somebody
# has to look, and that is you. But who tells you?

# %% [markdown]
# Your phone rang eight times, which is seven too many: most failures heal by themselves, and whoever is
# rung for nothing stops listening. Count these three instead. They should be zero:
#
# | ring when there is | because |
# |---|---|
# | a dead letter | nobody tries it any more |
# | an event that has been due for five minutes | no worker is running |
# | an order, paid for ten minutes and not fulfilled | whatever the reason, a customer waits |

# %% [markdown]
# The third one does not know a thing about webhooks. That is its strength. (The ten minutes are left out
# here.)

# %%
with app.app_context():
    waits = select(Order).where(Order.status == "paid", Order.fulfilled_at.is_(None))
    print(len(db.session.scalars(waits).all()))

# %% [markdown]
# One: the plant stand. Repair the line, find the dead letter, and have it handled again. The command is
# called `replay`; this time it is you who replays, not a thief.

# %%
line.lost = 0.0

with app.app_context():
    dead = WebhookEvent.handled_at.is_(None), WebhookEvent.due_at.is_(None)
    letters = db.session.scalars(select(WebhookEvent.id).where(*dead)).all()

for letter in letters:
    terminal("events", "replay", letter)

look(stand)

# %% [markdown]
# And if your shop is down as a whole, while you deploy? Then nobody answers 200, and Stripe's own retries
# carry on (chapter 08). So there are two loops, one behind the other: Stripe tries until the event is in
# your inbox, and your workers try until it is handled. Between them, nothing has a place to get lost.

# %% [markdown]
# ## Work in line, or in a queue
#
# Who calls `work`, and when? The last lines of the shop's door (you read it in chapter 08) have it called
# when the answer has been sent. So the shop works **in line**, in the process that answered, and needs no
# other program: right for one machine. What it missed, the next webhook picks up, or `events work` in a
# terminal, of which you may start several.

# %% [markdown]
# Many machines use a **queue**: workers on all of them take tasks from it. In Python that is often
# **Celery**, which keeps its queue in **Redis**, a small fast database. Then the last line of the door
# would put a task "look into the inbox" into the queue. Chapter 13 does so.

# %% [markdown]
# What does a queue change about this chapter? Nothing. A queue, too, delivers at least once, or at most
# once. The inbox and `fulfil` stay as they are; the queue only decides where and how soon they run.
# Here is the whole way:
#
# | step | how often | because |
# |---|---|---|
# | Stripe to your door | at least once | it sends until it hears 2xx |
# | event into the inbox | exactly once | the unique id, in one transaction |
# | event handled | at least once | a lease runs out, somebody tries again |
# | status, stock, `fulfilled_at` | exactly once | checked and changed under a lock, in one transaction |
# | e-mail | at least once | two computers; the copy has the same Message-ID |

# %% [markdown]
# Wherever a step crosses from one computer to another, it is at least once. Wherever it stays inside one
# database, it can be exactly once. **At least once, to something idempotent, has the effect of exactly
# once.** That is the chapter in one sentence.

# %% [markdown]
# ## Live through a storm
#
# Now everything at once: twenty customers, and every fifth one's card is declined. Note the stock, and
# let them buy.

# %%
customers = []


def buy(card):
    customers.append(place(*chance.choices(range(1, 9), k=3)))
    address, _ = to_checkout(customers[-1])
    try:
        payer.pay(address, card)
    except stripe.CardError:
        pass


def stock():
    with app.app_context():
        return {item.id: item.stock for item in db.session.scalars(select(Item))}


# %%
stock_before = stock()
sent.clear()
alarms.clear()

for number in range(20):
    buy("4000 0000 0000 0002" if number % 5 == 0 else payer.VISA)

# %% [markdown]
# A hundred faults lie in wait for the deliveries: duplicates, delays, lost answers and more. One request
# in ten from the shop to Stripe is lost. And it blows until Stripe has nothing more to deliver. **Before
# you run it:** how many of the twenty orders have to be fulfilled in the end?

# %%
from local_stripe.deliveries import FAULTS

for _ in range(100):
    local().webhooks.inject(chance.choice(list(FAULTS)))

line.lost = 0.1

while local().webhooks.upcoming():
    deliver()
    hurry()
    local().advance(60 * 60)  # seconds

# %% [markdown]
# The wind drops. What waits in the inbox gets its last tries. Then count, in the orders and on the
# shelves:

# %%
line.lost = 0.0

while hurry():
    pass

print("faults left:", len(local().webhooks.faults))
print("did handlers fail?", bool(alarms))

# %%
with app.app_context():
    orders = [db.session.get(Order, order_id) for order_id in customers]
    bought = Counter()
    for order in orders:
        if order.fulfilled_at:
            bought.update({line.item_id: line.quantity for line in order.lines})

    print("paid:", sum(order.status == "paid" for order in orders))
    print("fulfilled:", sum(bool(order.fulfilled_at) for order in orders))
    print("e-mails sent:", len(sent))

# %%
gone = Counter({item: stock_before[item] - left for item, left in stock().items()})
print("gone from the stock:", gone.total(), "pieces, as ordered:", gone == bought)

# %% [markdown]
# Sixteen paid, sixteen fulfilled, sixteen e-mails, and the stock agrees to the piece. Nobody who did not
# pay got anything. (Nor did the power fail. In the worst moment of an e-mail there would be a copy more,
# as you saw.) The project's own tests do this with 200 orders and processes that are really killed.

# %% [markdown]
# See the storm from Stripe's side: every delivery, what struck it, and what your shop answered.

# %%
from classroom import dashboard

dashboard("deliveries")

# %% [markdown]
# ## Summary
#
# - Stripe delivers at least once, in no promised order. That is no fault; build for it.
# - 200 means "it is safe with me". Keep the event, answer, and work afterwards. Never swallow an error.
# - Deciding and doing must be one step: a unique key, an UPDATE with a condition, a lock.
# - One `fulfil` for everybody: page, webhook, worker, you. Only what is paid; stock and mark together.
# - An event is a doorbell. Refetch the object, and never mind order or number.
# - No transaction spans you and a mail server. Claim, send with a Message-ID of the order's, mark as sent.
# - Retry ever later, then give up in sight. Ring for dead letters and for paid orders that wait.
#
# ## New words
#
# - **at most once**, **at least once** — what a messenger can promise: nothing twice, or nothing lost.
# - **worker** — a program that handles what waits in the inbox, or in a queue.
# - **inbox** — a table of events, kept under their ids before they are handled.
# - **unique constraint** — the database's refusal of a second row with the same value.
# - **fulfil** — to hand over what was paid for.
# - **idempotent** — acting once, however often it is called.
# - **refetch** — to ask for the object itself, instead of trusting the news about it.
# - **claim**, **lease** — a note "this is mine for now"; it runs out by itself.
# - **Message-ID** — the name of an e-mail, by which a copy is known.
# - **dead letter** — an event that was given up, and waits for a person.
# - **in line**, **queue** — work in the process that answered; work that others take from a list.
#
# ## What comes next
#
# In the exercises you write the inbox, mend a shop that ships twice, read the truth out of shuffled
# events, and survive the death of a worker. Chapter 10 collects everything that Stripe can answer but
# "yes", and what to tell your customers.
#
# ## Read on
#
# - [Fulfil orders](https://docs.stripe.com/checkout/fulfillment)
# - [Webhooks: event delivery and duplicates](https://docs.stripe.com/webhooks)
# - [Process undelivered events](https://docs.stripe.com/webhooks/process-undelivered-events)
# - [Celery](https://docs.celeryq.dev/)
