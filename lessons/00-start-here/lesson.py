# %% [markdown]
# # 00. Start here
#
# A customer wants your lamp. Her money must leave her bank and reach yours, and you must never
# see her card number. Stripe does that part. In this chapter you take a first payment, follow
# the money, and learn how the course works.

# %% [markdown]
# **What you will be able to do**
# - take a card payment with Stripe's Python library, and read the answer
# - say what Stripe does for you, and what it costs
# - tell Stripe's four kinds of keys apart, and keep the wrong one out of your code
# - draw who said what to whom
# - check your own exercises, and switch the course to your own Stripe sandbox
#
# **What you need:** Python, and a look at a Flask route at some time. No Stripe account, no
# network. The lesson takes about 25 minutes, the exercises 20.
#
# **Out of scope here:** the page in which a customer types her card (chapter 01), orders
# (chapters 02 to 05), webhooks (chapter 08).

# %% [markdown]
# ## Run your first cell
#
# A gray box is a **cell**. Click into it and press Shift+Enter: it runs, and its output appears
# below. Run the cells from top to bottom, because later ones use names of earlier ones.

# %%
import stripe

from classroom import check, connect, hint, show, shop, timeline

client = connect()

# %% [markdown]
# No output means that it worked. You are connected. `client` is the client of Stripe's own
# Python library, the one you would use at work. Ask it how much money you have.

# %%
balance = client.v1.balance.retrieve()
print(balance.available[0].amount, balance.available[0].currency)

# %% [markdown]
# Nothing yet. On the other side is a **local Stripe**: a stand-in, part of this course, that
# answers as Stripe does. It lives in this notebook's memory and moves no real money. So break
# things here as often as you like.

# %% [markdown]
# ## Take a payment
#
# A desk lamp costs $39.00, and a customer pays for it with the most famous card among
# programmers: the test card 4242 4242 4242 4242.

# %%
payment = client.v1.payment_intents.create(
    params={
        "amount": 3900,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }
)
print(payment.status)

# %% [markdown]
# That was a payment. You told Stripe how much, in which currency, from which card, and to do it
# now (`confirm`). What you got back is a **PaymentIntent**: Stripe's record of one payment, from
# the first try to the last.

# %% [markdown]
# Three details of that call are worth a second look.
#
# - `3900` is in cents. Stripe counts in the smallest unit of a currency, the **minor unit**, as
#   a whole number. So will you.
# - `pm_card_visa` is a name for the test card. The number itself is nowhere in your code.
# - The last line says: cards only. Stripe knows many other ways to pay, and some of them lead the
#   customer away to another site. That is for later.

# %% [markdown]
# **Before you run it:** $39.00 came in. What is your balance now: 0, or 3900, or something else?

# %%
balance = client.v1.balance.retrieve()
print("available", balance.available[0].amount)
print("pending  ", balance.pending[0].amount)

# %% [markdown]
# Something else, twice. The money is *pending*: it takes Stripe some days to collect it. And it
# is not $39.00. Where is the rest?

# %%
entry = client.v1.balance_transactions.list(params={"limit": 1}).data[0]
print("paid", entry.amount, "  fee", entry.fee, "  yours", entry.net)

# %% [markdown]
# Stripe kept a fee, and you keep the net. A **balance transaction** is one line of your account
# at Stripe. Every cent that moves has one. You come back to fees in a minute.

# %% [markdown]
# ## Draw what happened
#
# When several computers talk to each other, a drawing helps. `timeline()` draws every request
# and answer since you last called it.

# %%
timeline()

# %% [markdown]
# JupyterLab shows a diagram, other places show text: it is the same. Read it from top to bottom.
# An arrow forth is a request, an arrow back is its answer. Ids are shortened and numbered, so
# that you can follow one through the picture. The `v1` of your calls is the `/v1` of Stripe's
# addresses: there is a second set of calls, `v2`, which this course does not need.

# %% [markdown]
# ## Follow the money
#
# In a real shop you are not alone with Stripe. Here are all who take part, and what each one
# gets to see.
#
# ```mermaid
# sequenceDiagram
#     participant C as Customer's browser
#     participant S as Your shop
#     participant P as Stripe
#     participant B as Her bank
#     C->>P: the card number (in a field that belongs to Stripe)
#     P-->>C: a token, which stands for the card
#     C->>S: her order and the token
#     S->>P: take $39.00, the card is this token
#     P->>B: may I?
#     B-->>P: yes
#     P-->>S: succeeded
#     S-->>C: thank you
#     Note over S,P: some days later, the money, less the fee,<br/>is in your bank account
# ```

# %% [markdown]
# Look at the second participant. The card number never passes through your shop. You learn a
# token and an answer, and that is all you need. Chapter 01 builds the first three arrows,
# chapter 04 the rest.

# %% [markdown]
# ## Decide if Stripe is worth it
#
# **Stripe** is a payment platform: it lets a business take payments over the internet, and gives
# programmers an API for it. People choose it for four reasons.
#
# 1. It is made for developers. There is a Python library (an **SDK**), and you have just used it.
# 2. Stripe provides the user interface: card fields, whole payment pages, a dashboard.
# 3. The price is fair: no set-up, no monthly fee, a share of each payment.
# 4. You can test everything, with test cards such as 4242 4242 4242 4242.

# %% [markdown]
# Fair is not free. In November 2026 an account in the US pays **2.9% + 30 cents** for a domestic
# card payment. Count in whole cents and see what that means.


# %%
def fee(cents):
    return (cents * 29 + 500) // 1000 + 30


print(fee(3900))

# %% [markdown]
# The same as above: the local Stripe takes it too. **Before you run the next cell:** which share
# of a $1.00 sale goes to Stripe?

# %%
for cents in (100, 999, 3900, 24900):
    print(f"${cents / 100:7.2f}  fee {fee(cents):4} cents  {fee(cents) / cents:6.1%}")

# %% [markdown]
# Those 30 cents are little beside a table, and a third of a one-dollar postcard. Some more honest
# numbers:
#
# | what | costs (US account) |
# |---|---|
# | a card from another country | 1.5% more |
# | converting currencies | 1% more |
# | a refund | nothing extra, but the first fee does not come back |
# | a dispute: the customer asks her bank for the money | $15 |
#
# Prices differ by country (a card from the euro zone costs a shop there about 1.5% + 25 cents)
# and change. [Stripe's price list](https://stripe.com/pricing) is right where this table is not.

# %% [markdown]
# ## Read the answer
#
# Every answer is a Python object with the fields of
# [Stripe's reference](https://docs.stripe.com/api/payment_intents/object) as attributes.
# Brackets work as well, and `in` asks whether there is such a field.

# %%
print(payment.amount, payment["currency"])
print("amount_received" in payment)

# %% [markdown]
# Its `id` names the payment for ever. The letters in front say what kind of thing it is: `pi_` a
# PaymentIntent, `pm_` a payment method, `ch_` a charge.

# %%
print(payment.id)
again = client.v1.payment_intents.retrieve(payment.id)
print(again.status)

# %% [markdown]
# `metadata` is a place for your own notes: short strings that Stripe keeps and gives back.

# %%
notes = {"metadata": {"lamp": "brass"}}
noted = client.v1.payment_intents.update(payment.id, params=notes)
print(noted.metadata["lamp"], "color" in noted.metadata)

# %% [markdown]
# It looks like a dictionary, and until version 15 of the library it was one. Many tutorials are
# older than that. The next cell does what they do, and fails.

# %%
try:
    payment.get("amount")
except AttributeError as error:
    print(error)

# %% [markdown]
# This is no beginner's mistake: a popular Django library broke in exactly this way when version
# 15 came out (`dj-stripe#2221`). When you want a dictionary, ask for one. `json` wants one too.

# %%
as_dict = payment.to_dict()
print(as_dict.get("amount"), as_dict.get("color", "no such field"))

# %% [markdown]
# `print(payment)` shows all of it. Open a cell of your own (press Esc, then B) and try.
#
# Two more facts travel with each answer: the **request id**, which Stripe's support asks for when
# something went wrong, and the **API version**, which fixes the meaning of every field. The
# library pins it, so that an answer looks the same tomorrow.

# %%
print(payment.last_response.request_id)
print("stripe", stripe.VERSION, "speaks", stripe.api_version)

# %% [markdown]
# ## Hear a no
#
# Not every card is good. There are test cards for bad news as well. This one is always declined,
# and the library raises an exception, which the cell catches.

# %%
try:
    client.v1.payment_intents.create(
        params={
            "amount": 3900,
            "currency": "usd",
            "payment_method": "pm_card_visa_chargeDeclined",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
except stripe.CardError as error:
    print(error.http_status, error.code)
    print(error.user_message)

# %% [markdown]
# A `CardError` says that the bank refused. Its `user_message` may be shown to a customer. The
# exceptions live in `stripe` itself. The module `stripe.error` of older tutorials is gone.

# %% [markdown]
# ## Tell the four keys apart
#
# How does Stripe know that it is you? By a key, which the client sends along with each request.
#
# | starts with | name | who may have it | what it is for |
# |---|---|---|---|
# | `pk_` | publishable key | everybody: it is in your page | turn a card into a token |
# | `sk_` | secret key | your server alone | everything |
# | `rk_` | restricted key | a program that you trust with a part | what you allow it |
# | `whsec_` | webhook secret | your server alone | prove that a message is Stripe's (chapter 08) |
#
# After `pk_`, `sk_` and `rk_` comes `test_` or `live_`. With test keys nothing is real. With live
# keys everything is.

# %% [markdown]
# **Before you run it:** what happens when you mix two of them up, and ask for your balance with
# the publishable key? (The shop, which you meet at the end, lends you its own.)

# %%
publishable = shop().config["STRIPE_PUBLISHABLE_KEY"]

try:
    client.v1.balance.retrieve(options={"api_key": publishable})
except stripe.AuthenticationError as error:
    print(error.http_status, error.user_message)

# %% [markdown]
# The library accepted it without a word. Stripe did not.

# %% [markdown]
# A live key in a notebook is the worse mistake. A cell that you run twice charges a customer
# twice, and a saved notebook takes the key along to GitHub. `connect()` refuses such a key.

# %%
from classroom.connection import KeyRefused, refuse_unusable

try:
    refuse_unusable("sk_live_example")
except KeyRefused as refusal:
    print(refusal)

# %% [markdown]
# ## Use your own Stripe, when you like
#
# This course needs no account. At work you will have one. Getting started takes four steps:
#
# 1. **Sign up** at [stripe.com](https://dashboard.stripe.com/register). An e-mail address is
#    enough for a **sandbox**, an account where all money is play money.
# 2. **Install the library:** `pip install stripe`. Here, `make lab` has done it. There are such
#    libraries for Node, Ruby, PHP, Go, Java and .NET, too.
# 3. **Configure your keys.** The dashboard shows two of them, `pk_test_…` and `sk_test_…`. They
#    belong in environment variables, never in code.
# 4. **Integrate:** make a client with your secret key, collect a card in a page, take the
#    payment. That is this course.

# %% [markdown]
# To run the course against your own sandbox, set one variable when you start it:
#
# ```
# STRIPE_SECRET_KEY=sk_test_… make lab
# ```
#
# Not a line of code changes, and the payments appear in your dashboard. Pages, from chapter 01 on,
# want `STRIPE_PUBLISHABLE_KEY=pk_test_…` as well.

# %% [markdown]
# On a sandbox, ids, times and balances differ from those printed here, and a new balance
# transaction may take some seconds to appear. Cells that need a switch of the local Stripe say so.

# %% [markdown]
# ## Avoid two traps
#
# For their tests, older tutorials point the library at a stand-in with `stripe.api_base`. Where
# does a `StripeClient` go then? Give it a transport (the part that sends requests) that only
# prints the address, and see, without any network.


# %%
class Witness(stripe.HTTPClient):
    name = "witness"

    def request(self, method, url, headers, post_data=None):
        print(method, url)
        return '{"object": "balance"}', 200, {}


# %%
stripe.api_base = "http://stand-in.example"
astray = stripe.StripeClient("sk_test_example", http_client=Witness())
answer = astray.v1.balance.retrieve()

# %% [markdown]
# To the real Stripe. A `StripeClient` has settings of its own and ignores that of the module. You
# think you test against a stand-in, and you talk to the world. This is the right way:

# %%
bases = {"api": "http://stand-in.example"}
right = stripe.StripeClient("sk_test_example", base_addresses=bases, http_client=Witness())
answer = right.v1.balance.retrieve()

# %% [markdown]
# The second trap is a port. Flask's own server listens on 5000, and on a Mac that port belongs to
# AirPlay, which answers every request with a puzzling 403. Nothing in this course uses port 5000:
# it asks the system for a free one.

# %% [markdown]
# ## Practice
#
# Each chapter has a notebook of exercises. This chapter's is `00-exercises.ipynb`, beside the
# lesson in the folder `work`. It is your copy: nothing overwrites it. You write an answer, then you
# ask whether it is right. Nobody starts with a right answer, so this is what you see first:

# %%
check("0.1", ...)

# %% [markdown]
# When you are stuck, ask for a hint. The first is a nudge, each further one tells you more.

# %%
hint("0.1")

# %% [markdown]
# `solution("0.1")` shows one answer. In a terminal, `python -m classroom progress` says how far you
# are, and `python -m classroom reset 0.1` gives you a fresh start.
#
# Two commands run the project: `make lab` opens the course, and `make test` proves that every
# word of code in it works.

# %% [markdown]
# ## See the shop do it
#
# Behind the lessons stands a real shop, the `sample_app`: Flask, SQLAlchemy and Stripe's library.
# `show()` prints a part of its source. This is how the shop makes its client.

# %%
from sample_app import payments

show(payments.connect)

# %% [markdown]
# Key, address and transport come from the configuration. So the shop never knows which Stripe it
# talks to. How long it waits for an answer and how often it asks again stand there, too, for the
# days when things go wrong (chapter 10). Buy a lamp (item 1) from it, over its JSON API.

# %%
app = shop()
timeline.clear()
order = {"token": "tok_visa", "item_ids": [1]}
answer = app.test_client().post("/orders", json=order).json
print(answer["status"], answer["description"])

# %% [markdown]
# Paid. **Before you run it:** how many requests did the shop send to Stripe for that?

# %%
timeline()

# %% [markdown]
# Three: the token became a payment method, a PaymentIntent was made, and then it was confirmed.
# Chapter 04 says why the last two are apart. By then you will have written them yourself.
#
# The `key` behind each request is none of the four keys above. It is a name that the shop gives to
# the request, so that a retry does not pay twice. That, too, is chapter 04.

# %% [markdown]
# ## Summary
#
# - A payment is one call: amount, currency, card, `confirm`. The answer is a PaymentIntent.
# - Amounts are whole numbers of the smallest unit: 3900 is $39.00.
# - Stripe asks no monthly fee and keeps a share of each payment; small payments pay the most.
# - The card number never reaches your shop.
# - Answers are objects: attributes, brackets and `in` work, `.to_dict()` makes a dictionary.
# - Secret keys stay on the server, and live keys out of notebooks.
#
# ## New words
#
# - **local Stripe**: this course's stand-in for Stripe, in memory, without real money.
# - **PaymentIntent**: Stripe's record of one payment, from the first try to the last.
# - **SDK**: the library that a service offers to programmers, here Stripe's for Python.
# - **minor unit**: the smallest unit of a currency, such as a cent.
# - **balance transaction**: one line of your account at Stripe, with its fee.
# - **publishable, secret, restricted key, webhook secret**: who you are to Stripe, for four uses.
# - **sandbox**: a Stripe account in which all money is play money.
# - **request id**: the name of one request, for Stripe's support.
# - **API version**: the date and name that fix what every field means.
#
# ## What comes next
#
# Do the exercises of chapter 00. Then, in chapter 01, a customer types a card number into your
# page, and you find out why you cannot read it.
#
# ## Read on
#
# - [Stripe's API reference](https://docs.stripe.com/api) and
#   [the Python library](https://github.com/stripe/stripe-python)
# - [API keys](https://docs.stripe.com/keys)
# - [How Stripe's versions work](https://docs.stripe.com/api/versioning)
# - [Test cards](https://docs.stripe.com/testing)
