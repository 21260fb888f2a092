# %% [markdown]
# # 10. When things go wrong
#
# So far most cards were good, most lines held, and Stripe was up. Shops live with the rest, too: banks
# that say no, a train in a tunnel, a key that expired last night, a misspelled word. This chapter
# collects everything that Stripe can answer but "yes", and decides for each what the customer reads, what
# the log keeps, and whether to try again.

# %% [markdown]
# **What you will be able to do**
#
# - Recognize every error that Stripe's library raises, and say what it means.
# - Tell customers what helps them, and nothing that helps a thief.
# - Write a line into the log by which support finds the request, and nobody finds a card.
# - Try again where it helps, with the same key, and only so long.
# - Keep a shop polite while Stripe is down.
#
# **What you need**: chapter 04 (necessary: idempotency keys, lost answers, declines), chapter 09 (helpful:
# at least once). The lesson takes about 45 minutes, the exercises about 35.
#
# **Out of scope here**: webhooks that fail (chapters 08 and 09), refunds that fail (chapter 11), people
# who attack (chapter 12).

# %%
import inspect
import logging
import re
import sys
import uuid
from collections import Counter

import stripe
from flask import Flask, jsonify

from classroom import browse, connect, dashboard, local, payer, serve, shop, show, timeline

client = connect()

# %% [markdown]
# ## Watch a failure that says "paid"
#
# Begin with a toy till. It charges a card, and if Stripe objects, it hands on what Stripe says: body and
# status. It looks fair, and an older course, from which this one grew, taught it so.


# %%
def sale(card="pm_card_visa"):
    return {
        "amount": 3900,
        "currency": "usd",
        "payment_method": card,
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }


# %%
till = Flask("till")


@till.post("/pay/<card>")
def pay(card):
    try:
        client.v1.payment_intents.create(params=sale(card))
    except stripe.StripeError as error:
        return jsonify(error.json_body), error.http_status
    return jsonify(paid=True)


# %% [markdown]
# A good card, then one that was reported stolen.

# %%
counter = till.test_client()
print(counter.post("/pay/pm_card_visa").status)

# %%
declined = counter.post("/pay/pm_card_visa_chargeDeclinedStolenCard")
print(declined.status)
print(*declined.json["error"])

# %% [markdown]
# The status is right. But look at what went out to the browser: a whole PaymentIntent, with the secret
# that a page needs to pay it, and the bank's reason. Whoever holds the card now knows that it is time to
# throw it away:

# %%
print(declined.json["error"]["decline_code"])

# %% [markdown]
# Now the line to Stripe breaks. You know faults of deliveries from chapter 08. These are faults of *calls*:
# the next one is never answered. **Before you run it:** what do `json_body` and `http_status` hold if
# nobody answered, and what does the till say?
#
# (As before, faults are the local Stripe's. On a sandbox of your own, such a cell says so and fails.)

# %%
local().faults.inject("timeout")
answer = counter.post("/pay/pm_card_visa")
print(answer.status, answer.text.strip())

# %% [markdown]
# `200 OK`, and the body is `null`. There was no answer, so both are `None`. `jsonify(None)` is `null`, and
# where a status is `None`, Flask takes 200. A page that asks "was it 200?" now says "Thank you" to somebody
# who has paid nothing. Nothing is in a log, and no test with a declined card would have found it.

# %% [markdown]
# ## Watch a failure that says nothing
#
# Here is another one. The colleague who wrote it was in a hurry: any failure at all, and the customer
# shall see a friendly page. **Before you run it:** which three kinds of trouble can this `except` catch?


# %%
hurried_till = Flask("hurried till")


@hurried_till.post("/pay/<card>")
def hurry(card):
    try:
        client.v1.payment_intents.create(params=sale(card), optoins={})
    except Exception:
        pass
    return jsonify(paid=True)


# %%
counter = hurried_till.test_client()
print(counter.post("/pay/pm_card_visa").json)
print(counter.post("/pay/pm_card_visa_chargeDeclined").json)

# %% [markdown]
# The bank's no, a dead line, and the colleague's own misspelled `options`, which strikes every time. So this
# till has never charged anybody, and is content. `except Exception: pass` does not handle an error. It
# handles the *news* of it.
#
# Name what you catch. And for each thing that you catch, have an answer to three questions:
#
# | ask | because |
# |---|---|
# | What has happened at Stripe? | sometimes money has moved, and you don't know it |
# | Who is told what? | customers, support and you need different words |
# | Does another try help? | sometimes it does, sometimes it never will, sometimes it harms |

# %% [markdown]
# ## Collect them all
#
# The library has one family of exceptions, and its head is `StripeError`. You will catch one of each
# kind, alive, and put it into a catalogue.

# %%
catalogue = {}


def collect(what, do):
    try:
        do()
    except stripe.StripeError as error:
        catalogue[what] = error
        print(f"{type(error).__name__}, {error.http_status}: {error.user_message}")


def buy(card="pm_card_visa", **options):
    client.v1.payment_intents.create(params=sale(card), options=options)


# %% [markdown]
# **The bank says no.** Nothing is broken: the card was asked, and this is the answer (chapter 04). It is
# the only error whose cause is the customer's card.

# %%
collect("a card is declined", lambda: buy("pm_card_visa_chargeDeclined"))

# %% [markdown]
# **You asked for something that makes no sense.** A word is misspelled, an id leads nowhere, a key is used
# for a second request. Stripe has done nothing, and will do nothing however often you ask. These are bugs,
# and they are yours.

# %%
misspelled = sale() | {"amuont": 3900}
collect("a misspelled word", lambda: client.v1.payment_intents.create(params=misspelled))
collect("an unknown id", lambda: client.v1.payment_intents.retrieve("pi_nobody"))

# %%
buy(idempotency_key="order-17")
collect("a key used twice", lambda: buy("pm_card_mastercard", idempotency_key="order-17"))

# %% [markdown]
# The last one has a class of its own, `IdempotencyError`: same key, other request (chapter 04).
#
# **Stripe does not let you.** Either the key opens nothing, since somebody rolled it or made a mistake in
# the settings. Then it is a 401, and *nobody* can pay in your shop.

# %%
collect("a wrong key", lambda: buy(api_key="sk_test_localButWrong"))

# %% [markdown]
# Or the key is genuine and may not do this: a 403. That is what restricted keys are for (`rk_`, chapter
# 00). The local Stripe has one that may look at everything and change nothing. Here it looks, and then it
# tries to sell.

# %%
from local_stripe import RESTRICTED_KEY

local()  # fails on a sandbox of your own, which has no such key
print(client.v1.balance.retrieve(options={"api_key": RESTRICTED_KEY}).object)
collect("a key that may not", lambda: buy(api_key=RESTRICTED_KEY))

# %% [markdown]
# Note that the SDK's `PermissionError` is `stripe.PermissionError`. Python has one, too, about files.
#
# **Stripe is busy, or broken.** Have the local Stripe act it out: too many requests; somebody else at work
# on the same object; your own first request still under way; a failure in Stripe's house. (The dashboard has
# these faults under *Faults*, and `python -m local_stripe serve --fault rate_limit,share=0.5` starts with
# one.)


# %%
def strike(kind):
    local().faults.inject(kind)
    collect(kind, lambda: buy(idempotency_key=f"order-{kind}"))


strike("rate_limit")
strike("lock_timeout")

# %%
strike("key_in_use")
strike("server_error")

# %% [markdown]
# The first two are `RateLimitError` with a 429, the others `APIError`. An `APIError` is also what becomes
# of an answer that is not JSON: a page from a proxy (a machine on the way that passes calls on), or an
# answer that ends half-way. **Before you run it:** in which of these two may the customer have paid?

# %%
strike("bad_gateway")

# %%
local().faults.inject("malformed_json")
try:
    buy()
except stripe.APIError as error:
    catalogue["malformed_json"] = error
    print(type(error).__name__, error.http_status, error.request_id)

# %% [markdown]
# In both. A proxy that answers 502 has lost your request, or only Stripe's answer to it, and does not say
# which. (Here it was the request.) Of the second one you can be sure. Status 200: Stripe has taken the money,
# and what arrived was half a sentence about it. So never read "error" as "nothing happened".
#
# **Nobody answers.** The request was lost, or the connection broke, or the answer was lost. Look at the
# status of each:

# %%
strike("timeout")
strike("reset")
strike("lost_response")

# %% [markdown]
# `None` three times, and that is the whole difficulty of this class. In the third one the customer *has*
# paid. Your program cannot tell it from the others: an `APIConnectionError` says "I don't know".
#
# **It was not Stripe.** The last one is raised in your own house, by the function that checks a webhook's
# signature (chapter 08).

# %%
forged = {"payload": b"{}", "sig_header": "t=1,v1=made-up", "secret": "whsec_localSecret"}
collect("a forged webhook", lambda: stripe.Webhook.construct_event(**forged))

# %% [markdown]
# Here is your catalogue. What is the last column for? Every answer of Stripe's has a **request id**. Who
# writes to Stripe's support quotes it, and finds the request by it in the dashboard.


# %%
def code_of(error):
    return error.code or getattr(error.error, "code", None)


def aligned(pattern, *cells):
    print(pattern.format(*(str(cell or "-") for cell in cells)))


# %%
for what, error in catalogue.items():
    seen = error.http_status, code_of(error), error.request_id and "id"
    aligned("{:19} {:27} {:4} {:23} {}", what, type(error).__name__, *seen)

# %% [markdown]
# (`code_of` looks in two places. The library fills `error.code` for two of its classes, and leaves the code
# of the others in the body, under `error.error`.)
#
# Try a request id. The dashboard shows what was asked, and what was answered:

# %%
dashboard(catalogue["a card is declined"].request_id)

# %% [markdown]
# Is that every class there is? Ask the library, and leave out those that you have met:

# %%
met = tuple({type(error) for error in catalogue.values()})
others = [kind for kind in stripe.StripeError.__subclasses__() if not issubclass(kind, met)]
print(len(met), "met;", len(others), "others, such as", *[kind.__name__ for kind in others[1:4]])

# %% [markdown]
# One of the others is the parent of two that you know, one is for platforms that connect other people's
# accounts, and the rest belongs to Stripe's second API (`/v2/`), which this course does not use. But
# tomorrow's version of the library may bring a new one. So a shop has a line for `StripeError` itself:
# whatever it is, it is the shop's fault until somebody has looked.

# %% [markdown]
# ## Import them from the right place
#
# Many answers on the web about Stripe's errors begin with the next line. It fails on purpose.

# %%
try:
    import stripe.error
except ModuleNotFoundError as error:
    print(error)

# %% [markdown]
# The module is gone, and the classes live in `stripe` itself: write `stripe.CardError`. If such an `import`
# stands at the top, the shop does not even start, and you are lucky. If it stands inside a function that no
# test has reached, the first customer finds it. (Older code that says `stripe.error.CardError` without that
# line still works. New code has no need of it.)

# %% [markdown]
# ## Choose who reads what
#
# Every error has a `user_message`. The name sounds like an invitation. **Before you run it:** which of these
# would you show to somebody who wants to buy a lamp?

# %%
for what in ["a card is declined", "an unknown id", "a wrong key", "key_in_use"]:
    if what in catalogue:
        print(f"- {catalogue[what].user_message}")

# %% [markdown]
# At most the first. The others are Stripe's words for *you*: names of parameters, ids, the end of a secret
# key. The customer can do nothing about them, and an attacker is glad. The library fills `user_message` for
# every class, whether users can use it or not. So:
#
# | error | the customer reads | because |
# |---|---|---|
# | `CardError` | what to do about the card | they can: another card, another date |
# | nobody answered, busy, broken | "Your order is kept, try again in a minute" | it may help |
# | everything else | "The fault is ours" | it is |
#
# And the log? It keeps what somebody needs to find out more: class, status, code, decline code, request id,
# and your order's id. No message, since a message may quote what was sent: a token, an address, a key.

# %% [markdown]
# ## Say no in the customer's words
#
# A declined card has two codes. `code` says what kind of refusal it is; `decline_code` is the bank's reason.
# Try the cards that are always declined:

# %%
declining = """visa_chargeDeclined visa_chargeDeclinedInsufficientFunds visa_chargeDeclinedLostCard
visa_chargeDeclinedStolenCard chargeDeclinedExpiredCard chargeDeclinedIncorrectCvc
chargeDeclinedProcessingError visa_chargeDeclinedVelocityLimitExceeded radarBlock"""

declines_seen = {}
for name in declining.split():
    try:
        buy(f"pm_card_{name}")
    except stripe.CardError as error:
        declines_seen[error.error.decline_code] = error

# %%
for reason, error in declines_seen.items():
    print(f"{error.code:18} {reason:24} {error.error.advice_code}")

# %% [markdown]
# Nine cards, four different codes. `card_declined` alone would be a poor message. So read the bank's reason,
# and say it in words? **Think before you read on:** for which of these reasons must you not?

# %% [markdown]
# `lost_card`, `stolen_card` and `fraudulent`. If a thief holds the card, you have told them that it is
# known, and to try the next one. If the owner holds it, their bank will tell them better. Stripe asks
# shops to present these as an ordinary refusal. Here is what the course's shop says:

# %%
from sample_app import declines

for reason, error in declines_seen.items():
    print(f"{reason:24} {declines.message_for(error.code, reason)}")

# %%
show(declines.message_for)

# %% [markdown]
# It is a table of the reasons that *may* be told. Nothing says "do not tell `stolen_card`": it is not in
# the table, and what is not gets `UNSAID`. Why this way round? Stripe knows more than forty reasons, and
# adds to them. A list of forbidden ones would tell tomorrow's.

# %%
print("stolen_card" in declines.MESSAGES, "reason_of_tomorrow" in declines.MESSAGES)
print(declines.message_for("card_declined", "reason_of_tomorrow"))

# %% [markdown]
# And each sentence says what to *do*: another card, another date, a few minutes. "Error: card_declined"
# says that you were too busy to write one.
#
# Could you show Stripe's own message instead? For most declines you could. But some of them speak to
# programmers. Here a bank wants to ask its customer first, in a program that cannot wait for the answer:

# %%
try:
    buy_now = sale("pm_card_authenticationRequired") | {"error_on_requires_action": True}
    client.v1.payment_intents.create(params=buy_now)
except stripe.CardError as error:
    print(error.user_message)
    print(declines.message_for(error.code, error.error.decline_code))

# %% [markdown]
# ## Leave a no alone
#
# The third column above is Stripe's **advice code**. For a stolen card it is `do_not_try_again`. Suppose
# nobody reads it, and a loop tries again until the bank gives in. Accounts may have a block against such
# shops, and against thieves who try card after card; switch it on.


# %%
def try_again_and_again(card, tries, **customer):
    for _ in range(tries):
        try:
            client.v1.payment_intents.create(params=sale(card) | customer)
            print("paid")
        except stripe.CardError as error:
            print(error.error.decline_code)


# %%
grace = client.v1.customers.create(params={"email": "grace@example.com"})

# %%
local().advance(60 * 60)  # an hour is enough to forget what this card did so far
local().policies.card_testing_block = True
try_again_and_again("pm_card_visa_chargeDeclined", 7, customer=grace.id)

# %% [markdown]
# From the sixth try on, the bank was not even asked: `fraudulent`. Grace notices, and takes out her other
# card, a good one. **Before you run it:** does she get her lamp?

# %%
try_again_and_again("pm_card_mastercard", 1, customer=grace.id)

# %% [markdown]
# She does not. Your loop has made a good customer look like a thief. Card networks also charge shops for
# such tries, and every one of them is a failed charge in your account.
#
# After a decline it is the *customer's* turn: with another card, other details, or later. A program never
# tries a decline again by itself. Take the block away again:

# %%
local().policies.card_testing_block = False

# %% [markdown]
# ## Wait only so long
#
# Back to calls that nobody answers. How long does the library wait until it calls that a timeout?

# %%
print(inspect.signature(stripe.RequestsClient).parameters["timeout"].default, "seconds")

# %% [markdown]
# Eighty seconds. Nobody looks at a wheel that turns for so long; they press Pay again, or leave. And each of
# them holds one worker of your shop, which serves nobody else meanwhile. With four workers, the fifth visitor
# cannot even see the catalogue.
#
# A **timeout** has two parts: until somebody takes the call (*connect*), and until they say something
# (*read*). The first can be short, since taking a call costs nothing. A bank may take seconds over an
# answer, so the second is longer. The course's shop:

# %%
from sample_app.config import DEFAULTS

for name in ["STRIPE_CONNECT_TIMEOUT", "STRIPE_READ_TIMEOUT", "STRIPE_MAX_RETRIES"]:
    print(name, DEFAULTS[name])

# %% [markdown]
# At work you write `stripe.StripeClient(key, http_client=stripe.RequestsClient(timeout=(3, 10)))`.
#
# ## Try again with the same key
#
# After a timeout you don't know what has happened. You do know what to do about it since chapter 04: ask
# again, with the same key. The library can do that for you. **Before you run it:** how often does
# `client` try? (The next cell fails on purpose.)

# %%
fault = local().faults.inject("timeout", times=9)
try:
    buy()
except stripe.APIConnectionError:
    print("gave up after", fault.struck)
local().faults.clear()

# %% [markdown]
# Once. A `StripeClient` does not try again unless you say so. (The older style, `stripe.PaymentIntent.create`,
# tries twice more: who moves to the client, loses that without noticing.) `max_network_retries` says so, for
# a client or, as here, for one call. Pauses come in a moment; in a notebook nobody wants to wait for them.

# %%
first_pause, longest_pause = stripe.HTTPClient.INITIAL_DELAY, stripe.HTTPClient.MAX_DELAY

# %%
stripe.HTTPClient.INITIAL_DELAY = 0  # for this notebook only

# %%
timeline.clear()
local().faults.inject("timeout")
local().faults.inject("lost_response")
buy(max_network_retries=2)

# %%
timeline()

# %% [markdown]
# Three tries. The first got nowhere. The second one *paid*, and its answer was lost. The third found the
# key, and got the answer of the second: a replay. One payment. You gave no key, so the library made one up,
# the same for all three.
#
# That key is forgotten when the call ends. If your program dies in between, the next one makes up another.
# So your own key, saved with the order, stays what it was in chapter 04. Retries are for the network, the
# saved key is for the crash.

# %% [markdown]
# How long to pause? Short at first, for a hiccup is soon over, then longer, for whoever is down is not
# helped by more calls. Doubling is called **exponential back-off**:

# %%
print([min(first_pause * 2**tries, longest_pause) for tries in range(5)], "seconds")

# %% [markdown]
# To that the library adds chance, called **jitter**. Otherwise a thousand shops that were cut off in the
# same second would all come back in the same second.
#
# Which failures does it try again at all? Let each of them strike up to three times, and count. The last
# column is a header by which Stripe may give advice. **Before you run it:** cross out those that you would
# not try again.

# %%
from local_stripe.faults import FAULTS

for kind in FAULTS:
    fault = local().faults.inject(kind, times=3, seconds=0)
    try:
        buy(max_network_retries=2)
        outcome = "paid"
    except stripe.StripeError as error:
        outcome = f"{type(error).__name__}, {error.headers.get('Stripe-Should-Retry', '-')}"
    print(f"{kind:15} {fault.struck} x  {outcome}")
    local().faults.clear()

# %% [markdown]
# What does this tell you?
#
# - *Nobody answered*, and the *502*: tried again. The key makes it safe.
# - `rate_limit`: not tried again. You are asking too much already. Slow down.
# - `lock_timeout`: tried again, since a header of the answer says so: `Stripe-Should-Retry: true`. When
#   Stripe knows, it tells, and what it tells goes first.
# - `key_in_use` (409): your first request is still at work. Tried again, to hear its answer.
# - `server_error`: the header says `false`. Stripe keeps a 500 under its key like any other answer, and
#   would repeat it for a day. Nobody knows what it has done: *look*, by fetching the payment. (Or have one
#   PaymentIntent per order, as in chapter 04: it is paid only once, so a new key does no harm.)
# - `malformed_json`: the library sees a 200 and does not think of it. The same key gets the answer again.

# %% [markdown]
# And those of your catalogue that are missing here? A misspelled word, a wrong key, a forbidden act, a
# declined card: the same request gets the same answer. Here is the rule of this chapter:
#
# | what happened | again? | how |
# |---|---|---|
# | nobody answered; 502; 409; an answer that broke off | yes | same key, after a pause |
# | 429 | later | same key, after a longer pause |
# | 500 with `Stripe-Should-Retry: false` | look first | fetch it, then a new key |
# | 400, 401, 403, 404 | no | mend the program or its settings |
# | 402 | no | it is the customer's turn |

# %% [markdown]
# ## Read it in the shop
#
# The course's shop decides all of this in one table, `MEANINGS`, with a row for each class. Hold your
# catalogue against it: what the shop answers, how loud it is in the log, whether another try may help, and
# how the customer's sentence begins.

# %%
from sample_app import stripe_errors

for what, error in catalogue.items():
    meaning = stripe_errors.meaning_of(error)
    level, again = logging.getLevelName(meaning.level), meaning.retry and "again"
    shown = meaning.status, level, again, f"{meaning.message[:36]}…"
    aligned("{:19} {:4} {:9} {:6} {}", what, *shown)

# %% [markdown]
# Three things are worth a look. A decline is `INFO`: it happens all day. What passes by itself is a
# `WARNING`. And a key that does not work is `CRITICAL`, since nobody can pay: that one should ring.
#
# And `server_error`? The rule says "look first", the table says "again". A payment of the shop is safe: each
# order has one PaymentIntent, and gets a new key after an error that Stripe answered with.
#
# Customers get a 503 where it passes by itself, and a 500 where it does not. Never do they get Stripe's own
# 400 or 401: these are about the shop's request to Stripe, and the customer's request to the shop was fine.

# %%
show(stripe_errors.meaning_of)

# %% [markdown]
# "The nearest class that it comes from" is how tomorrow's errors find their row. And this is the one place
# where such an error becomes an answer. `pay` picks out the declines (chapter 04). All others, no view
# catches; Flask brings them here.

# %%
from sample_app import errors

show(errors.stripe_failed)

# %% [markdown]
# Watch it work, with the log beside it. (The formatter hides what differs on each run.)


# %%
class Steady(logging.Formatter):
    def format(self, record):
        hidden = re.sub(r"req_\w+", "req_…", super().format(record))
        return re.sub(r"order [\w-]+", "order …", hidden)


log = logging.StreamHandler(sys.stdout)
log.setFormatter(Steady("LOG %(levelname)s: %(message)s"))
logging.getLogger("sample_app").handlers = [log]
logging.getLogger("sample_app").setLevel(logging.INFO)

# %%
app = shop()
web = app.test_client()


def order(token="tok_visa", **headers):
    answer = web.post("/orders", json={"token": token, "item_ids": [1]}, headers=headers)
    said = answer.json.get("message", answer.json["status"])
    print(answer.status_code, answer.headers.get("Retry-After", "-"), said)


order("tok_chargeDeclinedInsufficientFunds")

# %% [markdown]
# Two readers, two sentences. Neither quotes a card, a name or a token. Now a busy Stripe:

# %%
local().faults.inject("rate_limit")
order()

# %% [markdown]
# The 60 is the header `Retry-After`: the same advice, in seconds, for programs. And `null`, from the beginning
# of this chapter? The line is cut, three times for the three tries of the shop:

# %%
headers = {"Idempotency-Key": str(uuid.uuid4())}
local().faults.inject("lost_response", "*/confirm", times=3)
order(**headers)

# %% [markdown]
# 503, not 200. The customer has paid, in fact, as it was the answers that were lost; the shop does not
# know. It says what it does know: the order is kept, try again. **Before you run it:** what happens if they
# do?

# %%
timeline.clear()
order(**headers)

# %%
timeline()

# %% [markdown]
# Paid, once. The second request was for the same order (its key said so). An order that got no answer keeps
# its own key for Stripe, so Stripe knew the confirmation, and played its answer again. That is chapter 04,
# and this chapter rests on it: a 503 may say "try again" only because trying again is safe.

# %% [markdown]
# Here is the line of the log once more, as code. Look for what is *not* in it.

# %%
show(stripe_errors.log)

# %% [markdown]
# There is no message, and no `json_body`. Other lines of other libraries may be less careful. So a filter
# watches over all of them:

# %%
app.logger.warning("4242 4242 4242 4242 of ada@example.com, with sk_test_localStripeNotARealKey")

# %% [markdown]
# It is the net below the rope, no reason to let go of the rope. You write such a filter in chapter 12. Turn
# the log down for the rest of this one:

# %%
logging.getLogger("sample_app").setLevel(logging.CRITICAL)

# %% [markdown]
# ## Show people a page
#
# JSON is for programs. The same function answers people with a page. Have one: a customer has said yes to
# their bank, and is on their way back to the shop, which asks Stripe how it went. And Stripe does not
# answer.

# %%
from sample_app.database import db
from sample_app.models import Order
from sample_app.orders import place_order

with app.app_context():
    order_id = place_order(db.session, [1]).id


def pay_at_the_bank(order_id):
    page = f"/shop/orders/{order_id}/pay"
    secret_word = re.search(r'name="csrf_token" value="([^"]+)"', web.get(page).text)[1]
    filled_in = {"csrf_token": secret_word, "token": "tok_threeDSecure2Required"}
    payer.answer(web.post(page, data=filled_in).location)


pay_at_the_bank(order_id)

# %%
with app.app_context():
    payment = db.session.get(Order, order_id).payment_intent_id

local().faults.inject("timeout", f"*/{payment}", times=3)
serve(app)
browse(f"/shop/orders/{order_id}/pay/return")

# %% [markdown]
# The page says what it knows, and has one button. Press it: the line is well again, and the order is paid.
# (Run the two cells before once more to see it again.) What does the page not have? Stripe's words, an
# error's name, a trace of your code.

# %% [markdown]
# ## Stop asking
#
# Three tries of up to thirteen seconds each: while Stripe is down, every customer waits for more than half
# a minute, to hear that it is down. They need not all find out for themselves. A **circuit breaker** counts
# the failures in a row. After some of them it opens, and the next customers are told at once. After a
# while it lets one through, to see.

# %%
from sample_app.circuit import Circuit

show(Circuit.enter)

# %% [markdown]
# Give the shop a circuit with a clock that you move, so that nobody has to wait. **Before you run it:** how
# many calls will go to Stripe for each of these eight customers?

# %%
seconds = 0
app.extensions["circuit"] = Circuit(clock=lambda: seconds)
body = {"token": "tok_visa", "item_ids": [1]}

local().faults.clear()
down = local().faults.inject("timeout", times=99)
for _ in range(8):
    before = down.struck
    print(web.post("/orders", json=body).status_code, down.struck - before, "calls")

# %% [markdown]
# Five customers with three calls each, then nobody asks. The answer is the same 503, but it comes at once,
# and a Stripe that gets back on its feet is not run over. Half a minute later, Stripe is well:

# %%
local().faults.clear()
seconds += 30
print(web.post("/orders", json=body).status_code)

# %% [markdown]
# A declined card does not count as a failure, and a 400 does not either: who answers "no" is there. And
# webhooks' handlers ask without a circuit. Nobody waits for them, and the inbox tries again (chapter 09).

# %% [markdown]
# ## Live through a bad hour
#
# At last everything at once: of all calls about payments, nearly half go wrong, in seven ways. Twenty
# customers buy a lamp. Who gets a 503 does as they are told, and comes back in a minute.

# %%
seven = "timeout reset lost_response bad_gateway lock_timeout server_error malformed_json".split()

for seed, kind in enumerate(seven):
    local().faults.inject(kind, "/v1/payment_intents*", share=0.08, seed=seed)

# %%
visits, bought = 0, []
for _ in range(20):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    for _ in range(20):
        seconds, visits = seconds + 60, visits + 1
        answer = web.post("/orders", json=body, headers=headers)
        if answer.status_code != 503:
            break
    bought.append(answer.json["id"])

# %% [markdown]
# **Before you run it:** how many orders are paid, and how many payments of 39 dollars are there for each?

# %%
local().faults.clear()
newest = client.v1.payment_intents.list(params={"limit": 100}).data
paid_for = Counter(i.metadata.to_dict().get("order_id") for i in newest if i.status == "succeeded")

print("visits:", visits)
print("paid:", [web.get(f"/orders/{id}").json["status"] for id in bought].count("paid"))
print("payments for each:", [paid_for[id] for id in bought])

# %% [markdown]
# Every order is paid, and each of them once. Most customers did not notice a thing: two quiet tries with the
# same key healed most of it. Some had to press a button twice. Nobody was told that they had paid when they
# had not, and nobody paid twice.

# %% [markdown]
# ## Summary
#
# - Ask three things of each failure: what has happened, who is told what, does another try help?
# - No answer is not "no". It has no status and no body, and the customer may have paid.
# - Never hand Stripe's words to a customer; for declined cards, tell what is in your table, and no more.
# - The log keeps class, status, codes, request id and order, and no message.
# - Try again: the same key, a pause that grows, an end. `StripeClient` does not unless you say so.
# - Never try a decline again by program. Never retry a bug.
# - Wait for seconds, not for minutes; and when Stripe is down, say so at once.
#
# ## New words
#
# - **request id** — Stripe's name for one request (`req_…`); support and dashboard find it by that.
# - **decline code** — the bank's reason for a no; for you, not always for the customer.
# - **advice code** — what Stripe advises after a decline, such as `do_not_try_again`.
# - **timeout** — how long to wait; to *connect*, and to *read*.
# - **back-off** — pauses that grow from try to try.
# - **jitter** — chance in the pauses, so that not everybody comes back at once.
# - **circuit breaker** — what counts failures, and stops asking for a while.
#
# ## What comes next
#
# In the exercises you mend the till, decide what to retry, write what customers read and what the log
# keeps, and charge through a Stripe that fails every other call. Chapter 11 is about money that goes back.
#
# ## Read on
#
# - [Error handling](https://docs.stripe.com/error-handling?lang=python)
# - [Decline codes](https://docs.stripe.com/declines/codes)
# - [Advanced error handling](https://docs.stripe.com/error-low-level)
# - [Rate limits](https://docs.stripe.com/rate-limits)
