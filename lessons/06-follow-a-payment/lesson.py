# %% [markdown]
# # 06. Follow a payment
#
# So far a payment had two endings, yes or no, and it had them at once. Real payments take detours. A
# bank asks its customer first. A shop holds money that it takes later. A debit travels for days. This
# chapter follows a payment through all its states, and has your shop tell the truth in each of them.

# %% [markdown]
# **What you will be able to do**
#
# - Read the life of a payment from a drawing, and say who has to move next.
# - Send a customer to the bank, and go on when they come back, or when they never do.
# - Hold money, and take all of it, a part, or nothing.
# - Wait for a payment that takes days, without asking all the time.
# - Find payments again: by id, in a list, by a search.
#
# **What you need**: chapter 04 (necessary: PaymentIntents, confirming, declines), chapter 02 (helpful:
# state machines). The lesson takes about 35 minutes, the exercises about 30.
#
# **Out of scope here**: webhooks, by which Stripe tells you by itself (chapter 08), refunds and
# disputes beyond their names (chapter 11).

# %%
import re
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import stripe

from classroom import browse, connect, local, payer, serve, shop, show, states, timeline

client = connect()

# %% [markdown]
# ## Draw the life of a payment
#
# Every PaymentIntent has a `status`, and its moves follow rules, like the order of chapter 02. Here is
# its state machine. Nobody drew it: it comes from the table that the local Stripe runs on. (To keep it
# readable, it leaves out `update`, which changes a payment before money moves, and all moves that stay
# where they are.)

# %%
states("payment_intent", without="update")

# %% [markdown]
# The words on the arrows say what makes it move. `create`, `confirm`, `capture` and `cancel` are calls
# of the API. `authenticate`, `settle` and `expire` happen at a bank; you meet them below. Don't learn it
# by heart. Find two things: where does it begin, and which two states does nothing lead out of?

# %% [markdown]
# It begins in `requires_payment_method`, or one step further if you name a card at once. It ends in
# `succeeded` or `canceled`. For all the other states, ask **who has to move**:
#
# | status | who has to move |
# |---|---|
# | `requires_payment_method` | the customer: choose how to pay, or choose again |
# | `requires_confirmation` | your shop: say "now" |
# | `requires_action` | the customer: answer the bank |
# | `processing` | the banks; everybody else waits |
# | `requires_capture` | your shop: take the money that is held |

# %% [markdown]
# Walk along the shortest path. The payments here are for 217.50 dollars each, and by card unless they
# say otherwise.


# %%
def payment(**more):
    basics = {"amount": 21750, "currency": "usd", "allowed_payment_method_types": ["card"]}
    return {**basics, **more}


# %%
first = client.v1.payment_intents.create(params=payment())
print(first.status)

chosen = client.v1.payment_intents.update(first.id, params={"payment_method": "pm_card_visa"})
print(chosen.status)

paid = client.v1.payment_intents.confirm(first.id)
print(paid.status)

# %% [markdown]
# Three calls, three states. The second call was an `update`: it added the card. In earlier chapters, `"confirm": True` walked all of it in one step.
#
# Now leave the paths. The next cell fails on purpose: it cancels a payment that has succeeded.

# %%
try:
    client.v1.payment_intents.cancel(paid.id)
except stripe.InvalidRequestError as error:
    print(error.code)
    print(error.user_message.split(". ")[0])

# %% [markdown]
# No arrow leads from `succeeded` to `canceled`, and the refusal says so. Money that was taken goes back
# by a refund, which is an object of its own.

# %% [markdown]
# ## Look at the charges underneath
#
# A PaymentIntent is the sale, a charge is one attempt (chapter 04). Let one card be declined and the
# next one pay. **Before you run it:** how many charges will there be, and what is each one's status?

# %%
sale = client.v1.payment_intents.create(params=payment())

for card in ["pm_card_visa_chargeDeclined", "pm_card_visa"]:
    try:
        client.v1.payment_intents.confirm(sale.id, params={"payment_method": card})
    except stripe.CardError as error:
        print(error.code)

# %%
for charge in client.v1.charges.list(params={"payment_intent": sale.id}).data:
    print(charge.status, charge.failure_code)

# %% [markdown]
# Two, the newest first. A charge that failed stays failed, while the sale went on. So decide by the
# PaymentIntent, and look at its charges for details.

# %% [markdown]
# The field `latest_charge` holds an id. To get the charge itself in the same answer, ask Stripe to
# **expand** the field:

# %%
expanded = {"expand": ["latest_charge"]}
charge = client.v1.payment_intents.retrieve(sale.id, params=expanded).latest_charge
print(charge.status, charge.captured, charge.refunded, charge.disputed)

# %% [markdown]
# Four fields of this one charge tell most of what happens to money later on. You will need each of them
# in this chapter.

# %% [markdown]
# ## Let the bank ask
#
# In chapter 01 you met a card whose bank asks its customer first. In Europe that is common, by law. Use
# it, and name a **return URL**: where the bank shall lead the customer back to.

# %%
timeline.clear()
ask_first = payment(
    payment_method="pm_card_authenticationRequired",
    confirm=True,
    return_url="https://shop.example/thanks",
)
asked = client.v1.payment_intents.create(params=ask_first)
print(asked.status, asked.amount_received, asked.latest_charge)

# %% [markdown]
# No exception, no money, and not even a charge. The payment waits, and its **next action** tells what
# for.

# %%
print(asked.next_action.type)
bank_page = asked.next_action.redirect_to_url.url

# %% [markdown]
# The customer's browser must go to that address, so a shop answers with a redirect. Here is the page.
# A real bank asks for a code or a fingerprint. Press *Complete authentication*.

# %%
browse(bank_page)

# %% [markdown]
# Now the frame is empty, or your browser complains: the bank led you back to `shop.example`, which nobody
# has built. At the end of this chapter, a real shop stands there.
#
# If you read without pressing, `payer` can press for you. It does in code what a customer does on
# Stripe's pages. (On a sandbox of your own only you can press; there, such a cell says so and fails.)

# %%
try:
    back = payer.answer(bank_page)
    print(*parse_qs(urlsplit(back).query), sep="\n")
except stripe.InvalidRequestError as error:
    print(error.user_message)  # you were faster

# %% [markdown]
# The bank's page adds three parameters to your `return_url`. Their names stand above, unless you were
# faster. The last one says `redirect_status=succeeded`. Is that proof of a payment? It comes in an
# address, and anybody can type an address. So ask Stripe:

# %%
done = client.v1.payment_intents.retrieve(asked.id)
print(done.status, done.amount_received)

# %%
for charge in client.v1.charges.list(params={"payment_intent": asked.id}).data:
    print(charge.payment_method_details.card.three_d_secure.result)

# %% [markdown]
# Stripe charged as soon as the bank was content; your shop confirmed only once. And 3D Secure comes
# with a gift: if such a payment turns out to be fraud, the bank usually bears the loss instead of you.

# %%
timeline()

# %% [markdown]
# The browser talks to Stripe while your shop does nothing. That gap between redirect and return is
# where the next three sections live: people fail there, or walk away, or were never waited for.

# %% [markdown]
# ## See the customer fail
#
# The code never arrived, or a thief holds the card. **Before you run it:** which state does the payment
# go to? (Find the arrows named `authenticate` in the drawing.)

# %%
asked = client.v1.payment_intents.create(params=ask_first)
back = payer.answer(asked.next_action.redirect_to_url.url, authenticated=False)

# %%
failed = client.v1.payment_intents.retrieve(asked.id)
error = failed.last_payment_error
print(failed.status, "-", error and error.code)

# %% [markdown]
# Back to the start, as after a declined card. `last_payment_error` keeps the reason, and is `None`
# where nothing went wrong (hence `error and …`). The order stays pending, the customer picks another
# card, and you confirm the same PaymentIntent again.

# %% [markdown]
# ## See the customer walk away
#
# The phone rings, the tab gets closed, and nobody answers the bank at all. Let three days pass: the
# local Stripe has a clock of its own, and `advance` moves it on by so many seconds. (A sandbox of your
# own has no such clock; there, these cells say so and fail.) **Before you run it:** which status will
# Stripe report?

# %%
DAY = 24 * 60 * 60  # seconds
asked = client.v1.payment_intents.create(params=ask_first)
old_page = asked.next_action.redirect_to_url.url

# %%
local().advance(3 * DAY)

# %%
print(client.v1.payment_intents.retrieve(asked.id).status)

# %% [markdown]
# Still `requires_action`. No error, no return, nothing that your code could catch. (A real bank may give
# up after some minutes, and then the payment fails as above. Do not count on it.)
#
# A well-known shop system knew no way back from the bank but success. Otherwise the order stayed pending,
# the cart was gone, and nobody could pay again (`odoo/odoo#79663`). So a pending order needs two exits.

# %% [markdown]
# **Exit one: pay again.** Confirm the same PaymentIntent once more. The bank asks a new question, on a
# new page, and the old page is void.

# %%
way_back = {"return_url": "https://shop.example/thanks"}
card = {"payment_method": "pm_card_authenticationRequired"}
again = client.v1.payment_intents.confirm(asked.id, params={**card, **way_back})

print(again.status, again.id == asked.id)
print(again.next_action.redirect_to_url.url == old_page)

# %% [markdown]
# One sale, one PaymentIntent, however often the customer comes back. A shop that made a new one each
# time could have two answered, and be paid twice.

# %% [markdown]
# **Exit two: give up.** After some hours or days, *you* decide, and cancel. From then on a late answer
# cannot take money for a chair that you have sold to somebody else. The second call fails on purpose.

# %%
given_up = client.v1.payment_intents.cancel(asked.id, params={"cancellation_reason": "abandoned"})
print(given_up.status)

try:
    client.v1.payment_intents.confirm(asked.id, params={**card, **way_back})
except stripe.InvalidRequestError as error:
    print(error.code)

# %% [markdown]
# ## Do not take silence for a yes
#
# Here is a cinema that books seats. It catches declines, as chapter 04 said. **Before you run it:** for
# which of the three cards is the seat booked?


# %%
def book_seat(card):
    try:
        client.v1.payment_intents.create(params={**ask_first, "payment_method": card})
    except stripe.CardError:
        return "declined"
    return "booked"


for card in ["pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"]:
    print(book_seat(card), "-", client.v1.payment_intents.list().data[0].amount_received)

# %% [markdown]
# The third one gets a seat for nothing. The card was not declined, so there was no exception, and the
# code took silence for a yes. A cinema app shipped this mistake (`hoc081098/Movie-Ticket-Booking#59`).
#
# Remember it as a rule: only `status == "succeeded"` means paid. All other ways to say it are guesses.

# %% [markdown]
# ## Hold money now, take it later
#
# You pack a parcel tomorrow, and do not want to charge for what turns out broken. A hotel takes a
# deposit. For this, split the charge in two: the bank first **authorizes**, which sets the money aside,
# and later you **capture** it. `capture_method` says that you want to do it by hand.

# %%
by_hand = payment(payment_method="pm_card_visa", confirm=True, capture_method="manual")
held = client.v1.payment_intents.create(params={**by_hand, **expanded})
print(held.status)
print(held.amount_capturable, held.amount_received)

# %% [markdown]
# That is a **hold**: the customer's bank shows the amount as reserved, and you have nothing yet.
# **Before you run the next cell:** what does the *charge* say, `pending`?

# %%
charge = held.latest_charge
print(charge.status, charge.paid, charge.captured)

# %% [markdown]
# `succeeded`, and even `paid`: the attempt to *authorize* went well. That is one more reason to decide by
# the PaymentIntent. Of the charge's fields, only `captured` tells the truth about money.

# %% [markdown]
# Next morning the lamp is broken, and the rest comes to 178.50. Capture a part:

# %%
captured = client.v1.payment_intents.capture(held.id, params={"amount_to_capture": 17850})
print(captured.status)
print(captured.amount, captured.amount_capturable, captured.amount_received)

# %% [markdown]
# `succeeded`, and look at the amounts: `amount` still is what you asked for at first. What you got is
# `amount_received`. The bank has let go of the difference.
#
# Can you take the rest after all, should the lamp turn up? The next cell fails on purpose.

# %%
try:
    client.v1.payment_intents.capture(held.id, params={"amount_to_capture": 3900})
except stripe.InvalidRequestError as error:
    print(error.user_message)

# %% [markdown]
# You capture once. If nothing can be sent, cancel the PaymentIntent, and all of it is let go.
#
# What if you do neither? A bank does not reserve money for ever. For most cards it is seven days:

# %%
forgotten = client.v1.payment_intents.create(params=by_hand)

# %%
local().advance(8 * DAY)

# %%
gone = client.v1.payment_intents.retrieve(forgotten.id)
print(gone.status, gone.cancellation_reason, gone.amount_received)

# %% [markdown]
# `canceled`, and nobody at your shop did it. An **expired** hold is a sale without money. Capture when
# you send the parcel, and not "on Monday".

# %% [markdown]
# ## Wait for a bank
#
# Not everything is a card. With a **bank debit** the customer allows you to fetch money from a bank
# account; that permission is the **mandate**. (`offline` below: given on paper. In a page, Stripe asks for
# it.) A debit is cheaper than a card, and it takes days.

# %%
debit = payment(
    allowed_payment_method_types=["us_bank_account"],
    payment_method="pm_usBankAccount_success",
    mandate_data={"customer_acceptance": {"type": "offline"}},
    confirm=True,
)
sent = client.v1.payment_intents.create(params=debit)
print(sent.status, sent.amount_received)

# %% [markdown]
# `processing`: asked, and not answered. (In this course the bank takes four days. On a sandbox of your
# own it takes moments, and the account must be one in the US with bank debits switched on.)

# %% [markdown]
# Now a shop that knows two kinds of payments, those that succeeded and the others. Its customer gets to
# read the sentence, and does what it says. **Before you run the cells:** what does it cost?


# %%
def hasty(intent):
    return "Thank you!" if intent.status == "succeeded" else "That failed. Please pay again."


print(hasty(sent))
second = client.v1.payment_intents.create(params=debit)
print(hasty(second))

# %%
local().advance(5 * DAY)

# %%
for intent in [sent, second]:
    now = client.v1.payment_intents.retrieve(intent.id)
    print(now.status, now.amount_received)

# %% [markdown]
# Twice 217.50 for one order. A game shop told its customers "error" while their debits were on the way,
# and they bought several times (`gameserverapp/Platform#1216`). `processing` is neither yes nor no: say
# "we are waiting for your bank", keep the order pending, and offer no second payment.

# %% [markdown]
# Nor is it a promise. This account is empty, and its bank says so after four days:

# %%
empty = {**debit, "payment_method": "pm_usBankAccount_insufficientFunds"}
sent = client.v1.payment_intents.create(params=empty)
print(sent.status)

# %%
local().advance(5 * DAY)

# %%
now = client.v1.payment_intents.retrieve(sent.id)
error = now.last_payment_error
print(now.status, "-", error and error.code)

# %% [markdown]
# A shop that sends the goods while a payment is `processing` may have given them away.

# %% [markdown]
# ## Ask less and less
#
# How does the customer's page learn of the end? Many pages ask every two seconds until there is an
# answer: they **poll**. **Before you run it:** how often does one page ask about one debit?

# %%
print(4 * DAY // 2)

# %% [markdown]
# And a debit has an end. Where a customer walked away, `requires_action` stays, and a page that waits for
# its end asks for ever. A hundred forgotten tabs make fifty requests a second.
#
# Polling is fine for a moment, as most payments end within seconds. The shop's own script does it, too,
# with pauses that grow. Here they are, in seconds:

# %%
app = shop()
web = app.test_client()
pauses = re.search(r"PAUSES = \[(.*)\]", web.get("/static/wait.js").text)[1]
print(pauses)

# %% [markdown]
# Seven questions in less than a minute. Then it stops and says that the page may be closed. For what
# takes longer, turn it around: Stripe calls *you* when something has happened. That is a webhook, and
# chapter 08 is about it.

# %% [markdown]
# ## Say it in the customer's words
#
# Customers know five words: *pending, succeeded, failed, refunded, disputed*. Which Stripe status is
# "refunded"? Give a payment back and look:

# %%
client.v1.refunds.create(params={"payment_intent": paid.id})
refunded = client.v1.payment_intents.retrieve(paid.id, params=expanded)
print(refunded.status)
print(refunded.latest_charge.refunded, refunded.latest_charge.amount_refunded)

# %% [markdown]
# The sale stays `succeeded`: it did succeed, and something happened afterwards. Afterwards is the
# charge's business, and so are disputes, in which a customer asks the bank for the money back.
#
# | the customer reads | when |
# |---|---|
# | pending | no answer yet: not tried, `requires_confirmation`, `requires_action`, `processing`, `requires_capture` |
# | succeeded | `succeeded` |
# | failed | `canceled`; or `requires_payment_method` after a try that left a `last_payment_error` |
# | refunded | `succeeded`, and the charge has an `amount_refunded` above 0 |
# | disputed | `succeeded`, and the charge is `disputed`, whatever else has happened to it |

# %% [markdown]
# None of these words is final: after *failed* may come another card, after *succeeded* a refund. So do
# not store the word. Work it out from the PaymentIntent when somebody asks.
#
# And a status that is in no row, because Stripe invents one next year? Then your code should stop and
# tell *you*, instead of telling the customer "failed". You write this function in the exercises.

# %% [markdown]
# ## Find payments again
#
# **Retrieve**, with the id: one payment, as it is this moment. It is the question that decides things,
# and you have asked it all along.
#
# **List**: all payments, newest first, a page at a time (chapter 05). `auto_paging_iter` turns the pages
# for you, and `created` sets a time to start from.

# %%
since = {"created": {"gte": first.created}, "limit": 100}
everything = client.v1.payment_intents.list(params=since)
for status, count in sorted(Counter(i.status for i in everything.auto_paging_iter()).items()):
    print(count, status)

# %% [markdown]
# Those are your traces in this chapter. Can a list be narrowed to one status? The next cell fails on
# purpose.

# %%
try:
    client.v1.payment_intents.list(params={"status": "succeeded"})
except stripe.InvalidRequestError as error:
    print(error.user_message)

# %% [markdown]
# **Search** can. It has a small language of its own: fields, values, `AND` or `OR`, and a minus for
# *not*. It also finds your own notes in the metadata.

# %%
noted = payment(payment_method="pm_card_visa", confirm=True, metadata={"order_id": "A-17"})
client.v1.payment_intents.create(params=noted)

query = 'status:"succeeded" AND metadata["order_id"]:"A-17"'
found = client.v1.payment_intents.search(params={"query": query})
print([(intent.status, intent.amount) for intent in found.data])

# %% [markdown]
# Handy, and late: at Stripe's it may take a minute until a search knows of a payment, longer on a bad
# day. (The local Stripe knows at once.) Search for people who ask about an order. Never let it decide
# whether an order is paid: what it has not found may exist.

# %% [markdown]
# ## See the shop do it
#
# Place an order for a lamp, and pay it like a customer of such a bank. The form of the pay page carries
# a secret word of the shop's, `csrf_token` (chapter 12), so read it first.

# %%
from sample_app.database import db
from sample_app.orders import place_order

with app.app_context():
    order_id = place_order(db.session, [1]).id

pay_page = f"/shop/orders/{order_id}/pay"
secret_word = re.search(r'name="csrf_token" value="([^"]+)"', web.get(pay_page).text)[1]

# %%
timeline.clear()
filled_in = {"csrf_token": secret_word, "token": "tok_threeDSecure2Required"}
answer = web.post(pay_page, data=filled_in)
print(answer.status_code, web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# A redirect to the bank, and an order that waits. Answer, and follow the bank's way back. The page there
# leads on to the order, so that is one more redirect.

# %%
print(web.get(payer.answer(answer.location)).status_code)

# %%
print(web.get(f"/orders/{order_id}").json["status"])

# %%
timeline()

# %% [markdown]
# Look at the end of the drawing: when the customer came back, the shop did not read the address. It
# asked Stripe. This is the function that did it:

# %%
from sample_app import payments

show(payments.resume)

# %% [markdown]
# It may be called any number of times, and at any time. Not answered yet: the customer gets the pay page
# and another question. Failed: the pay page, with the reason. Paid: the order says so.

# %% [markdown]
# Programs that use the JSON API have nobody to ask. So there the shop tells Stripe not to begin
# (`error_on_requires_action`), and such a card counts as declined:

# %%
answer = web.post("/orders", json={"token": "tok_threeDSecure2Required", "item_ids": [1]})
print(answer.status_code, answer.json["message"])

# %% [markdown]
# Now with your own hands. Here is the pay page of one more order. Type **4000 0027 6000 3184**, any
# future date, any three digits, press Pay, and answer the bank. Then run the cell again, which makes a
# new order, and fail at the bank.

# %%
with app.app_context():
    order_id = place_order(db.session, [1]).id

serve(app)
browse(f"/shop/orders/{order_id}/pay")

# %%
print(web.get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# ## Summary
#
# - A PaymentIntent's status says who has to move. Only `succeeded` means paid.
# - After `requires_action` the customer is at the bank. The return address proves nothing: ask Stripe.
# - Who walks away leaves no trace. Let a pending order be paid again, with the same PaymentIntent, or
#   cancel it.
# - A hold is not money. Capture all or a part, once, within days; what you got is `amount_received`.
# - `processing` is neither yes nor no. Wait, and offer no second payment.
# - Refunded and disputed stand in the charge, not in the status.
# - Retrieve decides, a list is complete, a search is late.
#
# ## New words
#
# - **expand** — to get a whole object where an answer has only its id.
# - **next action** — what the customer has to do before the payment goes on.
# - **return URL** — where the bank leads the customer back to.
# - **authorize**, **hold** — to have the bank set money aside.
# - **capture** — to take what is held, or a part of it.
# - **expired** — said of a hold that nobody captured in time.
# - **bank debit** — a payment that you fetch from a bank account; it takes days.
# - **mandate** — the customer's permission for it.
# - **poll** — to ask again and again whether something has changed.
#
# ## What comes next
#
# In the exercises you write the five words, hold and capture, mend the cinema, and find money that your
# shop has missed. Chapter 07 lets Stripe show the whole pay page: Checkout.
#
# ## Read on
#
# - [How PaymentIntents work](https://docs.stripe.com/payments/paymentintents/lifecycle)
# - [3D Secure](https://docs.stripe.com/payments/3d-secure)
# - [Place a hold](https://docs.stripe.com/payments/place-a-hold-on-a-payment-method)
# - [Bank debits](https://docs.stripe.com/payments/bank-debits)
# - [Search](https://docs.stripe.com/search)
