# %% [markdown]
# # 08. Listen with webhooks
#
# Your shop learns of a payment when the customer comes back from the bank. And if they don't? This
# chapter lets Stripe itself bring the news. You build the door that it knocks on, and teach the door to
# tell Stripe from everybody else.

# %% [markdown]
# **What you will be able to do**
#
# - Say why the customer's browser cannot be the messenger.
# - Receive Stripe's messages, and check their signature: by hand, then with Stripe's library.
# - Give the answers that Stripe understands.
# - Tell four kinds of secrets apart, and replace one without losing a message.
# - Try it all out, with Stripe's command line and with its dashboard.
#
# **What you need**: chapter 06 (necessary: the states of a payment), chapter 04 (helpful: lost answers).
# The lesson takes about 40 minutes, the exercises about 30.
#
# **Out of scope here**: what happens after the answer, and messages that come twice (chapter 09); more
# attacks on a shop (chapter 12).

# %%
import hashlib
import hmac
import json
import logging
import re
import sys
import time

import stripe
from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect

from classroom import connect, dashboard, deliver, listen, local, payer, shop, show, timeline
from sample_app.database import db
from sample_app.orders import place_order

logging.basicConfig(stream=sys.stdout, format="LOG: %(message)s")  # no times in this notebook
client = connect()

# %% [markdown]
# ## Watch a messenger fail
#
# A customer orders a lamp. Their bank wants to ask them first, so the shop sends them there. You know
# this from chapter 06. Two functions play the customer.

# %%
app = shop()
web = app.test_client()


def new_order():
    with app.app_context():
        return place_order(db.session, [1]).id


def pay_and_never_come_back(order_id):
    page = f"/shop/orders/{order_id}/pay"
    secret_word = re.search(r'name="csrf_token" value="([^"]+)"', web.get(page).text)[1]
    filled_in = {"csrf_token": secret_word, "token": "tok_threeDSecure2Required"}
    payer.answer(web.post(page, data=filled_in).location)


# %% [markdown]
# The customer says yes to the bank. Then their train goes into a tunnel, and the page that leads back to
# the shop never loads. **Before you run it:** what does Stripe say, and what does the shop?

# %%
order_id = new_order()
pay_and_never_come_back(order_id)

# %%
print("Stripe:", client.v1.payment_intents.list(params={"limit": 1}).data[0].status)
print("shop:  ", web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# The money is taken, and the shop waits for a customer who may never look again. Three things are wrong
# with a browser as the messenger:
#
# - It may never arrive.
# - It comes from a stranger, who can write what they like (`?redirect_status=succeeded`).
# - It knows only of today. A debit that fails on Thursday or a dispute in March has no browser at all.

# %% [markdown]
# ## Ask what happened
#
# Whatever happens at Stripe leaves an **event**: what kind of thing it was, when, and the object as it
# was then. Here are the newest of this account.

# %%
happened = client.v1.events.list(params={"limit": 5}).data
for event in happened:
    print(event.type)

# %%
event = happened[0]
print(event.object, event.id[:4], event.data.object["object"])

# %% [markdown]
# An event has an id (`evt_…`), a `type` (a thing, a dot, and what happened to it), and the thing itself
# in `data.object`. You could ask for this list every second. A **webhook** is the other way round: for
# each event, Stripe sends a POST to your shop.

# %% [markdown]
# ## Open a door
#
# The address that Stripe posts to is an **endpoint**. It is a route like any other. Here is a first one,
# with a very small shop behind it.

# %%
ledger = {"A-17": "pending", "A-18": "pending"}
door = Flask("door")


@door.post("/webhooks/stripe")
def hear():
    event = request.get_json()
    if event["type"] == "payment_intent.succeeded":
        ledger[event["data"]["object"]["metadata"]["order_id"]] = "paid"
    return "heard"


# %% [markdown]
# `listen` tells Stripe about the door. From then on, events queue up for it, and `deliver()` brings
# those that are due. (In a notebook nothing arrives before a cell says so. Stripe does not wait: its
# webhooks come within seconds.)

# %%
listen(door)

# %%
payment = {
    "amount": 3900,
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "confirm": True,
    "allowed_payment_method_types": ["card"],
    "metadata": {"order_id": "A-17"},
}
client.v1.payment_intents.create(params=payment)
print(ledger)

# %%
deliver()

# %%
print(ledger)

# %% [markdown]
# Four events for one payment, and one of them was the news. Nobody's browser was involved.
#
# On a sandbox of your own, Stripe cannot reach into your notebook, and `deliver()` says so. There you
# use Stripe's command line, which comes later in this chapter. The cells that show what arrived then
# show nothing.

# %% [markdown]
# ## Knock on your own door
#
# The address of an endpoint is no secret: it stands in public code, and people guess `/webhook`. **Before
# you run it:** what will the ledger say?

# %%
forged = {
    "type": "payment_intent.succeeded",
    "data": {"object": {"metadata": {"order_id": "A-18"}}},
}
print(door.test_client().post("/webhooks/stripe", json=forged).status_code)
print(ledger)

# %% [markdown]
# Paid, with a few lines and no money. Whoever posts here is believed. So how can Stripe prove that it is
# Stripe?

# %% [markdown]
# ## Look at the signature
#
# Each delivery has a header for that, `Stripe-Signature`. This door believes nothing yet: it only keeps
# what arrives. It keeps the body as **raw bytes**, as they came; the reason follows soon.

# %%
door = Flask("door")
arrived = []


@door.post("/webhooks/stripe")
def hear():
    arrived.append((request.get_data(), request.headers["Stripe-Signature"]))
    return "heard"


endpoint = listen(door)

# %% [markdown]
# A new customer makes a single event, so you have one delivery to look at.

# %%
client.v1.customers.create(params={"name": "Ann"})
deliver()

# %% [markdown]
# The header is a list of `name=value`. Print the names, and how long the values are.


# %%
def fields(header):
    return dict(part.split("=", 1) for part in header.split(","))


for _, header in arrived:
    print({name: len(value) for name, value in fields(header).items()})

# %% [markdown]
# `t` is the time at which Stripe sent this, in seconds. `v1` is the **signature**: 64 characters that
# only two parties in the world can work out, Stripe and you.

# %% [markdown]
# Both know a **signing secret**, `whsec_…`, which Stripe made for this endpoint. It is in no
# message. Instead it goes into an **HMAC**: a kind of sum over a text and a secret. Change one letter of either,
# and everything about the result changes. Nobody can work back from it to the secret.
#
# The text is the time, a dot, and the body. So here is the whole scheme:


# %%
def sign(secret, moment, body):
    signed = moment.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def matches(body, header, secret):
    its = fields(header)
    return hmac.compare_digest(sign(secret, its["t"], body), its["v1"])


# %% [markdown]
# `compare_digest` is `==` that always takes the same time. With `==`, a stranger could measure how many
# letters were right before the first wrong one.
#
# **Before you run it:** three lines, three answers. Which?

# %%
for body, header in arrived:
    print(matches(body, header, endpoint.secret))
    print(matches(body.replace(b"Ann", b"Bob"), header, endpoint.secret))
    print(matches(body, header, "whsec_ofSomebodyElse"))

# %% [markdown]
# One proof for two things: it comes from somebody who knows the secret, and nobody has altered it on the
# way.

# %% [markdown]
# ## Check bytes, not meaning
#
# A tidy developer reads the JSON first, because everything else needs it, and turns it back into text
# for the check. **Before you run it:** the data is the same. Is the signature?

# %%
for body, header in arrived:
    anew = json.dumps(json.loads(body)).encode()
    print(json.loads(anew) == json.loads(body))
    print(matches(anew, header, endpoint.secret))

# %% [markdown]
# It fails. Stripe puts line breaks and spaces into its JSON, and Python writes its own. The meaning is
# the same, the bytes are not, and the signature is over bytes. Stripe's own library has had a question
# about it open since 2018 (`stripe-python#424`).
#
# In Flask, take `request.get_data()` and nothing else. Let no other code touch the body before you.

# %% [markdown]
# ## Refuse what is old
#
# Suppose that somebody recorded a genuine delivery: in a log file, or at a proxy. They cannot change it,
# but they can send it again next week. That is a **replay**. Its signature is right, since it *is*
# Stripe's.
#
# This is what the time is for. Whatever is older than five minutes, the **tolerance**, is refused.


# %%
def fresh(header, now):
    return now - int(fields(header)["t"]) <= 300


for _, header in arrived:
    sent = int(fields(header)["t"])
    print(fresh(header, sent + 2), fresh(header, sent + 3600))

# %% [markdown]
# Could they write a new time into the header? **Before you run it:** what was the signed text made of?

# %%
for body, header in arrived:
    redated = header.replace(fields(header)["t"], "9999999999")
    print(matches(body, redated, endpoint.secret))

# %% [markdown]
# The time is part of the signed text, so it cannot be altered either. When Stripe itself sends an event
# again, it signs anew, with a new time.
#
# Within the five minutes a replay does pass. What stops it then is the event's id, in chapter 09.
#
# There is a price. The clock of your server takes part now. If it is more than five minutes fast, every
# genuine webhook is too old, and all are refused at once (`stripe-node#407`). Servers set their clocks by
# **NTP**; see that yours does.

# %% [markdown]
# ## Let the library do it
#
# You know what happens inside, so let Stripe's library do it: `construct_event` checks signature and
# time, and returns the event. To try it out, sign a message yourself, with the function that the library
# has for tests.

# %%
SECRET = "whsec_localExample"
HOUR = 60 * 60  # seconds
message = '{"id": "evt_1", "object": "event", "type": "customer.created"}'
signed_by = stripe.WebhookSignature.generate_signature_header

event = stripe.Webhook.construct_event(message, signed_by(message, SECRET), SECRET)
print(event.type)

# %% [markdown]
# Now five that fail. **Before you run it:** which of them will get the same message?


# %%
def objection(body, header, secret=SECRET):
    try:
        stripe.Webhook.construct_event(body, header, secret)
    except stripe.SignatureVerificationError as error:
        return re.split(r"[.(]", str(error))[0]


good, old = signed_by(message, SECRET), signed_by(message, SECRET, int(time.time()) - HOUR)
print("no header: ", objection(message, None))
print("an hour:   ", objection(message, old))
print("altered:   ", objection(message.replace("created", "deleted"), good))
print("API key:   ", objection(message, good, "sk_test_localExample"))
print("no secret: ", objection(message, good, ""))

# %% [markdown]
# "No signatures found matching" has many causes: somebody altered the message; your framework did; or
# the secret is the wrong one. The message cannot tell, and neither can Stripe. When you meet it, first
# look at which secret you use, then at where the bytes come from.

# %% [markdown]
# ## Answer so that Stripe understands
#
# Now build the door properly. The view reads its secret from the app's configuration, where `listen` puts
# it. It keeps what is genuine, and does nothing else yet. (The `ValueError` is for a body that is no JSON.)

# %%
door = Flask("door")
kept = []


@door.post("/webhooks/stripe")
def hear():
    secret = current_app.config["STRIPE_WEBHOOK_SECRET"]
    header = request.headers.get("Stripe-Signature")
    try:
        event = stripe.Webhook.construct_event(request.get_data(), header, secret)
    except (ValueError, stripe.SignatureVerificationError):
        return "not from Stripe", 400
    kept.append((event, header))
    return "kept"


# %%
endpoint = listen(door)
print(door.test_client().post("/webhooks/stripe", json=forged).status_code)

# %%
client.v1.customers.create(params={"name": "Ann"})
deliver()

# %% [markdown]
# The forger gets a 400, and Stripe a 200. Stripe reads nothing of your answer but the number:
#
# | you answer | Stripe takes it as |
# |---|---|
# | any 2xx | delivered; it never comes again |
# | anything else: 400, 500, a redirect, or nothing within seconds | failed; it will try again |
#
# **Before you run it:** the next delivery arrives with a signature that is not Stripe's, because the
# local Stripe can play such a fault. What will happen to the event?

# %%
local().webhooks.inject("bad_signature")
client.v1.customers.create(params={"name": "Ben"})
deliver()

# %%
local().advance(60)  # seconds
deliver()

# %% [markdown]
# Refused, and one minute later it came again, properly signed. (The local Stripe waits a minute, then
# five, then longer. Stripe tries for up to three days, ever more slowly; in a sandbox, three times in
# a few hours. A signature has the time of your real clock, so `advance` makes none too old.)
#
# So a shop that was down for an hour misses nothing, and a refusal by mistake can be mended. Three rules
# follow.

# %% [markdown]
# **Say 2xx only when you have it.** A 200 for an event that you then lose is the end of that event.
#
# **Say it fast.** Stripe waits for seconds. A shop that sends e-mails first answers too late, and is told
# again, and sends them again. So keep the event, answer, and work afterwards.
#
# **Say 400 to a bad signature, not 500.** Stripe would try again either way. But a 500 means "my own
# fault", so your alarms ring whenever a stranger knocks, and soon nobody listens to them.

# %% [markdown]
# And the worst of answers, a friendly one. Here is a door whose secret nobody has set, because somebody
# forgot a variable on the new server. This is the idea of the sample servers that Stripe itself gives
# out (`stripe-samples/accept-a-payment`): no secret, no check.


# %%
def trusting(body, header, secret):
    if secret:
        stripe.Webhook.construct_event(body, header, secret)
    return json.loads(body)["type"]


print(trusting(json.dumps(forged), header=None, secret=""))

# %% [markdown]
# It looks like convenience on a laptop. In production it is a door without a lock that nobody notices,
# since all genuine webhooks work. Without a secret, refuse everything. Stripe will come again once you
# have set it.

# %% [markdown]
# ## Leave the CSRF token out
#
# Flask shops protect their forms with a **CSRF token**: a secret word in the form that another site
# cannot know. (The customer at the top read it out of the pay page.) Protect an app in this way, and let
# a genuine delivery come.

# %%
guarded = Flask("guarded")
guarded.config.update(SECRET_KEY="only for this lesson", STRIPE_WEBHOOK_SECRET=SECRET)
csrf = CSRFProtect(guarded)
guarded.add_url_rule("/webhooks/stripe", view_func=hear, methods=["POST"])


def knock():
    headers = {"Stripe-Signature": signed_by(message, SECRET)}
    return guarded.test_client().post("/webhooks/stripe", data=message, headers=headers)


# %%
answer = knock()
print(answer.status_code, "The CSRF token is missing" in answer.text)

# %% [markdown]
# Stripe has never seen your form, so it has no token. Shops learned of it by e-mail, from Stripe: "we
# cannot deliver to you" (`pinax-stripe-light#101`). So this view is taken out of the protection:

# %%
csrf.exempt(hear)
print(knock().status_code)

# %% [markdown]
# Is that safe? **CSRF** is when another site makes *your customer's browser* post to your shop, and the
# browser adds the customer's cookie by itself. The danger is the cookie. This view looks at no cookie:
# it believes a signature, which no browser adds. There is nothing to borrow.
#
# So exempt this one view and no more. It is safe because of the signature; without one, it would be the
# open door from before.

# %% [markdown]
# ## Tell the secrets apart
#
# So far `listen` made the endpoints. At work you make one in Stripe's dashboard, under *Webhooks*: its
# address, and the types of events. Or you make it with a call. This one is for a shop that does not
# exist, and is deleted at once.

# %%
made = client.v1.webhook_endpoints.create(
    params={
        "url": "https://shop.example/webhooks/stripe",
        "enabled_events": ["checkout.session.completed", "charge.refunded"],
        "api_version": stripe.api_version,
    }
)
later = client.v1.webhook_endpoints.retrieve(made.id)
client.v1.webhook_endpoints.delete(made.id)

print(made.secret.split("_")[0], "secret" in later)

# %% [markdown]
# The secret comes with the endpoint, and the API never tells it again. (The dashboard
# shows it.) Each endpoint has its own. And then there is a second kind, which looks the same:
#
# | it starts with | made by | good for |
# |---|---|---|
# | `whsec_` | an endpoint | what Stripe sends to *that* endpoint |
# | `whsec_` | `stripe listen`, on your computer | what *that* command forwards |
# | `sk_`, `rk_` | the account | your calls to Stripe |
# | `we_` | an endpoint | nothing: it is the endpoint's id |

# %% [markdown]
# The one of the command line in production, or the other way round: all is refused, and the two look
# alike (`stripe_event#128`). An API key in this place refuses all, too. The shop catches what can be
# caught, before it starts. The next cell fails on purpose.

# %%
try:
    shop(STRIPE_WEBHOOK_SECRET="sk_test_localStripeNotARealKey")
except Exception as error:
    print(type(error).__name__)
    print(*str(error).split(". "), sep="\n")

# %% [markdown]
# ## Pin the version
#
# You set `enabled_events` above: which types the endpoint wants. Ask for those that you act on. You
# also set `api_version`. Your calls have a version, that of your library (chapter 00). Events have one,
# too: that of the *endpoint*. If it has none, it is that of the account, where somebody may change it
# one day.

# %%
print(made.api_version == stripe.api_version)

# %% [markdown]
# Why care? Here is code from 2021, when a PaymentIntent held a list of its `charges`. Later versions left
# the field out. **Before you run it:** what error will it raise?

# %%
paid = {"id": "pi_1", "object": "payment_intent", "latest_charge": "ch_1"}  # as it comes today
first_charge = next(iter(paid.get("charges", {}).get("data", [])), None)
print(first_charge)

# %% [markdown]
# None at all. Nothing fails, a column stays empty, and somebody sees it in a report, months later. A
# company's tables lost their subscriptions in this way (`PostHog/posthog#94427`).
#
# So make the endpoint with your library's own version. When you upgrade the library, make a second
# endpoint beside the first, tell the shop both secrets (`STRIPE_WEBHOOK_SECRET` takes several, with
# commas), and then delete the old one. In between, each event comes twice. Chapter 09 sees to that.

# %% [markdown]
# ## Roll the secret
#
# Secrets leak: into a log, a screenshot, a repository. Then you **roll** it, which means that Stripe
# makes a new one. Your servers need a while to learn it. So the dashboard offers a **grace period** of
# up to a day, in which the old one still signs. (Rolling is a button in the dashboard; the local Stripe
# has a method.)

# %%
DAY = 24 * HOUR
secrets = [endpoint.secret]
kept.clear()

# %%
secrets.append(local().webhooks.roll_secret(endpoint.id, grace=DAY))

# %% [markdown]
# The door still knows the old secret only. **Before you run it:** will the next delivery be refused?

# %%
client.v1.customers.create(params={"name": "Cleo"})
deliver()

# %%
for _, header in kept[-1:]:
    print([part.split("=")[0] for part in header.split(",")])

# %% [markdown]
# Two signatures, one for each secret, and one that fits is enough. (Our `fields` keeps only the last
# `v1`. You do better in the exercises, and Stripe's library does already.) Now a server restarts, with
# the new secret, and the day goes by.

# %%
door.config["STRIPE_WEBHOOK_SECRET"] = secrets[-1]

# %%
local().advance(DAY)
client.v1.customers.create(params={"name": "Dora"})
deliver()

# %%
for _, header in kept[-1:]:
    print([part.split("=")[0] for part in header.split(",")])

# %% [markdown]
# Not one delivery was lost. Think about a leak, though: does a short grace period stop the thief? No. A
# thief does not ask Stripe. They sign for *your shop*, which believes them for as long as it knows the
# old secret. The grace period protects your deliveries; the restart protects your shop. So give Stripe
# the day, and restart at once.

# %% [markdown]
# ## See the deliveries
#
# Which webhooks came, what did the shop answer, what is still to come? Stripe's dashboard knows. This
# is the local one, at its deliveries. Find the one that was refused (by now it says *2 attempts*),
# click on it, and look at both.

# %%
dashboard("deliveries")

# %% [markdown]
# Each event has a button, *Resend*: for the one that your shop answered with 200 and then lost. It
# sends the same event, signed anew. In code:

# %%
local().webhooks.resend(kept[-1][0].id, endpoint.id)
deliver()

# %%
print(len(kept), "deliveries of", len({event.id for event, _ in kept}), "events")

# %% [markdown]
# The door kept one event twice. A resend does that, and so does an answer that gets lost, because Stripe
# has to assume the worst. Whoever ships a chair for each delivery then ships two. Chapter 09 is about it.

# %% [markdown]
# ## Type the real commands
#
# At work, your shop runs on your laptop, and Stripe cannot reach it. Stripe's command line, the
# **CLI**, can reach both. You log in once (`stripe login`), start your shop, and type this in a second
# terminal:
#
# ```
# $ stripe listen --all-snapshot --forward-to 127.0.0.1:8000/webhooks/stripe
# Ready! You are using Stripe API Version […]. Your webhook signing secret is whsec_… (^C to quit)
# ```
#
# (A *snapshot* event has the object in it, like all in this chapter. `--events` names some types instead.)
#
# The secret goes into `STRIPE_WEBHOOK_SECRET`, before the shop starts. In a third terminal, make
# something happen:
#
# ```
# $ stripe trigger payment_intent.succeeded
# Setting up fixture for: payment_intent
# Running fixture for: payment_intent
# Trigger succeeded! Check dashboard for event details.
# ```

# %% [markdown]
# The second terminal now shows what came, and what your shop answered (times left out here, and the
# two events of the charge):
#
# ```
#   --> payment_intent.created [evt_…]
#   --> payment_intent.succeeded [evt_…]
#  <--  [200] POST http://127.0.0.1:8000/webhooks/stripe [evt_…]
#  <--  [200] POST http://127.0.0.1:8000/webhooks/stripe [evt_…]
# ```
#
# `trigger` makes no fake event. It makes a real payment in your sandbox, by which the event happens,
# with a few others. And the CLI tries only once: what your shop misses here does not come again by
# itself. `stripe events resend evt_…` brings it.
#
# You can do all of that now: the CLI works with the local Stripe, too. `docs/stripe-cli.md` says how,
# and how to start the shop for it.

# %% [markdown]
# ## See the shop do it
#
# Back to the tunnel. A customer pays at the bank, and is never seen again. This time the shop listens.
# (The small door closes first. It is an endpoint of the same account, and each one gets every event.)

# %%
if endpoint.id:  # none on a sandbox
    client.v1.webhook_endpoints.delete(endpoint.id)

listen(app)
order_id = new_order()

# %%
pay_and_never_come_back(order_id)
timeline.clear()

# %%
deliver()

# %%
timeline()

# %%
print(web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# Look at the order of things around `payment_intent.succeeded`: the shop answers 200, and *then* it asks
# Stripe about the payment. It takes the webhook as a hint and not as the truth. Here is its door:

# %%
from sample_app import webhooks

show(webhooks.receive)

# %%
show(webhooks.verify)

# %% [markdown]
# Find them: no secret, no service (503, "come again"); the raw bytes; a limit to how many; any of
# several secrets; 400 for everything that is not proven; keep, answer, and work after the answer.
#
# It uses `verify_header`, the half of `construct_event` that checks, and reads from the JSON only what
# it needs. Last, the forger tries the shop. Read what the log says, and what the forger is told.

# %%
body = json.dumps(forged)
own_signature = {"Stripe-Signature": signed_by(body, "whsec_madeUp")}
print(web.post("/webhooks/stripe", data=body, headers=own_signature).json["message"])

# %% [markdown]
# The log names the reason, for you. The stranger learns nothing about which part was wrong.

# %% [markdown]
# ## Summary
#
# - The browser may never arrive, and may lie. Stripe tells you itself, by webhooks.
# - An endpoint believes nobody without a signature: an HMAC over time and body, with a secret that
#   Stripe and you share.
# - Check the raw bytes, before anything reads them. Refuse what is older than five minutes.
# - 2xx: I have it. Anything else: come again. 400 for a bad signature, and never a 200 out of kindness.
# - No secret set means no webhooks taken.
# - No CSRF token is needed where no cookie counts.
# - Each endpoint has its own secret, and the CLI one more. Rolling signs with two for a while.
# - Pin the version of an endpoint to that of your library.
#
# ## New words
#
# - **event** — Stripe's record of something that happened.
# - **webhook** — a POST by which Stripe brings an event to your shop.
# - **endpoint** — the address that webhooks are sent to.
# - **raw bytes** — the body of a request exactly as it came.
# - **signature** — proof that a text comes from somebody who knows the secret, and was not altered.
# - **signing secret** — `whsec_…`, what signature and check have in common.
# - **HMAC** — the sum over a text and a secret that makes the signature.
# - **replay** — a genuine message, recorded and sent again by somebody else.
# - **tolerance** — how old a message may be.
# - **NTP** — by which computers set their clocks.
# - **CSRF** — to make a browser post with its owner's cookie; the **CSRF token** prevents it.
# - **roll** — to have a secret replaced by a new one.
# - **grace period** — how long the old one goes on signing.
# - **CLI** — Stripe's program for the terminal.
#
# ## What comes next
#
# In the exercises you check signatures by hand, mend a door that Stripe handed out, roll a secret on
# several servers, and attack. Chapter 09 is about what happens after the 200: every event handled, and no chair
# shipped twice.
#
# ## Read on
#
# - [Webhooks](https://docs.stripe.com/webhooks)
# - [Verify by hand](https://docs.stripe.com/webhooks#verify-manually)
# - [Roll endpoint secrets](https://docs.stripe.com/webhooks#roll-endpoint-secrets)
# - [Types of events](https://docs.stripe.com/api/events/types)
# - [Stripe's CLI](https://docs.stripe.com/stripe-cli)
