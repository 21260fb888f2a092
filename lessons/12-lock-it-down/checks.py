"""Checks for chapter 12: five mends that hold, a policy, a clean log, and a key that is rotated."""

import html
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask, redirect
from markupsafe import escape
from werkzeug.test import TestResponse

from classroom.exercise import Exercise, Mistake, Wrong, expect
from local_stripe.signing import sign

SECRET, OTHER = "whsec_localPractice", "whsec_localOther"
HOUR = 60 * 60  # seconds
PRICES = {"lamp": 3900, "hook": 1400}


class Visit:
    """Somebody at a new shop of the learner's, with an order of Ann's and one of Bob's."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.shipped: list[Any] = []
        orders = {
            1: {"customer": "ann", "amount": 3900},
            2: {"customer": "bob", "amount": 1400},
        }
        app = answer(dict(PRICES), orders, SECRET, self.shipped.append)
        expect(isinstance(app, Flask), f"Called mended, returned {app!r}, expected a Flask app.")
        self.web = app.test_client()

    def order(self, **wanted: object) -> TestResponse:
        return self.web.post("/orders", data=wanted)

    def sign_in(self, name: str, next: str | None = None) -> TestResponse:
        query = {"next": next} if next is not None else {}
        return self.web.post("/sign-in", query_string=query, data={"customer": name})

    def knock(self, id: str, order: str, *, secret: str = SECRET, age: int = 0) -> int:
        """Deliver an event that was signed so many seconds ago; returns the answer's status."""
        about = {"id": "pi_1", "object": "payment_intent", "metadata": {"order": order}}
        event = {"id": id, "object": "event", "type": "payment_intent.succeeded"}
        body = json.dumps({**event, "data": {"object": about}}).encode()
        headers = {"Stripe-Signature": sign(body, [secret], int(time.time()) - age)}
        return self.web.post("/webhook", data=body, headers=headers).status_code


def check_mended(answer: Callable[..., Any]) -> None:
    for check in (_check_orders, _check_next, _check_ownership, _check_search, _check_webhook):
        check(Visit(answer))


def _check_orders(visit: Visit) -> None:
    for wanted, amount in (
        ({"lamp": 1}, 3900),
        ({"lamp": 2, "hook": 3}, 12000),
        ({"hook": 100}, 140000),
    ):
        got = visit.order(**wanted)
        expect(
            got.status_code == 200 and got.json == {"amount": amount},
            f"Ordered {wanted}, the shop answered {got.status_code} {got.text.strip()}, "
            f"expected 200 and the amount {amount}.",
        )
    for refused in (
        {"lamp": 1, "hook": -2},
        {"lamp": 1, "hook": 0},
        {"lamp": 101},
        {"lamp": "1.5"},
        {"lamp": "two"},
        {"lamp": 1, "sofa": 1},
        {},
    ):
        got = visit.order(**refused)
        expect(
            got.status_code == 422,
            f"Ordered {refused}, the shop answered {got.status_code} {_short(got)}, expected 422.",
        )


def _check_next(visit: Visit) -> None:
    for path in ("/shop/cart", "/orders/1?page=2", "/"):
        got = visit.sign_in("ann", path)
        expect(
            got.location == path,
            f"Signed in with next={path!r}, the shop led to {got.location!r}, expected {path!r}.",
        )
    got = visit.sign_in("ann")
    expect(got.location == "/", f"Signed in without next, the shop led to {got.location!r}.")
    for away in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:evil()",
        "evil.example",
    ):
        got = visit.sign_in("ann", away)
        expect(
            got.location == "/",
            f"Signed in with next={away!r}, the shop led to {got.location!r}, expected '/'."
            f"{_where(got.location)}",
        )


def _where(location: str | None) -> str:
    """Where a browser ends up, which takes a backslash for a slash."""
    seen = (location or "").replace("\\", "/")
    host = urlsplit(urljoin("https://shop.example/sign-in", seen)).hostname
    return f" A browser takes that for the host {host}." if host != "shop.example" else ""


def _check_ownership(visit: Visit) -> None:
    got = visit.web.get("/orders/1")
    expect(
        got.status_code in {401, 404},
        f"Nobody is signed in, and /orders/1 answered {got.status_code}, expected 404.",
    )
    visit.sign_in("ann")
    got = visit.web.get("/orders/1")
    expect(
        got.json == {"customer": "ann", "amount": 3900},
        f"Ann asked for her own order, the shop answered {got.status_code} {_short(got)}.",
    )
    others, nobodys = visit.web.get("/orders/2"), visit.web.get("/orders/3")
    expect(
        others.status_code == 404,
        f"Ann asked for Bob's order, the shop answered {others.status_code} {_short(others)}, "
        "expected 404.",
    )
    expect(
        (others.status_code, others.text) == (nobodys.status_code, nobodys.text),
        f"Bob's order is {_short(others)!r} and one that does not exist is {nobodys.status_code} "
        f"{_short(nobodys)!r}. The difference tells Ann which orders there are.",
    )


def _check_search(visit: Visit) -> None:
    for words in (
        "desk lamp",
        "<script>evil()</script>",
        "<scr<script>ipt>evil()",
        "<SCRIPT>evil()",
        "<img src=x onerror=evil() ",
        "Oak & Lamp",
        "&lt;b&gt;",
        "a < b",
    ):
        got = visit.web.get("/search", query_string={"words": words}).text
        expect(
            words in html.unescape(got) and not ("<" in words and words in got),
            f"Searched for {words!r}, the page says {got!r}, expected it to hold {escape(words)!s}.",
        )


def _check_webhook(visit: Visit) -> None:
    _deliver(visit, 200, ["1"], "a new event of order 1", id="evt_1", order="1")
    _deliver(visit, 200, ["1"], "the same event once more", id="evt_1", order="1")
    _deliver(visit, 200, ["1", "2"], "a new event of order 2", id="evt_2", order="2")
    _deliver(visit, 400, ["1", "2"], "a forged event", id="evt_3", order="3", secret=OTHER)
    stale = "an event that was signed an hour ago"
    _deliver(visit, 400, ["1", "2"], stale, id="evt_4", order="4", age=HOUR)


def _deliver(visit: Visit, expected: int, shipped: list[str], which: str, **event: Any) -> None:
    got = visit.knock(**event)
    expect(got == expected, f"Delivered {which}, the shop answered {got}, expected {expected}.")
    expect(
        visit.shipped == shipped,
        f"Delivered {which}: shipped so far is {visit.shipped!r}, expected {shipped!r}.",
    )


def _short(response: TestResponse) -> str:
    return response.text.strip().partition("\n")[0][:60]


OWN = "https://shop.example"
STRIPE_JS, HOOKS = "https://js.stripe.com", "https://hooks.stripe.com"
FALL_BACK = ("script-src", "style-src", "img-src", "frame-src", "connect-src", "font-src")
INLINE = "'unsafe-inline'"
ANYTHING = ["*", INLINE]  # what a browser allows where nothing is said

ALLOWED = (
    ("script-src", f"{OWN}/static/pay.js", "a script of the shop's own"),
    ("script-src", f"{STRIPE_JS}/v3/", "Stripe's script"),
    ("style-src", f"{OWN}/static/shop.css", "a style sheet of the shop's own"),
    ("img-src", f"{OWN}/static/lamp.svg", "a picture of the shop's own"),
    ("img-src", "https://pictures.example/lamp.jpg", "a picture from pictures.example"),
    ("frame-src", f"{STRIPE_JS}/v3/card", "Stripe's card field"),
    ("frame-src", f"{HOOKS}/3d_secure", "a bank's question"),
    ("connect-src", f"{OWN}/orders/1", "a question to the shop itself"),
    ("connect-src", "https://api.stripe.com/v1/tokens", "a question to Stripe"),
    ("form-action", f"{OWN}/shop/orders", "a form of the shop's own"),
    ("form-action", "https://checkout.stripe.com/c/pay/1", "the way to Checkout"),
)
REFUSED = (
    ("script-src", "https://evil.example/x.js", "a script from evil.example"),
    (
        "script-src",
        "https://js.stripe.com.evil.example/",
        "a script from js.stripe.com.evil.example",
    ),
    ("script-src", "http://js.stripe.com/v3/", "Stripe's script, over http"),
    ("script-src", "data:text/javascript,evil()", "a script in a data: address"),
    ("style-src", "https://evil.example/x.css", "a style sheet from evil.example"),
    ("img-src", "https://evil.example/?cookie", "a picture from evil.example"),
    ("frame-src", "https://evil.example/card", "a frame of evil.example"),
    ("connect-src", "https://evil.example/loot", "a message to evil.example"),
    ("font-src", "https://evil.example/font", "a font from evil.example"),
    ("font-src", f"{OWN}/static/font", "a font of the shop's own, which is not in the table"),
    ("form-action", "https://evil.example/password", "a form that leads to evil.example"),
    ("frame-ancestors", "https://evil.example/", "evil.example with the shop in a frame"),
    ("base-uri", "https://evil.example/", "a <base> tag"),
)


class Policy:
    """A Content-Security-Policy, read as a browser reads it, as far as this exercise goes."""

    def __init__(self, text: str) -> None:
        self.directives: dict[str, list[str]] = {}
        for part in filter(str.strip, text.split(";")):
            name, *sources = part.split()
            self.directives.setdefault(name.lower(), sources)  # the first one counts

    def sources(self, directive: str) -> list[str]:
        """Those of the directive; without it, of default-src or, for some, anything at all."""
        default = self.directives.get("default-src", ANYTHING)
        return self.directives.get(directive, default if directive in FALL_BACK else ANYTHING)

    def admits(self, directive: str, url: str) -> bool:
        return any(_matches(source, url) for source in self.sources(directive))

    def admits_inline(self, directive: str) -> bool:
        return INLINE in self.sources(directive)


def _matches(source: str, url: str) -> bool:
    asked = urlsplit(url)
    match source:
        case "'self'":
            return url.startswith(f"{OWN}/")
        case "*":
            return asked.scheme in {"http", "https"}
        case _ if source.startswith("'"):
            return False
        case _ if source.endswith(":"):
            return asked.scheme == source.removesuffix(":")
    named = urlsplit(source if "://" in source else f"https://{source}")
    host, wanted = asked.hostname or "", named.hostname or ""
    same = host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted
    return asked.scheme == named.scheme and same and asked.path.startswith(named.path)


def check_protect(answer: Callable[..., Any]) -> None:
    app = Flask("practice")
    app.logger.disabled = True  # one of its pages is broken on purpose
    app.add_url_rule("/", "page", lambda: "a page")
    app.add_url_rule("/moved", "moved", lambda: redirect("/"))
    app.add_url_rule("/broken", "broken", lambda: 1 // 0)
    answer(app)
    web = app.test_client()
    for path, which in (
        ("/", "a page"),
        ("/moved", "a redirect"),
        ("/nothing", "a 404"),
        ("/broken", "a 500"),
    ):
        _check_policy(web.get(path), which)


def _check_policy(response: TestResponse, which: str) -> None:
    found = response.headers.getlist("Content-Security-Policy")
    expect(
        len(found) == 1,
        f"Asked for {which}, the answer has {len(found)} headers Content-Security-Policy, expected 1.",
    )
    policy = Policy(found[0])
    for directive, url, what in ALLOWED:
        expect(
            policy.admits(directive, url),
            f"Asked for {which}: its policy refuses {what} ({url}). {_told(policy, directive)}",
        )
    for directive, url, what in REFUSED:
        expect(
            not policy.admits(directive, url),
            f"Asked for {which}: its policy allows {what}. {_told(policy, directive)}",
        )
    for directive in ("script-src", "style-src"):
        expect(
            not policy.admits_inline(directive),
            f"Asked for {which}: its policy allows what stands in the page itself. "
            f"{_told(policy, directive)}",
        )


def _told(policy: Policy, directive: str) -> str:
    if directive in policy.directives:
        return f"It says: {directive} {' '.join(policy.directives[directive])}."
    if directive in FALL_BACK:
        said = " ".join(policy.sources(directive))
        return f"It says nothing of {directive}, so default-src counts: {said}."
    return f"It says nothing of {directive}, and default-src does not count for it."


KEY, RESTRICTED, LIVE = "sk_test_localPractice9", "rk_test_localPractice9", "sk_live_visiblyFake"
HIDE = (
    ("a secret key", KEY),
    ("a live key", LIVE),
    ("a restricted key", RESTRICTED),
    ("a signing secret", SECRET),
    ("a token", "tok_1Practice"),
    ("an e-mail address", "ann.lee+shop@mail.example.com"),
    ("a card number", "4242424242424242"),
    ("a card number with spaces", "4242 4242 4242 4242"),
    ("a card number with hyphens", "4242-4242-4242-4242"),
    ("a card number of American Express", "3782 822463 10005"),
    ("a card number of 13 digits", "4222222222222"),
    ("a card number of 19 digits", "6011000990139424123"),
)
KEEP = (
    "request req_8Xk2Practice, PaymentIntent pi_3Practice, amount 3900",
    "order 1234567890 is paid",
    "100% of the lamps are sold",
    "it took 1250 ms",
    "card_declined, insufficient_funds",
)


class Strict(logging.StreamHandler[io.StringIO]):
    """Raises what other handlers print to the screen: that a line could not be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        raise


class Pen:
    """A logger with one filter of the learner's; `write` returns the line that came out."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.paper = io.StringIO()
        self.logger = logging.Logger("practice")
        self.logger.addHandler(Strict(self.paper))
        self.logger.addFilter(answer())

    def write(self, message: str, *arguments: object, exc_info: bool = False) -> str:
        self.paper.seek(0)
        self.paper.truncate()
        try:
            self.logger.warning(message, *arguments, exc_info=exc_info)
        except (TypeError, ValueError, KeyError) as error:
            raise Mistake(
                f"Logged {message!r} with {arguments!r}: {type(error).__name__}, {error}. "
                "Is record.args None afterwards?"
            ) from error
        return self.paper.getvalue().rstrip("\n")


def check_redact(answer: Callable[..., Any]) -> None:
    pen = Pen(answer)
    for line in KEEP:
        got = pen.write(line)
        expect(got == line, f"Logged {line!r}, the log says {got!r}, expected no change.")
    for what, secret in HIDE:
        for called, message, arguments in (
            (f"Logged {what}", f"it was {secret}, order 7", ()),
            (f"Logged {what} as an argument", "it was %s, order %d", (secret, 7)),
            (f"Logged {what} in a dict", "it was %(x)s, order %(n)d", ({"x": secret, "n": 7},)),
        ):
            got = pen.write(message, *arguments)
            expect(
                got == "it was [hidden], order 7",
                f"{called} ({secret}), the log says {got!r}, expected 'it was [hidden], order 7'.",
            )
    _check_traceback(pen)


def _check_traceback(pen: Pen) -> None:
    secret = "ann@example.com"
    try:
        raise ValueError(f"no account of {secret}")
    except ValueError:
        got = pen.write("order %d failed", 7, exc_info=True)
    expect(
        "order 7 failed" in got,
        f"Logged an exception, the log says {got!r}, expected the line itself, too.",
    )
    expect(
        "ValueError" in got and "Traceback" in got,
        "Logged an exception: its traceback is not in the log, and you will need it.",
    )
    expect(
        secret not in got,
        f"Logged an exception: the traceback in the log says 'no account of {secret}'.",
    )


OLD = "rk_test_localOld"


class Account:
    """Keys, and who calls with which. Time passes while a server restarts.

    forgotten: a program that nobody thinks of calls with the old key
    calm: no server may be refused
    """

    def __init__(self, *, forgotten: bool, calm: bool) -> None:
        self.forgotten, self.calm = forgotten, calm
        self.valid = {OLD}
        self.used = {OLD}  # in the last hour
        self.servers = [Server(self, number) for number in (1, 2, 3)]
        self.expired_after: int | None = None  # so many restarts

    def create_key(self) -> str:
        new = f"rk_test_localNew{len(self.valid)}"
        self.valid.add(new)
        return new

    def expire(self, key: str) -> None:
        expect(key in self.valid, f"Called expire with {key!r}, which is no key of this account.")
        self.valid.remove(key)
        if key == OLD:
            self.expired_after = sum(server.key != OLD for server in self.servers)
        self.serve()

    def still_used(self, key: str) -> bool:
        return key in self.used

    def serve(self) -> None:
        """An hour goes by, in which every server takes payments."""
        self.used = {OLD} if self.forgotten else set()
        for server in self.servers:
            self.used.add(server.key)
            expect(
                server.key in self.valid or not self.calm,
                f"Called rotate with leaked=False: server {server.number} was refused. It has "
                f"{_named(server.key)}, which is not valid.",
            )


class Server:
    """Calls Stripe with its key, also while it restarts: the old process serves till the end."""

    def __init__(self, account: Account, number: int) -> None:
        self.number, self.key = number, OLD
        self._account = account

    def restart(self, key: Any) -> None:
        expect(isinstance(key, str), f"Called restart with {key!r}, expected a key.")
        self._account.serve()
        self.key = key
        self._account.serve()


def _named(key: str) -> str:
    return "the old key" if key == OLD else f"the key {key!r}"


def check_rotate(answer: Callable[..., Any]) -> None:
    calm = _rotated(answer, "with leaked=False", True, forgotten=False, leaked=False)
    expect(
        OLD not in calm.valid,
        "Called rotate with leaked=False: nobody uses the old key any more, and it is still valid.",
    )
    which = "with leaked=False, where a forgotten program uses the old key"
    forgotten = _rotated(answer, which, False, forgotten=True, leaked=False)
    expect(
        OLD in forgotten.valid,
        f"Called rotate {which}: the old key has expired, and that program is refused.",
    )
    which = "with leaked=True, where a forgotten program uses the old key"
    leak = _rotated(answer, which, True, forgotten=True, leaked=True)
    expect(OLD not in leak.valid, f"Called rotate {which}: the thief's key is still valid.")
    expect(
        leak.expired_after == 0,
        f"Called rotate {which}: the old key expired after a restart, which takes more than an hour. "
        "The thief needs minutes.",
    )


def _rotated(
    answer: Callable[..., Any], which: str, expected: bool, *, forgotten: bool, leaked: bool
) -> Account:
    account = Account(forgotten=forgotten, calm=not leaked)
    got = answer(account, list(account.servers), leaked)
    keys = {server.key for server in account.servers}
    expect(
        len(keys) == 1,
        f"Called rotate {which}: the servers have {len(keys)} different keys, expected one.",
    )
    (key,) = keys
    expect(key != OLD, f"Called rotate {which}: the servers have the old key.")
    expect(key in account.valid, f"Called rotate {which}: the new key is not valid.")
    expect(got is expected, f"Called rotate {which}, returned {got!r}, expected {expected}.")
    return account


SHOP = """
def mended(prices, orders, secret, ship):
    app = Flask("mended")
    app.secret_key = "practice"
    own_path = re.compile({own_path})
    shipped = set()

    @app.post("/orders")
    def order():
        wanted = request.form
        if not wanted or not all({fair}):
            return "no", 422
        return {{"amount": sum(prices[item] * int(many) for item, many in wanted.items())}}

    @app.post("/sign-in")
    def sign_in():
        session["customer"] = request.form["customer"]
        target = request.args.get("next", "/")
        return redirect(target if {own} else "/")

    @app.get("/orders/<int:number>")
    def show_order(number):
        found = orders.get(number)
        if {not_theirs}:
            return {refusal}
        return found

    @app.get("/search")
    def search():
        words = request.args.get("words", "")
        return f"<h1>Nothing found for {{{shown}}}</h1>"

    @app.post("/webhook")
    def hear():
        header = request.headers.get("Stripe-Signature")
        try:
            event = stripe.Webhook.construct_event(request.get_data(), header, secret{tolerance})
        except (ValueError, stripe.SignatureVerificationError):
            return "no", 400
        number = event.data.object.metadata["order"]
        {ship}
        return "heard"

    return app
"""
SOUND = {
    "own_path": r'r"/(?!/)[^\\\x00-\x20\x7f]*"',
    "fair": 'i in prices and re.fullmatch("[1-9][0-9]?|100", n) for i, n in wanted.items()',
    "own": "own_path.fullmatch(target)",
    "not_theirs": 'found is None or found["customer"] != session.get("customer")',
    "refusal": '("no such order", 404)',
    "shown": "escape(words)",
    "tolerance": "",
    "ship": "shipped.add(event.id) or ship(number) if event.id not in shipped else None",
}

PROTECT = """
def protect(app):
    @app.after_request
    def add(answer):
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src {script}; style-src {style}; "
            "img-src 'self' https://pictures.example; frame-src {frame}; "
            "connect-src 'self' https://api.stripe.com; {rest}"
        )
        return answer
"""
STRICT = {
    "script": "'self' https://js.stripe.com",
    "style": "'self'",
    "frame": "https://js.stripe.com https://hooks.stripe.com",
    "rest": "form-action 'self' https://checkout.stripe.com; base-uri 'none'; "
    "frame-ancestors 'none'",
}

REDACT = """
class Redact(logging.Filter):
    def filter(self, record):
        text = {text}
        if record.exc_info and {traceback}:
            text += "\\n" + logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.msg = re.sub(r"{keys}|tok_\\w+|[\\w.+-]+@[\\w.-]+|{number}", "[hidden]", text)
        {arguments}
        return {kept}
"""
CLEAN = {
    "text": "record.getMessage()",
    "traceback": "True",
    "keys": r"[sr]k_(?:test|live)_\w+|whsec_\w+",
    "number": "[0-9](?:[ -]?[0-9]){12,18}",
    "arguments": "record.args = None",
    "kept": "True",
}

ROTATE = """
def rotate(account, servers, leaked):
    old, new = servers[0].key, account.create_key()
    {first}
    for server in {servers}:
        server.restart({key})
    {last}
"""
ROTATED = {
    "first": "leaked and account.expire(old)",
    "servers": "servers",
    "key": "new",
    "last": "free = leaked or not account.still_used(old)\n"
    "    free and not leaked and account.expire(old)\n"
    "    return free",
}


EXERCISES = (
    Exercise(
        "12.1",
        "Break it, then fix it: five shops, mended badly",
        answer="mended",
        check=check_mended,
        hints=(
            "Each mend forbids one thing that is bad. Say what is good instead: which quantities, which "
            "addresses, whose order, which events. For the search there is nothing to forbid: show it as text.",
            're.fullmatch("[1-9][0-9]?|100", many) takes 1 to 100. For next: one slash, then no second one, and '
            'no backslash, blank or tab anywhere. Compare the order\'s customer with session.get("customer"). '
            "escape(words) makes text of HTML. A set of ids knows which events were there.",
            'own_path = re.compile(r"/(?!/)[^\\\\\\x00-\\x20\\x7f]*"), and redirect(target if '
            'own_path.fullmatch(target) else "/"). Ask for the order with orders.get(number); if it is None or '
            "somebody else's, answer the same 404. Leave tolerance=None away. Before ship: if event.id is in "
            "the set, answer; else add it.",
        ),
        wrong=(
            Wrong(
                SHOP.format(
                    **SOUND | {"fair": "i in prices and int(n) for i, n in wanted.items()"}
                ),
                "Ordered {'lamp': 1, 'hook': -2}, the shop answered 200",
            ),
            Wrong(
                SHOP.format(
                    **SOUND
                    | {"fair": "i in prices and 1 <= int(n) <= 100 for i, n in wanted.items()"}
                ),
                "Ordered {'lamp': '1.5'}, the shop answered 500",
            ),
            Wrong(
                SHOP.format(**SOUND | {"fair": SOUND["fair"].replace("i in prices and ", "")}),
                "Ordered {'lamp': 1, 'sofa': 1}, the shop answered 500",
            ),
            Wrong(
                SHOP.format(
                    **SOUND | {"own": 'target.startswith("/") and not target.startswith("//")'}
                ),
                "next='/\\\\evil.example', the shop led to '/%5Cevil.example', expected '/'",
            ),
            Wrong(
                SHOP.format(**SOUND | {"own": 'target.startswith("/")'}),
                "the shop led to '//evil.example', expected '/'. A browser takes that for the host evil",
            ),
            Wrong(
                SHOP.format(**SOUND | {"own": 'target == "/"'}),
                "Signed in with next='/shop/cart', the shop led to '/'",
            ),
            Wrong(
                SHOP.format(**SOUND | {"not_theirs": "found is None"}),
                "Nobody is signed in, and /orders/1 answered 200",
            ),
            Wrong(
                SHOP.format(**SOUND | {"not_theirs": 'found is None or "customer" not in session'}),
                "Ann asked for Bob's order, the shop answered 200",
            ),
            Wrong(
                SHOP.format(
                    **SOUND
                    | {"refusal": '("no such order" if found is None else "not yours", 404)'}
                ),
                "The difference tells Ann which orders there are",
            ),
            Wrong(
                SHOP.format(**SOUND | {"shown": "re.sub('<.*?>', '', words)"}),
                "Searched for '<script>evil()</script>', the page says",
            ),
            Wrong(
                SHOP.format(**SOUND | {"shown": "words.replace('<script>', '')"}),
                "Searched for '<script>evil()</script>', the page says '<h1>Nothing found for evil()</script>",
            ),
            Wrong(
                SHOP.format(**SOUND | {"ship": "ship(number)"}),
                "Delivered the same event once more: shipped so far is ['1', '1']",
            ),
            Wrong(
                SHOP.format(
                    **SOUND | {"ship": "number in shipped or ship(number); shipped.add(1)"}
                ),
                "Delivered the same event once more: shipped so far is ['1', '1']",
            ),
            Wrong(
                SHOP.format(**SOUND | {"tolerance": ", tolerance=None"}),
                "Delivered an event that was signed an hour ago, the shop answered 200, expected 400",
            ),
        ),
    ),
    Exercise(
        "12.2",
        "Let Stripe's script in, and nothing else",
        answer="protect",
        check=check_protect,
        hints=(
            "Begin with default-src 'none', and add a directive for each row of the table. Which three do not "
            "fall back on it?",
            "In the order of the table: script-src, style-src, img-src, frame-src, connect-src, form-action. The "
            "shop itself is 'self', with the quotes. Between directives stands a semicolon. A function under "
            "@app.after_request gets each answer, and has to return it.",
            "After those six: base-uri 'none' and frame-ancestors 'none'. In the function: "
            'answer.headers["Content-Security-Policy"] = the text; return answer.',
        ),
        wrong=(
            Wrong(
                PROTECT.format(
                    **STRICT | {"script": "'self' 'unsafe-inline' https://js.stripe.com"}
                ),
                "its policy allows what stands in the page itself. It says: script-src 'self' 'unsafe-inline'",
            ),
            Wrong(
                PROTECT.format(**STRICT | {"script": "'self' https:"}),
                "its policy allows a script from evil.example",
            ),
            Wrong(
                PROTECT.format(**STRICT | {"script": "self https://js.stripe.com"}),
                "its policy refuses a script of the shop's own",
            ),
            Wrong(
                PROTECT.format(**STRICT | {"script": "'self' js.stripe.com http://js.stripe.com"}),
                "its policy allows Stripe's script, over http",
            ),
            Wrong(
                PROTECT.format(**STRICT | {"frame": "https://js.stripe.com"}),
                "its policy refuses a bank's question",
            ),
            Wrong(
                PROTECT.format(**STRICT | {"rest": STRICT["rest"].partition("; ")[2]}),
                "allows a form that leads to evil.example. It says nothing of form-action, and default-src does",
            ),
            Wrong(
                PROTECT.format(**STRICT | {"rest": STRICT["rest"].partition("; frame")[0]}),
                "its policy allows evil.example with the shop in a frame",
            ),
            Wrong(
                PROTECT.format(
                    **STRICT | {"rest": STRICT["rest"].replace("base-uri 'none'; ", "")}
                ),
                "its policy allows a <base> tag",
            ),
            Wrong(
                PROTECT.format(**STRICT).replace("default-src 'none'", "default-src 'self'"),
                "a font of the shop's own, which is not in the table. It says nothing of font-src, so",
            ),
            Wrong(
                PROTECT.format(**STRICT).replace("default-src 'none'; ", ""),
                "its policy allows a font from evil.example. It says nothing of font-src",
            ),
            Wrong(
                PROTECT.format(**STRICT).replace(
                    "    def add(answer):",
                    "    def add(answer):\n        if answer.status_code != 200:\n            return answer",
                ),
                "Asked for a redirect, the answer has 0 headers",
            ),
        ),
    ),
    Exercise(
        "12.3",
        "Keep secrets out of the log",
        answer="Redact",
        check=check_redact,
        hints=(
            "Three steps: the whole text of the record, with its traceback if it has one; a substitution; back "
            "into the record, so that nobody puts it together again.",
            r"Patterns are joined with |. For keys: (?:sk|rk)_(?:test|live)_\w+. For an e-mail address: "
            r"[\w.+-]+@[\w.-]+. For a card number: a digit, and then 12 to 18 times a digit that may have a space or "
            "a hyphen before it.",
            r'text = record.getMessage(); with record.exc_info, text += "\n" + '
            "logging.Formatter().formatException(record.exc_info), and exc_info becomes None; record.msg, "
            'record.args = re.sub(pattern, "[hidden]", text), None; return True. The card number is '
            r"\d(?:[ -]?\d){12,18}.",
        ),
        wrong=(
            Wrong(
                REDACT.format(**CLEAN | {"text": "str(record.msg)", "arguments": "pass"}),
                "Logged a secret key as an argument (sk_test_localPractice9), the log says 'it was sk_test_",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"arguments": "pass"}),
                "Is record.args None afterwards?",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"kept": "'[hidden]' not in record.msg"}),
                "the log says '', expected 'it was [hidden], order 7'",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"keys": r"sk_test_\w+"}),
                "Logged a live key (sk_live_visiblyFake), the log says",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"keys": r"\w+_\w+"}),
                "the log says 'request [hidden], PaymentIntent [hidden], amount 3900', expected no change",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"number": "[0-9]{16}"}),
                "Logged a card number with spaces (4242 4242 4242 4242), the log says",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"number": "[0-9]+"}),
                "expected no change",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"traceback": "False"}),
                "the traceback in the log says 'no account of ann@example.com'",
            ),
            Wrong(
                REDACT.format(**CLEAN | {"traceback": "record.__dict__.update(exc_info=None)"}),
                "its traceback is not in the log, and you will need it",
            ),
        ),
    ),
    Exercise(
        "12.4",
        "Rotate a key without downtime",
        answer="rotate",
        check=check_rotate,
        hints=(
            "On a calm day, the old key expires last, and only if nobody is hurt by it. In a leak, who is hurt "
            "as long as it is valid?",
            "Note the old key before you restart anybody: servers[0].key. Make the new one. Then there is "
            "one line that stands above the loop in one case and below it in the other.",
            "old, new = servers[0].key, account.create_key(). if leaked: account.expire(old). Restart each server "
            "with new. if leaked: return True. if account.still_used(old): return False. Else expire the old one, "
            "and return True.",
        ),
        wrong=(
            Wrong(
                ROTATE.format(**ROTATED | {"first": "account.expire(old)", "last": "return True"}),
                "with leaked=False: server 1 was refused. It has the old key, which is not valid",
            ),
            Wrong(
                ROTATE.format(
                    **ROTATED | {"first": "pass", "last": "account.expire(old)\n    return True"}
                ),
                "where a forgotten program uses the old key, returned True, expected False",
            ),
            Wrong(
                ROTATE.format(
                    **ROTATED
                    | {
                        "first": "pass",
                        "last": "free = leaked or not account.still_used(old)\n"
                        "    free and account.expire(old)\n"
                        "    return free",
                    }
                ),
                "the old key expired after a restart, which takes more than an hour",
            ),
            Wrong(
                ROTATE.format(**ROTATED | {"last": "return leaked or not account.still_used(old)"}),
                "nobody uses the old key any more, and it is still valid",
            ),
            Wrong(
                ROTATE.format(**ROTATED | {"servers": "servers[:1]"}),
                "with leaked=False: the servers have 2 different keys, expected one",
            ),
            Wrong(
                ROTATE.format(**ROTATED | {"key": "account.create_key()"}),
                "the servers have 3 different keys, expected one",
            ),
            Wrong(
                ROTATE.format(**ROTATED | {"key": "old"}),
                "with leaked=False: the servers have the old key",
            ),
        ),
    ),
)
