# %% [markdown]
# # 01. Collect a card, get a token
#
# A customer types her card number into your page and presses Pay. A moment later you have her
# money, and your server has never seen the number. How can you charge a card that you do not
# know? In this chapter you build that page, and try to steal the number from it.

# %% [markdown]
# **What you will be able to do**
# - explain why card details must never reach your server
# - put Stripe's card field into a form, and receive a token instead of a card
# - charge a token the old way, see why that way is closed, and take the new one
# - pick the test card that makes happen what you want to see
#
# **What you need:** chapter 00 (necessary), a little HTML (helpful). The lesson takes about 30
# minutes, the exercises 20.
#
# **Out of scope here:** what is being bought (chapters 02 and 03), retries and double clicks
# (04), the bank's question to the customer (06), payment pages hosted by Stripe (07).

# %%
import logging
import re
import sys

import stripe
from flask import Flask, render_template_string, request

from classroom import browse, cards, connect, local, serve, shop, show, timeline

client = connect()

# %% [markdown]
# ## Keep card numbers away from your server
#
# The obvious page has a text field for the card number. Build the receiving end of it, and play
# the customer's browser with Flask's test client.

# %%
naive = Flask("naive")
seen = []


@naive.post("/pay")
def pay_naively():
    seen.append(request.form["number"])
    return "thank you"


# %%
naive.test_client().post("/pay", data={"number": "4242424242424242"})
print(seen)

# %% [markdown]
# The number is on your server now. So it may be in the log, in the error report, in the backup,
# and in front of whoever breaks in. Card companies have rules for that, called **PCI DSS**. They
# bind every computer that a card number passes through, for a millisecond or for years.
#
# | your server … | each year you fill in | which is |
# |---|---|---|
# | sees card numbers | the questionnaire *SAQ D* | hundreds of questions, scans, tests by experts |
# | leaves the card field to Stripe | the questionnaire *SAQ A* | a few dozen questions |

# %% [markdown]
# Could you pass the number on to Stripe at once and forget it? **Before you run it:** what will
# Stripe say to a card number from a server?

# %%
typed = {
    "number": "4242424242424242",
    "exp_month": 12,
    "exp_year": 2030,
    "cvc": "123",
}

try:
    client.v1.payment_methods.create(params={"type": "card", "card": typed})
except stripe.StripeError as error:
    print(error.user_message)

# %% [markdown]
# It refuses. Developers who had built whole applications on this asked how to go on
# (`stripe-dotnet#2816`). There is a permission, for companies that prove that they are secure. For
# everybody else there is something better: a field of Stripe's own, inside your page.

# %% [markdown]
# ## Put Stripe's script into the form
#
# Here is the form. **Before you go on:** into which element will the customer type her number?

# %%
form = """
<form method="post" action="/pay">
  <p>One desk lamp: $39.00</p>
  <div id="card"></div>
  <input type="hidden" name="token">
  <p id="problem" role="alert"></p>
  <button>Pay</button>
  <script src="{{ config.STRIPE_JS_URL }}"></script>
  <script>{{ script | safe }}</script>
</form>
"""

# %% [markdown]
# Into none of them. There is an empty `div` and a hidden field named `token`. The rest is done by
# two scripts nested in the form. The first comes from Stripe: **Stripe.js**. The second is yours,
# and begins by filling the `div`. (`safe` tells Flask to leave the script's quotes as they are.)

# %%
mount = """
const stripe = Stripe("{{ config.STRIPE_PUBLISHABLE_KEY }}");
const card = stripe.elements().create("card", {hidePostalCode: true});
card.mount("#card");
"""

# %% [markdown]
# The publishable key tells Stripe whose page this is. Everybody may read it. `create("card")`
# makes a card field, which Stripe calls an **Element**, and `mount` puts it into the `div`.
#
# When the form is sent, your script steps in between.

# %%
submit = """
const form = document.querySelector("form");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const {token, error} = await stripe.createToken(card);
  if (error) {
    document.querySelector("#problem").textContent = error.message;
  } else {
    form.elements.token.value = token.id;
    form.submit();
  }
});
"""

# %% [markdown]
# It holds the form back and asks Stripe.js to swap the card for a **token**, a short text that
# stands for the card. The token goes into the hidden field. Then the form is sent, with the token
# and without the card.
#
# (An older script of Stripe's did all of this alone. You nested it in the form, and it added the
# button and a field `stripeToken`. You still meet it in tutorials. Stripe has retired it.)

# %% [markdown]
# The server shows the form and receives it. For now it only says what arrived.

# %%
app = Flask("lamp")


@app.get("/")
def page():
    script = render_template_string(mount + submit)
    return render_template_string(form, script=script)


@app.post("/pay")
def pay():
    return f"Your server received: {request.form.to_dict()}"


# %% [markdown]
# `serve` opens the app to browsers, and tells it where Stripe.js is and what the publishable key
# is. `browse` shows a page of it right here. Run the next cell, then type 4242 4242 4242 4242, any
# future date and any three digits, and press Pay.

# %%
serve(app)
browse("/", height=200)

# %% [markdown]
# Your server received a `tok_…`, and nothing else. If you read this without running it: the test
# client can play the browser, and Stripe has ready-made tokens for tests, such as `tok_visa`.

# %%
print(app.test_client().post("/pay", data={"token": "tok_visa"}).text)

# %% [markdown]
# Many pages send JSON instead of a form, by a script. It makes no difference to the idea, and
# Flask reads it with `request.get_json()`. This is how an order with a token arrives at a shop:

# %%
api = Flask("api")


@api.post("/orders")
def receive_order():
    data = request.get_json()
    return f"{len(data['item_ids'])} items, paid with a {data['token'][:4]}…"


# %%
order = {"token": "tok_visa", "item_ids": [1, 2, 3, 5, 5, 5]}
print(api.test_client().post("/orders", json=order).text)

# %% [markdown]
# ## Try to read the card number
#
# It is your page. Surely your page can read what is typed into it? Start with what your server
# sent: every field in the HTML.

# %%
html = app.test_client().get("/").text
print(re.findall("<input.*?>", html))

# %% [markdown]
# One field, for the token. The card field is not in your page. It is in an **iframe**, a page
# within the page, and that inner page comes from Stripe. Is it in reach of a script of yours? Add
# a button that tries, and shows what it gets.

# %%
spy = """
<p><button id="spy">Read the card number</button> <output></output></p>
<script>
document.querySelector("#spy").onclick = () => {
  const frame = document.querySelector("#card iframe");
  const output = document.querySelector("output");
  try {
    const inside = frame.contentWindow.document;
    output.textContent = inside.querySelector("input").value;
  } catch (error) {
    output.textContent = error.name;
  }
};
</script>
"""

# %%
thief = Flask("thief")


@thief.get("/")
def page_with_spy():
    script = render_template_string(mount + submit)
    return render_template_string(form + spy, script=script)


serve(thief)
browse("/", height=200)

# %% [markdown]
# Type a card number and press *Read the card number*. The answer is `SecurityError`. Your script
# may see that there is an iframe. It may not look inside. (*Pay* leads to a "Not Found" here: this
# app has no `/pay`.)
#
# The rule behind it is the **same-origin policy**. An **origin** is a scheme, a host and a port. A
# browser lets a page read what comes from its own origin, and nothing else. It protects the
# customer from your page, and from every script that somebody smuggles into it.
#
# (On Binder and JupyterHub, your app and the local Stripe are reached through one address. They
# share an origin there, and the button does read the number. That is why Stripe's field comes from
# an origin of Stripe's own.)

# %% [markdown]
# ```mermaid
# flowchart LR
#     subgraph page["your page: your origin"]
#         form["form with a hidden field: token"]
#         subgraph frame["iframe: Stripe's origin"]
#             field["card number, date, CVC"]
#         end
#     end
#     field -- "the card" --> stripe["Stripe"]
#     stripe -- "a token" --> form
#     form -- "the token" --> server["your server"]
# ```

# %% [markdown]
# ## Look at a token
#
# What can you learn from a token? For that you need one made from a card. Stripe.js makes it with
# the publishable key, so play its part. (Your own sandbox will not let you: the real Stripe takes
# card numbers from Stripe.js alone.)

# %%
from_the_page = {"api_key": app.config["STRIPE_PUBLISHABLE_KEY"]}
token = client.v1.tokens.create(params={"card": typed}, options=from_the_page)

card = token.card
print(token.id[:4], card.brand, card.last4, card.exp_year, card.country)

# %% [markdown]
# You learn what you may print on a receipt: brand, last four digits, expiry, country. And what
# does it hide?

# %%
print("number" in card, "cvc" in card)

# %% [markdown]
# The number and the CVC are not there, and no call of the API gives them back. Who steals your
# database steals no card.

# %% [markdown]
# ## Charge the token the old way
#
# Token plus amount is a charge. That is how every older tutorial ends, and for years it was all
# there was. On accounts of today it is switched off. The local Stripe has a switch: turn it on.

# %%
lamp = {"amount": 3900, "currency": "usd"}

local().policies.token_charges = True
charge = client.v1.charges.create(params={**lamp, "source": token.id})
print(charge.status, charge.payment_method_details.card.last4)

# %% [markdown]
# Paid, in one line. **Before you run the next cell:** a second lamp, the same token. What happens?


# %%
def try_to_charge(token_id):
    try:
        print(client.v1.charges.create(params={**lamp, "source": token_id}).status)
    except stripe.InvalidRequestError as error:
        print(re.sub("tok_[0-9A-Za-z]+", "tok_…", error.user_message))


try_to_charge(token.id)

# %% [markdown]
# A token is good for **one use**. The error is all over the web, and one cause returns: the card is
# declined, the form comes back, and the second try sends the spent token again. Donors met it in a
# widely used plugin (`com.drastikbydesign.stripe#236`). Each try needs a new token.

# %% [markdown]
# There is a trap in your tests, too. **Before you run it:** does `tok_visa` also work only once?

# %%
try_to_charge("tok_visa")
try_to_charge("tok_visa")

# %% [markdown]
# Test tokens never wear out. Code that uses a token twice passes its tests with `tok_visa` and
# fails in front of the first customer. You will mend such code in the exercises.

# %% [markdown]
# ## See the old way close
#
# Switch back to an account of today, and try once more. This is Stripe's answer, word for word.

# %%
local().policies.token_charges = False

try_to_charge("tok_visa")

# %% [markdown]
# "End of life": card tokens no longer make charges. Why? A charge is one question with two
# answers, yes or no. Since 2019 many banks, in Europe by law, want a third: *let me ask my
# customer first*. The law calls it **SCA** (strong customer authentication), the cards' way to do
# it is **3D Secure**: the bank shows a page, she confirms with her phone, the payment goes on.

# %% [markdown]
# A charge has no place for that. A PaymentIntent has: it is not an answer, it is a process with a
# `status`. This test card belongs to a bank that always asks.

# %%
asked = client.v1.payment_intents.create(
    params={
        "amount": 3900,
        "currency": "usd",
        "payment_method": "pm_card_authenticationRequired",
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }
)
print(asked.status, asked.amount_received)

# %% [markdown]
# `requires_action`: no money yet, and nothing is wrong. Somebody has to answer the bank. Chapter
# 06 shows how. Here it is enough that the process has room for it.

# %% [markdown]
# ## Take the new way
#
# Nothing changes in your page. On the server, one step becomes two. First the token becomes a
# **PaymentMethod**, Stripe's word for a way to pay.

# %%
timeline.clear()
method = client.v1.payment_methods.create(params={"type": "card", "card": {"token": "tok_visa"}})
print(method.id[:3], method.card.brand, method.card.last4)

# %% [markdown]
# Then a PaymentIntent takes the money from it, as in chapter 00.

# %%
payment = client.v1.payment_intents.create(
    params={
        "amount": 3900,
        "currency": "usd",
        "payment_method": method.id,
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }
)
print(payment.status)

# %%
timeline()

# %% [markdown]
# The token is spent in the first request, and the PaymentMethod pays in the second. A PaymentMethod
# can be saved with a customer, and then it pays again and again.

# %% [markdown]
# ## Know what comes after tokens
#
# Stripe has newer fields and newer tokens. They all have the shape that you have just built: the
# customer types into Stripe's iframe, your page gets a name for it, your server uses the name.
#
# ```mermaid
# flowchart LR
#     A["Card Element: cards"] -- "createToken" --> T["tok_…"]
#     A -- "createPaymentMethod" --> M["pm_…"]
#     P["Payment Element: cards, wallets, banks"] -- "createConfirmationToken" --> C["ctoken_…"]
#     T -- "your server: payment_methods.create" --> M
#     M -- "your server: confirm" --> I["PaymentIntent"]
#     C -- "your server: confirm" --> I
# ```

# %% [markdown]
# The **Payment Element** is a card field that also offers wallets and bank payments. A
# **confirmation token** carries what it collected, address included, and is also for one use. Both
# are what Stripe recommends for a new page today. This course stays with the card field and its
# token, because you see each step. From the PaymentIntent on, everything is the same.

# %% [markdown]
# ## Keep tokens out of the log
#
# A token is worth one payment to whoever has your secret key. Logs are read by many, and kept for
# long. Here is a line that many projects have:

# %%
logging.basicConfig(stream=sys.stdout, format="%(message)s", force=True)
log = logging.getLogger("pay")

form_data = {"token": "tok_visa", "item": "1"}
log.warning("paying with %s", form_data)

# %% [markdown]
# Log what you need to find the payment again, and no more: what was bought, which kind of name it
# was, and later Stripe's request id.

# %%
log.warning("paying for item %s with a %s…", form_data["item"], form_data["token"][:4])

# %% [markdown]
# ## Choose a test card
#
# Each card of this table makes one thing happen. Type its number into a page, or give its `pm_…`
# name to the API. The date is any in the future, the CVC any three digits (American Express: four).

# %%
cards()

# %% [markdown]
# Never type a real card into a test page, not even your own. With test keys Stripe declines it, and
# a real number has no business in a test.

# %% [markdown]
# ## See the shop do it
#
# The shop's pay page has the same parts as yours. Its script also switches the button off while it
# waits, and says so when the card field does not load. On the server, this receives the token:

# %%
from sample_app import pages

show(pages.pay_order)

# %% [markdown]
# `pay`, of `sample_app/payments.py`, turns the token into a PaymentMethod and lets a PaymentIntent
# take the money, as you did above. You will read it in chapter 04. Here, note what the customer
# sees: a declined card brings her back to the form, with the reason, and a bank that wants to ask
# her first (`BankAsks`) sends her to its own page. You follow her there in chapter 06.
# (`asking_stripe` lends the client, unless Stripe is down: chapter 10.)

# %% [markdown]
# ## Pay an order in the page
#
# Now pay like a customer. The next cell opens a fresh shop and places an order for a lamp. Nobody
# has paid for it. (`app_context` says whose database `db` is: this shop's.)

# %%
from sample_app.database import db
from sample_app.orders import place_order

store = shop()
with store.app_context():
    order_id = place_order(db.session, [1]).id

# %% [markdown]
# Here is its pay page. Type **4242 4242 4242 4242**, any future date, any three digits, and press
# Pay.

# %%
serve(store)
browse(f"/shop/orders/{order_id}/pay")

# %%
print(store.test_client().get(f"/orders/{order_id}").json["status"])

# %% [markdown]
# `pending` means that nobody has typed a card yet. Pay, run the cell above again, and it says
# `paid`. Then run this section once more, type 4000 0000 0000 0002, and read what the shop tells you.

# %% [markdown]
# ## Summary
#
# - What a card number touches falls under PCI DSS. So it must not touch your server.
# - Stripe's card field is an iframe of Stripe's origin. Your page cannot read it.
# - Stripe.js swaps the card for a token. The form sends the token, and your server uses it.
# - A token is good for one use. Test tokens such as `tok_visa` hide that from your tests.
# - Token plus amount was a charge. Today the token becomes a PaymentMethod, and a PaymentIntent
#   takes the money, because a bank may want to ask the customer first.
#
# ## New words
#
# - **PCI DSS**: the card companies' security rules for whoever handles card numbers.
# - **SAQ A**, **SAQ D**: the short and the long yearly questionnaire on those rules.
# - **Stripe.js**: Stripe's script for your page.
# - **Element**: a field of Stripe's inside your page, such as the card field.
# - **token**: a short text that stands for a card, good for one use.
# - **iframe**: a page within a page.
# - **origin**, **same-origin policy**: scheme, host and port; and the rule that a page reads only
#   what comes from its own.
# - **SCA**, **3D Secure**: the law that banks ask their customer, and the way they do it for cards.
# - **PaymentMethod**: Stripe's word for a way to pay, such as a card.
# - **Payment Element**, **confirmation token**: the newer field and its token.
#
# ## What comes next
#
# Do the exercises of chapter 01. The shop now has a token and a list of item ids. In chapter 02
# you give that a shape: an order.
#
# ## Read on
#
# - [Stripe's guide to PCI compliance](https://stripe.com/guides/pci-compliance)
# - [Stripe.js reference](https://docs.stripe.com/js)
# - [Strong customer authentication](https://docs.stripe.com/strong-customer-authentication)
# - [The same-origin policy](https://developer.mozilla.org/en-US/docs/Web/Security/Same-origin_policy)
