"""Checks for chapter 13: a small shop, tried from outside, by all who wrote it a letter.

A check knows the shop's addresses, its answers, two of its tables, and Stripe. How it is written, it
does not care.
"""

import json
import re
import shutil
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from tempfile import mkdtemp
from typing import Any

import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, NullPool, create_engine, event, text
from werkzeug.test import TestResponse

from classroom.exercise import Exercise, Wrong, expect, solution_of
from classroom.practice import Practice, row_locks
from local_stripe import SECRET_KEY
from local_stripe.signing import sign
from local_stripe.transport import InProcess

CHAIR = 5950  # cents
SECRET, OTHER = "whsec_localPractice", "whsec_localOther"
VISA, MASTERCARD = "pm_card_visa", "pm_card_mastercard"
DECLINED, ASKS = "pm_card_chargeDeclined", "pm_card_authenticationRequired"
HOUR = 60 * 60


class PowerCut(BaseException):
    """The lights go out."""


@contextmanager
def during(what: str) -> Iterator[None]:
    """Let whatever the shop raises say what was being tried."""
    try:
        yield
    except Exception as error:
        error.add_note(f"  {what}.")
        raise


class Hasty(InProcess):
    """The way to Stripe; the first such call on it waits for something else to happen."""

    def __init__(self, practice: Practice, call: str, happens: Callable[[], object]) -> None:
        super().__init__(practice.local)
        self._call, self._waiting = call, [happens]

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        if method.upper() == "POST" and url.endswith(self._call) and self._waiting:
            self._waiting.pop()()
        return super().request(method, url, *args, **more)


class Scene:
    """A shop in which `ada` is a customer, its database and its Stripe."""

    def __init__(self, create_shop: Callable[..., Any], secret: str | None = SECRET) -> None:
        self._create_shop, self._secret = create_shop, secret
        self.stripe = Practice()
        folder = mkdtemp(prefix="small-shop-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._database = f"{folder}/shop.db"
        self.app = self.process()
        self.ada = self.visitor(customer="ada")

    def process(self, client: stripe.StripeClient | None = None) -> Flask:
        """Another process of the shop, on the same database."""
        app = self._create_shop(client or self.stripe.client, f"sqlite:///{self._database}")
        expect(isinstance(app, Flask), f"create_shop returned {app!r}, expected a Flask app.")
        app.testing = True
        if self._secret is not None:
            app.config["STRIPE_WEBHOOK_SECRET"] = self._secret
        return app

    def visitor(self, app: Flask | None = None, **who: str) -> FlaskClient:
        """Somebody's browser; `who` is in its session."""
        web = (app or self.app).test_client()
        with web.session_transaction() as session:
            session.update(who)
        return web

    def hasty(self, call: str, happens: Callable[[], object], **who: str) -> FlaskClient:
        """A browser at another process, which is slow: something happens before its first call."""
        way = Hasty(self.stripe, call, happens)
        client = stripe.StripeClient(SECRET_KEY, http_client=way)
        return self.visitor(self.process(client), **who)

    def sql(self, statement: str) -> Any:
        """What another program does in the database."""
        engine = create_engine(f"sqlite:///{self._database}", poolclass=NullPool)
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None

    @property
    def stock(self) -> int:
        """How many chairs there are; 100 to begin with."""
        return int(self.sql("SELECT stock FROM items WHERE id = 1"))

    def place(self, quantity: int = 1, **more: object) -> str:
        """The address of an order of chairs that Ada places."""
        answer = self.ada.post("/orders", json={"item": 1, "quantity": quantity, **more})
        expect(
            answer.status_code == 201,
            f"Placed an order of {quantity} chairs: answered {answer.status_code}, expected 201.",
        )
        return f"/orders/{answer.get_json()['id']}"

    def pay(self, order: str, card: str = VISA, web: FlaskClient | None = None) -> TestResponse:
        """Pay as Ada does."""
        return (web or self.ada).post(f"{order}/payment", json={"card": card})

    def bought(self, quantity: int = 1, card: str = VISA) -> str:
        """The address of an order that Ada placed, and paid or tried to."""
        order = self.place(quantity)
        self.pay(order, card)
        return order

    def paid_unheard(self) -> str:
        """The address of an order for one chair that is paid, of which only Stripe knows."""
        order = self.place()
        self.stripe.client.v1.payment_intents.create(
            {
                "amount": CHAIR,
                "currency": "usd",
                "payment_method": VISA,
                "confirm": True,
                "allowed_payment_method_types": ["card"],
                "metadata": {"order_id": order.rpartition("/")[2]},
            }
        )
        return order

    def status(self, order: str) -> str:
        """The order's, as Ada reads it."""
        return str(self.ada.get(order).get_json()["status"])

    def expect_status(self, order: str, expected: str, when: str) -> None:
        got = self.status(order)
        expect(got == expected, f"{when}: the order is {got!r}, expected {expected!r}.")

    def taken(self) -> list[int]:
        """What Stripe took, in cents, charge by charge."""
        charges = self.stripe.client.v1.charges.list().data
        return [charge.amount for charge in charges if charge.status == "succeeded"]

    def given_back(self) -> int:
        """What Stripe gave back, in cents."""
        return sum(refund.amount for refund in self.stripe.client.v1.refunds.list().data)

    def news(self, **changes: Any) -> bytes:
        """The event that tells of the latest payment, as Stripe would send it."""
        found = self.stripe.client.v1.events.list({"type": "payment_intent.succeeded"}).data[0]
        return json.dumps(found.to_dict() | changes, indent=2).encode()

    def knock(self, body: bytes, signature: str | None, app: Flask | None = None) -> int:
        """What a webhook gets for an answer; 500 where the shop raised an exception."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if signature is not None:
            headers["Stripe-Signature"] = signature
        app = app or self.app
        app.testing = False
        app.logger.disabled = True  # its pages of complaint
        try:
            return app.test_client().post("/webhooks", data=body, headers=headers).status_code
        finally:
            app.testing = True

    def hear(self, body: bytes | None = None, app: Flask | None = None) -> int:
        """The same for news that Stripe signed just now."""
        body = body or self.news()
        return self.knock(body, sign(body, [SECRET], int(time.time())), app)

    @contextmanager
    def writes(self, happens: Callable[[int, str], object]) -> Iterator[None]:
        """Let something happen just before each INSERT, UPDATE and DELETE of the shop's, by number."""
        numbers = count(1)

        def intrude(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            ours = connection.engine.url.database == self._database
            if ours and statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                happens(next(numbers), statement)

        event.listen(Engine, "before_cursor_execute", intrude)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", intrude)


def check_price(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    order, unpaid = scene.place(2), scene.place()
    _expect_total(scene, order, 2 * CHAIR, "Placed an order of two chairs at 5950")
    scene.sql("UPDATE items SET price = 9900")
    when = "Placed an order of two chairs at 5950, then they rose to 9900"
    _expect_total(scene, order, 2 * CHAIR, f"{when}, and nobody has paid yet")
    scene.pay(order)
    expect(
        scene.taken() == [2 * CHAIR],
        f"{when}, then paid: Stripe took {scene.taken()}, expected [{2 * CHAIR}].",
    )
    scene.expect_status(order, "paid", f"{when}, then paid")
    _expect_total(scene, order, 2 * CHAIR, f"{when}, then paid")
    _expect_total(scene, scene.place(), 9900, "Placed an order after the price rose to 9900")
    scene.sql("UPDATE items SET price = 100")
    _expect_total(scene, unpaid, CHAIR, "Placed an order at 5950, then the price fell to 100")
    chosen = dict.fromkeys(("price", "unit_price", "total", "amount"), 1)
    _expect_total(
        scene, scene.place(**chosen), 100, "Placed an order, and the browser named a price"
    )


def _expect_total(scene: Scene, order: str, expected: int, when: str) -> None:
    got = scene.ada.get(order).get_json()["total"]
    expect(got == expected, f"{when}: its total is {got!r}, expected {expected}.")


def check_charge(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    order = scene.place()
    got = scene.pay(order, DECLINED).status_code
    expect(got == 402, f"Paid with a card that is declined: answered {got}, expected 402.")
    _pay_again(scene, order, "Paid with a card that is declined, then with another one")
    scene = Scene(create_shop)
    scene.bought()
    scene.bought()
    when = "Placed two orders alike, and paid both"
    expect(len(scene.taken()) == 2, f"{when}: Stripe took {scene.taken()}, expected both.")
    _check_lost_answers(create_shop)
    scene = Scene(create_shop)
    order = scene.place()
    slow = scene.hasty("/v1/payment_intents", lambda: scene.pay(order), customer="ada")
    scene.pay(order, web=slow)
    _expect_one_charge(scene, "Clicked again while Stripe was at work on the first click")


def _check_lost_answers(create_shop: Callable[..., Any]) -> None:
    for call in CALLS:
        _check_lost_answer(create_shop, call)
    scene = Scene(create_shop)
    order = _lost(scene, CALLS[0], DECLINED)
    scene.pay(order, DECLINED)
    _pay_again(scene, order, "A declined card, its answer lost, tried again, then another card")


# A shop may make the PaymentIntent and confirm it in one call, or in two.
CALLS = ("/v1/payment_intents", "/v1/payment_intents/*/confirm")


def _check_lost_answer(create_shop: Callable[..., Any], call: str) -> None:
    again = "Paid, the answer got lost, then paid again"
    scene = Scene(create_shop)
    _pay_again(scene, _lost(scene, call), f"{again} with the same card")
    scene = Scene(create_shop)
    order = _lost(scene, call)
    phone = scene.visitor(scene.process(), customer="ada")
    _pay_again(scene, order, f"{again} from another device", web=phone)
    scene = Scene(create_shop)
    order = _lost(scene, call)
    when = f"{again} with another card"
    got = scene.pay(order, MASTERCARD).status_code
    _expect_one_charge(scene, when)
    expect(got < 500 or got == 503, f"{when}: answered {got}, expected 503 or a refusal.")
    scene.hear()
    scene.expect_status(order, "paid", f"{when}, and Stripe's webhook came")


def _lost(scene: Scene, call: str, card: str = VISA) -> str:
    """The address of an order that Ada tried to pay, where Stripe's answer to this call got lost."""
    scene.stripe.local.faults.inject("lost_response", call, "POST")
    return scene.bought(card=card)


def _pay_again(
    scene: Scene, order: str, when: str, web: FlaskClient | None = None, card: str = VISA
) -> None:
    got = scene.pay(order, card, web).status_code
    _expect_one_charge(scene, when)
    expect(got == 200, f"{when}: answered {got}, expected 200.")
    scene.expect_status(order, "paid", when)


def _expect_one_charge(scene: Scene, when: str) -> None:
    expect(scene.taken() == [CHAIR], f"{when}: Stripe took {scene.taken()}, expected [{CHAIR}].")


def check_owner(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    order = scene.place()
    strangers = {
        "Another customer": scene.visitor(customer="eve"),
        "Somebody who is not signed in": scene.visitor(),
    }
    for who, web in strangers.items():
        for verb, method, path, body in (
            ("reads", "GET", "", None),
            ("pays for", "POST", "/payment", {"card": VISA}),
            ("comes back from the bank to", "GET", "/back?redirect_status=succeeded", None),
        ):
            with during(f"{who} {verb} Ada's order"):
                got = web.open(f"{order}{path}", method=method, json=body)
                other = web.open(f"/orders/{'0' * 32}{path}", method=method, json=body)
            expect(
                got.status_code in (401, 404) and "customer" not in got.text,
                f"{who} {verb} Ada's order: answered {got.status_code}, expected 404.",
            )
            expect(
                (got.status_code, got.data) == (other.status_code, other.data),
                f"{who} {verb} Ada's order, and one that does not exist: the answers differ, so "
                "they tell which orders exist.",
            )
    got = scene.pay(order).status_code
    expect(got == 200, f"Ada pays for her own order: answered {got}, expected 200.")
    scene.expect_status(order, "paid", "Ada reads her own order, which she has paid")


def check_return(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    _come_back(scene, scene.place(), "before any card was tried", "pending")
    _come_back(scene, scene.bought(card=ASKS), "without an answer to the bank", "pending")
    scene.bought()
    paid = scene.stripe.client.v1.payment_intents.list().data[0].id
    when = "with the PaymentIntent of another order, which is paid"
    _come_back(scene, scene.bought(card=ASKS), when, "pending", f"&payment_intent={paid}")
    when = "with a PaymentIntent that does not exist"
    _come_back(scene, scene.bought(card=ASKS), when, "pending", "&payment_intent=pi_none")
    _check_answered(create_shop)


def _check_answered(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    order = scene.bought(card=ASKS)
    _answer_the_bank(scene, "authenticated")
    intent = scene.stripe.client.v1.payment_intents.list().data[0].id
    _come_back(scene, order, "after she has paid", None, f"&payment_intent={intent}")
    scene.hear()
    scene.expect_status(order, "paid", "Ada has paid at her bank, is back, and the webhook came")
    scene = Scene(create_shop)
    order = scene.bought(card=ASKS)
    _answer_the_bank(scene, "failed")
    scene.ada.get(f"{order}/back?redirect_status=failed")
    scene.expect_status(order, "pending", "The bank said no, and Ada is back")
    _pay_again(scene, order, "The bank said no, Ada is back, and tries another card")
    _check_left_open(create_shop)


def _check_left_open(create_shop: Callable[..., Any]) -> None:
    """What the address says, the bank has not said: its page is open, and may be answered yet."""
    for said in ("?redirect_status=failed", ""):
        scene = Scene(create_shop)
        order = scene.bought(card=ASKS)
        asked = scene.stripe.client.v1.payment_intents.list().data[0].id
        scene.ada.get(f"{order}/back{said}")
        scene.pay(order, MASTERCARD)
        if scene.stripe.client.v1.payment_intents.retrieve(asked).status == "requires_action":
            _answer_the_bank(scene, "authenticated", asked)
        _expect_one_charge(
            scene,
            "Left the bank's page open, came to "
            f"/back{said}, paid with another card, and then said yes to the bank as well",
        )


def _come_back(scene: Scene, order: str, when: str, status: str | None, query: str = "") -> None:
    came = f"Came back from the bank with redirect_status=succeeded, {when}"
    with during(came):
        got = scene.ada.get(f"{order}/back?redirect_status=succeeded{query}").status_code
    expect(got < 500, f"{came}: answered {got}.")
    if status:
        scene.expect_status(order, status, came)
    else:
        expect(got < 400, f"{came}: answered {got}, expected a page.")


def _answer_the_bank(scene: Scene, outcome: str, intent_id: str | None = None) -> None:
    """What the customer does on the bank's page, about this PaymentIntent or the latest."""
    intents = scene.stripe.client.v1.payment_intents
    intent = intents.retrieve(intent_id) if intent_id else intents.list().data[0]
    scene.stripe.answer_bank(intent, outcome)


def check_door(create_shop: Callable[..., Any]) -> None:
    now = int(time.time())
    scene = Scene(create_shop)
    order = scene.paid_unheard()
    body = scene.news()
    good = sign(body, [SECRET], now)
    for which, sent, signature in (
        ("an event without a signature", body, None),
        ("an event with an empty signature", body, ""),
        ("an event with another's signature", body, sign(body, [OTHER], now)),
        ("an event that was altered on its way", body.replace(b'"usd"', b'"eur"'), good),
        ("what Stripe sent an hour ago", body, sign(body, [SECRET], now - HOUR)),
        ("nonsense", b"let me in", "let me in"),
        ("signed text that is no JSON", b"hello", sign(b"hello", [SECRET], now)),
    ):
        got = scene.knock(sent, signature)
        expect(got == 400, f"Delivered {which}: the door answered {got}, expected 400.")
        scene.expect_status(order, "pending", f"Delivered {which}")
    got = scene.knock(body, good)
    expect(
        200 <= got < 300,
        f"Delivered what Stripe sent just now: the door answered {got}, expected 200. The signature "
        "is over the raw bytes.",
    )
    scene.expect_status(order, "paid", "Delivered what Stripe sent just now")
    scene = Scene(create_shop, secret=None)
    order = scene.paid_unheard()
    body = scene.news()
    for which, signature in (("nothing", None), ("an empty secret", sign(body, [""], now))):
        when = f"No STRIPE_WEBHOOK_SECRET is set, and a forger signs with {which}"
        got = scene.knock(body, signature)
        expect(got >= 400, f"{when}: the door answered {got}, expected a refusal.")
        scene.expect_status(order, "pending", when)


def check_stock(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    scene.bought(2)
    _expect_stock(scene, 98, "Paid for two chairs")
    for when, body in (
        ("and the webhook came", scene.news()),
        ("and the webhook came twice", scene.news()),
        ("and another event told of it, too", scene.news(id="evt_another")),
    ):
        scene.hear(body, scene.process())
        _expect_stock(scene, 98, f"Paid for two chairs, {when}")
    order = scene.paid_unheard()
    scene.hear()
    scene.expect_status(order, "paid", "Paid, the answer got lost, and the webhook came")
    _expect_stock(scene, 97, "Paid for a third chair, of which only the webhook told")
    _check_rivals(create_shop)
    _check_power_cuts(create_shop)


def _check_rivals(create_shop: Callable[..., Any]) -> None:
    scene = Scene(create_shop)
    scene.paid_unheard()
    body, other = scene.news(), scene.process()
    with scene.writes(lambda number, _: number == 1 and scene.hear(body, other)):
        scene.hear(body)
    _expect_stock(scene, 99, "Two processes heard of the payment at the same moment")
    scene = Scene(create_shop)
    scene.paid_unheard()
    statements: list[str] = []
    noted = scene.writes(lambda _, statement: statements.append(statement))
    with noted, row_locks("items") as locks:
        scene.hear()
    expect(
        locks or not any(SET.search(statement) for statement in statements),
        "Paid for a chair: the shop set the stock to a number of its own. Another order of a chair may "
        "do so at the same moment: let the database subtract.",
    )


# With a version or the old number in its condition, the row would not be found when it has changed.
SET = re.compile(r"UPDATE items\s+SET stock\s*=\s*\?\s+WHERE (items\.)?id = \?\s*$")


def _check_power_cuts(create_shop: Callable[..., Any]) -> None:
    for last in range(1, 20):
        scene = Scene(create_shop)
        order = scene.paid_unheard()
        try:
            with scene.writes(partial(_cut, last)):
                scene.hear()
        except PowerCut:
            when = f"The power failed before write {last} of a webhook, and Stripe came again"
            scene.hear(app=scene.process())
            scene.expect_status(order, "paid", when)
            _expect_stock(scene, 99, when)
        else:
            return


def _cut(last: int, number: int, _statement: str) -> None:
    if number == last:
        raise PowerCut


def _expect_stock(scene: Scene, expected: int, when: str) -> None:
    got = scene.stock
    expect(got == expected, f"{when}: {got} chairs are left of 100, expected {expected}.")


class Till:
    """The staff's form for money back."""

    def __init__(self, create_shop: Callable[..., Any]) -> None:
        self.scene = Scene(create_shop)
        self.order = self.scene.bought(2)
        self.bob = self.scene.visitor(staff="bob")

    def send(self, amount: object, form: str, web: FlaskClient | None = None) -> int:
        """Send the form; returns the status of the answer."""
        body = {"amount": amount, "form": form}
        return (web or self.bob).post(f"{self.order}/refunds", json=body).status_code

    def expect_given(self, expected: int, when: str) -> None:
        """What went back, at Stripe and in the shop."""
        got = self.scene.given_back()
        expect(got == expected, f"{when}: Stripe gave {got} cents back, expected {expected}.")
        got = self.scene.ada.get(self.order).get_json()["refunded"]
        expect(got == expected, f"{when}: the shop says {got} cents refunded, expected {expected}.")


def check_refund(create_shop: Callable[..., Any]) -> None:
    till = Till(create_shop)
    for who, web in (("The customer", till.scene.ada), ("A stranger", till.scene.visitor())):
        got = till.send(1000, "0", web)
        expect(got in (401, 403, 404), f"{who} asks for money back: answered {got}, expected 404.")
    till.expect_given(0, "A customer and a stranger asked for money back")
    _expect_sent(till, 1000, "a", "Sent the form for 1000 of 11900")
    till.expect_given(1000, "Sent the form for 1000 of 11900")
    _expect_sent(till, 1000, "a", "Sent the same form twice")
    till.expect_given(1000, "Sent the same form twice")
    _expect_sent(till, 500, "b", "Sent another form for 500")
    _expect_sent(till, 1000, "c", "Sent a third form for 1000")
    till.expect_given(2500, "Sent three forms for 1000, 500 and 1000")
    till.scene.expect_status(till.order, "paid", "Gave 2500 of 11900 back")
    for amount in (9401, 0, -1, None, "1000", 10.5):
        got = till.send(amount, f"{amount}")
        called = f"Sent a form for {amount!r}, where 9400 of 11900 are left"
        expect(got == 422, f"{called}: answered {got}, expected 422.")
        till.expect_given(2500, called)
    _expect_sent(till, 9400, "d", "Sent a form for the 9400 that are left")
    till.expect_given(11900, "Sent a form for the 9400 that are left")
    _check_lost_and_hasty(create_shop)


def _expect_sent(till: Till, amount: int, form: str, when: str) -> None:
    with during(when):
        got = till.send(amount, form)
    expect(got == 200, f"{when}: answered {got}, expected 200.")


def _check_lost_and_hasty(create_shop: Callable[..., Any]) -> None:
    till = Till(create_shop)
    till.scene.stripe.local.faults.inject("lost_response", "/v1/refunds", "POST")
    till.scene.app.testing = False
    till.scene.app.logger.disabled = True
    till.send(1000, "e")
    till.scene.app.testing = True
    till.send(1000, "e")
    till.expect_given(1000, "Sent a form, the answer got lost, and sent it again")
    till = Till(create_shop)
    slow = till.scene.hasty("/v1/refunds", lambda: till.send(1000, "f"), staff="bob")
    till.send(1000, "f", slow)
    till.expect_given(1000, "Clicked again while Stripe was at work on the first click")


SHOP = solution_of("create_shop", __file__)  # with all seven bugs mended

TOTAL = "return self.quantity * self.unit_price"
PLACED = "quantity=quantity, unit_price=item.price"
KEY = 'key = f"{order.id}-{order.attempt}"'
OWNER = "if order is None or order.customer != session.get("
RETURN = """\
    if intent_id := order.payment_id:
        g.db.commit()
        intent = g.stripe.v1.payment_intents.retrieve(intent_id)
        settle(order, intent)
        if intent.status == "requires_payment_method":
            order.attempt += 1
            g.db.commit()
"""
CONSTRUCTED = "event = stripe.Webhook.construct_event(payload, signature, secret)"
REFUSED = """\
    except (ValueError, stripe.SignatureVerificationError):
        abort(400)
"""
FULFILLED = SHOP[
    SHOP.index("    mine = update(Order)") : SHOP.index("    g.db.commit()\n\n\ndef told")
]
ONCE = 'f"{id}-refund-{form}"'
BOOKED = "order.refunded = charge.amount_refunded"

# All seven bugs mended in another way.
OTHER_SHOP = (
    SHOP.but("    unit_price: Mapped[int]  # cents, when it was placed", "    total: Mapped[int]")
    .but(f"    @property\n    def total(self):\n        {TOTAL}\n", "")
    .but(PLACED, "quantity=quantity, total=quantity * item.price")
    .but(
        "    attempt: Mapped[int] = mapped_column(default=1)  # counts the cards that were tried",
        "    payment_key: Mapped[str] = mapped_column(default=lambda: uuid4().hex)",
    )
    .but(KEY, "key = order.payment_key")
    .but(
        "    except stripe.CardError:\n        order.attempt += 1",
        "    except stripe.CardError:\n        order.payment_key = uuid4().hex",
    )
    .but(
        '    order = g.db.get(Order, id)\n    if order is None or order.customer != session.get("customer"):',
        '    mine = Order.id == id, Order.customer == session.get("customer")\n'
        "    order = g.db.scalars(select(Order).where(*mine)).one_or_none()\n"
        "    if order is None:",
    )
    .but(
        RETURN,
        """\
    intents = g.stripe.v1.payment_intents.list({"limit": 100}).data
    for intent in intents:
        if intent.id == order.payment_id and intent.status == "requires_payment_method":
            order.payment_id, order.payment_key = None, uuid4().hex
            g.db.commit()
""",
    )
    .but(
        f"    try:\n        {CONSTRUCTED}\n{REFUSED}",
        """\
    if not secret:
        abort(503)
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, 300)
        event = stripe.Event.construct_from(request.get_json(force=True), None)
    except stripe.SignatureVerificationError:
        return "", 400
""",
    )
    .but(
        'current_app.config["STRIPE_WEBHOOK_SECRET"]',
        'current_app.config.get("STRIPE_WEBHOOK_SECRET")',
    )
    .but(
        FULFILLED,
        """\
    g.db.execute(update(Order).where(Order.id == order.id).values(status=Order.status))
    g.db.refresh(order, ["status"])
    if order.status == "pending":
        chairs = {"item": order.item_id, "bought": order.quantity}
        g.db.execute(text("UPDATE items SET stock = stock - :bought WHERE id = :item"), chairs)
        order.status = "paid"
""",
    )
    .but("if type(amount) is not int", "if not isinstance(amount, int)")
    .but(ONCE, "form")
    .but(
        "charge = g.stripe.v1.charges.retrieve(made.charge)",
        "made_all = g.stripe.v1.refunds.list({'payment_intent': made.payment_intent})",
    )
    .but(BOOKED, "order.refunded = sum(each.amount for each in made_all.data)")
)

# The PaymentIntent is made in one call, once for each order, and confirmed in another.
TWO_CALLS = (
    SHOP.but(
        """\
        "payment_method": request.json["card"],
        "confirm": True,
        "allowed_payment_method_types": ["card"],
        "return_url": url_for("shop.back", id=order.id, _external=True),
""",
        '        "allowed_payment_method_types": ["card"],\n',
    )
    .but(
        KEY,
        """\
tried = {"payment_method": request.json["card"]}
    tried["return_url"] = url_for("shop.back", id=order.id, _external=True)
    key = f"{order.id}-{order.attempt}-{tried['payment_method']}\"""",
    )
    .but(
        "        intent = g.stripe.v1.payment_intents.create("
        'params=params, options={"idempotency_key": key})\n',
        """\
        made = g.stripe.v1.payment_intents.create(params=params, options={"idempotency_key": id})
        try:
            intent = g.stripe.v1.payment_intents.confirm(made.id, tried, {"idempotency_key": key})
        except stripe.InvalidRequestError:
            intent = g.stripe.v1.payment_intents.retrieve(made.id)
""",
    )
)

# Who is back without having paid starts anew: what was asked before cannot be answered any more.
ASKED_NO_MORE = SHOP.but(
    """\
        settle(order, intent)
        if intent.status == "requires_payment_method":
""",
    """\
        if intent.status in ("requires_action", "requires_payment_method"):
            intent = g.stripe.v1.payment_intents.cancel(intent_id)
        settle(order, intent)
        if intent.status == "canceled":
""",
)

# The chair's row is locked, and then Python subtracts.
ROW_LOCK = SHOP.but("        taken = update(Item).where(Item.id == order.item_id)\n", "").but(
    "g.db.execute(taken.values(stock=Item.stock - order.quantity))",
    "g.db.get_one(Item, order.item_id, with_for_update=True).stock -= order.quantity",
)

# Nothing is locked, and whoever was second starts anew.
SECOND_LOOK = (
    SHOP.but(
        "    item: Mapped[Item] = relationship()\n",
        "    item: Mapped[Item] = relationship()\n"
        "    version: Mapped[int] = mapped_column()\n"
        '    __mapper_args__ = {"version_id_col": version}\n',
    )
    .but(
        "    stock: Mapped[int]\n",
        "    stock: Mapped[int]\n"
        "    version: Mapped[int] = mapped_column()\n"
        '    __mapper_args__ = {"version_id_col": version}\n',
    )
    .but(
        f"{FULFILLED}    g.db.commit()\n",
        """\
    from sqlalchemy.orm.exc import StaleDataError

    while order.status != "paid":
        order.status = "paid"
        order.item.stock -= order.quantity
        try:
            g.db.commit()
        except StaleDataError:
            g.db.rollback()
""",
    )
)

EXERCISES = (
    Exercise(
        "13.1",
        "The receipt that changed",
        answer="create_shop",
        check=check_price,
        hints=(
            "Where does the total of an order come from, and what of it may change after the order?",
            "The order has a `unit_price`, kept when it was placed. Who reads it?",
            "Order.total: return self.quantity * self.unit_price.",
        ),
        right=(OTHER_SHOP,),
        wrong=(
            Wrong(
                SHOP.but(TOTAL, "return self.quantity * self.item.price"),
                "and nobody has paid yet: its total is 19800, expected 11900",
            ),
            Wrong(
                SHOP.but(
                    TOTAL,
                    TOTAL + ' if self.status == "paid" else self.quantity * self.item.price',
                ),
                "and nobody has paid yet: its total is 19800, expected 11900",
            ),
            Wrong(
                SHOP.but('"amount": order.total', '"amount": order.quantity * order.item.price'),
                "then paid: Stripe took [19800], expected [11900]",
            ),
            Wrong(
                SHOP.but(TOTAL, "return self.quantity * min(self.unit_price, self.item.price)"),
                "then the price fell to 100: its total is 100, expected 5950",
            ),
            Wrong(
                SHOP.but(
                    PLACED, 'quantity=quantity, unit_price=request.json.get("price", item.price)'
                ),
                "and the browser named a price: its total is 1, expected 100",
            ),
            Wrong(
                SHOP.but(TOTAL, "return self.unit_price"),
                "Placed an order of two chairs at 5950: its total is 5950, expected 11900",
            ),
        ),
    ),
    Exercise(
        "13.2",
        "Paid twice on a train",
        answer="create_shop",
        check=check_charge,
        hints=(
            "When the customer tries again, how does Stripe know that it is the same attempt?",
            "The key must be the same after a lost answer, and another one after a decline. What of the "
            "order stays, and changes, at these two moments?",
            'key = f"{order.id}-{order.attempt}"',
        ),
        right=(OTHER_SHOP, TWO_CALLS),
        wrong=(
            Wrong(
                SHOP.but(KEY, "key = str(uuid4())"),
                "again with the same card: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(KEY, "key = order.id"),
                "then with another one: Stripe took [], expected [5950]",
            ),
            Wrong(
                SHOP.but(KEY, "key = f\"{order.id}-{request.json['card']}\""),
                "again with another card: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(KEY, 'key = session.setdefault(f"{id}-{order.attempt}", str(uuid4()))'),
                "again from another device: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(KEY, 'order.attempt += 1; key = f"{order.id}-{order.attempt}"'),
                "again with the same card: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(
                    KEY, 'key = f"{order.customer}-{order.item_id}-{order.total}-{order.attempt}"'
                ),
                "Placed two orders alike, and paid both",
            ),
            Wrong(
                SHOP.but(
                    "stripe.IdempotencyError):\n",
                    "stripe.IdempotencyError):\n        order.attempt += 1\n        g.db.commit()\n",
                ),
                "again with the same card: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(
                    KEY,
                    "key = str(uuid4())\n"
                    "    for made in g.stripe.v1.payment_intents.list().data:\n"
                    "        if made.metadata.to_dict().get('order_id') == id:\n"
                    "            settle(order, made)\n"
                    "    if order.status == 'paid':\n        return told(order)",
                ),
                "at work on the first click: Stripe took [5950, 5950], expected [5950]",
            ),
        ),
    ),
    Exercise(
        "13.3",
        "Somebody else's order",
        answer="create_shop",
        check=check_owner,
        hints=(
            "Three addresses speak of one order. Which function do all of them ask for it?",
            "`own` says in its docstring what it does not do. And what should a stranger learn about an "
            "order that exists?",
            'own: if order is None or order.customer != session.get("customer"): abort(404)',
        ),
        right=(OTHER_SHOP,),
        wrong=(
            Wrong(
                SHOP.but(OWNER + '"customer")', "if order is None"),
                "Another customer reads Ada's order: answered 200, expected 404",
            ),
            Wrong(
                SHOP.but(OWNER + '"customer")', 'if order is None or "customer" not in session'),
                "Another customer reads Ada's order: answered 200, expected 404",
            ),
            Wrong(
                SHOP.but(
                    OWNER + '"customer"):\n        abort(404)',
                    "if order is None:\n        abort(404)\n"
                    '    if order.customer != session.get("customer"):\n        abort(403)',
                ),
                "Another customer reads Ada's order: answered 403, expected 404",
            ),
            Wrong(
                SHOP.but(OWNER + '"customer")', "if order is None").but(
                    "    return told(own(id))",
                    '    if own(id).customer != session.get("customer"):\n        abort(404)\n'
                    "    return told(own(id))",
                ),
                "Another customer pays for Ada's order: answered 200, expected 404",
            ),
            Wrong(
                SHOP.but(
                    OWNER + '"customer")',
                    'if order is None or order.customer != session["customer"]',
                ),
                "KeyError",
            ),
            Wrong(
                SHOP.but(
                    OWNER + '"customer"):\n        abort(404)',
                    "if order is None:\n        abort(404)\n"
                    '    if order.customer != session.get("customer"):\n'
                    '        abort(404, "This order is somebody else\'s.")',
                ),
                "and one that does not exist: the answers differ",
            ),
        ),
    ),
    Exercise(
        "13.4",
        "An order that nobody paid",
        answer="create_shop",
        check=check_return,
        hints=(
            "The page believes what stands in its address. Who writes that?",
            "The order knows its PaymentIntent. Ask Stripe about that one, and let `settle` judge it.",
            "if order.payment_id: intent = g.stripe.v1.payment_intents.retrieve(order.payment_id); "
            "settle(order, intent); if intent.status == 'requires_payment_method', the bank said no: the "
            "next attempt begins.",
        ),
        right=(OTHER_SHOP, ASKED_NO_MORE),
        wrong=(
            Wrong(
                SHOP.but(
                    RETURN,
                    '    if request.args["redirect_status"] == "succeeded":\n        fulfil(order)\n',
                ),
                "before any card was tried: the order is 'paid', expected 'pending'",
            ),
            Wrong(
                SHOP.but(
                    RETURN,
                    '    if order.payment_id and request.args["redirect_status"] == "succeeded":\n'
                    "        fulfil(order)\n",
                ),
                "without an answer to the bank: the order is 'paid', expected 'pending'",
            ),
            Wrong(
                SHOP.but(
                    RETURN,
                    '    if named := request.args.get("payment_intent"):\n'
                    "        intent = g.stripe.v1.payment_intents.retrieve(named)\n"
                    '        if intent.status == "succeeded":\n'
                    "            fulfil(order)\n",
                ),
                "with the PaymentIntent of another order, which is paid: the order is 'paid'",
            ),
            Wrong(
                SHOP.but(
                    RETURN,
                    '    if named := request.args.get("payment_intent"):\n'
                    "        settle(order, g.stripe.v1.payment_intents.retrieve(named))\n",
                ),
                "with a PaymentIntent that does not exist.\n  in back, line",
            ),
            Wrong(
                SHOP.but(
                    "    if intent_id := order.payment_id:\n        g.db.commit()\n",
                    "    if True:\n",
                ).but("retrieve(intent_id)", "retrieve(order.payment_id)"),
                "in back, line",
            ),
            Wrong(
                SHOP.but("        settle(order, intent)\n        if intent", "        if intent")
                .but(
                    "            order.attempt += 1\n            g.db.commit()\n    return",
                    "            order.attempt += 1\n            g.db.commit()\n"
                    '        elif intent.status != "requires_action":\n'
                    "            fulfil(order)\n    return",
                )
                .but(
                    'if intent.status == "requires_payment_method"',
                    'if intent.status == "canceled"',
                ),
                "The bank said no, and Ada is back: the order is 'paid', expected 'pending'",
            ),
            Wrong(
                SHOP.but(RETURN, ""),
                "The bank said no, Ada is back, and tries another card",
            ),
            Wrong(
                SHOP.but(
                    'intent.status == "requires_payment_method"', 'intent.status != "succeeded"'
                ),
                "said yes to the bank as well: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(
                    'intent.status == "requires_payment_method"',
                    'request.args.get("redirect_status") == "failed"',
                ),
                "said yes to the bank as well: Stripe took [5950, 5950], expected [5950]",
            ),
            Wrong(
                SHOP.but(RETURN, "    abort(404)\n"),
                "after she has paid: answered 404, expected a page",
            ),
        ),
    ),
    Exercise(
        "13.5",
        "A letter that Stripe never sent",
        answer="create_shop",
        check=check_door,
        hints=(
            "What does the door do with an event that carries no signature at all?",
            "Whatever comes goes through `construct_event`, over the bytes as they came. What it raises is "
            "a 400.",
            'signature = request.headers.get("Stripe-Signature", ""); try: event = '
            "stripe.Webhook.construct_event(payload, signature, secret); except (ValueError, "
            "stripe.SignatureVerificationError): abort(400)",
        ),
        right=(OTHER_SHOP,),
        wrong=(
            Wrong(
                SHOP.but(
                    f"    try:\n        {CONSTRUCTED}\n",
                    "    try:\n        if not signature:\n"
                    "            event = stripe.Event.construct_from(request.json, None)\n"
                    f"        else:\n            {CONSTRUCTED}\n",
                ),
                "Delivered an event without a signature: the door answered 200, expected 400",
            ),
            Wrong(
                SHOP.but(REFUSED, "    except ValueError:\n        abort(400)\n"),
                "Delivered an event without a signature: the door answered 500, expected 400",
            ),
            Wrong(
                SHOP.but(
                    "    except (ValueError, stripe.SignatureVerificationError)",
                    "    except stripe.SignatureVerificationError",
                ),
                "Delivered signed text that is no JSON: the door answered 500, expected 400",
            ),
            Wrong(
                SHOP.but(
                    REFUSED,
                    '    except (ValueError, stripe.SignatureVerificationError):\n        return "", 200\n',
                ),
                "Delivered an event without a signature: the door answered 200, expected 400",
            ),
            Wrong(
                SHOP.but("(payload, signature, secret)", "(payload, signature, secret, None)"),
                "Delivered what Stripe sent an hour ago: the door answered 200, expected 400",
            ),
            Wrong(
                SHOP.but(
                    "payload = request.get_data()",
                    "payload = current_app.json.dumps(request.json)",
                ),
                "expected 200. The signature is over the raw bytes",
            ),
            Wrong(
                SHOP.but(
                    'current_app.config["STRIPE_WEBHOOK_SECRET"]',
                    'current_app.config.get("STRIPE_WEBHOOK_SECRET")',
                ).but(
                    f"        {CONSTRUCTED}\n",
                    f"        {CONSTRUCTED} if secret else "
                    "stripe.Event.construct_from(request.json, None)\n",
                ),
                "No STRIPE_WEBHOOK_SECRET is set, and a forger signs with nothing",
            ),
        ),
    ),
    Exercise(
        "13.6",
        "The shelf that emptied itself",
        answer="create_shop",
        check=check_stock,
        hints=(
            "Count who calls `fulfil` for one payment, and how often.",
            "Asking whether it is paid, and saying that it is, have to be one step: an UPDATE with a "
            "condition, and its rowcount. The stock belongs to the same transaction.",
            "mine = update(Order).where(Order.id == order.id, Order.status == 'pending'). Only if "
            "g.db.execute(mine.values(status='paid')).rowcount: update(Item)…values(stock=Item.stock - "
            "order.quantity). Then commit, once.",
        ),
        right=(OTHER_SHOP, SECOND_LOOK, ROW_LOCK),
        wrong=(
            Wrong(
                SHOP.but(
                    FULFILLED,
                    '    order.status = "paid"\n    order.item.stock -= order.quantity\n',
                ),
                "Paid for two chairs, and the webhook came: 96 chairs are left of 100, expected 98",
            ),
            Wrong(
                SHOP.but(
                    FULFILLED,
                    '    if order.status == "paid":\n        return\n'
                    '    order.status = "paid"\n    order.item.stock -= order.quantity\n',
                ),
                "at the same moment: 98 chairs are left of 100, expected 99",
            ),
            Wrong(
                SHOP.but(
                    FULFILLED,
                    '    order.status = "paid"\n    order.item.stock -= order.quantity\n',
                ).but(
                    '    if event.type == "payment_intent.succeeded":',
                    "    heard = current_app.config.setdefault('HEARD', set())\n"
                    "    if event.id in heard:\n        return '', 200\n"
                    "    heard.add(event.id)\n"
                    '    if event.type == "payment_intent.succeeded":',
                ),
                "Paid for two chairs, and the webhook came: 96 chairs are left of 100, expected 98",
            ),
            Wrong(
                SHOP.but(
                    'shop = Blueprint("shop", __name__)',
                    'shop = Blueprint("shop", __name__)\ndone = set()',
                ).but(
                    FULFILLED,
                    "    if order.id in done:\n        return\n    done.add(order.id)\n"
                    '    order.status = "paid"\n'
                    "    taken = update(Item).where(Item.id == order.item_id)\n"
                    "    g.db.execute(taken.values(stock=Item.stock - order.quantity))\n",
                ),
                "and Stripe came again: the order is 'pending', expected 'paid'",
            ),
            Wrong(
                SHOP.but(
                    "        taken = update(Item)",
                    "        g.db.commit()\n        taken = update(Item)",
                ),
                "and Stripe came again: 100 chairs are left of 100, expected 99",
            ),
            Wrong(
                SHOP.but("        taken = update(Item).where(Item.id == order.item_id)\n", "").but(
                    "g.db.execute(taken.values(stock=Item.stock - order.quantity))",
                    "order.item.stock -= order.quantity",
                ),
                "the shop set the stock to a number of its own",
            ),
            Wrong(
                SHOP.but(
                    ".values(stock=Item.stock - order.quantity)", ".values(stock=Item.stock - 1)"
                ),
                "Paid for two chairs: 99 chairs are left of 100, expected 98",
            ),
        ),
    ),
    Exercise(
        "13.7",
        "A generous double click",
        answer="create_shop",
        check=check_refund,
        hints=(
            "Two clicks send one form, two forms are two wishes. Which of its fields tells them apart?",
            "Make the idempotency key of the form. Then Stripe repeats its answer, and what you *add* to "
            "`refunded`, you add twice: set it to what Stripe says in all.",
            'options={"idempotency_key": f"{id}-refund-{form}"}; charge = '
            "g.stripe.v1.charges.retrieve(made.charge); order.refunded = charge.amount_refunded",
        ),
        right=(OTHER_SHOP,),
        wrong=(
            Wrong(
                SHOP.but("params=params, options=once", "params=params"),
                "Sent the same form twice: Stripe gave 2000 cents back, expected 1000",
            ),
            Wrong(
                SHOP.but(ONCE, 'f"{id}-refund"'),
                "IdempotencyError",
            ),
            Wrong(
                SHOP.but(ONCE, 'f"{id}-refund-{amount}"'),
                "Sent three forms for 1000, 500 and 1000: Stripe gave 1500 cents back, expected 2500",
            ),
            Wrong(
                SHOP.but(BOOKED, "order.refunded += made.amount"),
                "Sent the same form twice: the shop says 2000 cents refunded, expected 1000",
            ),
            Wrong(
                SHOP.but(
                    "    g.db.commit()\n    try:\n        once",
                    "    if order.refunded:\n        return told(order)\n    try:\n        once",
                ).but("params=params, options=once", "params=params"),
                "Sent three forms for 1000, 500 and 1000: Stripe gave 1000 cents back, expected 2500",
            ),
            Wrong(
                SHOP.but(
                    "    refunded: Mapped",
                    "    last_form: Mapped[str | None]\n    refunded: Mapped",
                )
                .but(
                    "    g.db.commit()\n    try:\n        once",
                    "    if order.last_form == form:\n        return told(order)\n    try:\n        once",
                )
                .but("params=params, options=once", "params=params")
                .but(BOOKED, f"{BOOKED}; order.last_form = form"),
                "the answer got lost, and sent it again: Stripe gave 2000 cents back, expected 1000",
            ),
            Wrong(
                SHOP.but(
                    "    refunded: Mapped",
                    "    last_form: Mapped[str | None]\n    refunded: Mapped",
                )
                .but(
                    "    g.db.commit()\n    try:\n        once",
                    "    if order.last_form == form:\n        return told(order)\n"
                    "    order.last_form = form\n    g.db.commit()\n    try:\n        once",
                )
                .but("params=params, options=once", "params=params"),
                "the answer got lost, and sent it again: the shop says 0 cents refunded, expected 1000",
            ),
            Wrong(
                SHOP.but("if type(amount) is not int or", "if"),
                "Sent a form for",
            ),
        ),
    ),
)
