# %% [markdown]
# # 12. Lock it down
#
# Your shop takes money, so somebody will come for it. In this chapter that somebody is you. You read a
# small shop as thieves read it, attack it in fourteen ways, and run each attack once more against the
# shop of this course.

# %% [markdown]
# **What you will be able to do**
#
# - Attack a shop: its prices, its webhooks, its sessions, its forms, its keys, its log.
# - Name the one line that stops each attack, and find it in a shop that has it.
# - Tell a browser what a page may load, and whom its cookies are for.
# - Keep keys where they belong, replace one, and act within minutes when one has leaked.
# - Say in plain words what PCI asks of you.
#
# **What you need**: chapter 08 (necessary: signatures, replays), chapters 04 and 05 (helpful: orders and
# whose they are). The lesson takes about 50 minutes, the exercises about 35.
#
# **Out of scope here**: firewalls, servers and their updates; how fraud with genuine cards is judged
# (chapter 11 has the disputes that come of it). Attack nothing but your own: elsewhere it is a crime.

# %%
import inspect
import json
import logging
import re
import secrets
import time
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import stripe
from flask import Blueprint, Flask, g, redirect, request, url_for

from classroom import browse, connect, local, serve, shop, show
from classroom.leaks import keys_in
from sample_app.database import db
from sample_app.models import Item

client = connect()

# %% [markdown]
# ## Read a shop like a thief
#
# Here is a shop that sells a desk lamp. It is ours, and it is naive, but each of its lines stands in
# some tutorial or in some real shop. **Read the next seven cells, and note every hole that you see.**
# There are at least twelve.
#
# It keeps everything in memory, in four tables. (A **blueprint** is Flask's word for a set of routes
# that an app can be given.)

# %%
naive = Blueprint("naive", __name__)
items, customers, sessions, orders = {}, {}, {}, []


def naive_shop():
    """A new one: a thousand lamps, no customers yet."""
    for table in items, customers, sessions, orders:
        table.clear()
    items[1] = {"name": "Desk lamp", "price": 3900, "left": 1000}
    app = Flask("naive")
    app.config["STRIPE_SECRET_KEY"] = "sk_live_visiblyFake"
    app.register_blueprint(naive)
    return app


# %% [markdown]
# Who is asking? A cookie holds the number of a session, and a table holds the rest.


# %%
@naive.before_request
def find_session():
    g.number = request.cookies.get("session") or secrets.token_hex()
    g.session = sessions.setdefault(g.number, {"cart": {}})


@naive.after_request
def keep_session(answer):
    answer.set_cookie("session", g.number)
    return answer


# %% [markdown]
# Customers sign up, sign in and sign out. Whoever followed a link before is led on to where it went
# (`next`).


# %%
@naive.post("/sign-up")
def sign_up():
    customers[request.form["email"]] = request.form["password"]
    return sign_in()


@naive.post("/sign-in")
def sign_in():
    if customers.get(request.form["email"]) != request.form["password"]:
        return "Wrong e-mail address or password.", 422
    g.session["customer"] = request.form["email"]
    return redirect(request.args.get("next", "/"))


@naive.post("/sign-out")
def sign_out():
    g.number = secrets.token_hex()
    return redirect("/")


# %% [markdown]
# The catalogue, with a form for each item, and the cart.


# %%
FORM = """<form method="post" action="/shop/cart/{id}/add"><h2>{name}</h2>
<input type="hidden" name="price" value="{price}"><button>Add to cart</button></form>"""


@naive.get("/")
def catalogue():
    return "".join(FORM.format(id=id, **item) for id, item in items.items())


@naive.post("/shop/cart/<int:id>/add")
def add(id):
    g.session["cart"][id] = int(request.form["price"])
    return redirect("/")


@naive.get("/shop/cart")
def cart():
    return "<br>".join(items[id]["name"] for id in g.session["cart"])


# %% [markdown]
# Orders: of a customer, or of a guest. The card's token comes from Stripe's field, as in chapter 01.


# %%
@naive.post("/shop/orders")
def place_order():
    amount = sum(g.session["cart"].values())
    orders.append({"amount": amount, "status": "pending", "by": g.session.get("customer")})
    return redirect(f"/shop/orders/{len(orders) - 1}/pay")


@naive.get("/shop/orders")
def my_orders():
    if "customer" not in g.session:
        return redirect("/")
    return [order for order in orders if order["by"] == g.session["customer"]]


@naive.get("/orders/<int:number>")
def show_order(number):
    return orders[number]


# %% [markdown]
# Money, first way: a card.


# %%
CARD_ONLY = {"currency": "usd", "allowed_payment_method_types": ["card"]}


@naive.post("/shop/orders/<int:number>/pay")
def pay(number):
    card = {"type": "card", "card": {"token": request.form["token"]}}
    method = client.v1.payment_methods.create(params=card)
    order = {"amount": orders[number]["amount"], "metadata": {"order_id": number}}
    now = {"payment_method": method.id, "confirm": True}
    try:
        client.v1.payment_intents.create(params={**CARD_ONLY, **order, **now})
    except stripe.CardError as error:
        return error.user_message, 402
    return "Thank you."


# %% [markdown]
# Money, second way: Checkout. And the webhook, after which a lamp is packed.


# %%
@naive.post("/orders/<int:number>/checkout")
def checkout(number):
    back = url_for("naive.show_order", number=number, _external=True)
    amount = orders[number]["amount"]
    price = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Desk lamp"}}
    lines = [{"price_data": price, "quantity": 1}]
    params = {"mode": "payment", "line_items": lines, "success_url": back}
    return redirect(client.v1.checkout.sessions.create(params=params).url)


@naive.post("/webhooks/stripe")
def hear():
    event = request.get_json()
    if event["type"] == "payment_intent.succeeded":
        orders[int(event["data"]["object"]["metadata"]["order_id"])]["status"] = "paid"
        items[1]["left"] -= 1
    return "packed"


# %% [markdown]
# Every page works, every test of a friendly customer would pass. The other shop is the one that you
# know, set up for the world: rate limits on, a signing secret, and the one name that it answers to.

# %%
SECRET = "whsec_localExample"


LOCKS = {"STRIPE_WEBHOOK_SECRET": SECRET, "RATE_LIMITS": "on", "TRUSTED_HOSTS": "localhost"}


def careful_shop(**changed):
    return shop(**{**LOCKS, **changed})


# %% [markdown]
# An **attack** is a function that takes an app, any app, and returns whether it got what it wanted.
# `try_on_both` gives it a new shop of each kind. It notes the attack, for a table at the end.

# %%
attacks = []
WORDS = {True: "it works", False: "it fails"}


def try_on_both(attack):
    attacks.append(attack)
    print("naive shop: ", WORDS[attack(naive_shop())])
    print("careful one:", WORDS[attack(careful_shop())])


# %% [markdown]
# `send` posts a form as a browser does: it opens the shop first, and sends back what the page has
# hidden in its forms. Whatever you add wins.


# %%
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def send(web, path, **fields):
    return web.post(path, data=dict(HIDDEN.findall(web.get("/").text)) | fields)


def order_a_lamp(web, **fields):
    """Put it into the cart, and order. Returns the order's id."""
    send(web, "/shop/cart/1/add", **fields)
    return send(web, "/shop/orders").location.split("/")[3]


# %% [markdown]
# One more piece of equipment: whatever either shop writes into its log ends up in a list. Logs are
# files, and files get read by more people than they were written for.

# %%
log = []


class Keep(logging.Handler):
    def emit(self, record):
        log.append(self.format(record))


logging.basicConfig(handlers=[Keep()], format="%(message)s")

# %% [markdown]
# ## Change the price in the form
#
# The price travels to the browser in a hidden field, and comes back. Hidden means "not drawn". Anybody
# can change it, with the browser's own tools. **Before you run it:** what will Stripe take for a lamp of
# $39.00?


# %%
def change_the_price(app):
    web = app.test_client()
    order = order_a_lamp(web, price="50")
    send(web, f"/shop/orders/{order}/pay", token="tok_visa")
    return client.v1.payment_intents.list(params={"limit": 1}).data[0].amount == 50


try_on_both(change_the_price)

# %% [markdown]
# Fifty cents, from the naive shop. The careful one has no such field, and does not read one that you
# invent: a browser says *what* and *how many*, and the database says how much (chapter 03).
#
# It is the oldest hole of all shops, and it has relatives: a quantity of -1, a discount in the form, a
# currency in the form. Ask of each field: what if it is a lie?

# %% [markdown]
# ## Forge a webhook, replay a webhook
#
# You know these from chapter 08. First the forgery: an event of your own, with a signature that you made
# up, for an order that nobody has paid.


# %%
sign = stripe.WebhookSignature.generate_signature_header  # (text, secret, time)


def knock(web, event, signature):
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return web.post("/webhooks/stripe", data=event, headers=headers)


# %%
def forge_a_webhook(app):
    web = app.test_client()
    order = order_a_lamp(web)
    about = {"object": "payment_intent", "metadata": {"order_id": order}}
    event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"}
    forged = json.dumps({**event, "data": {"object": about}})
    knock(web, forged, sign(forged, "whsec_madeUp"))
    return web.get(f"/orders/{order}").json["status"] == "paid"


try_on_both(forge_a_webhook)

# %% [markdown]
# The careful shop has two locks here. The signature stops the stranger at the door. And if the check were
# left out, the shop would still ask Stripe about the payment, and hear that there is none (chapter 09).
#
# Now the thief has a genuine delivery, from a log or a proxy. `paid` buys a lamp, honestly, and returns
# the event as Stripe would send it. `left` looks at the shelf.


# %%
def paid(web):
    send(web, f"/shop/orders/{order_a_lamp(web)}/pay", token="tok_visa")
    event = client.v1.events.list(params={"type": "payment_intent.succeeded", "limit": 1}).data[0]
    return json.dumps(event.to_dict())


def left(app):
    if app.name == "naive":
        return items[1]["left"]
    with app.app_context():
        return db.session.get(Item, 1).stock


# %% [markdown]
# First they send it an hour after it was signed; then three times in the same minute, when the time is no
# help. **Before you run the second:** one lamp was paid for. How many will the naive shop pack?


# %%
def replay_an_old_webhook(app):
    web = app.test_client()
    event, an_hour_ago = paid(web), int(time.time()) - 60 * 60
    return knock(web, event, sign(event, SECRET, an_hour_ago)).status_code == 200


try_on_both(replay_an_old_webhook)


# %%
def replay_a_webhook_at_once(app):
    web = app.test_client()
    event = paid(web)
    for _ in range(3):
        knock(web, event, sign(event, SECRET))
    return left(app) < 999


try_on_both(replay_a_webhook_at_once)

# %% [markdown]
# Three lamps. What stops the second kind in the careful shop is no check of the door. The door takes the
# event, three times, because a genuine duplicate looks the same. The inbox and `fulfil` of chapter 09 see
# to it that nothing happens twice.

# %% [markdown]
# ## Read another's order
#
# Ann orders something. Mallory has an account, too, and knows the number of Ann's order, or counts:
# 0, 1, 2, …


# %%
def enter(web, name, next="/"):
    account = {"email": f"{name}@example.com", "password": "correct horse"}
    answer = send(web, f"/sign-up?next={quote(next)}", **account)
    assert answer.location, "the shop did not let them in"
    return answer


def read_anothers_order(app):
    ann, mallory = app.test_client(), app.test_client()
    enter(ann, "ann")
    order = order_a_lamp(ann)
    enter(mallory, "mallory")
    return mallory.get(f"/orders/{order}").status_code == 200


try_on_both(read_anothers_order)

# %% [markdown]
# It has a name, **IDOR** (insecure direct object reference), and two locks. The ids are long and random,
# so that nobody counts. And the query asks *whose* it is, so that knowing the id is not enough (chapter
# 05). The second one is the real lock: ids get into e-mails, histories and screenshots.

# %% [markdown]
# ## Borrow a cookie
#
# Ann is signed in at the shop. In another tab she opens a page with pictures of cats, and in that page
# there is a form, which a script sends: to *your* shop. Her browser adds her cookie. That is **CSRF**,
# cross-site request forgery. Nothing is stolen. It is Ann's own browser that acts, on somebody's orders.
#
# Mallory cannot see what the shop's pages say to Ann, so no hidden field can be sent back. Hence
# `ann.post`, and not `send`.


# %%
def borrow_a_cookie(app):
    ann = app.test_client()
    enter(ann, "ann")
    ann.post("/shop/cart/1/add", data={"price": "3900"})
    return "Desk lamp" in ann.get("/shop/cart").text


try_on_both(borrow_a_cookie)

# %% [markdown]
# A lamp in a cart is harmless; an order with a saved card is not. The careful shop asks every form for
# its **CSRF token**, a secret word that is in its pages and nowhere else. A second lock is in the
# cookie itself:

# %%
for app in naive_shop(), careful_shop():
    print(app.name, "-", *app.test_client().get("/").headers["Set-Cookie"].split("; ")[1:])

# %% [markdown]
# `SameSite=Lax` says: do not add this cookie to what another site sends. Some browsers act so by
# themselves, others do not, so say it. `HttpOnly` says: no script gets to read it. And the cookie of a
# shop with a public name, which `localhost` is not, has one more word, as you will see: `Secure`, over
# https only.
#
# Two doors ask for no token. The webhook must not (`pinax-stripe-light#101` did, and heard nothing),
# and looks at no cookie. The JSON API takes `application/json` only, which no form can send; and a
# script of another site has to ask the shop first, which never agrees.

# %% [markdown]
# ## Put a script into a name
#
# A supplier sends you their list of goods, and you import it. One lamp has an odd name. A browser that
# takes it for HTML looks for the picture `x`, finds none, and runs what stands in `onerror`. That is
# **XSS**, cross-site scripting.

# %%
EVIL = """<img src=x onerror="document.body.innerText='This shop is mine.'">"""


def rename(app, name):
    if app.name == "naive":
        items[1]["name"] = name
        return
    with app.app_context():
        db.session.get(Item, 1).name = name
        db.session.commit()


# %%
def put_a_script_into_a_name(app):
    rename(app, EVIL)
    return EVIL in app.test_client().get("/").text


try_on_both(put_a_script_into_a_name)

# %% [markdown]
# See it happen. This is the naive shop:

# %%
app = naive_shop()
rename(app, EVIL)
serve(app)
browse("/", height=150)

# %% [markdown]
# Four friendly words, from a script that could do anything that Ann can do: read her orders, change the
# page, draw a card field of its own and wait. (Not read her card in *Stripe's* field: another origin,
# chapter 01.)
#
# In the careful shop the same name is text, because Jinja's templates turn `<` into `&lt;` as long as
# nobody writes `|safe`:

# %%
app = shop()
rename(app, EVIL)
serve(app)
browse("/", height=450)

# %% [markdown]
# ## Say what a page may load
#
# One forgotten `|safe` in a hundred templates, and the script is back. So there is a second lock, and
# the browser itself keeps it: a header that names what a page may load and run. It is the
# **Content-Security-Policy**, CSP. Give it to the naive shop, whose page is as broken as before.

# %%
app = naive_shop()
rename(app, EVIL)


@app.after_request
def protect(answer):
    answer.headers["Content-Security-Policy"] = "default-src 'none'; form-action 'self'"
    return answer


# %% [markdown]
# `default-src 'none'` allows nothing at all: no picture, no style, no script. The form may post to its
# own shop. **Before you run it:** what will you see, `This shop is mine.`, or a form?

# %%
serve(app)
browse("/", height=150)

# %% [markdown]
# A form, with a broken picture in it. The page still *contains* the script, and the browser does not run
# it. (Its console says so: press F12.)
#
# A real shop needs more than nothing. Here is the policy of the careful one, a line for each directive.
# It is what Stripe's documentation asks for. (The notebook's own shops name the local Stripe instead,
# and let themselves be framed.)

# %%
from sample_app import security
from sample_app.config import DEFAULTS

policy = security.content_policy(DEFAULTS["STRIPE_JS_URL"], "'none'")
print(*policy.split("; "), sep="\n")

# %% [markdown]
# | directive | what it stops |
# |---|---|
# | `default-src 'none'` | whatever no other line allows |
# | `script-src` | a script in the page itself (`onerror`, `<script>…`), and one from anywhere else |
# | `connect-src` | a script that sends what it has read to a stranger |
# | `form-action` | a form that posts the password to a stranger |
# | `frame-src` | a card field that is not Stripe's |
# | `frame-ancestors` | your shop in an invisible frame, under a button of somebody else's |
# | `base-uri` | a tag that makes all relative links lead elsewhere |
#
# There is no `'unsafe-inline'`. That one word would let `onerror` in again. It is why the shop's own
# scripts are files, and none of its tags has an `onclick`.
#
# Another header of that kind is **HSTS**. "For a year, come by https only, whatever a link says." So
# after one visit, nobody in a café's WiFi gets to answer an `http://`. Ask a shop with a public name, over
# https:

# %%
named = shop(TRUSTED_HOSTS="shop.example").test_client()
answer = named.get("/sign-in", base_url="https://shop.example")
print(answer.headers["Strict-Transport-Security"])
print(*answer.headers["Set-Cookie"].split("; ")[1:])

# %% [markdown]
# ## Lead the customer away
#
# Mallory sends Ann a link to *your* shop, and your shop leads her on: `next=https://evil.example`. The
# page there looks like yours, and asks for her card. She looked at the address before she clicked, and it
# was right. That is an **open redirect**.
#
# "Then I allow only what starts with a slash." Look at the second address. A browser reads two slashes as
# *the same scheme, another host*. **Before you run it:** which of the two does the careful shop let pass?


# %%
def lead_away_at_sign_in(app):
    away = "https://evil.example", "//evil.example"
    hosts = set()
    for number, address in enumerate(away):
        answer = enter(app.test_client(), f"ann{number}", next=address)
        hosts.add(urlsplit(urljoin("http://localhost/sign-up", answer.location)).hostname)
    return hosts != {"localhost"}


try_on_both(lead_away_at_sign_in)

# %% [markdown]
# Neither. It takes a path of its own, or nothing. Its pattern refuses a backslash, too: a browser takes
# `/\evil.example` for another host. (Flask happens to write `%5C` for that one. A lock that happens is
# none.)

# %%
from sample_app import accounts

print(accounts.OWN_PATH.pattern)
show(accounts.own_path)

# %% [markdown]
# There is a second way out, which is harder to see. The naive shop makes its `success_url` with
# `_external=True`. The name of the host in it comes from the request (its `Host` header), and a request
# may say anything. So Mallory has the Checkout page made, with a host of her own, and sends Ann the link:
# a genuine page of Stripe's, of your account.


# %%
def lead_away_after_paying(app):
    web = app.test_client()
    page = f"/orders/{order_a_lamp(web)}/checkout"
    answer = web.post(page, json={}, base_url="http://evil.example")
    if answer.location is None:
        return False
    made = client.v1.checkout.sessions.retrieve(urlsplit(answer.location).path.split("/")[-1])
    return "evil.example" in made.success_url


try_on_both(lead_away_after_paying)

# %% [markdown]
# Ann pays, and lands at `evil.example`, which says "your card was declined, try again here". What stops
# it is `TRUSTED_HOSTS`, the names that the shop answers to. Without that setting it would fall, too. So
# it does not start with a live key before somebody has set it: a lock that has to be switched on needs
# somebody who checks.

# %% [markdown]
# ## Take over a session
#
# Whoever has the cookie is the customer. So either get a copy of it, or, the other way round, give Ann
# *yours*. Mallory opens the shop, and plants her own session's number in Ann's browser: at a computer in
# a library, say. Then Ann signs in. That is **session fixation**.


# %%
def hand_over(giver, taker):
    taker.set_cookie("session", giver.get_cookie("session").value)


def is_signed_in(web):
    return web.get("/shop/orders").status_code == 200


# %%
def plant_a_session(app):
    ann, mallory = app.test_client(), app.test_client()
    mallory.get("/")
    hand_over(mallory, ann)
    enter(ann, "ann")
    return is_signed_in(mallory)


try_on_both(plant_a_session)

# %% [markdown]
# The session was Mallory's, and became Ann's, with its number unchanged. The rule: **at sign-in, a new
# session**. The careful shop keeps only the cart.
#
# Now the copy. Ann notices that something is odd, and signs out. **Before you run it:** does that help?


# %%
def keep_a_copy_of_the_cookie(app):
    ann, mallory = app.test_client(), app.test_client()
    enter(ann, "ann")
    hand_over(ann, mallory)
    send(ann, "/sign-out")
    return is_signed_in(mallory)


try_on_both(keep_a_copy_of_the_cookie)

# %% [markdown]
# In the naive shop, signing out changes Ann's browser, and the session lives on. In Flask's own sessions
# it is even easier to get wrong. They are signed cookies, all of it is in the browser, and nobody
# can take a copy back. So the careful shop has a number in the customer's row, and a session that
# names a lower one is over:

# %%
show(accounts.end_sessions)

# %% [markdown]
# ## Test stolen cards
#
# Somebody has bought ten thousand card numbers, most of them blocked by now. Which ones still work? Any
# shop tells: try each with a small order. That is **card testing**, and bots do it, all night. You pay
# for it in fees and disputes, and banks begin to decline your honest customers.


# %%
def try_a_card(web):
    return send(web, f"/shop/orders/{order_a_lamp(web)}/pay", token="tok_chargeDeclined")


def test_stolen_cards(app):
    web = app.test_client()
    return all(try_a_card(web).status_code == 402 for _ in range(20))


try_on_both(test_stolen_cards)

# %% [markdown]
# The naive shop asked the bank twenty times. The careful one counts how often an address is declined,
# and after the tenth time within ten minutes it answers 429, "too many requests". Nobody asks Stripe
# any more. The numbers are a **rate limit**, and stand in a table:

# %%
from sample_app.rate_limits import LIMITS

for name in "sign in", "wrong password", "order", "decline":
    print(f"{name:15} {LIMITS[name].most}")

# %% [markdown]
# The first two are for another bot, which guesses passwords. Real bots come from many addresses, so wrong
# passwords are counted for each *account*, too, wherever they come from. Whoever fails on purpose keeps
# its owner out, so that is for minutes only: it slows a bot down, and stops none.
#
# A limit is one lock among several, then. Stripe has another. It sees the same bot at a thousand
# shops, and its fraud protection, **Radar**, blocks the card before the bank is asked. The local Stripe
# has a small model of that, which looks at the card, the customer and the e-mail address:

# %%
local().advance(60 * 60)  # what was declined before is forgotten
local().policies.card_testing_block = True
test_stolen_cards(naive_shop())
local().policies.card_testing_block = False

for charge in client.v1.charges.list(params={"limit": 100}).data[13:17]:
    print(charge.outcome.type, "-", charge.outcome.reason)

# %% [markdown]
# Two of the twenty, newest first, that Stripe blocked by itself, and before them two that went to the
# bank. The shop gets a decline either way.

# %% [markdown]
# ## Find a key
#
# The best attack is none. A secret key opens the whole account from any computer in the world: no shop
# needed. Thieves read public repositories, with programs, all day. In a pull request to one of Stripe's
# own samples, somebody added a file `.env` with a live key in it (`checkout-netlify-serverless#3`). The
# answer was "please immediately revoke that secret key".
#
# To find them you need no more than Stripe's prefixes.

# %%
from classroom import leaks

show(leaks)

# %% [markdown]
# Read both shops' source as a thief does. (A test key opens no money, so look for the live ones.)


# %%
def read_the_source(app):
    if app.name == "naive":
        source = inspect.getsource(naive_shop)
    else:
        files = Path(app.root_path).rglob("*.py")
        source = "".join(file.read_text(encoding="utf-8") for file in files)
    return any("_live_" in key for key in keys_in(source))


try_on_both(read_the_source)

# %% [markdown]
# The careful shop reads its keys from the environment, where a server's settings live (chapter 13). A
# file `.env` on your computer is fine as long as git does not know it. And three places that people
# forget:
#
# - **Git's history.** To delete the line is not enough: the old version is still there, in every clone.
# - **Notebooks.** A cell's output is saved with it. `print(app.config)` once, commit, and it is public.
#   A test of this course runs `keys_in` over every file of its repository, notebooks with their outputs
#   included.
# - **The page.** Whatever a template or a script gets, everybody gets. Only `pk_` may be there.
#
# Have a program look before each commit (a *pre-commit hook*). Code hosts offer it, too.

# %% [markdown]
# ## Read the log
#
# It is late, a customer cannot pay, and a tired developer adds one line "to see the settings". Or prints
# what the form has sent. The line goes to a file, to a service that keeps logs, to a ticket.


# %%
def read_the_log(app):
    log.clear()
    app.logger.warning("settings: %s", app.config)
    app.logger.warning("%s pays with %s", "ann@example.com", "tok_visa")
    baits = app.config["STRIPE_SECRET_KEY"], "ann@example.com", "tok_visa"
    return any(bait in line for bait in baits for line in log)


try_on_both(read_the_log)

# %% [markdown]
# The careful shop's logger has a filter that rewrites every line. See what is left of one:

# %%
from sample_app.redaction import redact

print(log[-1])
print(redact("order ord_7 of ann@example.com: card 4242 4242 4242 4242, request req_8Xk2"))

# %% [markdown]
# What you need to find the payment stays: the order's id, the request's id. What a thief could use goes,
# and so do **personal data**: an e-mail address in a log is kept for years, in copies that nobody finds
# when a customer asks to be forgotten. A log does not need to know who it was. It needs an id by which
# *you* can look it up.
#
# The filter is a net under the tightrope. The rope is not to log requests, forms and settings at all.

# %% [markdown]
# ## Give a key fewer powers
#
# Which key does the shop need? There are two kinds that call Stripe (chapter 00):
#
# | key | may | give it to |
# |---|---|---|
# | `sk_live_…` | everything: refund, pay out, read every customer | nobody, if you can avoid it |
# | `rk_live_…` | what you tick in the dashboard, resource by resource: none, read, write | the shop; another one to the report; another one to the partner |
#
# A **restricted key** is what a thief should find, if they find one. The local Stripe has one that may
# read everything and change nothing. **Before you run it:** what can a thief do with it?

# %%
from local_stripe import RESTRICTED_KEY

local()  # a sandbox of your own knows no such key: make one in its dashboard
stolen = {"api_key": RESTRICTED_KEY}
payments = client.v1.payment_intents.list(params={"limit": 100}, options=stolen).data
print(len(payments), "payments read")

try:
    client.v1.refunds.create(params={"payment_intent": payments[0].id}, options=stolen)
except stripe.PermissionError as error:
    print(error.http_status, "-", error.user_message.split(" on account")[0])

# %% [markdown]
# No money moves. But they read every payment, and with real customers those have names. So tick what
# the program calls, and not "all, to read". This shop writes PaymentMethods, PaymentIntents, Checkout
# Sessions, refunds and disputes. It reads charges, and its report the balance. What is missing you learn
# from that error. So run your tests with such a key, in your sandbox, before you go live.
#
# You can also have Stripe take a key only from the addresses of your servers. Then a thief needs one of
# those, too.

# %% [markdown]
# ## Rotate a key, without closing the shop
#
# To **rotate** a key means to have a new one in place of the old. Do it twice a year, on a calm day: then
# you know how, on the other day. The dashboard's *Rotate key* makes a new one and asks when the old one
# shall expire: now, or after hours or days. That time is your bridge.
#
# 1. Rotate, with a day for the old key. Both work.
# 2. Put the new key where the servers read theirs. Restart one server, and see it take a payment. Restart
#    the others.
# 3. Look at the old key in the dashboard: when was it last used? Something that you forgot, such as a
#    report at night, still uses it. Find that first.
# 4. Expire the old key.
#
# Do 4 before 2, and this happens. The next cell gives the shop a key that Stripe does not know.

# %%
closed = shop(STRIPE_SECRET_KEY="sk_test_localButExpired")
log.clear()
answer = closed.test_client().post("/orders", json={"token": "tok_visa", "item_ids": [1]})
print(answer.status_code, "-", answer.json["message"])
print(log[-1].split(",")[0])

# %% [markdown]
# The customer reads that it is not their fault, and the log says `AuthenticationError`, at a level that
# should ring your phone. You exercise the right order in 12.7. (A webhook's signing secret is rolled in
# the same way, chapter 08; and `SECRET_KEY`, with which Flask signs sessions, has
# `SECRET_KEY_FALLBACKS` for the old one.)

# %% [markdown]
# ## Drill for the leak
#
# It is Friday evening, and a stranger writes that your key is on GitHub. Do this, in this order, and have
# done it once before:
#
# 1. **Expire the key now.** Not after the meeting, not with a day of grace: bots find a key within
#    minutes. The shop fails for as long as step 2 takes. That is cheaper.
# 2. **New key, restart.** From here on you sell again.
# 3. **Look at what was done.** In the dashboard, under *Logs*, the requests of that key, since the day of
#    the commit: refunds, payouts, a bank account, an endpoint for webhooks, a new user.
# 4. **Undo, and tell.** Write to Stripe's support. If personal data were read, a law may give you days
#    to tell the authorities and the customers (in Europe 72 hours).
# 5. **Remove it from the repository.** Last, not first. It was public, so it is known, whatever history
#    says now.
# 6. **Ask how it came there**, and let a program ask from now on.
#
# Which key was it? A `whsec_` does not open the account, but it lets people say "paid" (chapter 08:
# roll it, restart at once). A `SECRET_KEY` of Flask's lets them sign a session for anybody. A `pk_` is
# no leak.

# %% [markdown]
# ## Know what PCI asks
#
# The card companies have rules for whoever takes cards, **PCI DSS**. Hundreds of them hold for those
# who see card numbers. You do not: the field is Stripe's. So you answer the shortest questionnaire,
# **SAQ A**, once a year; Stripe's dashboard helps to fill it in. In plain words it asks:
#
# - No card number comes near you: not in a form of yours, not in an e-mail, not in a log.
# - Whoever takes it for you, here Stripe, is certified.
# - Your page cannot be made to run a stranger's script, which could lay a false card field over
#   Stripe's. This is the reason why a policy like the one above is more than good taste.
# - Your software is up to date, passwords are not the ones it came with, and everybody has their own.
# - You know what you will do on that Friday evening.
#
# Type one card number into your own form "only for telephone orders", and you answer the long
# one: hundreds of questions.

# %% [markdown]
# ## Let staff do only their work
#
# The most dangerous page of a shop is the one that gives money back. So not everybody who packs parcels
# may open it. A **role** is a set of permissions, and they stand in a table, too:

# %%
from sample_app.roles import PERMISSIONS

for role, may in PERMISSIONS.items():
    print(f"{role:9}", ", ".join(sorted(may)) or "nothing of others'")

# %% [markdown]
# Who gets a role? To give it to an e-mail address is not enough: anybody can sign up with a colleague's
# before they do. So the shop prints a signed link, an **invitation**, good once and for a day. Somebody
# hands it to the colleague, who accepts it, signed in. It takes the link *and* the account.
#
# Staff sign in with a password *and* a code from their phone (**two-step**), since passwords get
# guessed and reused. Each code works once. What they do is noted in a trail that no page can edit: who,
# what, when. In this shop all of that is under `/staff`. The same holds for Stripe's dashboard: an
# account for each person, two-step for all, and refunds for few.

# %% [markdown]
# ## Take a lock away
#
# An attack that fails proves little: perhaps it was a poor attack. So take one lock out of the careful
# shop, and leave the others. **Before you run it:** will the attack get through?

# %%
print("no CSRF tokens: ", WORDS[borrow_a_cookie(careful_shop(WTF_CSRF_ENABLED=False))])
print("no rate limits: ", WORDS[test_stolen_cards(careful_shop(RATE_LIMITS="off"))])
print("no trusted name:", WORDS[lead_away_after_paying(careful_shop(TRUSTED_HOSTS=None))])

# %% [markdown]
# It does, each time. That is how to test a lock at work, too: see the attack succeed once, then put the
# lock in. A test of security that has never failed tests nothing (chapter 05).

# %% [markdown]
# ## Count the score
#
# Every attack of this chapter, once more, on two new shops each. One table:

# %%
print(f"{'attack':28} {'naive':9} {'careful':9}")
for attack in attacks:
    outcome = WORDS[attack(naive_shop())], WORDS[attack(careful_shop())]
    print(f"{attack.__name__.replace('_', ' '):28} {outcome[0]:9} {outcome[1]}")

# %% [markdown]
# How many of them did you find when you read the shop? None of its lines looked evil. It believed: the
# form, the sender, the number in the address, the cookie, the name, the `next`, the host. **Everything
# that comes from outside is a claim**, and each lock in the careful shop is a place where a claim is
# checked, by somebody who knows better.
#
# The naive shop has holes that you did not attack, too. Whoever signs up with Ann's address gets her
# account. It keeps passwords as they were typed. `/orders/7` is a 500 when there is no such order. Find
# more.

# %% [markdown]
# ## Summary
#
# - A browser decides what it wants, and nothing else: no price, no owner, no status, no way on.
# - Webhooks: signature, time, and an effect that happens once.
# - Ask whose it is in the query. A random id is only the second lock.
# - A CSRF token in each form; cookies `HttpOnly`, `SameSite`, `Secure`.
# - What is shown is escaped; and if not, the CSP keeps it from running.
# - A new session at sign-in; at sign-out, the end of all copies.
# - Rate limits on signing in, ordering and declines.
# - Keys: restricted, in the environment, rotated on calm days, expired at once on others.
# - Logs have ids, and neither secrets nor people.
# - For each attack, two locks. One of them will be forgotten some day.
#
# ## New words
#
# - **attack** — here: a function that says whether a shop gave what it should not.
# - **blueprint** — a set of routes in Flask.
# - **IDOR** — to get at what is somebody else's by its number.
# - **CSRF**, **CSRF token** — to make a browser act with its owner's cookie; the word that prevents it.
# - **XSS** — to have a stranger's script run in your page.
# - **Content-Security-Policy (CSP)** — the header that names what a page may load and run.
# - **HSTS** — the header that keeps a browser on https.
# - **open redirect** — a link to your shop that leads elsewhere.
# - **session fixation** — to have somebody sign in to a session that you know.
# - **card testing** — to find out at your cost which stolen cards work.
# - **rate limit** — how often one address may try.
# - **Radar** — Stripe's protection from fraud.
# - **restricted key** — `rk_…`, a key with few powers.
# - **rotate** — to replace a key, while both work for a time.
# - **personal data** — whatever tells of a person.
# - **PCI DSS**, **SAQ A** — the rules for whoever takes cards; the short questionnaire for whoever
#   never sees one.
# - **role**, **two-step** — a set of permissions; a sign-in with a password and a code.
#
# ## What comes next
#
# In the exercises you mend five routes that were mended badly, write a policy, a filter for the log, and
# the rotation of a key. Chapter 13 opens the shop: the checklist, the servers, and what to watch.
#
# ## Read on
#
# - [Security at Stripe, a guide](https://docs.stripe.com/security/guide)
# - [Keys: best practices](https://docs.stripe.com/keys-best-practices)
# - [Card testing](https://docs.stripe.com/disputes/prevention/card-testing)
# - [OWASP Top Ten](https://owasp.org/www-project-top-ten/)
# - [Content-Security-Policy](https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP)
