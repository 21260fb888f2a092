# %% [markdown]
# # 07. Exercises: sell with Checkout
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("7.1")` gives a
# nudge, and another one each time you ask; `solution("7.1")` shows an answer.

# %%
import stripe

from classroom import check, connect, hint, payer, solution

client = connect()

# %% [markdown]
# ## 7.1 Turn an order into a session (8 min)
#
# *You practice:* line items, links from Stripe back to the order, the placeholder, the key.
# *Out of scope:* what happens on the page, and after it.
#
# Write `open_checkout(client, order, thanks_url, cart_url)`. It creates a Checkout Session for an
# order such as the one below, and returns it.
#
# - One line item for each line, at the order's prices, in the order's currency.
# - `client_reference_id` is the order's id. `metadata` has it, too, under `order_id`, on the
#   session *and* on its PaymentIntent.
# - Who has paid comes back to `thanks_url` with `?session_id=` and the session's id behind it. Who
#   turns back comes to `cart_url`.
# - A double click calls your function twice and finds one session. `order["key"]` is there for
#   that: an idempotency key, kept with the order. With a new key in it, there is a new session.

# %%
order = {
    "id": "A-17",
    "currency": "usd",
    "key": "0b5f6c1e",
    "lines": [
        {"name": "Desk lamp", "unit_price": 3900, "quantity": 1},
        {"name": "Chair", "unit_price": 5950, "quantity": 3},
    ],
}


# %%
def open_checkout(client, order, thanks_url, cart_url):
    ### BEGIN SOLUTION
    about = {"order_id": order["id"]}
    params = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": line["quantity"],
                "price_data": {
                    "currency": order["currency"],
                    "unit_amount": line["unit_price"],
                    "product_data": {"name": line["name"]},
                },
            }
            for line in order["lines"]
        ],
        "client_reference_id": order["id"],
        "metadata": about,
        "payment_intent_data": {"metadata": about},
        "success_url": thanks_url + "?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": cart_url,
    }
    options = {"idempotency_key": order["key"]}
    return client.v1.checkout.sessions.create(params=params, options=options)
    ### END SOLUTION


# %%
check("7.1", open_checkout)

# %% [markdown]
# ## 7.2 Break it, then fix it: the success page (8 min)
#
# *You practice:* telling the truth on a page that anybody can open.
# *Out of scope:* making the order paid. That is the business of a message from Stripe (chapter 08).
#
# Here is what a shop does when somebody opens its success page. It even looks the session up. The
# mistake is a real one (`laravel/docs#9334`), the code is ours. See what it takes.


# %%
def careless_success(client, order, session_id):
    session = client.v1.checkout.sessions.retrieve(session_id)
    if session.client_reference_id == order["id"]:
        order["status"] = "paid"
    return "thanks"


# %%
chair = {"currency": "usd", "unit_amount": 5950, "product_data": {"name": "Chair"}}
visit = client.v1.checkout.sessions.create(
    params={
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": chair}],
        "client_reference_id": "A-18",
        "success_url": "https://shop.example/thanks",
    }
)

bought = {"id": "A-18", "status": "pending"}
print(careless_success(client, bought, visit.id))
print(bought["status"], "-", visit.payment_status)

# %% [markdown]
# Write `success(client, order, session_id)`. It returns what the page shows:
#
# | the session | return |
# |---|---|
# | is complete and paid | `"thanks"` |
# | is complete and unpaid, and its PaymentIntent is `processing` | `"waiting"` |
# | is complete and unpaid, and its PaymentIntent is anything else: the debit has failed | `"pay"` |
# | is open, or expired | `"pay"` |
# | does not exist, or has anything but the order's id in `client_reference_id` | `"missing"` |
#
# The id comes out of an address: it may be made up, and it may be empty. The order stays as it is,
# and so does the session: only look.


# %%
def success(client, order, session_id):
    ### BEGIN SOLUTION
    try:
        whole = {"expand": ["payment_intent"]}
        session = client.v1.checkout.sessions.retrieve(session_id, params=whole)
    except stripe.InvalidRequestError:
        return "missing"
    if session.client_reference_id != order["id"]:
        return "missing"
    if session.status != "complete":
        return "pay"
    if session.payment_status == "paid":
        return "thanks"
    return "waiting" if session.payment_intent.status == "processing" else "pay"
    ### END SOLUTION


# %%
check("7.2", success)

# %% [markdown]
# ## 7.3 Cancel and come back (8 min)
#
# *You practice:* one order, one open page, however often the customer turns back.
# *Out of scope:* a bank debit that failed (that is 7.4).
#
# Customers press *back*, put another lamp into the order, sleep over it, open a second tab, and
# press *Pay* again. Write `pay_page(client, order, create)`. The shop calls it on each press, and
# it returns the address to send the customer to, or `None` if nobody must pay any more.
#
# - `order["session"]` is the id of the order's last session, or `None`. `order["amount"]` is what
#   the order costs now.
# - `create(order)` makes a session for the order as it is now, sends `order["key"]` along as its
#   idempotency key, and returns the session. Keep its id in `order["session"]`.
#
# | the last session | do |
# |---|---|
# | there is none | create one |
# | open, its `amount_total` is the order's amount | go on with it |
# | open, and the amount is another one | expire it; then create a new one |
# | expired | create a new one |
# | complete | return `None` |
#
# The first session goes with the key that the order has: two first clicks at the same moment then
# find one session. Each *new* one needs a new `order["key"]`; else Stripe repeats its old answer.
# Two later clicks at the same moment must find one session, too: take a key that both of them come
# to, the id of the last session.
#
# In the moment in which you expire a session, somebody may pay there. Then Stripe refuses with
# `stripe.InvalidRequestError`: return `None`.


# %%
def pay_page(client, order, create):
    ### BEGIN SOLUTION
    if order["session"]:
        last = client.v1.checkout.sessions.retrieve(order["session"])
        if last.status == "complete":
            return None
        if last.status == "open":
            if last.amount_total == order["amount"]:
                return last.url
            try:
                client.v1.checkout.sessions.expire(last.id)
            except stripe.InvalidRequestError:
                return None
        order["key"] = last.id
    session = create(order)
    order["session"] = session.id
    return session.url
    ### END SOLUTION


# %%
check("7.3", pay_page)

# %% [markdown]
# ## 7.4 Wait for those who pay tomorrow (7 min)
#
# *You practice:* telling `complete` from paid, and waiting from failed.
# *Out of scope:* hearing of it at once (chapter 08).
#
# A small shop packs its parcels each morning, and asks Stripe before. Its orders are dicts, such as
# `{"id": "A-17", "session": "cs_test_…", "status": "pending"}`.
#
# Write `morning(client, orders)`. It looks at each order that is `"pending"`, and sets its status.
# It returns the ids of those that have become paid this morning, in the order of the list: they are
# packed today.
#
# | the order's session | the order's status |
# |---|---|
# | complete and paid | `"paid"` |
# | complete and unpaid, and its PaymentIntent is `processing` | stays `"pending"` |
# | complete and unpaid, and its PaymentIntent is anything else | `"failed"` |
# | open | stays `"pending"` |
# | expired | `"failed"` |
#
# Orders that are not pending are done: do not ask about them, and pack nothing twice.


# %%
def morning(client, orders):
    ### BEGIN SOLUTION
    packed = []
    whole = {"expand": ["payment_intent"]}
    for order in orders:
        if order["status"] != "pending":
            continue
        session = client.v1.checkout.sessions.retrieve(order["session"], params=whole)
        match session.status, session.payment_status:
            case "complete", "paid":
                order["status"] = "paid"
                packed.append(order["id"])
            case "complete", _ if session.payment_intent.status != "processing":
                order["status"] = "failed"
            case "expired", _:
                order["status"] = "failed"
    return packed
    ### END SOLUTION


# %%
check("7.4", morning)
