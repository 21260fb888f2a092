# %% [markdown]
# # 08. Exercises: listen with webhooks
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("8.1")` gives a
# nudge, and another one each time you ask; `solution("8.1")` shows an answer.

# %%
import hashlib
import hmac
import json
import time

import stripe
from flask import Flask, request

from classroom import check, hint, shop, solution

SECRET = "whsec_localExample"
signed_by = stripe.WebhookSignature.generate_signature_header  # (text, secret, timestamp)

# %% [markdown]
# ## 8.1 Check a signature by hand (8 min)
#
# *You practice:* the scheme of `Stripe-Signature`, with everything that a header may hold.
# *Out of scope:* Stripe's library. It does this for you, everywhere but here.
#
# Write `is_genuine(payload, header, secret, now)`. It returns `True` if Stripe signed this payload
# with this secret at most 300 seconds before `now`, else `False`.
#
# - `payload` is bytes. What is signed: the text of `t`, a dot, the payload.
# - A header is a list of `name=value` with commas, in any order. There is one `t`. There may be several
#   `v1`, and one that fits is enough. There may be other names, such as `v0`, which count for nothing.
# - `header` comes from a stranger. It may be `None`, or nonsense: no `t`, a `t` that is no number, no
#   `v1`, or a `v1` with an `é` in it. All of this is `False`, never an exception.


# %%
def is_genuine(payload, header, secret, now):
    ### BEGIN SOLUTION
    pairs = [part.partition("=") for part in (header or "").split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    marks = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not times[0].isdecimal() or now - int(times[0]) > 300:
        return False
    signed = times[0].encode() + b"." + payload
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    return any(hmac.compare_digest(expected, mark.encode()) for mark in marks)
    ### END SOLUTION


# %%
check("8.1", is_genuine)

# %% [markdown]
# ## 8.2 Break it, then fix it: a door that Stripe handed out (9 min)
#
# *You practice:* an endpoint that believes nobody, and answers so that Stripe understands.
# *Out of scope:* what `keep` does (chapter 09).
#
# The sample servers that Stripe gives out do two things that no shop should copy
# (`stripe-samples/accept-a-payment`), and this code does both. Its third mistake is one that people make
# by themselves (`stripe-python#424`). The code is ours. See what it says to a forger, and then to Stripe.


# %%
def careless_door(secret, keep):
    door = Flask("careless")

    @door.post("/webhook")
    def hear():
        event = request.get_json()
        if secret:
            header = request.headers.get("Stripe-Signature")
            try:
                stripe.Webhook.construct_event(json.dumps(event), header, secret)
            except Exception as error:
                return error
        keep(event["id"], event["type"])
        return "success"

    return door


# %%
def knock(door, body, header):
    door.logger.disabled = True  # its pages of complaint
    sent = {"Stripe-Signature": header, "Content-Type": "application/json"}
    return door.test_client().post("/webhook", data=body, headers=sent).status_code


event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"}
body = json.dumps(event, indent=2)  # laid out as Stripe does

print("a forger, no secret set:", knock(careless_door("", print), body, "no signature"))
print(
    "Stripe, a secret is set:", knock(careless_door(SECRET, print), body, signed_by(body, SECRET))
)

# %% [markdown]
# The forger's event was kept, and Stripe's was not. Write `door(secret, keep)`, which does it right. It
# returns a Flask app that takes POST requests at `/webhook`:
#
# - Genuine, that is signed with `secret` in the last five minutes: call `keep(id, type)` with those of
#   the event, once, and answer 200 (or another 2xx).
# - Not proven, or no JSON at all: answer 400, and keep nothing.
# - `secret` is empty or `None`: answer 503 to everybody, and keep nothing.
# - `keep` raises an exception: you do not have the event, so Stripe must come again. Let the exception
#   through; Flask answers 500.


# %%
def door(secret, keep):
    ### BEGIN SOLUTION
    app = Flask("door")

    @app.post("/webhook")
    def hear():
        if not secret:
            return "no secret is set", 503
        header = request.headers.get("Stripe-Signature")
        try:
            event = stripe.Webhook.construct_event(request.get_data(), header, secret)
        except (ValueError, stripe.SignatureVerificationError):
            return "not from Stripe", 400
        keep(event.id, event.type)
        return "kept"

    return app
    ### END SOLUTION


# %%
check("8.2", door)

# %% [markdown]
# ## 8.3 Roll a secret (6 min)
#
# *You practice:* replacing a secret while deliveries come in.
# *Out of scope:* how servers are restarted.
#
# A secret has leaked. Several servers stand behind the address of your endpoint, and a delivery may
# reach any of them. `server.restart(secrets)` restarts one, with a list of the secrets that it takes
# from then on. That takes up to an hour, during which it still runs with the old ones; then the call
# returns.
#
# Write `roll(webhooks, endpoint_id, servers)`. It has a new secret made, which it returns.
# `webhooks.roll_secret(endpoint_id, grace=seconds)` makes one, and returns it; the old one signs beside
# it for so many seconds, a day at most.
#
# - Events come in all the time, and no genuine delivery may be refused, by any server, at any time.
# - When you are done, every server takes the new secret, and nothing else.


# %%
def roll(webhooks, endpoint_id, servers):
    ### BEGIN SOLUTION
    new = webhooks.roll_secret(endpoint_id, grace=24 * 60 * 60)
    for server in servers:
        server.restart([new])
    return new
    ### END SOLUTION


# %%
check("8.3", roll)

# %% [markdown]
# ## 8.4 Forge, replay, alter (8 min)
#
# *You practice:* attacking a door, to know what each part of the signature is for.
# *Out of scope:* attacks on the rest of the shop (chapter 12).
#
# You have recorded one delivery: `payload` (bytes) and `header`. About the secret you know nothing. It
# is `now` (whole seconds). Write `attacks(payload, header, now)`. It returns a dict with four attacks,
# each of which is a pair, what to send as payload (bytes) and as header:
#
# | name | payload | header |
# |---|---|---|
# | `"forge"` | an event of your own: JSON with an `id`, the `object` `"event"` and the `type` `"payment_intent.succeeded"` | `t` is now, and `v1` is signed with a secret that you make up |
# | `"alter"` | as recorded, with each `Ann` replaced by `Bob` | as recorded |
# | `"replay"` | as recorded | as recorded |
# | `"redate"` | as recorded | `t` is now, `v1` is as recorded |
#
# The recorded header is `t=…,v1=…`, with one of each; yours look the same. The check sends each attack to a
# door that has a hole in the right place, and to one that has none.


# %%
def attacks(payload, header, now):
    ### BEGIN SOLUTION
    own = '{"id": "evt_forged", "object": "event", "type": "payment_intent.succeeded"}'
    recorded = dict(part.split("=") for part in header.split(","))
    return {
        "forge": (own.encode(), signed_by(own, "whsec_madeUp", now)),
        "alter": (payload.replace(b"Ann", b"Bob"), header),
        "replay": (payload, header),
        "redate": (payload, f"t={now},v1={recorded['v1']}"),
    }
    ### END SOLUTION


# %%
check("8.4", attacks)

# %% [markdown]
# Now attack the shop of this course, with a delivery that you recorded an hour ago. **Before you run
# it:** which of the four does it let in?

# %%
app = shop(STRIPE_WEBHOOK_SECRET=SECRET)
app.logger.disabled = True
web = app.test_client()

recorded = '{"id": "evt_1", "object": "event", "data": {"object": {"name": "Ann"}}}'
now = int(time.time())
header = signed_by(recorded, SECRET, now - 60 * 60)

for name, (sent, signature) in (attacks(recorded.encode(), header, now) or {}).items():
    headers = {"Stripe-Signature": signature}
    print(name, web.post("/webhooks/stripe", data=sent, headers=headers).status_code)
