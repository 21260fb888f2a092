# %% [markdown]
# # 10. Exercises: when things go wrong
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("10.1")` gives a
# nudge, and another one each time you ask; `solution("10.1")` shows an answer.

# %%
from itertools import count

import stripe

from classroom import check, connect, hint, local, solution

client = connect()


def sale(card="pm_card_visa"):
    return {
        "amount": 3900,
        "currency": "usd",
        "payment_method": card,
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }


# %% [markdown]
# ## 10.1 Break it, then fix it: the till that says 200 (7 min)
#
# *You practice:* an answer for every class of errors, and none of Stripe's words in it.
# *Out of scope:* the bank's reasons (that is 10.4).
#
# An older course taught this handler of errors, and shops were built with it. See what it makes of a line
# that is cut.


# %%
def hand_on(error):
    return error.json_body, error.http_status


def till(card, handler):
    try:
        client.v1.payment_intents.create(params=sale(card))
    except stripe.StripeError as error:
        return handler(error)


# %%
local().faults.inject("timeout")
print(till("pm_card_visa", hand_on))

# %% [markdown]
# Flask makes a `200 OK` of these two. Write `answer_for(error)`. It gets any `stripe.StripeError`, and
# returns the body and the status for the customer.
#
# The body is a dict with `"message"` and `"try_again"`:
#
# | what happened | message | try_again | status |
# |---|---|---|---|
# | the bank said no | `DECLINED` | `False` | 402 |
# | nobody answered, Stripe is busy, or broken (`APIError`) | `NO_ANSWER` | `True` | 503 |
# | anything else | `OUR_FAULT` | `False` | 500 |
#
# The library may have new classes tomorrow. Those that are made from one that you know count as that one;
# all others are "anything else".

# %%
DECLINED = "Your bank declined this card. Please try another one."
NO_ANSWER = "Our payment provider did not answer. Please try again in a minute."
OUR_FAULT = "Something went wrong, and the fault is ours."


# %%
def answer_for(error):
    ### BEGIN SOLUTION
    match error:
        case stripe.CardError():
            return {"message": DECLINED, "try_again": False}, 402
        case stripe.APIConnectionError() | stripe.RateLimitError() | stripe.APIError():
            return {"message": NO_ANSWER, "try_again": True}, 503
        case _:
            return {"message": OUR_FAULT, "try_again": False}, 500
    ### END SOLUTION


# %%
check("10.1", answer_for)

# %% [markdown]
# ## 10.2 Write what the log keeps (5 min)
#
# *You practice:* where an error keeps its facts, and which of them belong in a log.
# *Out of scope:* levels, and filters (chapter 12).
#
# Write `log_line(error, order_id)`. It returns one line of six parts, such as
#
# `CardError status=402 code=card_declined decline_code=stolen_card request=req_… order=A-17`
#
# - The class's name comes first. What an error does not have is written as `-`.
# - Two classes keep their code in `error.code`. The others leave it in the body: `error.error.code`. A
#   decline code, where there is one, is in the body. And where no body could be read, `error.error` is `None`.
# - Nothing else: a message may quote a token, an address, the end of a key.


# %%
def log_line(error, order_id):
    ### BEGIN SOLUTION
    parts = {
        "status": error.http_status,
        "code": error.code or getattr(error.error, "code", None),
        "decline_code": getattr(error.error, "decline_code", None),
        "request": error.request_id,
        "order": order_id,
    }
    facts = [f"{name}={value or '-'}" for name, value in parts.items()]
    return " ".join([type(error).__name__, *facts])
    ### END SOLUTION


# %%
check("10.2", log_line)

# %% [markdown]
# ## 10.3 Decide which to try again (7 min)
#
# *You practice:* telling failures that pass from those that stay.
# *Out of scope:* trying (that is 10.5), and jitter.
#
# Write `pause_after(error, tries)`. A request has been made `tries` times with the same key, and ended with
# this error. Return how many seconds to wait before the next try, or `None` for "leave it".
#
# - After the sixth try: leave it.
# - If Stripe's answer has the header `Stripe-Should-Retry`, it decides: `"true"` or `"false"`. All headers
#   are in `error.headers`, a dict, which may be empty.
# - If not: nobody answered, Stripe is busy, or broken (`APIError`): try again. Anything else: leave it.
# - Wait 1 second after the first try, 2 after the second, 4, 8 and 16.


# %%
def pause_after(error, tries):
    ### BEGIN SOLUTION
    passing = stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError
    advice = error.headers.get("Stripe-Should-Retry")
    again = isinstance(error, passing) if advice is None else advice == "true"
    return 2 ** (tries - 1) if again and tries < 6 else None
    ### END SOLUTION


# %%
check("10.3", pause_after)

# %% [markdown]
# ## 10.4 Say no in the customer's words (8 min)
#
# *You practice:* a message for each decline code, and one for all others.
# *Out of scope:* other languages.
#
# A shop was proud of how exact its messages were. Here is what a thief reads:


# %%
def too_exact(error):
    return f"Sorry: {error.error.decline_code.replace('_', ' ')}"


print(till("pm_card_visa_chargeDeclinedStolenCard", too_exact))

# %% [markdown]
# Write `what_to_say(error)`, which gets a `stripe.CardError` and returns a sentence for the customer. Choose
# the words yourself.
#
# - These reasons get a sentence of their own, each another one: `insufficient_funds`, `expired_card`,
#   `incorrect_cvc`, `incorrect_number`, `processing_error`.
# - *All* other reasons get the same sentence, also those that Stripe invents tomorrow. Whoever compares the
#   sentences for `generic_decline` and `stolen_card` learns nothing.
# - The reason is in `error.error.decline_code`. Where that is missing, `error.code` has it.
# - No sentence holds one of Stripe's codes. Its messages (`error.user_message`) are no help either: some of
#   them tell the reason, some speak to programmers.


# %%
def what_to_say(error):
    ### BEGIN SOLUTION
    sentences = {
        "insufficient_funds": "There is not enough money on this card. Please take another one.",
        "expired_card": "This card is too old. Please take another one.",
        "incorrect_cvc": "Please check the three digits on the back of your card.",
        "incorrect_number": "Please check the number of your card: a digit is wrong.",
        "processing_error": "Your bank could not be reached. Please try again in a few minutes.",
    }
    otherwise = "Your bank did not accept this card. Please take another one, or ask your bank."
    return sentences.get(error.error.decline_code or error.code, otherwise)
    ### END SOLUTION


# %%
check("10.4", what_to_say)

# %% [markdown]
# ## 10.5 Survive a Stripe that fails every other call (8 min)
#
# *You practice:* trying again with the same key, pauses that grow, and an end.
# *Out of scope:* crashes of your own program (chapter 04).
#
# Write `charge(client, params, key, pause)`. It creates a PaymentIntent with these parameters, sends the
# key along, and returns it.
#
# - When a try fails, ask your `pause_after` of 10.3 (do that one first). It says how long to wait, or to
#   leave it.
# - Wait by calling `pause(seconds)`. (In production, that is `time.sleep`. The check has no time.)
# - When it is left, the error goes to the caller.
# - The customer pays once, whatever happens.


# %%
def charge(client, params, key, pause):
    ### BEGIN SOLUTION
    for tries in count(1):
        try:
            return client.v1.payment_intents.create(params=params, options={"idempotency_key": key})
        except stripe.StripeError as error:
            seconds = pause_after(error, tries)
            if seconds is None:
                raise
            pause(seconds)
    ### END SOLUTION


# %%
check("10.5", charge)
