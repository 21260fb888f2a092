# %% [markdown]
# # 00. Exercises: take a first payment
#
# Write each answer where you see `...`, run its cell, then run the `check` below it. When you are
# stuck, `hint("0.1")` gives a nudge, and a bigger one each time you run it.
#
# Four exercises, about 20 minutes. All you need is in the lesson of chapter 00.

# %%
import json

import stripe

from classroom import check, connect, hint, solution

client = connect()

# %% [markdown]
# ## 0.1 Take a payment in euros (5 min)
#
# *You practice:* amounts in minor units, and the four parts of a payment.
# *Out of scope:* currencies without cents, such as yen (chapter 02).
#
# Write `pay_in_euros(client, euros)`. It takes a whole number of euros from the test card
# `pm_card_visa`, now, and returns the PaymentIntent. Allow cards only, as the lesson does.
#
# `pay_in_euros(client, 25)` returns a PaymentIntent whose `amount` is 2500, whose `currency` is
# `"eur"` and whose `status` is `"succeeded"`.


# %%
def pay_in_euros(client, euros):
    ### BEGIN SOLUTION
    return client.v1.payment_intents.create(
        params={
            "amount": euros * 100,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    ### END SOLUTION


# %%
check("0.1", pay_in_euros)

# %% [markdown]
# ## 0.2 Read a response (5 min)
#
# *You practice:* fields, metadata and the request id of an answer.
#
# Write `describe(payment)`. It returns a dictionary that your own log could keep:
#
# - `"paid"`: `True` if the payment succeeded, otherwise `False`
# - `"amount"`: the amount, in minor units
# - `"order"`: what the metadata say under `order`, or `None` where they say nothing
# - `"request"`: the request id
#
# For a paid payment of $39.00 with the metadata `{"order": "A-17"}`, it returns
# `{"paid": True, "amount": 3900, "order": "A-17", "request": "req_…"}`.


# %%
def describe(payment):
    ### BEGIN SOLUTION
    metadata = payment.metadata.to_dict()
    return {
        "paid": payment.status == "succeeded",
        "amount": payment.amount,
        "order": metadata.get("order"),
        "request": payment.last_response.request_id,
    }
    ### END SOLUTION


# %%
check("0.2", describe)

# %% [markdown]
# ## 0.3 Refuse a live key (5 min)
#
# *You practice:* the kinds of keys.
# *Out of scope:* asking Stripe whether a key is valid. Look at the text alone.
#
# Write `usable_key(key)`. It returns the key if a program under test may use it on a server: a
# secret or restricted **test** key. For everything else it raises `ValueError`: a live key, a
# publishable key, an empty text. The message must not repeat the key, because messages end up in
# logs.
#
# `usable_key("sk_test_example")` returns `"sk_test_example"`. `usable_key("rk_live_example")`
# raises `ValueError`.


# %%
def usable_key(key):
    ### BEGIN SOLUTION
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ValueError("Only a secret or restricted test key may be used here.")
    return key
    ### END SOLUTION


# %%
check("0.3", usable_key)

# %% [markdown]
# ## 0.4 Break it, then fix it: an old tutorial (5 min)
#
# *You practice:* bringing code for an older library up to date.
#
# This function is written as tutorials wrote it for years. `log` is the whole payment as JSON
# text. With today's library the function fails in three places, one after the other. Run the
# two cells and see the first.


# %%
def take_payment(client, amount, card):
    ### BEGIN SOLUTION
    try:
        payment = client.v1.payment_intents.create(
            params={
                "amount": amount,
                "currency": "usd",
                "payment_method": card,
                "confirm": True,
                "allowed_payment_method_types": ["card"],
            }
        )
    except stripe.CardError as error:
        return {"ok": False, "message": error.user_message}
    return {"ok": True, "id": payment.id, "log": json.dumps(payment.to_dict())}
    ### STARTS AS
    # from stripe.error import CardError
    #
    # try:
    #     payment = client.v1.payment_intents.create(
    #         params={
    #             "amount": amount,
    #             "currency": "usd",
    #             "payment_method": card,
    #             "confirm": True,
    #             "allowed_payment_method_types": ["card"],
    #         }
    #     )
    # except CardError as error:
    #     return {"ok": False, "message": error.user_message}
    # return {"ok": True, "id": payment.get("id"), "log": json.dumps(payment)}
    ### END SOLUTION


# %%
try:
    print(take_payment(client, 3900, "pm_card_visa")["ok"])
except Exception as error:
    print(type(error).__name__, "-", error)

# %% [markdown]
# Mend it, one failure after the other, until a good card gives `True`. A declined card must give
# `{"ok": False, "message": "Your card was declined."}`.

# %%
check("0.4", take_payment)
