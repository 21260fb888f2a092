"""Thousands of requests that the OpenAPI document allows, or just not: none breaks the shop, each
answer is one that the document describes, and both databases answer alike.

Every request goes to two shops, one on SQLite and one on PostgreSQL, each with a Stripe of its own.
"""

import re
from copy import deepcopy
from io import BytesIO

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.specs.openapi.checks import positive_data_acceptance
from werkzeug.wrappers import Response

from local_stripe import LocalStripe
from local_stripe.transport import InProcess
from sample_app import payments
from sample_app.database import db
from sample_app.models import Customer
from tests.tally import TALLY

AT_LEAST = 5_000
JSON = {"Content-Type": "application/json"}
GUEST = ""

# Every test asks the same on every run.
PLAN = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# To make these up takes longer than to answer them: a guest asks each, and a customer.
BY_BOTH = {
    ("/orders", "GET", RIGHT): 200,
    ("/orders", "GET", WRONG): 100,
    ("/orders", "POST", RIGHT): 150,
    ("/orders", "POST", WRONG): 275,
}
BY_A_GUEST = {
    ("/orders/{order_id}", "GET", RIGHT): 1_250,
    ("/orders/{order_id}/checkout", "POST", RIGHT): 1_600,
}
PURCHASES = 100
# Some leave out what is demanded, or ask in a way that nobody described; most go on from one answer
# to the next request. The document cannot say which tokens exist, or that one of two ways to pay
# must be chosen: it does not promise that all is taken which it allows.
JOURNEYS = {
    "seed": 1,
    "cache": {"enabled": False},
    "headers": JSON,
    "generation": {"deterministic": True, "database": "none", "no-shrink": True},
    "phases": {
        "fuzzing": {"enabled": False},
        "stateful": {"generation": {"max-examples": 75, "mode": "positive"}, "max-steps": 10},
    },
    "checks": {"positive_data_acceptance": {"enabled": False}},
    "suppress-health-check": ["all"],
    "continue-on-failure": True,
}

# What customers know beyond the document: what is sold, and which cards there are.
SOLD = {"type": "integer", "enum": [1, 2, 5, 8, 99]}
CARDS = ["tok_visa", "tok_chargeDeclined", "tok_nope"]

ORDER_ID = re.compile(r"ord_[\w-]{22}")
ITS_OWN = re.compile(rf'{ORDER_ID.pattern}|"created_at": ?"[^"]+"')


class Twins:
    """Two shops as one WSGI app: both are asked the same, and are to answer the same.

    Each knows an order by an id of its own. `cookie` goes with every request.
    """

    def __init__(self, one: Flask, other: Flask) -> None:
        self.one, self.other = one, other
        self.cookie = GUEST
        self.asked = 0
        self._names: dict[str, str] = {}

    def __call__(self, environ, start_response):
        self.asked += 1
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["HTTP_COOKIE"] = self.cookie
        answer = ask(self.one, environ, body)
        again = ask(self.other, self._renamed(environ), body)
        assert answer.status == again.status, f"{environ['PATH_INFO']}, {body!r}"
        ours, theirs = answer.get_data(as_text=True), again.get_data(as_text=True)
        assert ITS_OWN.sub("", ours) == ITS_OWN.sub("", theirs)
        ids = ORDER_ID.findall(ours), ORDER_ID.findall(theirs)
        self._names |= dict(zip(*ids, strict=True))
        return answer(environ, start_response)

    def _renamed(self, environ):
        places = {
            place: ORDER_ID.sub(lambda found: self._names.get(found[0], found[0]), environ[place])
            for place in ("PATH_INFO", "QUERY_STRING")
        }
        return environ | places


def ask(shop, environ, body):
    return Response.from_app(shop, environ | {"wsgi.input": BytesIO(body)}, buffered=True)


@pytest.fixture
def twins(sqlite_app, postgresql_app):
    for shop in (sqlite_app, postgresql_app):
        config = {**shop.config, "STRIPE_HTTP_CLIENT": InProcess(LocalStripe())}
        shop.extensions["stripe"] = payments.connect(config)
    yield (both := Twins(sqlite_app, postgresql_app))
    TALLY["requests held against the API's own document, on two databases"] += both.asked


@pytest.mark.timeout(600)  # on a machine that is busy with other tests
def test_thousands_of_requests_are_answered_as_documented_and_alike(twins):
    schema = schemathesis.openapi.from_wsgi("/openapi.json", twins)
    customer = sign_in(twins.one, twins.other)
    for askers, plan in ((GUEST,), BY_A_GUEST), ((GUEST, customer), BY_BOTH):
        for (path, method, mode), number in plan.items():
            ask_one_by_one(twins, askers, schema[path][method], mode, number)
    shop = customers_view(schema)
    ask_one_by_one(twins, (customer,), shop["/orders"]["POST"], RIGHT, PURCHASES)
    assert travel(shop) == []
    assert twins.asked >= AT_LEAST


def ask_one_by_one(twins, askers, operation, mode, number):
    @settings(PLAN, max_examples=number)
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case):
        for twins.cookie in askers:
            case.call_and_validate(headers=JSON, excluded_checks=[positive_data_acceptance])

    ask()


def sign_in(*shops):
    """The cookie of a customer who is known to all of them."""
    for shop in shops:
        with shop.app_context():
            db.session.add(ada := Customer(email="ada@example.com", password_hash="-"))
            db.session.commit()
    cookie = shop.test_client(user=ada).get_cookie("session", domain="localhost")
    return f"{cookie.key}={cookie.value}"


def customers_view(schema):
    """The API as somebody uses it who has seen the catalogue, and has a card."""
    narrow = deepcopy(schema.raw_schema)
    order = narrow["components"]["schemas"]["NewOrder"]
    items = {**order["properties"]["item_ids"], "items": SOLD, "maxItems": 4}
    order["properties"] = {"item_ids": items, "token": {"type": "string", "enum": CARDS}}
    order["required"] = ["item_ids", "token"]
    config = SchemathesisConfig.from_dict(JOURNEYS)
    view = schemathesis.openapi.from_dict(narrow, config=config).exclude(path="/items")
    view.app = schema.app
    return view


def travel(schema):
    """Go from an order to its page, to Checkout, to the list and back; returns what was wrong."""
    wrong = []
    for event in from_schema(schema).execute():
        match event:
            case events.NonFatalError():
                wrong.append(event.value)
            case events.FatalError():
                wrong.append(event.exception)
            case events.EngineFinished():
                wrong += event.failures
    return wrong
