"""A shop that goes on beside those that are killed; its Stripe, and who deals with both."""

import copyreg
import shutil
import sqlite3
from contextlib import closing
from copy import deepcopy
from functools import cached_property
from itertools import count
from threading import RLock

import sqlalchemy as sa
import stripe

from local_stripe import SECRET_KEY
from local_stripe.transport import InProcess
from sample_app import inbox
from sample_app.database import db
from sample_app.orders import find_any_order, place_order
from tests.postgres import copy_database
from tests.sample_app.aftermath import let_time_pass
from tests.sample_app.conftest import address, build, close
from tests.sample_app.deliveries import PATH
from tests.sample_app.payer import Payer
from tests.sample_app.postbox import Postbox
from tests.sample_app.shopper import member_of_staff

ITEMS = [1, 5, 5]
# Those that the shop has a use for.
TYPES = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "checkout.session.completed",
    "checkout.session.expired",
    "charge.refunded",
    "refund.created",
    "refund.updated",
]

# The copy of a local Stripe has a lock of its own.
copyreg.pickle(type(RLock()), lambda _: (RLock, ()))


class World:
    """Runs inside a `with` block; `folder` is for its mail.

    settings: what another shop needs to be the same one
    wishes: what staff want to go back, by order
    points: at so many the others were killed
    """

    def __init__(self, database_url, local, folder, webhook_secret):
        self.postbox = Postbox(folder / "mail")
        self.settings = {
            "DATABASE_URL": database_url,
            "MAIL_URL": self.postbox.url,
            "STRIPE_WEBHOOK_SECRET": webhook_secret,
            "WTF_CSRF_ENABLED": False,
        }
        self.app = build(database_url, STRIPE_HTTP_CLIENT=InProcess(local), **self.settings)
        self.local, self.payer = local, Payer(local)
        self.wishes = {}
        self.points = 0
        self._folder = folder
        self._news = []
        self._numbers = count(1)

    def __enter__(self):
        self._context = self.app.app_context()
        self._context.push()
        return self

    def __exit__(self, *_):
        self._context.pop()
        close(self.app)

    def copy(self, folder):
        """Another world, in which the same has happened so far."""
        db.session.close()
        close(self.app)  # a database in use cannot be copied
        shutil.copytree(self._folder / "mail", folder / "mail")
        copied = copy_of(self.settings["DATABASE_URL"], folder)
        other = World(copied, deepcopy(self.local), folder, self.settings["STRIPE_WEBHOOK_SECRET"])
        other.wishes = self.wishes
        return other

    @cached_property
    def staff_cookie(self):
        """The cookie of somebody who may give money back."""
        browser = member_of_staff(self.app, db.session).client
        name = self.app.config["SESSION_COOKIE_NAME"]
        return f"{name}={browser.get_cookie(name).value}"

    def open(self, **request):
        """Ask the shop; the request says itself which cookies it has."""
        with self.app.app_context():  # nobody else is signed in here
            return self.app.test_client(use_cookies=False).open(**request, buffered=True)

    def new_key(self):
        return f"request-{next(self._numbers):016}"

    def order(self):
        order = place_order(db.session, ITEMS)
        order.email = "ada@example.com"
        db.session.commit()
        return order.id

    def pay_at_checkout(self, order_id):
        db.session.expire_all()
        self.payer.pay(find_any_order(db.session, order_id).checkout_session_id)

    def news(self, *words):
        """All that Stripe has posted, as requests: what it says all of these words in."""
        self.local.deliver(lambda *post: self._news.append(post) or (200, ""))
        return [
            {"method": "POST", "path": PATH, "headers": headers, "data": body.decode()}
            for _, headers, body in self._news
            if all(word in body.decode() for word in words)
        ]

    def come_to_rest(self):
        """Nobody is at work any more, and what the dead have left is done by others."""
        let_time_pass()
        inbox.work()

    def reconcile(self):
        return self.app.test_cli_runner().invoke(args=["reconcile"])


def listen(local):
    """Have Stripe post to the shop; returns the secret that it signs with."""
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    url = f"http://127.0.0.1{PATH}"
    return client.v1.webhook_endpoints.create({"url": url, "enabled_events": TYPES}).secret


def copy_of(database_url, folder):
    """The address of a copy of this database, which nobody uses now."""
    url = sa.make_url(database_url)
    if url.drivername != "sqlite":
        return address(copy_database(url, f"{url.database}_copy"))
    with (
        closing(sqlite3.connect(url.database)) as original,
        closing(sqlite3.connect(folder / "shop.db")) as copy,
    ):
        original.backup(copy)
    return f"sqlite:///{folder / 'shop.db'}"
