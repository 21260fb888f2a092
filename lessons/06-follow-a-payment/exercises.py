# %% [markdown]
# # 06. Exercises: follow a payment
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("6.1")` gives a
# nudge, and another one each time you ask; `solution("6.1")` shows an answer.

# %%
import stripe

from classroom import check, connect, hint, payer, solution

client = connect()

# %% [markdown]
# ## 6.1 Say it in five words (8 min)
#
# *You practice:* reading a PaymentIntent and its charge, without a gap and without a guess.
# *Out of scope:* asking Stripe. You are given the PaymentIntent, and all of the answer is in it.
#
# Write `word_for(intent)`. It gets a PaymentIntent, retrieved with its `latest_charge` expanded (a
# charge, or `None` before the first attempt), and returns the word that the customer reads:
#
# | word | when |
# |---|---|
# | `"pending"` | the status is `requires_confirmation`, `requires_action`, `processing` or `requires_capture`; or it is `requires_payment_method`, and there is no `last_payment_error` |
# | `"failed"` | the status is `canceled`; or it is `requires_payment_method`, and there is a `last_payment_error` |
# | `"disputed"` | the status is `succeeded`, and the charge is `disputed`, refunded or not |
# | `"refunded"` | the status is `succeeded`, and the charge's `amount_refunded` is above 0 |
# | `"succeeded"` | the status is `succeeded`, and nothing happened since |
#
# A status that is not in the table is news to you: raise a `ValueError` that names it.


# %%
def word_for(intent):
    ### BEGIN SOLUTION
    match intent.status:
        case "succeeded":
            if intent.latest_charge.disputed:
                return "disputed"
            return "refunded" if intent.latest_charge.amount_refunded else "succeeded"
        case "canceled":
            return "failed"
        case "requires_payment_method":
            return "failed" if intent.last_payment_error else "pending"
        case "requires_confirmation" | "requires_action" | "processing" | "requires_capture":
            return "pending"
    raise ValueError(f"Nobody knows the status {intent.status}.")
    ### END SOLUTION


# %%
check("6.1", word_for)

# %% [markdown]
# ## 6.2 Hold, pack, take (7 min)
#
# *You practice:* holding money, capturing a part, letting go.
# *Out of scope:* idempotency keys (chapter 04), asking the bank's customer (that is 6.3).
#
# A shop takes money for what it really sends. Write `hold_and_take(client, amount, card, pack)`:
#
# - Hold `amount`, in `"usd"`, on the payment method `card`, with
#   `"allowed_payment_method_types": ["card"]`.
# - While the money is held, call `pack()`. It returns what the packed goods cost: `amount`, less than
#   that, or 0 if there was nothing to pack.
# - Take exactly that much, in one go, and let go of the rest. Nothing packed: cancel the PaymentIntent.
# - Return what you got, as Stripe says.
#
# Without a hold, nothing is packed. A declined card raises `stripe.CardError`: let it through. If the
# bank wants to ask its customer first, cancel the PaymentIntent and return 0.


# %%
def hold_and_take(client, amount, card, pack):
    ### BEGIN SOLUTION
    intent = client.v1.payment_intents.create(
        params={
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
        }
    )
    packed = pack() if intent.status == "requires_capture" else 0
    if packed == 0:
        return client.v1.payment_intents.cancel(intent.id).amount_received
    taken = {"amount_to_capture": packed}
    return client.v1.payment_intents.capture(intent.id, params=taken).amount_received
    ### END SOLUTION


# %%
check("6.2", hold_and_take)

# %% [markdown]
# ## 6.3 Break it, then fix it: the cinema (8 min)
#
# *You practice:* going on after 3D Secure, whenever and however the customer comes back.
# *Out of scope:* whose booking it is (chapter 05).
#
# A cinema reserves a seat, then takes the money with this code. The mistake is a real one
# (`hoc081098/Movie-Ticket-Booking#59`), the code is ours. See what it sells.


# %%
def careless_pay(client, booking, card):
    intent = client.v1.payment_intents.create(
        params={
            "amount": booking["price"],
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "return_url": "https://cinema.example/back",
            "allowed_payment_method_types": ["card"],
        }
    )
    booking["payment"] = intent.id
    booking["status"] = "booked"  # not declined, so it is paid


# %%
booking = {"seat": "F7", "price": 1400, "status": "reserved"}
careless_pay(client, booking, "pm_card_authenticationRequired")

intent = client.v1.payment_intents.retrieve(booking["payment"])
print(booking["status"], "for", intent.amount_received, "of", booking["price"], "cents")

# %% [markdown]
# Suppose that the last line of `careless_pay` is gone: the booking stays `"reserved"`. Now it needs
# somebody who finishes the job. Write `come_back(client, booking)`. The cinema calls it when the bank
# leads the customer back, and again each time the customer looks at the booking, even days later.
#
# Ask Stripe about the PaymentIntent `booking["payment"]`. It says what the booking's `"status"` is from
# now on, and which page to show next, which you return:
#
# | PaymentIntent | `booking["status"]` | return |
# |---|---|---|
# | `succeeded` | `"booked"` | `"thanks"` |
# | `requires_action` | as it was | the address of the bank's page, from its `next_action` |
# | `requires_payment_method`, `requires_confirmation` | as it was | `"pay"` |
# | `canceled` | `"free"` | `"over"` |
# | any other | as it was | `"wait"` |
#
# Only look: no new PaymentIntent, no new attempt. To try it out, `payer.answer(address)` answers the bank.


# %%
def come_back(client, booking):
    ### BEGIN SOLUTION
    intent = client.v1.payment_intents.retrieve(booking["payment"])
    match intent.status:
        case "succeeded":
            booking["status"] = "booked"
            return "thanks"
        case "requires_action":
            return intent.next_action.redirect_to_url.url
        case "requires_payment_method" | "requires_confirmation":
            return "pay"
        case "canceled":
            booking["status"] = "free"
            return "over"
    return "wait"
    ### END SOLUTION


# %%
check("6.3", come_back)

# %% [markdown]
# ## 6.4 Find what the shop has missed (7 min)
#
# *You practice:* listing all payments since yesterday, and telling which ones count.
# *Out of scope:* what to do about them (chapter 11).
#
# Every night, a shop asks Stripe whether it has overlooked a payment: an answer got lost, a customer
# never came back from the bank. Its orders are dicts, such as
# `{"id": "A-17", "amount": 3900, "status": "pending"}`.
#
# Write `missed(client, orders, since)`. It returns a sorted list: the ids of all orders that Stripe says
# are paid and that the shop thinks are not, as their status is `"pending"` or `"canceled"`. Each id comes
# once.
#
# - Stripe says that an order is paid if a PaymentIntent has `succeeded`, has the order's id in its
#   metadata under `order_id`, and its `amount_received` is the order's amount.
# - `since` is a time in seconds. Ask only for payments that were `created` then or later.
# - There are more payments than one answer holds, and some carry no `order_id`.
# - Do not use search: it may not know the newest yet.


# %%
def missed(client, orders, since):
    ### BEGIN SOLUTION
    unpaid = {o["id"]: o["amount"] for o in orders if o["status"] in {"pending", "canceled"}}
    recent = client.v1.payment_intents.list(params={"created": {"gte": since}, "limit": 100})
    found = set()
    for intent in recent.auto_paging_iter():
        order_id = intent.metadata.to_dict().get("order_id")
        if order_id in unpaid and intent.status == "succeeded":
            if intent.amount_received == unpaid[order_id]:
                found.add(order_id)
    return sorted(found)
    ### END SOLUTION


# %%
check("6.4", missed)
