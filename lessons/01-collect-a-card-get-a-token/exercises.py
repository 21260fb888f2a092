# %% [markdown]
# # 01. Exercises: collect a card, get a token
#
# Write each answer where you see `...`, run its cell, then run the `check` below it. When you are
# stuck, `hint("1.1")` gives a nudge, and a bigger one each time you run it.
#
# Four exercises, about 20 minutes. All you need is in the lessons of chapters 00 and 01.

# %%
import stripe
from flask import Flask, request

from classroom import check, connect, hint, solution
from classroom.connection import connection

client = connect()

# %% [markdown]
# ## 1.1 Receive the form (7 min)
#
# *You practice:* the server's half of the pay page, from token to money.
# *Out of scope:* the page itself; an order to pay for (chapter 02); a bank that wants to ask the
# customer first (exercise 1.4).
#
# Write the handler `pay`. The form has one field, `token`. The lamp costs 3900 cents (US dollars).
# Make a PaymentMethod from the token, then let a PaymentIntent take the money from it.
#
# - The payment succeeds: answer `Thank you`.
# - The card is declined: answer with the customer's message of the exception, and status 402.
#   (In Flask, `return "text", 402` sets the status.)
# - There is no token in the form: status 400, whatever the text.
#
# `make_app(client).test_client().post("/pay", data={"token": "tok_visa"}).text` gives
# `"Thank you"`.


# %%
def make_app(client):
    app = Flask("lamp")

    @app.post("/pay")
    def pay():
        ### BEGIN SOLUTION
        card = {"token": request.form["token"]}  # without one, Flask answers 400 by itself
        method = client.v1.payment_methods.create(params={"type": "card", "card": card})
        try:
            client.v1.payment_intents.create(
                params={
                    "amount": 3900,
                    "currency": "usd",
                    "payment_method": method.id,
                    "confirm": True,
                    "allowed_payment_method_types": ["card"],
                }
            )
        except stripe.CardError as error:
            return error.user_message, 402
        return "Thank you"
        ### END SOLUTION

    return app


# %%
check("1.1", make_app)

# %% [markdown]
# ## 1.2 Say what may reach your server (3 min)
#
# *You practice:* where PCI DSS begins.
# *Out of scope:* the questionnaires themselves.
#
# Which of these may reach your server, if you want to stay with the short questionnaire, SAQ A?
#
# - `"a"`: the card number, in a form field that your server ignores
# - `"b"`: the token that Stripe.js made from the card
# - `"c"`: the three digits from the back of the card
# - `"d"`: the card's brand and last four digits, in an answer from Stripe
# - `"e"`: the card number, encrypted by a script of your own
# - `"f"`: the id of a PaymentMethod, `pm_…`
# - `"g"`: the message that a card was declined
# - `"h"`: the card number, on its way into a log that is deleted every night
#
# Answer with a set of letters. If it were the first two, you would write `{"a", "b"}`.

# %%
### BEGIN SOLUTION
may_reach_my_server = {"b", "d", "f", "g"}
### STARTS AS
# may_reach_my_server = ...
### END SOLUTION

# %%
check("1.2", may_reach_my_server)

# %% [markdown]
# ## 1.3 Break it, then fix it: a token used twice (5 min)
#
# *You practice:* a token is good for one use, a PaymentMethod for many.
# *Out of scope:* asking the customer whether she wants her card saved.
#
# This function takes a payment and saves the card for the next time. A community site shipped the
# same mistake: it made a customer and a subscription from one token (`MLTSHP/mltshp#494`). Run the
# two cells: first comes the author's test with `tok_visa`, then a customer, whose token comes from a
# page. (A token from a page needs the local Stripe here.)


# %%
def pay_and_save(client, token, amount):
    ### BEGIN SOLUTION
    card = {"type": "card", "card": {"token": token}}
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.create(params=card)
    client.v1.payment_methods.attach(method.id, params={"customer": customer.id})

    return client.v1.payment_intents.create(
        params={
            "amount": amount,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": method.id,
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    ### STARTS AS
    # card = {"type": "card", "card": {"token": token}}
    # customer = client.v1.customers.create()
    # saved = client.v1.payment_methods.create(params=card)
    # client.v1.payment_methods.attach(saved.id, params={"customer": customer.id})
    #
    # method = client.v1.payment_methods.create(params=card)
    # return client.v1.payment_intents.create(
    #     params={
    #         "amount": amount,
    #         "currency": "usd",
    #         "payment_method": method.id,
    #         "confirm": True,
    #         "allowed_payment_method_types": ["card"],
    #     }
    # )
    ### END SOLUTION


# %%
def token_from_a_page():
    """What Stripe.js does: a new token, good for one use."""
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    page = {"api_key": connection().publishable_key}
    return client.v1.tokens.create(params={"card": card}, options=page).id


print("the author:", pay_and_save(client, "tok_visa", 3900).status)
try:
    print("a customer:", pay_and_save(client, token_from_a_page(), 3900).status)
except stripe.InvalidRequestError as error:
    print("a customer:", error.code)

# %% [markdown]
# Mend it. The function returns the PaymentIntent, and the card stays attached to the customer.
#
# One fact that you need: a card that is attached to a customer pays only together with her. So the
# PaymentIntent wants `"customer": customer.id`.

# %%
check("1.3", pay_and_save)

# %% [markdown]
# ## 1.4 Translate a token charge (5 min)
#
# *You practice:* bringing the old way into the new.
# *Out of scope:* the bank's question itself (chapter 06).
#
# This is the heart of an older shop. On an account of today it fails.
#
# ```python
# def take(client, token, amount, currency, description):
#     charge = client.v1.charges.create(
#         params={
#             "amount": amount,
#             "currency": currency,
#             "source": token,
#             "description": description,
#         }
#     )
#     return charge.paid
# ```
#
# Write the same `take` with a PaymentMethod and a PaymentIntent. It returns `True` if the money was
# taken. It returns `False` if the bank wants to ask the customer first, which the old code did not
# know. A declined card still raises `stripe.CardError`: do not catch it.
#
# `take(client, "tok_visa", 3900, "usd", "1x Desk lamp")` returns `True`.


# %%
def take(client, token, amount, currency, description):
    ### BEGIN SOLUTION
    method = client.v1.payment_methods.create(params={"type": "card", "card": {"token": token}})
    payment = client.v1.payment_intents.create(
        params={
            "amount": amount,
            "currency": currency,
            "description": description,
            "payment_method": method.id,
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    return payment.status == "succeeded"
    ### END SOLUTION


# %%
check("1.4", take)
