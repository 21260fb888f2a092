"""The shop as the Procfile states it: each of its processes for real, to be killed and started.

PostgreSQL, Redis and a mail server are real, too, and the tests' own; Stripe is a local one, which
delivers its webhooks over HTTP.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import requests
import sqlalchemy as sa
import stripe
from sqlalchemy.orm import Session

from local_stripe import SECRET_KEY, LocalStripe, WallClock
from local_stripe.courier import Courier
from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import catalogue
from sample_app.models import FULL_SHELF, Item, Order, OrderItem, WebhookEvent, now
from sample_app.order_status import OrderStatus
from tests.postgres import cluster
from tests.redis_server import HOST, RedisServer, free_port
from tests.sample_app.mail_server import MailServer
from tests.sample_app.payer import Payer
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
PROCFILE = {name: shlex.split(command) for name, command in (line.split(": ", 1) for line in LINES)}
METRICS_TOKEN = "for tests"
ADDRESS = "ada@example.com"
SECONDS_TO_ANSWER = 60
PAYMENT_UNDER_WAY = 409
SOON = timedelta(seconds=3)
RETRIES = (1,) * 20  # seconds from one delivery to the next: whoever was killed is soon back


class Deployment:
    """A shop that is open to the world, or to this machine at least.

    local: its Stripe
    broker: its Redis
    stripe: a client of that Stripe
    """

    def __init__(
        self,
        folder: Path,
        database: sa.URL,
        local: LocalStripe,
        broker: RedisServer,
        mail: MailServer,
    ) -> None:
        self.local, self.broker, self._mail, self._folder = local, broker, mail, folder
        self.stripe = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
        self._engine = sa.create_engine(database, poolclass=sa.NullPool)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        bind = f"{HOST}:{free_port()}"
        self.url = f"http://{bind}"
        endpoint = self.stripe.v1.webhook_endpoints.create(
            {"url": f"{self.url}/webhooks/stripe", "enabled_events": ["*"]}
        )
        self._environment = os.environ | {
            "BIND": bind,
            "WEB_CONCURRENCY": "2",
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "CELERY_BROKER_URL": broker.url,
            "STRIPE_API_BASE": local.origin,
            "STRIPE_WEBHOOK_SECRET": str(endpoint.secret),
            "SECRET_KEY": "for-tests",
            "MAIL_URL": mail.url,
            "RATE_LIMITS": "off",
            "LOG_FORMAT": "json",
            "METRICS_TOKEN": METRICS_TOKEN,
            "TMPDIR": str(folder),
        }

    def run(self, *command: str) -> None:
        """Run a command of the shop to its end."""
        subprocess.run(**self._call(command), check=True, timeout=60)

    def start(self, name: str) -> None:
        """Start a process of the Procfile, the head of a group of its own."""
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                **self._call(PROCFILE[name]), stdout=log, stderr=log, start_new_session=True
            )

    def log(self, name: str) -> Path:
        """What a process of the Procfile wrote."""
        return self._folder / f"{name}.log"

    def is_running(self, name: str) -> bool:
        return self._running[name].poll() is None

    def kill(self, name: str) -> None:
        """The machine of a process is gone, with all the processes that it started."""
        os.killpg(self._running[name].pid, signal.SIGKILL)
        self._running[name].wait()

    def kill_workers_of(self, name: str) -> None:
        """Kill the processes that do the work; the one that started them starts others."""
        for child in psutil.Process(self._running[name].pid).children():
            child.kill()

    def stop(self) -> None:
        """End all of them, as an operator does."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(timeout=60)
        self._engine.dispose()

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=headers, timeout=SECONDS_TO_ANSWER)

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz").ok
        except requests.ConnectionError:
            return False

    def order(self, token: str, item_ids: list[int], key: str) -> requests.Response:
        """Order, and pay with this token. Raises requests' `ConnectionError`."""
        return self._post("/orders", {"item_ids": item_ids, "token": token}, key)

    def order_until_answered(self, token: str, item_ids: list[int]) -> requests.Response:
        """Order as a program does that knows its business: again, with the same key."""
        key = str(uuid4())
        return ask_again(lambda: self.order(token, item_ids, key))

    def pay_at_checkout(self, item_ids: list[int]) -> str:
        """Pay on Stripe's page and never come back; returns the order's id."""
        # A new order each time: a card that was declined is not taken twice.
        declined = ask_again(lambda: self.order("tok_chargeDeclined", item_ids, str(uuid4())))
        order_id = declined.json()["order"]["id"]
        page = ask_again(lambda: self._post(f"/orders/{order_id}/checkout", {}))
        session_id = page.headers["Location"].partition("/pay/")[2].partition("#")[0]
        method = self.stripe.v1.payment_methods.create(
            {"type": "card", "card": {"token": "tok_visa"}, "billing_details": {"email": ADDRESS}}
        )
        Payer(self.local).pay(session_id, method.id)
        return order_id

    @contextmanager
    def database(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    def has_fulfilled(self, order_id: str) -> bool:
        with self.database() as session:
            return session.get_one(Order, order_id).fulfilled_at is not None

    def unhandled(self) -> list[WebhookEvent]:
        with self.database() as session:
            query = sa.select(WebhookEvent).where(WebhookEvent.handled_at.is_(None))
            return list(session.scalars(query))

    def let_time_pass(self) -> None:
        """What waits for its next try is due now; the claims of the dead have run out."""
        with self.database() as session:
            waits = sa.update(WebhookEvent).where(WebhookEvent.due_at.is_not(None))
            session.execute(waits.values(due_at=now()))
            claims = sa.update(Order).where(Order.confirmation_sent_at.is_(None))
            session.execute(claims.values(confirmation_claimed_at=None))
            session.commit()

    def is_quiet(self) -> bool:
        """Whether Stripe has told everything, and the shop has handled it.

        What was put off, since two were at one order, is tried again soon, and not in minutes.
        """
        with self.database() as session:
            soon = now() + SOON
            put_off = sa.update(WebhookEvent).where(
                WebhookEvent.last_error.is_not(None), WebhookEvent.due_at > soon
            )
            session.execute(put_off.values(due_at=soon))
            session.commit()
        return not self.local.due() and not self.unhandled()

    def assert_all_is_right(self) -> None:
        """Each payment has its order, each paid order left the stock once, with its e-mail."""
        eventually(self.is_quiet)
        with self.database() as session:
            orders = session.scalars(sa.select(Order)).all()
            stock = {item.id: item.stock for item in session.scalars(sa.select(Item))}
            bought = sa.select(OrderItem).join(Order).where(Order.status == OrderStatus.PAID)
            sold: Counter[int] = Counter()
            for line in session.scalars(bought):
                sold[line.item_id] += line.quantity
        paid = {order.id for order in orders if order.status is OrderStatus.PAID}
        intents = self.stripe.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
        taken = Counter(i.metadata["order_id"] for i in intents if i.status == "succeeded")
        assert taken == Counter(paid), "money and orders"
        assert {order.id for order in orders if order.fulfilled_at} == paid
        assert stock == {item_id: FULL_SHELF - sold[item_id] for item_id in stock}
        # Who is killed when the mail server has said yes sends the same message again.
        written_to = {m["Message-ID"][1:].partition(".")[0] for m in self._mail.messages}
        assert written_to == {order.id for order in orders if order.email and order.id in paid}

    def _post(
        self, path: str, body: Mapping[str, Any], key: str | None = None
    ) -> requests.Response:
        return requests.post(
            self.url + path,
            json=body,
            headers={"Idempotency-Key": key},
            allow_redirects=False,
            timeout=SECONDS_TO_ANSWER,
        )

    def _call(self, command: Any) -> dict[str, Any]:
        program, *arguments = command
        path = Path(sys.executable).with_name(program)
        return {"args": [path, *arguments], "cwd": ROOT, "env": self._environment}


def ask_again(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask until the shop has no trouble of its own, and is done with what it was asked before."""

    def answers() -> list[requests.Response]:
        try:
            response = ask()
        except requests.ConnectionError:
            return []
        busy = response.status_code == PAYMENT_UNDER_WAY or response.status_code >= 500
        return [] if busy else [response]

    [response] = eventually(answers)
    return response


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """Everything that runs where one machine is outgrown."""
    with ExitStack() as parts:
        broker = parts.enter_context(RedisServer(folder))
        database = parts.enter_context(cluster())
        local = LocalStripe(clock=WallClock(), retries=RETRIES)
        parts.enter_context(start(local))
        parts.enter_context(Courier(local))
        mail = parts.enter_context(MailServer())
        shop = Deployment(folder, database, local, broker, mail)
        parts.callback(shop.stop)
        shop.run(*PROCFILE["release"])
        with shop.database() as session:
            catalogue.seed(session)
        for name in PROCFILE.keys() - {"release"}:
            shop.start(name)
        eventually(shop.is_ready)
        yield shop
