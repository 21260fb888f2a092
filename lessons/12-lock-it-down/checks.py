"""Checks for chapter 12: five mends that hold, a policy, a clean log, a key that is rotated."""

import html
import io
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask, Response, redirect
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import browser_at
from local_stripe.signing import sign

SECRET, OTHER = "whsec_localPractice", "whsec_localOther"
MINUTE = 60  # seconds


def _short(response: TestResponse) -> str:
    return response.text.strip().partition("\n")[0][:60]


PRICES = {"lamp": 3900, "hook": 1400}


def check_ordering(answer: Callable[..., Any]) -> None:
    web = browser_at(answer, dict(PRICES))
    for wanted, amount in (
        ({"lamp": 1}, 3900),
        ({"lamp": 2, "hook": 3}, 12000),
        ({"hook": 100}, 140000),
    ):
        got = web.post("/orders", data=wanted)
        expect(
            got.status_code == 200 and got.json == {"amount": amount},
            f"Ordered {wanted}, the shop answered {got.status_code} {_short(got)}, "
            f"expected 200 and the amount {amount}.",
        )
    for refused in (
        {"lamp": 1, "hook": -2},
        {"lamp": 1, "hook": 0},
        {"lamp": 101},
        {"lamp": "1.5"},
        {"lamp": "two"},
        {"lamp": ""},
        {"lamp": "²"},
        {"lamp": 1, "sofa": 1},
        {},
    ):
        got = web.post("/orders", data=refused)
        expect(
            got.status_code == 422,
            f"Ordered {refused}, the shop answered {got.status_code} {_short(got)}, expected 422.",
        )


def check_signing_in(answer: Callable[..., Any]) -> None:
    web = browser_at(answer)
    for path in ("/shop/cart", "/orders/1?page=2", "/"):
        got = _sign_in(web, next=path)
        expect(
            got.location == path,
            f"Signed in with next={path!r}, the shop led to {got.location!r}, expected {path!r}.",
        )
    got = _sign_in(web)
    expect(got.location == "/", f"Signed in without next, the shop led to {got.location!r}.")
    with web.session_transaction() as session:
        expect(
            session.get("customer") == "ann", "Signed in as ann, and the session has no customer."
        )
    for away in (
        "https://evil.example",
        "//evil.example",
        "//shop.example.thief.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:evil()",
        "evil.example",
    ):
        got = _sign_in(web, next=away)
        expect(
            got.location == "/",
            f"Signed in with next={away!r}, the shop led to {got.location!r}, expected '/'."
            f"{_where(got.location)}",
        )


def _sign_in(web: FlaskClient, **query: str) -> TestResponse:
    return web.post("/sign-in", query_string=query, data={"customer": "ann"})


def _where(location: str | None) -> str:
    """Where a browser ends up, which takes a backslash for a slash."""
    seen = (location or "").replace("\\", "/")
    host = urlsplit(urljoin("https://shop.example/sign-in", seen)).hostname
    return f" A browser takes that for the host {host}." if host != "shop.example" else ""


def check_showing(answer: Callable[..., Any]) -> None:
    orders = {
        1: {"customer": "ann", "amount": 3900},
        2: {"customer": "bob", "amount": 1400},
        3: {"customer": None, "amount": 700},
    }
    web = browser_at(answer, orders)
    _check_ownership(web)
    _check_search(web)


def _check_ownership(web: FlaskClient) -> None:
    for path in ("/orders/1", "/orders/3"):
        got = web.get(path)
        expect(
            got.status_code == 404,
            f"Nobody is signed in, and {path} answered {got.status_code} {_short(got)}, expected 404.",
        )
    with web.session_transaction() as session:
        session["customer"] = "ann"
    got = web.get("/orders/1")
    expect(
        got.json == {"customer": "ann", "amount": 3900},
        f"Ann asked for her own order, the shop answered {got.status_code} {_short(got)}.",
    )
    others, nobodys = web.get("/orders/2"), web.get("/orders/4")
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


def _check_search(web: FlaskClient) -> None:
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
        got = web.get("/search", query_string={"words": words})
        expect(
            got.status_code == 200,
            f"Searched for {words!r}, the shop answered {got.status_code} {_short(got)}.",
        )
        expect(
            words in html.unescape(got.text) and not ("<" in words and words in got.text),
            f"Searched for {words!r}, the page says {got.text!r}, "
            f"expected it to hold {escape(words)!s}.",
        )


def check_hearing(answer: Callable[..., Any]) -> None:
    Mailbox(answer).check()


class Mailbox:
    """Delivers events to the learner's shop, and sees what it ships."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.shipped: list[Any] = []
        self.web = browser_at(answer, SECRET, self.shipped.append)

    def check(self) -> None:
        again = "the same event once more, signed anew"
        self.deliver("a new event of order 1", 200, ["1"], "evt_1", "1", age=MINUTE)
        self.deliver(again, 200, ["1"], "evt_1", "1")
        self.deliver("a new event of order 2", 200, ["1", "2"], "evt_2", "2")
        self.deliver("a forged event", 400, ["1", "2"], "evt_3", "3", secret=OTHER)
        old = "an event that was signed {} minutes ago"
        self.deliver(old.format(4), 200, ["1", "2", "3"], "evt_4", "3", age=4 * MINUTE)
        self.deliver(old.format(6), 400, ["1", "2", "3"], "evt_5", "4", age=6 * MINUTE)

    def deliver(
        self, which: str, expected: int, shipped: list[str], *event: str, **signed: Any
    ) -> None:
        got = self.knock(*event, **signed)
        heard = expected == 200 and 200 <= got < 300  # to Stripe, they are all the same
        expect(
            heard or got == expected,
            f"Delivered {which}, the shop answered {got}, expected {expected}.",
        )
        expect(
            self.shipped == shipped,
            f"Delivered {which}: shipped so far is {self.shipped!r}, expected {shipped!r}.",
        )

    def knock(self, id: str, order: str, *, secret: str = SECRET, age: int = 0) -> int:
        """Deliver an event that was signed so many seconds ago; returns the answer's status."""
        about = {"id": "pi_1", "object": "payment_intent", "metadata": {"order": order}}
        event = {"id": id, "object": "event", "type": "payment_intent.succeeded"}
        body = json.dumps({**event, "data": {"object": about}}).encode()
        headers = {"Stripe-Signature": sign(body, [secret], int(time.time()) - age)}
        return self.web.post("/webhook", data=body, headers=headers).status_code


OWN, EVIL = "https://shop.example", "https://evil.example"
STRIPE_JS, HOOKS = "https://js.stripe.com", "https://hooks.stripe.com"
API, CHECKOUT = "https://api.stripe.com", "https://checkout.stripe.com"
PICTURES = "https://pictures.example"
SOURCES = {
    OWN: "the shop itself",
    EVIL: "evil.example",
    STRIPE_JS: "js.stripe.com",
    f"{STRIPE_JS}.evil.example": "js.stripe.com.evil.example",
    "http://js.stripe.com": "js.stripe.com, over http",
    HOOKS: "hooks.stripe.com",
    API: "api.stripe.com",
    CHECKOUT: "checkout.stripe.com",
    PICTURES: "pictures.example",
    "data:": "a data: address",
}
WHAT = {
    "script-src": "a script from {}",
    "style-src": "a style sheet from {}",
    "img-src": "a picture from {}",
    "frame-src": "a frame of {}",
    "connect-src": "a script's request to {}",
    "font-src": "a font from {}",
    "object-src": "a plug-in from {}",
    "form-action": "a form that leads to {}",
    "frame-ancestors": "the shop in a frame of {}",
    "base-uri": "a <base> tag that names {}",
}
TABLE = {
    "script-src": {OWN, STRIPE_JS},
    "style-src": {OWN},
    "img-src": {OWN, PICTURES},
    "frame-src": {STRIPE_JS, HOOKS},
    "connect-src": {OWN, API},
    "form-action": {OWN, CHECKOUT},
}
ALONE = {"form-action", "frame-ancestors", "base-uri"}  # those that do not fall back
ANYTHING = ["*"]  # what a browser allows where nothing is said


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
        return self.directives.get(directive, ANYTHING if directive in ALONE else default)

    def admits(self, directive: str, url: str) -> bool:
        return any(_matches(source, url) for source in self.sources(directive))

    def keywords(self, directive: str) -> list[str]:
        """What lets in more than addresses do, such as 'unsafe-inline'."""
        quoted = [source for source in self.sources(directive) if source.startswith("'")]
        return [source for source in quoted if source not in {"'self'", "'none'"}]


def _matches(source: str, url: str) -> bool:
    asked = urlsplit(url)
    match source:
        case "'self'":
            return url == OWN
        case "*":
            return asked.scheme in {"http", "https"}
        case _ if source.startswith("'"):
            return False
        case _ if source.endswith(":"):
            return asked.scheme == source.removesuffix(":")
    named = urlsplit(source if "://" in source else f"https://{source}")
    host, wanted = asked.hostname or "", named.hostname or ""
    same = host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted
    return asked.scheme == named.scheme and same and (asked.path or "/").startswith(named.path)


def check_protect(answer: Callable[..., Any]) -> None:
    app = Flask("practice")
    app.logger.disabled = True  # one of its pages is broken on purpose
    app.add_url_rule("/", "page", lambda: "a page")
    app.add_url_rule("/moved", "moved", lambda: redirect("/"))
    app.add_url_rule("/broken", "broken", lambda: 1 // 0)
    app.after_request(_returned)  # runs last: Flask goes from the newest to the oldest
    answer(app)
    web = app.test_client()
    for path, which in (
        ("/", "a page"),
        ("/moved", "a redirect"),
        ("/nothing", "a 404"),
        ("/broken", "a 500"),
    ):
        app.testing = path != "/broken"  # else an error of the learner's is not seen here
        _check_policy(web.get(path), which)


def _returned(response: Any) -> Response:
    expect(
        isinstance(response, Response),
        f"Your function under @app.after_request returned {response!r}, expected the answer.",
    )
    return response


def _check_policy(response: TestResponse, which: str) -> None:
    found = response.headers.getlist("Content-Security-Policy")
    expect(
        len(found) == 1,
        f"Asked for {which}, the answer has {len(found)} headers Content-Security-Policy, expected 1.",
    )
    policy = Policy(found[0])
    for directive, what in WHAT.items():
        for source, name in SOURCES.items():
            admitted, expected = (
                policy.admits(directive, source),
                source in TABLE.get(directive, ()),
            )
            expect(
                admitted == expected,
                f"Asked for {which}: its policy {'allows' if admitted else 'refuses'} "
                f"{what.format(name)}. {_told(policy, directive)}",
            )
        for keyword in policy.keywords(directive):
            expect(
                False,
                f"Asked for {which}: {keyword} is not in the table. {_told(policy, directive)}",
            )


def _told(policy: Policy, directive: str) -> str:
    if directive in policy.directives:
        return f"It says: {directive} {' '.join(policy.directives[directive])}."
    if directive in ALONE:
        return f"It says nothing of {directive}, and default-src does not count for it."
    default = " ".join(policy.directives.get("default-src", ["nothing either"]))
    return f"It says nothing of {directive}, so default-src counts: {default}."


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
        raise Mistake(
            f"Your filter left msg {record.msg!r} and args {record.args!r}, and logging could not put "
            f"them together: {sys.exception()}. Is record.args None afterwards?"
        )


class Pen:
    """A logger with one filter of the learner's; `write` returns the line that came out."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.paper = io.StringIO()
        self.logger = logging.Logger("practice")
        self.logger.addHandler(Strict(self.paper))
        self.logger.addFilter(answer())

    def write(self, message: str, *arguments: object, exc_info: bool | None = None) -> str:
        self.paper.seek(0)
        self.paper.truncate()
        self.logger.warning(message, *arguments, exc_info=exc_info)
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
    crowd = f"bob@example.com took {KEY} and tok_1Practice from ann@example.com"
    got = pen.write(crowd)
    expect(
        got == "[hidden] took [hidden] and [hidden] from [hidden]",
        f"Logged {crowd!r}, the log says {got!r}, expected all four to be hidden.",
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
        self.restarts = 0
        self.expired_after: int | None = None  # so many restarts
        self.asked: list[str] = []  # what still_used was called with, and when

    def create_key(self) -> str:
        new = f"rk_test_localNew{len(self.valid)}"
        self.valid.add(new)
        return new

    def expire(self, key: str) -> None:
        expect(key in self.valid, f"Called expire with {key!r}, which is no key of this account.")
        self.valid.remove(key)
        if key == OLD:
            self.expired_after = self.restarts
        self.serve()

    def still_used(self, key: str) -> bool:
        self.asked.append(f"{_named(key)}, after {self.restarts} restarts")
        expect(
            len(self.asked) <= 100,
            "Called still_used a hundred times, and the old key is still used. Who waits for a "
            "program that was forgotten waits for ever. Expected False.",
        )
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
        self._account.restarts += 1
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
    asked = "".join(f" It called still_used with {call}." for call in account.asked)
    expect(got is expected, f"Called rotate {which}, returned {got!r}, expected {expected}.{asked}")
    return account


ORDERING = solution_of("ordering", __file__)
SIGNING_IN = solution_of("signing_in", __file__)
SHOWING = solution_of("showing", __file__)
HEARING = solution_of("hearing", __file__)
PROTECT = solution_of("protect", __file__)
REDACT = solution_of("Redact", __file__)
ROTATE = solution_of("rotate", __file__)

WHOLE = 're.fullmatch("[1-9][0-9]?|100", many)'
OWN_PATH = r're.fullmatch(r"/(?!/)[^\\\x00-\x20\x7f]*", target)'
WITH_URLSPLIT = SIGNING_IN.but(
    '    app = Flask("signing_in")',
    '    from urllib.parse import urlsplit\n\n    app = Flask("signing_in")',
)
NO_SUCH_ORDER = '"There is no such order.", 404'
TYPED = 'request.args.get("words", "")'
ESCAPED = f"escape({TYPED})"
NEW_EVENT = "if event.id not in shipped:"
SCRIPTS, STYLES = "'self' https://js.stripe.com", '"style-src": "\'self\''
FRAMES = "https://js.stripe.com https://hooks.stripe.com"
KEYS = r"(?:sk|rk)_(?:test|live)_\w+|whsec_\w+"
CARD_NUMBER = r"\d(?:[ -]?\d){12,18}"
ARGUMENTS_LEFT = REDACT.but("record.msg, record.args =", "record.msg =").but("text), None", "text)")
IN_A_LEAK = "    if leaked:\n        account.expire(old)\n"
AFTER_A_LEAK = "    if leaked:\n        return True\n"
STILL_USED = "    if account.still_used(old):\n        return False\n"

EXERCISES = (
    Exercise(
        "12.1",
        "Break it, then fix it: less than nothing",
        answer="ordering",
        check=check_ordering,
        hints=(
            "The mend forbids one thing that is bad: a sum below nothing. Say what is good instead, of each "
            "line: which items, which quantities?",
            'item in prices, for the item. re.fullmatch("[1-9][0-9]?|100", many) takes the texts from "1" to '
            '"100", and no other. Ask before int(many), which fails on "two".',
            "fair = all(item in prices and re.fullmatch(…, many) for item, many in wanted.items()). all of "
            'nothing is True, so: if not wanted or not fair: return "no", 422. Then the sum.',
        ),
        wrong=(
            Wrong(
                ORDERING.but(WHOLE, "int(many)"),
                "Ordered {'lamp': 1, 'hook': -2}, the shop answered 200",
            ),
            Wrong(
                ORDERING.but(WHOLE, "1 <= int(many) <= 100"),
                "Ordered {'lamp': '1.5'}, the shop answered 500",
            ),
            Wrong(
                ORDERING.but(WHOLE, "many.isdigit() and 1 <= int(many) <= 100"),
                "Ordered {'lamp': '²'}, the shop answered 500",
            ),
            Wrong(
                ORDERING.but("item in prices and ", ""),
                "Ordered {'lamp': 1, 'sofa': 1}, the shop answered 500",
            ),
            Wrong(
                ORDERING.but("not wanted or ", ""),
                "Ordered {}, the shop answered 200",
            ),
        ),
        right=(ORDERING.but(WHOLE, "many in [str(n) for n in range(1, 101)]"),),
    ),
    Exercise(
        "12.2",
        "Break it, then fix it: a link that leads away",
        answer="signing_in",
        check=check_signing_in,
        hints=(
            "The mend asks for the first character. A browser looks at the second one, too, and at some "
            "characters wherever they stand.",
            "A path: one slash, then no second one, and no backslash, blank, tab or line break anywhere. A "
            "regular expression can say that; (?!/) means: no slash follows here.",
            r're.fullmatch(r"/(?!/)[^\\\x00-\x20\x7f]*", target): lead to target if it matches, else to "/". '
            "(In the brackets stand a backslash, all control characters and the blank.)",
        ),
        wrong=(
            Wrong(
                SIGNING_IN.but(OWN_PATH, 'target.startswith("/")'),
                "the shop led to '//evil.example', expected '/'. A browser takes that for the host evil",
            ),
            Wrong(
                SIGNING_IN.but(OWN_PATH, 'target.startswith("/") and not target.startswith("//")'),
                "next='/\\\\evil.example', the shop led to '/%5Cevil.example', expected '/'",
            ),
            Wrong(
                SIGNING_IN.but(OWN_PATH, r"re.fullmatch(r'/(?!/)[^\\]*', target)"),
                "next='/\\t/evil.example', the shop led to",
            ),
            Wrong(
                WITH_URLSPLIT.but(OWN_PATH, 'not urlsplit(target.replace(chr(92), "/")).netloc'),
                "Signed in with next='javascript:evil()', the shop led to",
            ),
            Wrong(
                SIGNING_IN.but(OWN_PATH, '"evil" not in target and target.startswith("/")'),
                "next='//shop.example.thief.example', the shop led to '//shop.example.thief.example'",
            ),
            Wrong(
                SIGNING_IN.but('        session["customer"] = request.form["customer"]\n', ""),
                "Signed in as ann, and the session has no customer",
            ),
            Wrong(
                SIGNING_IN.but(OWN_PATH, 'target == "/"'),
                "Signed in with next='/shop/cart', the shop led to '/'",
            ),
        ),
        right=(
            SIGNING_IN.but(
                OWN_PATH,
                r'target[:1] == "/" and target[1:2] != "/" and not set(target) & set("\\\t\r\n ")',
            ),
            WITH_URLSPLIT.but(
                OWN_PATH, 'target[:1] == "/" and not urlsplit(target.replace(chr(92), "/")).netloc'
            ),
        ),
    ),
    Exercise(
        "12.3",
        "Break it, then fix it: what a page gives away",
        answer="showing",
        check=check_showing,
        hints=(
            "To be signed in says who somebody is. Whose order is it? And for the search there is nothing to "
            "forbid: show it as text, whatever it is.",
            'session.get("customer") is who reads, or None. Compare it with the order\'s customer, and mind '
            "that None equals None. escape(words) makes text of HTML.",
            'found, reader = orders.get(number), session.get("customer"). If found is None or reader is None or '
            'found["customer"] != reader: the same 404 for all three. And: words = '
            'escape(request.args.get("words", "")).',
        ),
        wrong=(
            Wrong(
                SHOWING.but(' or reader is None or found["customer"] != reader', ""),
                "Nobody is signed in, and /orders/1 answered 200",
            ),
            Wrong(
                SHOWING.but(" or reader is None", ""),
                "Nobody is signed in, and /orders/3 answered 200",
            ),
            Wrong(
                SHOWING.but(' or found["customer"] != reader', ""),
                "Ann asked for Bob's order, the shop answered 200",
            ),
            Wrong(
                SHOWING.but(NO_SUCH_ORDER, '"Sign in first.", 401'),
                "Nobody is signed in, and /orders/1 answered 401 Sign in first., expected 404",
            ),
            Wrong(
                SHOWING.but(
                    NO_SUCH_ORDER, '"no such order" if found is None else "not yours", 404'
                ),
                "The difference tells Ann which orders there are",
            ),
            Wrong(
                SHOWING.but(ESCAPED, f"{TYPED}.replace('<script>', '')"),
                "Searched for '<script>evil()</script>', the page says '<h1>Nothing found for evil()</script>",
            ),
            Wrong(
                SHOWING.but(ESCAPED, f"re.sub('<.*?>', '', {TYPED})"),
                "expected it to hold &lt;script&gt;evil()&lt;/script&gt;",
            ),
            Wrong(
                SHOWING.but(ESCAPED, f"{TYPED}.replace('<', '&lt;')"),
                "Searched for '&lt;b&gt;', the page says",
            ),
        ),
        right=(
            SHOWING.but(f"return {NO_SUCH_ORDER}", "from flask import abort; abort(404)"),
            SHOWING.but(ESCAPED, f"__import__('html').escape({TYPED})"),
        ),
    ),
    Exercise(
        "12.4",
        "Break it, then fix it: a parcel for each knock",
        answer="hearing",
        check=check_hearing,
        hints=(
            "Two holes. What does tolerance=None say? And what does a signature say about how often an event "
            "has come?",
            "Without tolerance=None, construct_event takes five minutes. A set of ids, made once for the app and "
            "not for each request, knows which events were there: event.id.",
            "Above @app.post: shipped = set(). Before ship: if event.id not in shipped, then "
            "shipped.add(event.id) and ship. Answer 200 either way.",
        ),
        wrong=(
            Wrong(
                HEARING.but("event.id not in shipped", "True"),
                "Delivered the same event once more, signed anew: shipped so far is ['1', '1']",
            ),
            Wrong(
                HEARING.but(NEW_EVENT, f"shipped = set()\n        {NEW_EVENT}"),
                "Delivered the same event once more, signed anew: shipped so far is ['1', '1']",
            ),
            Wrong(
                HEARING.but(
                    NEW_EVENT,
                    f'if event.id in shipped: return "known", 400\n        {NEW_EVENT}',
                ),
                "Delivered the same event once more, signed anew, the shop answered 400, expected 200",
            ),
            Wrong(
                HEARING.but("header, secret)", "header, secret, tolerance=None)"),
                "Delivered an event that was signed 6 minutes ago, the shop answered 200, expected 400",
            ),
            Wrong(
                HEARING.but("header, secret)", "header, secret, tolerance=180)"),
                "Delivered an event that was signed 4 minutes ago, the shop answered 400, expected 200",
            ),
            Wrong(
                HEARING.but(NEW_EVENT, "if header not in shipped:").but(
                    "add(event.id)", "add(header)"
                ),
                "Delivered the same event once more, signed anew: shipped so far is ['1', '1']",
            ),
        ),
        right=(HEARING.but('return "heard"', 'return "", 204'),),
    ),
    Exercise(
        "12.5",
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
                PROTECT.but("return answer", "pass"),
                "Your function under @app.after_request returned None, expected the answer",
            ),
            Wrong(
                PROTECT.but('"; "', r'";\n "'),
                "Your code raised ValueError: Header values must not contain newline characters",
            ),
            Wrong(
                PROTECT.but(STYLES, f"{STYLES} 'unsafe-hashes'"),
                "'unsafe-hashes' is not in the table. It says: style-src",
            ),
            Wrong(
                PROTECT.but(STYLES, f"{STYLES} data:"),
                "its policy allows a style sheet from a data: address",
            ),
            Wrong(
                PROTECT.but('"base-uri": "\'none\'"', '"base-uri": "\'self\'"'),
                "its policy allows a <base> tag that names the shop itself",
            ),
            Wrong(
                PROTECT.but("default-src", "font-src"),
                "its policy allows a plug-in from the shop itself. It says nothing of object-src",
            ),
            Wrong(
                PROTECT.but(
                    SCRIPTS,
                    "'self' 'unsafe-inline' https://js.stripe.com",
                ),
                "'unsafe-inline' is not in the table. It says: script-src 'self' 'unsafe-inline'",
            ),
            Wrong(
                PROTECT.but(
                    SCRIPTS,
                    "'self' https:",
                ),
                "its policy allows a script from evil.example",
            ),
            Wrong(
                PROTECT.but(
                    SCRIPTS,
                    "self https://js.stripe.com",
                ),
                "its policy refuses a script from the shop itself",
            ),
            Wrong(
                PROTECT.but(
                    SCRIPTS,
                    "'self' js.stripe.com http://js.stripe.com",
                ),
                "its policy allows a script from js.stripe.com, over http",
            ),
            Wrong(
                PROTECT.but(
                    FRAMES,
                    "https://js.stripe.com",
                ),
                "its policy refuses a frame of hooks.stripe.com",
            ),
            Wrong(
                PROTECT.but('"form-action": "\'self\' https://checkout.stripe.com",', ""),
                "its policy allows a form that leads to evil.example. It says nothing of form-action, and default-src",
            ),
            Wrong(
                PROTECT.but('"frame-ancestors": "\'none\'",', ""),
                "its policy allows the shop in a frame of the shop itself. It says nothing of frame-ancestors",
            ),
            Wrong(
                PROTECT.but('"base-uri": "\'none\'",', ""),
                "its policy allows a <base> tag",
            ),
            Wrong(
                PROTECT.but('"default-src": "\'none\'"', '"default-src": "\'self\'"'),
                "its policy allows a font from the shop itself. It says nothing of font-src, so default-src counts",
            ),
            Wrong(
                PROTECT.but('"default-src": "\'none\'",', ""),
                "its policy allows a font from the shop itself. It says nothing of font-src",
            ),
            Wrong(
                PROTECT.but(
                    "def add(answer):\n",
                    "def add(answer):\n        if answer.status_code != 200: return answer\n",
                ),
                "Asked for a redirect, the answer has 0 headers",
            ),
        ),
        right=(
            PROTECT.but(
                SCRIPTS,
                "'self' js.stripe.com",
            ),
            PROTECT.but(FRAMES, "hooks.stripe.com/ js.stripe.com"),
        ),
    ),
    Exercise(
        "12.6",
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
                ARGUMENTS_LEFT.but("record.getMessage()", "str(record.msg)"),
                "Logged a secret key as an argument (sk_test_localPractice9), the log says 'it was sk_test_",
            ),
            Wrong(
                ARGUMENTS_LEFT,
                "Is record.args None afterwards?",
            ),
            Wrong(
                REDACT.but("return True", "return '[hidden]' not in record.msg"),
                "the log says '', expected 'it was [hidden], order 7'",
            ),
            Wrong(
                REDACT.but(KEYS, r"sk_test_\w+"),
                "Logged a live key (sk_live_visiblyFake), the log says",
            ),
            Wrong(
                REDACT.but(KEYS, r"\w+_\w+"),
                "the log says 'request [hidden], PaymentIntent [hidden], amount 3900', expected no change",
            ),
            Wrong(
                REDACT.but(CARD_NUMBER, "[0-9]{16}"),
                "Logged a card number with spaces (4242 4242 4242 4242), the log says",
            ),
            Wrong(
                REDACT.but(CARD_NUMBER, "[0-9]+"),
                "expected no change",
            ),
            Wrong(
                REDACT.but("if record.exc_info", "if False").but(
                    "record.exc_info = record.exc_text = None", ""
                ),
                "the traceback in the log says 'no account of ann@example.com'",
            ),
            Wrong(
                REDACT.but("if record.exc_info", "if False"),
                "its traceback is not in the log, and you will need it",
            ),
            Wrong(
                REDACT.but('"[hidden]", text)', '"[hidden]", text, count=1)'),
                "expected all four to be hidden",
            ),
            Wrong(
                REDACT.but("if record.exc_info", "if True"),
                "Your code raised TypeError",
            ),
        ),
        right=(REDACT.but("if record.exc_info", "if record.exc_info is not None"),),
    ),
    Exercise(
        "12.7",
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
                ROTATE.but(IN_A_LEAK, "    account.expire(old)\n"),
                "with leaked=False: server 1 was refused. It has the old key, which is not valid",
            ),
            Wrong(
                ROTATE.but(IN_A_LEAK, "").but(AFTER_A_LEAK + STILL_USED, ""),
                "where a forgotten program uses the old key, returned True, expected False",
            ),
            Wrong(
                ROTATE.but(IN_A_LEAK, "").but(
                    AFTER_A_LEAK + "    if account", "    if not leaked and account"
                ),
                "the old key expired after a restart, which takes more than an hour",
            ),
            Wrong(
                ROTATE.but("    account.expire(old)\n    return True", "    return True"),
                "nobody uses the old key any more, and it is still valid",
            ),
            Wrong(
                ROTATE.but("in servers:", "in servers[:1]:"),
                "with leaked=False: the servers have 2 different keys, expected one",
            ),
            Wrong(
                ROTATE.but("restart(new)", "restart(account.create_key())"),
                "the servers have 3 different keys, expected one",
            ),
            Wrong(
                ROTATE.but("restart(new)", "restart(old)"),
                "with leaked=False: the servers have the old key",
            ),
            Wrong(
                ROTATE.but("still_used(old)", "still_used(new)"),
                "expected True. It called still_used with the key 'rk_test_localNew1', after 3 restarts.",
            ),
            Wrong(
                ROTATE.but(
                    "    for server in", "    used = account.still_used(old)\n    for server in"
                ).but("account.still_used(old):", "used:"),
                "expected True. It called still_used with the old key, after 0 restarts.",
            ),
            Wrong(
                ROTATE.but(STILL_USED, "    while account.still_used(old):\n        pass\n"),
                "Called still_used a hundred times, and the old key is still used",
            ),
        ),
        right=(ROTATE.but(IN_A_LEAK, f"{IN_A_LEAK}        new = account.create_key()\n"),),
    ),
)
