# %% [markdown]
# # 12. Exercises: lock it down
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("12.1")` gives a
# nudge, and another one each time you ask; `solution("12.1")` shows an answer.

# %%
import io
import json
import logging
import re
import time

import stripe
from flask import Flask, redirect, request, session
from markupsafe import escape

from classroom import check, hint, solution

# %% [markdown]
# ## 12.1 Break it, then fix it: less than nothing (5 min)
#
# *You practice:* saying what is good, where a list of what is bad never ends.
# *Out of scope:* CSRF tokens, passwords.
#
# In the first four exercises stand five routes, each from a shop that was attacked, and mended in a
# hurry. Each mend stops the attack of that day and leaves its cousin. The holes are real ones; the code
# is ours.
#
# Shops let the browser send the sum (`testdrivenio/flask-vue-stripe#1`). This one takes quantities only.
# Then somebody ordered -1 lamps and was owed money, so now the sum must be more than nothing. Run the
# cell as it is, then the one below it: a lamp of 3900 cents goes for less. Then mend `ordering`:
#
# - An order has only items of `prices`, and of each a whole number from 1 to 100. It needs at least one
#   item.
# - Whatever else it is, answer 422.
#
# (What a form sends is text: `wanted` is like `{"lamp": "1", "hook": "-2"}`.)


# %%
def ordering(prices):
    app = Flask("ordering")

    @app.post("/orders")
    def order():
        wanted = request.form
        ### BEGIN SOLUTION
        fair = all(
            item in prices and re.fullmatch("[1-9][0-9]?|100", many)
            for item, many in wanted.items()
        )
        if not wanted or not fair:
            return "Order 1 to 100 of what we sell.", 422
        return {"amount": sum(prices[item] * int(many) for item, many in wanted.items())}
        ### STARTS AS
        # amount = sum(prices[item] * int(many) for item, many in wanted.items())
        # return {"amount": amount} if amount > 0 else ("There is nothing to pay.", 422)
        ### END SOLUTION

    return app


# %%
web = ordering({"lamp": 3900, "hook": 1400}).test_client()
print("a lamp for", web.post("/orders", data={"lamp": 1, "hook": -2}).json)

# %%
check("12.1", ordering)

# %% [markdown]
# ## 12.2 Break it, then fix it: a link that leads away (4 min)
#
# *You practice:* reading an address as a browser reads it.
# *Out of scope:* the other way out, by the name of the host.
#
# A link to this shop led on to `https://evil.example`, with `next`. Now `next` must start with a slash.
# Mend `signing_in`:
#
# - `next` may be a path of this shop, such as `/shop/cart` or `/orders/1?page=2`. Whatever else it is, go
#   to `/`.
#
# (Browsers take a backslash for a slash, and drop tabs and line breaks: no path has those.)


# %%
def signing_in():
    app = Flask("signing_in")
    app.secret_key = "only for this exercise"

    @app.post("/sign-in")
    def sign_in():
        session["customer"] = request.form["customer"]
        target = request.args.get("next", "/")
        ### BEGIN SOLUTION
        own_path = re.fullmatch(r"/(?!/)[^\\\x00-\x20\x7f]*", target)
        return redirect(target if own_path else "/")
        ### STARTS AS
        # return redirect(target if target.startswith("/") else "/")
        ### END SOLUTION

    return app


# %%
web = signing_in().test_client()
after = web.post("/sign-in?next=//evil.example", data={"customer": "ann"})
print("after signing in, on to", after.location)

# %%
check("12.2", signing_in)

# %% [markdown]
# ## 12.3 Break it, then fix it: what a page gives away (6 min)
#
# *You practice:* to ask whose it is; to show text as text.
# *Out of scope:* templates, which escape by themselves.
#
# Two routes of one shop. Strangers read orders, so now readers must be signed in. (Some stop there: in a
# well-known sample shop, whoever is signed in reads any order, `dotnet/eShop#996`.) And somebody searched
# for `<script>…`, so now that word is taken out. Mend `showing`:
#
# - Somebody else's order is a 404, exactly like one that does not exist. So is any order if nobody is
#   signed in, even a guest's, whose `customer` is `None`.
# - What was searched for is shown as it was typed, as text. (`escape` of `markupsafe` makes text of
#   HTML.)


# %%
def showing(orders):
    app = Flask("showing")
    app.secret_key = "only for this exercise"

    @app.get("/orders/<int:number>")
    def show_order(number):
        ### BEGIN SOLUTION
        found, reader = orders.get(number), session.get("customer")
        if found is None or reader is None or found["customer"] != reader:
            return "There is no such order.", 404
        return found
        ### STARTS AS
        # if "customer" not in session:
        #     return "Sign in first.", 401
        # return orders.get(number) or ("There is no such order.", 404)
        ### END SOLUTION

    @app.get("/search")
    def search():
        ### BEGIN SOLUTION
        words = escape(request.args.get("words", ""))
        ### STARTS AS
        # words = request.args.get("words", "").replace("<script>", "")
        ### END SOLUTION
        return f"<h1>Nothing found for {words}</h1>"

    return app


# %%
web = showing({1: {"customer": "ann", "amount": 3900}}).test_client()

with web.session_transaction() as cookie:
    cookie["customer"] = "mallory"  # signed in

print("Mallory reads", web.get("/orders/1").text)
print(web.get("/search", query_string={"words": "<scr<script>ipt>evil()"}).text)

# %%
check("12.3", showing)

# %% [markdown]
# ## 12.4 Break it, then fix it: a parcel for each knock (5 min)
#
# *You practice:* the two halves of a replay, the old one and the one at once.
# *Out of scope:* an inbox that survives a restart (chapter 09).
#
# Events were taken from anybody, as in Stripe's own samples (chapter 08). Now they must be signed. But
# somebody's clock was wrong, and since then the time does not count. Mend `hearing`:
#
# - An event that was not signed with `secret` in the last five minutes is a 400.
# - Each event calls `ship` once, however often it comes. (Remember it in memory: good enough here.)


# %%
def hearing(secret, ship):
    app = Flask("hearing")

    ### BEGIN SOLUTION
    shipped = set()

    @app.post("/webhook")
    def hear():
        body, header = request.get_data(), request.headers.get("Stripe-Signature")
        try:
            event = stripe.Webhook.construct_event(body, header, secret)
        except (ValueError, stripe.SignatureVerificationError):
            return "not from Stripe", 400
        if event.id not in shipped:
            shipped.add(event.id)
            ship(event.data.object.metadata["order"])
        return "heard"

    ### STARTS AS
    # @app.post("/webhook")
    # def hear():
    #     body, header = request.get_data(), request.headers.get("Stripe-Signature")
    #     try:
    #         event = stripe.Webhook.construct_event(body, header, secret, tolerance=None)
    #     except (ValueError, stripe.SignatureVerificationError):
    #         return "not from Stripe", 400
    #     ship(event.data.object.metadata["order"])
    #     return "heard"

    ### END SOLUTION
    return app


# %%
SECRET, parcels = "whsec_localExample", []
web = hearing(SECRET, parcels.append).test_client()

about = {"id": "pi_1", "object": "payment_intent", "metadata": {"order": "1"}}
event = json.dumps({"id": "evt_1", "object": "event", "data": {"object": about}})
header = stripe.WebhookSignature.generate_signature_header(event, SECRET, int(time.time()) - 7200)

for _ in range(2):
    web.post("/webhook", data=event, headers={"Stripe-Signature": header})

print("shipped, for an event of two hours ago: orders", parcels)

# %%
check("12.4", hearing)

# %% [markdown]
# ## 12.5 Let Stripe's script in, and nothing else (6 min)
#
# *You practice:* a Content-Security-Policy, directive by directive.
# *Out of scope:* nonces and hashes, by which single scripts inside a page can be let in.
#
# Write `protect(app)`. From then on, every answer of this Flask app, error pages included, has a header
# `Content-Security-Policy` that allows this much and no more:
#
# | what | from |
# |---|---|
# | scripts | the shop itself, `https://js.stripe.com` |
# | styles | the shop itself |
# | pictures | the shop itself, `https://pictures.example` |
# | frames | `https://js.stripe.com`, `https://hooks.stripe.com` |
# | requests of scripts | the shop itself, `https://api.stripe.com` |
# | forms may lead to | the shop itself, `https://checkout.stripe.com` |
#
# No script or style stands in the page itself. No `<base>` tag counts, and nobody shows the shop in a
# frame. (Three directives do not fall back on `default-src`: those for forms, for `<base>`, and for being
# framed.)


# %%
def protect(app):
    ### BEGIN SOLUTION
    policy = {
        "default-src": "'none'",
        "script-src": "'self' https://js.stripe.com",
        "style-src": "'self'",
        "img-src": "'self' https://pictures.example",
        "frame-src": "https://js.stripe.com https://hooks.stripe.com",
        "connect-src": "'self' https://api.stripe.com",
        "form-action": "'self' https://checkout.stripe.com",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    text = "; ".join(f"{name} {sources}" for name, sources in policy.items())

    @app.after_request
    def add(answer):
        answer.headers["Content-Security-Policy"] = text
        return answer

    ### END SOLUTION


# %%
check("12.5", protect)

# %% [markdown]
# ## 12.6 Keep secrets out of the log (8 min)
#
# *You practice:* a `logging.Filter` that rewrites what passes.
# *Out of scope:* where logs are kept, and for how long.
#
# A filter is asked about each **record** (one line, before it is written). `record.getMessage()` is its
# text, with the arguments put in. It may change the record: set `record.msg` to a new text, and then
# `record.args` to `None`, or Python puts the arguments in once more. If an exception belongs to the
# record, its traceback gets written, too: `logging.Formatter().formatException(record.exc_info)` is its
# text. Put that into `msg`, and set `record.exc_info` to `None`.
#
# Write the class `Redact`. Its filter lets every record through, and in place of each of these there is
# `[hidden]`:
#
# - keys and signing secrets: `sk_…` and `rk_…`, test or live, and `whsec_…`
# - tokens: `tok_…`
# - e-mail addresses
# - card numbers: 13 to 19 digits, in one piece or with single spaces or hyphens between them
#
# What you need to find a payment stays as it is: ids (`req_…`, `pi_…`), amounts, and the numbers of
# orders, which have at most ten digits. Tracebacks stay, without their secrets.


# %%
class Redact(logging.Filter):
    ### BEGIN SOLUTION
    SECRETS = re.compile(
        r"(?:sk|rk)_(?:test|live)_\w+|whsec_\w+|tok_\w+"
        r"|[\w.+-]+@[\w.-]+"
        r"|\d(?:[ -]?\d){12,18}"
    )

    def filter(self, record):
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        record.msg, record.args = self.SECRETS.sub("[hidden]", text), None
        record.exc_info = record.exc_text = None
        return True

    ### STARTS AS
    # def filter(self, record):
    #     ...
    ### END SOLUTION


# %% [markdown]
# Try it: this logger writes into `paper`.

# %%
paper = io.StringIO()
logger = logging.getLogger("exercise")
logger.propagate = False
logger.handlers, logger.filters = [logging.StreamHandler(paper)], [Redact()]

logger.warning("order %s of %s, request %s", 7, "ann@example.com", "req_8Xk2")
print(paper.getvalue() or "(nothing was written)")

# %%
check("12.6", Redact)

# %% [markdown]
# ## 12.7 Rotate a key without downtime (6 min)
#
# *You practice:* the order of steps, on a calm day and on the other one.
# *Out of scope:* who may do it, and how servers are restarted.
#
# Several servers call Stripe with the same key, `server.key`, all the time.
#
# | call | does |
# |---|---|
# | `account.create_key()` | makes a new key, and returns it; it works at once |
# | `account.still_used(key)` | whether anybody called Stripe with this key in the last hour |
# | `account.expire(key)` | from now on, whoever uses this key is refused |
# | `server.restart(key)` | restarts one server with this key, and waits until it has served with it for an hour; until it is up again, it serves with the one before |
#
# Write `rotate(account, servers, leaked)`. In the end, every server has one new key.
#
# - `leaked` is `False`: no server is refused at any time. When all have restarted, see whether somebody
#   still uses the old key. If nobody does, expire it, and return `True`. If somebody does, it is a
#   program that you forgot: leave the old key alone, and return `False`.
# - `leaked` is `True`: somebody else has the key. Expire it before anything that takes time, whoever
#   uses it, and return `True`.


# %%
def rotate(account, servers, leaked):
    ### BEGIN SOLUTION
    old, new = servers[0].key, account.create_key()
    if leaked:
        account.expire(old)
    for server in servers:
        server.restart(new)
    if leaked:
        return True
    if account.still_used(old):
        return False
    account.expire(old)
    return True
    ### END SOLUTION


# %%
check("12.7", rotate)
