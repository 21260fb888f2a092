# %% [markdown]
# # 13. Go live
#
# Your shop takes test cards, survives storms and thieves, and gives money back. All of it happened in a
# classroom. In this chapter you make it ready for money that is real, on a machine that nobody watches at
# night. No money moves while you do: every key here is made up.

# %% [markdown]
# **What you will be able to do**
#
# - Have a program say what is missing before the shop may open, and fix it line by line.
# - Run the shop as several processes, with PostgreSQL, gunicorn, Celery and Redis.
# - Migrate the tables while customers shop, and go back when a release was bad.
# - Tell a machine whether the shop is well, and know which three numbers to watch.
# - Give each environment its own keys and endpoint, and change Stripe's version without losing an event.
#
# **What you need**: chapters 08 and 09 (necessary: webhooks, the inbox), chapters 11 and 12 (helpful:
# reconciliation, restricted keys). None of the four programs above: the notebook runs without them. The
# lesson takes about 45 minutes, the capstone about 60.
#
# **Out of scope here**: choosing a host, DNS and certificates, containers in depth.

# %%
import io
import json
import logging
import re
from pathlib import Path
from tempfile import mkdtemp

import stripe
from sqlalchemy import func, select, text

import sample_app
from classroom import connect, deliver, listen, local, shop, show
from sample_app import create_app
from sample_app.config import ConfigError
from sample_app.database import db
from sample_app.models import Order, WebhookEvent

client = connect()

# %% [markdown]
# The shop writes a log. Send it to a list, so that you may look at it when you want to:

# %%
log = []


class Notebook(logging.Handler):
    def emit(self, record):
        log.append(f"{record.levelname}: {record.getMessage()}")


logging.getLogger("sample_app").addHandler(Notebook())

# %% [markdown]
# ## Ask whether it may open
#
# Before a plane starts, two people who know it by heart read a checklist aloud. You know this shop by
# heart, too. Type `flask --app sample_app check-live` into a terminal at work. Here, a function types it
# for you.
#
# **Before you run it:** this is the shop of all the lessons. How much of the list will hold?


# %%
def terminal(app, *words):
    result = app.test_cli_runner().invoke(args=words)
    print(re.sub(r"evt_\w+", "evt_…", result.stdout.rstrip()))
    print("exit code", result.exit_code)


terminal(shop(), "check-live")

# %% [markdown]
# Read each line: what must hold, and below it what to do where it does not. The **exit
# code** is for programs: 0 means yes, anything else no. So whatever puts a new version on your server can
# ask first, and stop.

# %% [markdown]
# Why a program, and not a page in the handbook? A page is read once. A program is run before each release,
# by somebody in a hurry, and is not impressed. Here is one of its lines. It does not look for a setting; it
# *asks the shop* for a page, as a browser would, and looks at what comes back:

# %%
from sample_app import go_live

show(go_live.answers_safely_over_https)

# %% [markdown]
# ## Let it refuse to start
#
# Some mistakes are so bad that a list is too late. Those the shop refuses at the door: it does not start.
# Configure it, setting by setting, as on a new server.


# %%
settings = {"DATABASE_URL": "postgresql://127.0.0.1:1/shop"}


def start(**more):
    settings.update(more)
    try:
        create_app(settings)
    except ConfigError as refused:
        return refused.message
    return "It starts."


# %% [markdown]
# First the key. **Before you run it:** what should a shop do that finds a live key in its settings?

# %%
print(start(STRIPE_SECRET_KEY="rk_live_visiblyFake"))

# %% [markdown]
# It stops, unless you say in so many words that this server is meant to move money. A live key on a
# laptop, or on the server for tests, is how real customers get charged by a test.

# %%
print(start(ALLOW_LIVE="1"))

# %%
print(start(SECRET_KEY="a made-up key of more than 32 characters"))

# %%
print(start(MAIL_URL="smtps://shop:secret@mail.example"))

# %%
print(start(TRUSTED_HOSTS="shop.example"))

# %% [markdown]
# Four refusals, and each says what to change. In live mode there is no default for a secret: a default is
# a secret that everybody can read.
#
# These settings come from the **environment** of the process, `export STRIPE_SECRET_KEY=…` or your host's
# page for secrets. They are in no file of the repository (chapter 12), so that the same code runs on a
# laptop, on a server for tests and in production. A table in the shop's own source names all of them:

# %%
from sample_app import config

print(config.__doc__)

# %% [markdown]
# ## Fix it, line by line
#
# The shop starts. May it open? Ask the list again, and print what is left to do. **Before you run it:** of
# the things you have not set yet, which can you name?


# %%
def left_to_do(**more):
    settings.update(more)
    result = create_app(settings).test_cli_runner().invoke(args=["check-live"])
    for line in result.stdout.splitlines():
        if not line.startswith("ok"):
            print(line)


left_to_do()

# %% [markdown]
# Take the keys first. The **publishable key** belongs to the same account and the same mode as the secret
# one; a live page with a test key refuses every real card. The **signing secret** is that of the *live*
# endpoint: each endpoint has its own.

# %%
left_to_do(
    STRIPE_PUBLISHABLE_KEY="pk_live_visiblyFake",
    STRIPE_WEBHOOK_SECRET="whsec_visiblyFake",
)

# %% [markdown]
# In production nobody talks to your shop directly. A **reverse proxy** stands before it, nginx or your host's
# own: it takes https, and passes the request on. To the shop, each request then comes from the proxy,
# unless it reads from a header who really asked. It may believe that header only if a proxy of yours wrote
# it, since anybody can send one. `TRUSTED_PROXIES` says how many there are.
#
# Mail comes next: `MAIL_FROM` is an address that customers can answer. They will.

# %%
left_to_do(TRUSTED_PROXIES="1", MAIL_FROM="orders@furniture.example")

# %% [markdown]
# What is left has to do with several processes and with what they share. That is the next half of this
# chapter. Give the shop the addresses of a Redis, though none is there:

# %%
left_to_do(
    RATE_LIMIT_STORAGE="redis://127.0.0.1:1",
    CELERY_BROKER_URL="redis://127.0.0.1:1",
    METRICS_TOKEN="a made-up token for the one who watches",
)

# %% [markdown]
# Three lines stay, and they are right to stay: at the addresses that we gave there is no PostgreSQL and no
# Redis. For these the program does not read a setting, it *asks*, and nothing made-up talks it out of it.
# On your server they are the last to turn "ok".

# %% [markdown]
# And what does the list *not* see? It looks at the shop from inside. It cannot know whether your name leads
# to this machine, whether the certificate is valid, whether the e-mail lands in the spam. Those you look at
# yourself, at the end of this chapter.

# %% [markdown]
# ## Give it fewer powers
#
# The list wants a key that starts with `rk_live_`, a **restricted key** (chapter 12). In Stripe's dashboard
# you tick what it may do, resource by resource. Which ticks? Do not guess: let the shop do what it does,
# and read what it asked for. Here is a whole life of orders: one by card, one at Checkout, a refund, the
# webhooks, the books.

# %%
from sample_app import checkout, refunds
from sample_app.models import Customer
from sample_app.orders import place_order

app = shop()
listen(app)

with app.test_client() as web:
    lamp = web.post("/orders", json={"token": "tok_visa", "item_ids": [1]}).json["id"]

# %%
with app.app_context():
    stripe_of_shop = app.extensions["stripe"]
    mirror = place_order(db.session, [7])
    back = "https://shop.example/success", "https://shop.example/cancel"
    checkout.start_checkout(db.session, stripe_of_shop, mirror, *back)
    bob = Customer(email="bob@example.com", password_hash="none")
    db.session.add(bob)
    told = {"staff": bob, "reason": "a scratch", "request_key": "one form"}
    refunds.refund(db.session, stripe_of_shop, db.session.get(Order, lamp), 1000, **told)

# %%
deliver()
terminal(app, "reconcile")

# %% [markdown]
# (`reconcile` is chapter 11's.) Now look at the requests that reached Stripe. A GET needs "read", a POST
# needs "write". **Before you run it:** will the shop need to write charges?

# %%
needs = {}

for call in local().log:
    resource = re.sub(r"^/v1/|/[a-z]+_\w+.*", "", call.request.path)
    needs.setdefault(resource, set()).add("read" if call.request.method == "GET" else "write")

for resource in sorted(needs):
    print(f"{resource:20}", "write" if "write" in needs[resource] else "read")

# %% [markdown]
# That is what to tick, but for one line: it was the notebook's `listen` that wrote an endpoint. The shop
# never does, so a thief who has its key cannot have your webhooks sent elsewhere. The shop does not write
# charges either, nor payouts. (A dispute's evidence would be one tick more.) Try such a key with a test
# account first: what you forgot is refused with a 403 that names it.

# %% [markdown]
# ## Run it as several processes
#
# `flask run` serves you, at your desk, on one laptop. In production, **gunicorn** starts the shop as several
# processes, called **workers**, hands the requests out to them, and starts a new one when one dies.
#
# Which programs have to run is written down in a file that several hosts read, the **Procfile**:

# %%
home = Path(sample_app.__file__).parents[1]
print((home / "Procfile").read_text(encoding="utf-8"))

# %% [markdown]
# | line | what it does | how many | when it dies |
# |---|---|---|---|
# | `release` | brings the tables up to date, then ends | once for each release, before the others | the release stops |
# | `web` | answers customers and Stripe | as many workers as cores, on one machine or ten | gunicorn starts another; a payment was under its key (chapter 04) |
# | `worker` | works on the inbox | one or more | its event comes due again (chapter 09) |
# | `beat` | says "look into the inbox" every few seconds | one | events wait a little longer |
#
# Who talks to whom, with the proxy and the two programs that keep things:
#
# ```mermaid
# flowchart LR
#     customer((customer)) --> proxy
#     stripe((Stripe)) -- webhooks --> proxy
#     proxy --> web
#     web --> stripe
#     web --> postgresql[(PostgreSQL)]
#     web -. look into the inbox .-> redis[(Redis)]
#     beat -. look into the inbox .-> redis
#     redis -.-> worker
#     worker --> postgresql
#     worker --> stripe
# ```
#
# How gunicorn runs its workers stands in `gunicorn.conf.py`. Five lines of it are worth a look:

# %%
kept = r"(threads|timeout|graceful_timeout|max_requests|max_requests_jitter) ="

for line in (home / "gunicorn.conf.py").read_text(encoding="utf-8").splitlines():
    if re.match(kept, line):
        print(line)

# %% [markdown]
# `threads`: a request that waits for Stripe does not keep others waiting. `timeout`: a worker that shows no
# life is replaced, and the time is longer than the longest call to Stripe. `graceful_timeout`: when you
# deploy, a payment under way is let finish. `max_requests`: a worker is replaced before a slow leak can
# matter, and the jitter sees to it that not all of them are at the same moment.

# %% [markdown]
# Several processes have one thing in common: no memory. What one of them keeps in a dictionary, the others
# do not know. **Think before you read on:** what did your shop remember in the last chapters, and where?
#
# | what | where it is kept |
# |---|---|
# | who is signed in, the cart | in the customer's cookie, signed with `SECRET_KEY`: the same for all |
# | orders, events, claims, who sends which e-mail | in the database |
# | how often an address has tried | in Redis (`RATE_LIMIT_STORAGE`), else each process counts for itself, and eight of them allow eight times as much |
# | that Stripe is down (the circuit of chapter 10) | in each process: each finds out for itself, on purpose |

# %% [markdown]
# So whatever decides about money stands in the database, and the database must be one that many processes
# may write to at once. SQLite lets one write at a time, from one machine. **PostgreSQL** lets many, locks
# single rows, and is what `check-live` asks for. The models stay as they are; the project's tests run on
# both.

# %% [markdown]
# ## Hand the work to a worker
#
# In chapter 09 the process that took a webhook did the work as well, after its answer. With
# `CELERY_BROKER_URL` set, a **worker** of Celery does it, and **Redis** carries the message between them:
# it is the **broker**. One function decides which:

# %%
from sample_app import tasks

show(tasks.work_on_the_inbox)

# %% [markdown]
# The message says nothing but "look into the inbox". Which event, and what about it, stands in the
# database. Why so stingy? Because then the message may get lost.
#
# Try the worst. The next shop is another process on the same database, and its broker is at an address
# where nobody answers. **Before you run it:** a customer pays, and the webhooks come. What does the shop
# answer to Stripe? And is the order fulfilled?

# %%
many = shop(
    DATABASE_URL=app.config["DATABASE_URL"],
    CELERY_BROKER_URL="redis://127.0.0.1:1",
    METRICS_TOKEN="let me see",
)
listen(many)

with many.app_context():
    chairs = place_order(db.session, [5, 5])
    chairs.email = "ada@example.com"
    db.session.commit()
    chairs = chairs.id

# %%
from sample_app import payments


def pay(order_id, card="pm_card_visa"):
    with many.app_context():
        order = db.session.get(Order, order_id)
        payments.pay(db.session, client, order, payment_method=card)


def look(order_id):
    with many.app_context():
        order = db.session.get(Order, order_id)
        print(order.status, "-", "fulfilled" if order.fulfilled_at else "not fulfilled")


log.clear()
pay(chairs)
deliver()

# %%
look(chairs)
print(*{line.split(": ")[1] for line in log})

# %% [markdown]
# 200: the event is safe, which is all that a 200 says. Nobody works on it, and the log says so. When Redis
# is back, the beat's next message finds the event in the inbox. Until then you can do a worker's work by
# hand:

# %%
terminal(many, "events", "work", "--once")
look(chairs)

# %% [markdown]
# So Redis may be emptied, restarted, thrown away. What must not be lost is in PostgreSQL, and only there:
# one thing to back up, and one place to look.
#
# The settings of the worker follow from chapter 09, line by line. A message is **acknowledged late**, when
# the work is done, and not when it begins. A worker that hangs is stopped after a while. What it left comes
# again, to something that is idempotent.

# %%
print(tasks.__doc__.partition("\n    celery")[0])
for name, value in tasks.SETTINGS.items():
    if name.startswith("task_"):
        print(name, "=", value)

# %% [markdown]
# ## Start it for real
#
# Here is what to type in terminals, in the folder of the course, on a machine that has the four programs;
# `. .venv/bin/activate` gives a terminal the course's packages. Nothing of it is needed for this notebook.
# First a database, a Redis, and a local Stripe that brings its webhooks to the shop. (On a server, the
# first two are started for you, and Stripe is Stripe.)
#
# ```
# createdb shop
# redis-server                               # these two each in a terminal of its own
# python -m local_stripe serve --webhook http://127.0.0.1:8000/webhooks/stripe
# ```
#
# A terminal knows what was exported in it, and nothing of the others. So put the settings into a file,
# `work/shop.env`, which is in no commit:
#
# ```
# export DATABASE_URL=postgresql:///shop
# export CELERY_BROKER_URL=redis://127.0.0.1:6379/0
# export RATE_LIMIT_STORAGE=redis://127.0.0.1:6379/1
# export SECRET_KEY=…                        # any long text
# export STRIPE_WEBHOOK_SECRET=whsec_…       # the local Stripe has printed it
# export STRIPE_API_BASE=http://127.0.0.1:12111
# export STRIPE_JS_URL=http://127.0.0.1:12111/v3/
# ```
#
# Then, each of the last three in a terminal of its own, after `. work/shop.env`:
#
# ```
# flask --app sample_app seed                # the tables, and the catalogue of the course
# gunicorn "sample_app:create_app()"
# celery --app sample_app.worker worker
# celery --app sample_app.worker beat
# ```
#
# Ask `http://127.0.0.1:8000/readyz`. Pay for something at `http://127.0.0.1:8000`, and kill what you like, with
# `kill -9`. The project's tests do the same: whatever dies, what was paid is fulfilled, once. With a sandbox
# of your own, set its test keys in place of the two addresses, and have `stripe listen` run (chapter 08).
# (gunicorn does not run on Windows; there, use WSL.) [docs/deploying.md](../docs/deploying.md) has the
# whole way to a server, step by step.

# %% [markdown]
# ## Say whether you are well
#
# Nobody looks at your shop at night, except machines. A **load balancer**, which stands before several
# servers, asks each of them every few seconds whether it may send customers there. It has two questions:

# %%
from sample_app import health

show(health)

# %% [markdown]
# Why two? If `/healthz` gets no answer, the process hangs: start it anew. If `/readyz` says 503, the process
# is fine, and something that it needs is not. To start it anew would help nobody. Ask the shop without
# Redis. **Before you run it:** is it ready?

# %%
web = many.test_client()
for path in "/healthz", "/readyz":
    answer = web.get(path)
    print(path, answer.status_code, answer.json)

# %% [markdown]
# It says that Redis is away, and stays ready: it can sell, and what came waits. Without its database it
# could not.

# %% [markdown]
# ## Migrate while customers shop
#
# A new release often brings new tables. Here is a server with an empty database, on the day of the first
# release:

# %%
folder = Path(mkdtemp())
fresh = create_app(
    {
        "DATABASE_URL": f"sqlite:///{(folder / 'shop.db').as_posix()}",
        "MAIL_URL": (folder / "mail").as_uri(),
        "SECRET_KEY": "only for this classroom",
    }
)
answer = fresh.test_client().get("/readyz")
print(answer.status_code, answer.json)

# %% [markdown]
# The code knows which version of the tables it needs, and finds none. So no customer is sent here yet. Now
# the `release` line of the Procfile:

# %%
terminal(fresh, "migrate")
answer = fresh.test_client().get("/readyz")
print(answer.status_code, answer.json)

# %% [markdown]
# With the second release it gets harder. The tables are migrated *first*, and for a minute yesterday's code
# works on today's tables. Then customers notice every column that you renamed. Play it: chapter 11's release
# gave customers a role. Yesterday's code knows of no such column, and signs somebody up:

# %%
yesterday = text(
    "INSERT INTO customers (email, password_hash, created_at)"
    " VALUES ('ada@example.com', '…', '2026-01-05 12:00:00')"
)

with fresh.app_context():
    db.session.execute(yesterday)
    db.session.commit()
    print(db.session.scalar(select(Customer.role)))

# %% [markdown]
# It works, because the migration *added* a column, with a default that the database fills in. That is the
# rule: **expand, then contract**. The release that needs a new column adds it. A later release, when no
# server runs the old code any more, removes what is left over.
#
# | you want to | release 1 | release 2 |
# |---|---|---|
# | add a column | add it, empty or with a default | |
# | rename one | add the new one, write both, read the old | read the new; then drop the old |
# | drop one | stop reading and writing it | drop it |

# %% [markdown]
# ## Go back
#
# A release is bad: customers see errors. **Think before you read on:** what of it can you take back, and
# what not?
#
# - **The code**: yes. Start the version before, within minutes. This is a **rollback**, and it is the first
#   thing to do; find the reason afterwards.
# - **The tables**: no. They stay as they are, and yesterday's code works on them, because you only expanded. A
#   migration backwards would throw away what customers did since.
# - **The money**: no. What was charged is charged. You refund it, order by order, or the bank does.
# - **The events**: they wait. What the bad release failed at is in the inbox, and is tried again by the old
#   one; what it gave up, you replay. What it *swallowed*, `reconcile` finds.
#
# So write down how you go back *before* you go forward, and do it once on a calm day.

# %% [markdown]
# ## Watch three numbers
#
# With `METRICS_TOKEN` set, the shop counts, and tells at `/metrics`, in the words of **Prometheus**, a
# program that asks every few seconds and draws curves. Make the shop refuse one card first, so that there is
# something to see.

# %%
with many.app_context():
    rug = place_order(db.session, [4])
    db.session.commit()
    rug = rug.id

try:
    pay(rug, "pm_card_visa_chargeDeclined")
except payments.PaymentDeclined as declined:
    print(declined)

deliver()

# %%
shown = {"Authorization": "Bearer let me see"}
metrics = web.get("/metrics", headers=shown).text
told = r"shop_(request_seconds_count|stripe_errors_total|inbox_events|circuits)"
print(*[line for line in metrics.splitlines() if re.match(told, line)], sep="\n")

# %% [markdown]
# Without the token, the page is a 404: your turnover is nobody else's business. Read the lines. Routes are
# counted, and not addresses; else each order would have a curve of its own. (Who asked for `/sign-in`? It was
# `check-live`, some sections ago.) The declined card is no error of yours. And some events wait in the
# inbox, since there is still no Redis.

# %% [markdown]
# You can draw a hundred curves, and on the first bad night you look at none. Three numbers tell nearly all:
#
# | number | from | ring when | because |
# |---|---|---|---|
# | **webhook lag**: how long the oldest event waits | `shop_inbox_oldest_seconds` | above 120 | no worker runs, or no beat, or an event fails again and again |
# | **failure rate**: answers from 500 on, of all | `shop_request_seconds_count` | above 1 in 100, for five minutes | customers see errors |
# | **unreconciled cents** | `reconcile`, every night | its exit code is not 0 | money and orders disagree |
#
# The first one is read in seconds, the second in minutes. The third is slow, and catches what nobody has
# thought of. Here is the second, computed from the page:

# %%
counts = [
    (int(status), float(count))
    for status, count in re.findall(r'_seconds_count{.*status="(\d+)"} (\S+)', metrics)
]
failed = sum(count for status, count in counts if status >= 500)
print(f"{failed:.0f} of {sum(count for _, count in counts):.0f} answers")

# %% [markdown]
# And the third. The rug was declined, so nothing is owed and nothing was taken:

# %%
terminal(many, "reconcile", "--since", "2020-01-01")

# %% [markdown]
# A **cron job** runs it every night (in UTC), and rings when the exit code is not 0:
#
# ```
# 15 3 * * *  flask --app sample_app reconcile || ring
# ```
#
# Declines are a curve, and no alarm: their rate is your customers' and their banks'. But if it doubles within
# an hour, somebody tests stolen cards (chapter 12).

# %% [markdown]
# ## Let a program read the log
#
# A number says *that* something is wrong. The log says *what*. On a laptop it is read by you, in production
# by a program that searches a million lines for one order. So `LOG_FORMAT=json` makes an object of each
# line. Have one line written to a page of your own:

# %%
from sample_app import logs

handler, page = logs.json_handler(), io.StringIO()
handler.setStream(page)
logging.getLogger("sample_app").addHandler(handler)
logging.getLogger("sample_app").setLevel(logging.INFO)  # as LOG_FORMAT=json does

answer = web.post("/orders", json={"token": "tok_chargeDeclined", "item_ids": [4]})
entry = json.loads(page.getvalue().splitlines()[0])
print(*sorted(entry), sep=", ")

# %%
print(entry["request_id"] == answer.headers["X-Request-ID"])
print(entry["order_id"] == answer.json["order"]["id"])

# %% [markdown]
# The **request id** is on each line that one request caused, and in its answer. A customer who reads it to you
# on the phone has told you where to look. If Stripe was asked, the line names Stripe's request id,
# too (chapter 10); their support asks for that one.

# %% [markdown]
# ## Give each environment its own
#
# An **environment** is a copy of the shop with settings of its own: your laptop, a server for tests
# (**staging**), production. They share the code, and nothing else:
#
# | | laptop | staging | production |
# |---|---|---|---|
# | key | `sk_test_local…`, or your sandbox's | `rk_test_…`, another sandbox | `rk_live_…` |
# | endpoint at Stripe | `stripe listen` | its own, in its sandbox | its own, in live mode |
# | `STRIPE_WEBHOOK_SECRET` | what `stripe listen` prints | of its endpoint | of its endpoint |
# | database | a file | its own | its own, backed up every day, and the backup tried |
# | who gets its e-mails | a folder | you | customers |
#
# Endpoints are easily mixed up on a first day. The shop guards against it: an event of
# the other mode, or of another account, is about none of its orders, and is ignored with that reason.

# %% [markdown]
# ## Change Stripe's version
#
# Stripe changes its API, and keeps the old versions alive. Which one do you speak?

# %%
from importlib.metadata import version

print("SDK", version("stripe"), "- API", stripe.api_version)

# %% [markdown]
# The SDK decides: each release of it **pins** one version of the API, a date and a name. New dates come every
# month and break nothing. A new name comes twice a year, with a new major version of the SDK, and may break
# something. `stripe>=16.1,<17` in `pyproject.toml` pins the major, so that upgrade is one line of yours, on a
# day that you choose, and your tests say what it broke: the local Stripe takes all fields from the SDK's own
# types.
#
# Webhooks are the other half. An *endpoint* has a version, too, fixed when it was made: your new code would
# get events in the old shape. This shop hardly looks at their contents (it refetches, chapter 09), but not
# every shop does. So move with two endpoints at once. Say, the second one below has the new version:

# %%
moving = shop()
old = listen(moving)
new = listen(moving, "/webhooks/stripe?version=new")
moving.config["STRIPE_WEBHOOK_SECRETS"] = (old.secret, new.secret)

# %% [markdown]
# For a while, each event comes twice, once through each, with different signatures. **Before you run it:** how
# many times is the order below handled?

# %%
with moving.test_client() as web:
    web.post("/orders", json={"token": "tok_visa", "item_ids": [1]})

delivered = deliver()
print(len(delivered), "deliveries of", len({delivery.event for delivery in delivered}), "events")

# %%
with moving.app_context():
    print(db.session.scalar(select(func.count(WebhookEvent.id))), "events in the inbox")

# %% [markdown]
# Once: both deliveries carry one event id, and the inbox has it under that id. So the way is:
#
# 1. Deploy code that understands both versions, with both secrets.
# 2. Make the new endpoint, with the new version. Look at its first deliveries.
# 3. Disable the old endpoint, take its secret out of the settings, and delete it a week later.
#
# At no moment does an event have nowhere to go.

# %% [markdown]
# ## Open
#
# 1. `check-live` says that all of it holds, on the server itself.
# 2. Open the shop by its name, from a phone that is not in your network. Go as far as the pay page.
# 3. Wait for the first sale: a small one, to somebody who wants the thing. It is no test. Live mode refuses
#    test cards, and neither Stripe nor the card companies let you test with real ones, your own included:
#    money that moves in a circle looks like laundering.
# 4. Follow it: the order, the e-mail, the payment in the dashboard, the webhook, the metrics.
# 5. `reconcile`, that evening and every evening.
# 6. Write down whom to call, at Stripe and at your host. Then tell the world.
#
# And keep something small to switch off with. If all goes wrong, a page that says "back soon" is better than
# a shop that takes money and cannot say what for.

# %% [markdown]
# ## Look back
#
# | chapter | its question | what to keep of it |
# |---|---|---|
# | 00 | what does Stripe do for me? | the shop asks, Stripe decides, and each request has an id |
# | 01 | where does the card number go? | never to you |
# | 02 | what is an order? | integers, and a status that cannot take any turn it likes |
# | 03 | what is in it? | quantity and price, as they were at that moment |
# | 04 | how do I charge it once? | a key, committed before the call |
# | 05 | how do I know that it works? | tests with real parts, and 404 for what is not yours |
# | 06 | where is the money now? | ask Stripe; "not yet" is an answer |
# | 07 | who builds the pay page? | Stripe; and the page after it proves nothing |
# | 08 | how does Stripe reach me? | raw bytes, a signature, a fast 200 |
# | 09 | how do I ship once? | at least once, to something idempotent |
# | 10 | what if it fails? | a table: what to tell, what to log, whether to try again |
# | 11 | what if money goes back? | sums, not flags; and count every cent |
# | 12 | who attacks me? | whatever a browser sends is a wish |
# | 13 | may it open? | a program says so |
#
# One idea comes back in nearly all of them: **somebody else's word is not yet a fact.** The browser's, the
# address bar's, an event's, your own memory's after a crash. Write down what you are about to do, do it under
# a key, and then ask the one who knows.

# %% [markdown]
# ## Summary
#
# - A checklist that runs: refuse to start for the worst, `check-live` for the rest.
# - The restricted key gets the ticks that the shop's own requests show.
# - Several processes share no memory: the database decides, Redis only carries messages.
# - Expand, then contract: yesterday's code must run on today's tables, and that is also your way back.
# - `/healthz` to be started anew, `/readyz` to be spared customers.
# - Three numbers: webhook lag, failure rate, unreconciled cents.
# - An endpoint, a secret and a database for each environment; two endpoints while you change versions.
#
# ## New words
#
# - **exit code** — a program's answer to the one that started it; 0 is yes.
# - **environment** — the settings of a process; also, a copy of the shop with settings of its own.
# - **staging** — the environment in which you try a release.
# - **reverse proxy** — what stands before the shop and takes https.
# - **gunicorn**, **worker** — what serves the shop as several processes; one of them. Celery's are called so, too.
# - **PostgreSQL** — a database that many may write to at once.
# - **broker**, **Redis** — who carries messages to workers; a program that does.
# - **beat** — the clock that reminds the workers.
# - **Procfile** — which programs a shop consists of.
# - **load balancer** — sends each customer to one of several servers.
# - **expand, then contract** — to add first, and to remove when nobody needs the old any more.
# - **rollback** — to start the version before.
# - **Prometheus**, **metric** — a program that collects numbers; one of them.
# - **webhook lag**, **failure rate** — how long the oldest event waits; which part of the answers fails.
# - **cron job** — a command that runs at set times.
# - **request id** — what all lines of the log about one request have in common.
# - **pin** — to hold a version until you change it yourself.
#
# ## What comes next
#
# The capstone: a small shop with seven bugs, from seven chapters, and seven letters from people who met them.
# Nobody tells you which line. That is what it will be like.
#
# After that, this course has nothing more to tell you, and Stripe has a lot: subscriptions, invoices, taxes,
# marketplaces. All of them are objects with a life, events that come twice, and calls that need a key. You
# know how to read them. Take small orders first, reconcile every night, and be kind to the customer who
# clicked twice: it was not their fault.
#
# ## Read on
#
# - [docs/deploying.md](../docs/deploying.md), in this repository
# - [Stripe's go-live checklist](https://docs.stripe.com/get-started/checklist/go-live)
# - [Restricted keys](https://docs.stripe.com/keys/restricted-api-keys)
# - [API versions](https://docs.stripe.com/api/versioning) and [upgrades](https://docs.stripe.com/upgrades)
# - [Flask in production](https://flask.palletsprojects.com/en/stable/deploying/)
# - [gunicorn's settings](https://docs.gunicorn.org/en/stable/settings.html)
# - [Celery with Redis](https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html)
# - [The twelve-factor app](https://12factor.net/), from which the Procfile and the settings come
# - [Alembic](https://alembic.sqlalchemy.org/)
