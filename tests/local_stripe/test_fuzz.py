"""Whatever is sent, the local Stripe answers at once, never with a 5xx; its books stay right."""

import json
import random
import re
import time
from collections import Counter
from urllib.parse import quote_plus

import pytest

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, Policies, Request
from local_stripe.contract import check_object
from local_stripe.contract.sdk import fields, params_type
from local_stripe.resources import ROUTES

ROUNDS, REQUESTS = 10, 1000
SLOW = 2.0  # seconds: far above what any request takes, far below a hang

NASTY = [
    "",
    "0",
    "-1",
    "1e999",
    "NaN",
    "9" * 30,
    "9" * 5000,
    "true",
    "null",
    "[]",
    "{}",
    "a" * 6000,
    "é€😀",
    "\x00",
    "\r\nSet-Cookie: a=b",
    "'; DROP TABLE charges;--",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%s%n",
    "\u202e",
    "..",
    "Ⅷ",
]
PLAUSIBLE = [
    *("1", "50", "100", "2000", "99999999", "true", "false", "usd", "eur", "jpy", "card"),
    *("tok_visa", "tok_chargeDeclined", "tok_amex", "pm_card_visa", "pm_card_mastercard"),
    *("pm_card_visa_chargeDeclined", "pm_card_authenticationRequired", "pm_card_createDispute"),
    *("ann@example.com", "manual", "automatic", "month", "requested_by_customer", "abandoned"),
    *("4242424242424242", "12", "2034", "123", "http://127.0.0.1/hooks", "*", "charge.succeeded"),
    *("customer", "latest_charge", "data.customer", "payment_method.customer", "refunds"),
    *("winning_evidence", "losing_evidence", "escalate_inquiry_evidence"),
    *("never", "https://example.com/return", "off_session", 'status:"succeeded"', "amount>1"),
]
PATHS = ["", "/", "//", "/v1", "/v1/", "/v1/customers/", "/v1/%ff", "/v1/customers/%00", "*", "\\"]
WORDS = ["v1", "v2", "customers", "charges", "..", "%2e%2e", "search", "confirm", "😀", "a" * 3000]
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "", "get", "POST\r\n", "😀"]
KEYS = [f"Bearer {SECRET_KEY}"] * 40 + [
    f"Bearer {PUBLISHABLE_KEY}",
    "Bearer sk_live_51abcdefgh",
    "Bearer \udcff",
    "Basic !!!!",
    "Basic /////w==",
    "",
    "Bearer " + "x" * 100_000,
]
VERSIONS = [
    *["2026-10-28.endive"] * 9,
    *["2024-06-20"] * 6,
    "",
    "0000-00-00",
    "x" * 9999,
    "٢٠٢٦-١٠-٢٨",
]
FORMS = ["application/x-www-form-urlencoded"] * 20 + ["application/json", "", "multipart/form-data"]


# Requests that make sense; {pi} stands for the id of some PaymentIntent.
PAY = "amount=2000&currency=usd&confirm=true&return_url=https://example.com&payment_method="
SHOP = "success_url=https://example.com&cancel_url=https://example.com/cart"
LINE = "[price_data][currency]=usd&line_items[0][price_data][unit_amount]=900"
SELL = f"{SHOP}&line_items[0]{LINE}&line_items[0][price_data][product_data][name]=Cup"
SELL += "&line_items[0][quantity]=2"
DEBIT = (
    "amount=2000&currency=usd&allowed_payment_method_types[]=us_bank_account&confirm=true"
    "&mandate_data[customer_acceptance][type]=offline&payment_method=pm_usBankAccount_"
)
SENSIBLE = [
    ("POST", "/v1/customers", "name=Ann&email=ann@example.com&metadata[order]=7"),
    ("POST", "/v1/customers", "payment_method=pm_card_visa&expand[]=sources"),
    ("POST", "/v1/customers/{cus}", "name=Bob&metadata[order]=&address[city]=Rome"),
    ("POST", "/v1/customers/{cus}", "invoice_settings[default_payment_method]={pm}"),
    ("POST", "/v1/tokens", "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034"),
    ("POST", "/v1/payment_methods", "type=card&card[token]=tok_visa"),
    ("POST", "/v1/payment_methods/{pm}/attach", "customer={cus}"),
    ("POST", "/v1/payment_methods/{pm}/detach", ""),
    ("GET", "/v1/payment_methods", "customer={cus}&limit=3"),
    ("GET", "/v1/customers/{cus}/payment_methods", "expand[]=data.customer"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_visa"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_visa&capture_method=manual"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_visa_chargeDeclined"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_authenticationRequired"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_createDispute"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_createDisputeInquiry&capture_method=manual"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_createMultipleDisputes"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_createIssuerFraudRecord"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_riskLevelElevated"),
    ("POST", "/v1/reviews/{prv}/approve", "expand[]=payment_intent"),
    ("GET", "/v1/reviews", "limit=3"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_pendingRefund"),
    ("POST", "/v1/payment_intents", f"{PAY}pm_card_refundFail"),
    ("POST", "/v1/disputes/{du}", "evidence[uncategorized_text]=winning_evidence"),
    ("POST", "/v1/disputes/{du}", "evidence[uncategorized_text]=escalate_inquiry_evidence"),
    ("POST", "/v1/disputes/{du}", "metadata[a]=b&evidence[customer_name]=Ann&submit=false"),
    ("POST", "/v1/disputes/{du}/close", ""),
    ("GET", "/v1/disputes", "charge={ch}&expand[]=data.payment_intent"),
    ("GET", "/v1/radar/early_fraud_warnings", "payment_intent={pi}"),
    ("POST", "/v1/payment_intents", f"{DEBIT}success"),
    ("POST", "/v1/payment_intents", f"{DEBIT}insufficientFunds"),
    ("POST", "/v1/payment_intents", f"{PAY}{{pm}}&customer={{cus}}&expand[]=latest_charge"),
    ("POST", "/v1/payment_intents", "amount=500&currency=eur&customer={cus}"),
    ("POST", "/v1/payment_intents/{pi}", "amount=900&metadata[a]=b"),
    ("POST", "/v1/payment_intents/{pi}/confirm", "payment_method=pm_card_mastercard"),
    ("POST", "/v1/test_helpers/confirmation_tokens", "payment_method=pm_card_visa"),
    ("POST", "/v1/payment_intents/{pi}/confirm", "confirmation_token={ctoken}"),
    ("POST", "/v1/payment_intents/{pi}/capture", ""),
    ("POST", "/v1/payment_intents/{pi}/capture", "amount_to_capture=150"),
    ("POST", "/v1/payment_intents/{pi}/cancel", "cancellation_reason=abandoned"),
    ("POST", "/v1/refunds", "payment_intent={pi}"),
    ("POST", "/v1/refunds", "charge={ch}&amount=100&reason=requested_by_customer"),
    ("POST", "/v1/charges", "amount=700&currency=usd&source=tok_visa"),
    ("POST", "/v1/charges", "amount=700&currency=usd&source=tok_visa&capture=false"),
    ("POST", "/v1/charges/{ch}/capture", "amount=300"),
    ("GET", "/v1/charges", "customer={cus}&starting_after={ch}&expand[]=data.payment_intent"),
    ("GET", "/v1/charges/{ch}", "expand[]=refunds&expand[]=balance_transaction"),
    ("GET", "/v1/payment_intents/search", "query=status:%22succeeded%22+AND+amount%3E1000"),
    ("POST", "/v1/setup_intents", "payment_method=pm_card_visa&confirm=true&customer={cus}"),
    ("POST", "/v1/setup_intents/{seti}/confirm", "payment_method=pm_card_visa"),
    ("POST", "/v1/products", "name=Lamp&default_price_data[currency]=usd"),
    ("POST", "/v1/prices", "currency=usd&unit_amount=5&product={prod}&lookup_key=lamp"),
    ("GET", "/v1/prices", "product={prod}&expand[]=data.product"),
    ("POST", "/v1/webhook_endpoints", "url=http://127.0.0.1/hooks&enabled_events[]=*"),
    ("POST", "/v1/checkout/sessions", f"{SELL}&mode=payment&customer={{cus}}"),
    ("POST", "/v1/checkout/sessions", f"{SELL}&mode=payment&customer_creation=always"),
    ("POST", "/v1/checkout/sessions", f"{SHOP}&mode=setup&currency=usd&customer={{cus}}"),
    ("POST", "/v1/checkout/sessions/{cs_test}", "metadata[a]=b"),
    ("POST", "/v1/checkout/sessions/{cs_test}/expire", ""),
    ("GET", "/v1/checkout/sessions/{cs_test}", "expand[]=line_items&expand[]=payment_intent"),
    ("GET", "/v1/checkout/sessions/{cs_test}/line_items", "limit=1"),
    ("GET", "/v1/payment_pages/{cs_test}", ""),
    ("POST", "/v1/payment_pages/{cs_test}/confirm", "payment_method=pm_card_visa"),
    ("POST", "/v1/payment_pages/{cs_test}/confirm", "payment_method=pm_card_chargeCustomerFail"),
    ("GET", "/v1/events", "ending_before={evt}&limit=2"),
    ("GET", "/v1/balance", ""),
    ("GET", "/v1/balance_transactions", "limit=100"),
    ("DELETE", "/v1/customers/{cus}", ""),
]


class Fuzzer:
    """Makes requests up: sensible ones, some of them bent, and nonsense."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.ids = ["cus_nope", "pi_nope"]

    def request(self) -> Request:
        kind = self.choose.choices(
            [self.sensible, self.bent, self.typed, self.nonsense], [8, 4, 4, 1]
        )
        return kind[0]()

    def sensible(self, bend: float = 0) -> Request:
        """One that makes sense, apart from what is bent."""
        method, path, form = self.choose.choice(SENSIBLE)
        pairs = [pair for pair in form.split("&") if pair and not self.chance(bend)]
        if self.chance(bend):
            pairs.append(f"{self.choose.choice(pairs or ['name=']).split('=')[0]}={self.value()}")
        form = "&".join(pairs)
        headers = self.headers() if self.chance(bend) else {"authorization": KEYS[0]}
        return self.to(method, self.filled(path), self.filled(form), headers)

    def bent(self) -> Request:
        return self.sensible(bend=0.2)

    def filled(self, text: str) -> str:
        """With ids in place of their prefixes."""
        return re.sub(r"\{(\w+)\}", lambda match: self.id(f"{match[1]}_"), text)

    def typed(self) -> Request:
        """Any endpoint with any of its parameters."""
        route = self.choose.choice(ROUTES)
        path = re.sub(r"\{\w+\}", lambda _: self.id(), route.path)
        return self.to(route.method, path, self.form(route.params), self.headers())

    def to(self, method: str, path: str, form: str, headers: dict[str, str]) -> Request:
        if method == "POST":
            return Request(method, path, "", headers, form.encode(errors="replace"))
        return Request(method, path, form, headers)

    def nonsense(self) -> Request:
        path = self.choose.choice(PATHS)
        if self.chance(0.7):
            path = "/" + "/".join(self.choose.choices(WORDS, k=self.choose.randint(1, 9)))
        body = self.choose.randbytes(self.choose.choice([0, 1, 50, 5000]))
        if self.chance(0.02):
            body = self.choose.choice([b"a" * 2_000_000, b"a[]=&" * 200_000, b"&" * 1_000_000])
        query = self.choose.choice(["", "&&=&[]=", "a[" * 500, "a%5B%5D=%80", "=", "expand[]="])
        return Request(self.choose.choice(METHODS), path, query, self.headers(), body)

    def headers(self) -> dict[str, str]:
        headers = {
            "authorization": self.choose.choice(KEYS),
            "stripe-version": self.choose.choice(VERSIONS),
            "content-type": self.choose.choice(FORMS),
        }
        if self.chance(0.2):
            headers["idempotency-key"] = self.choose.choice(["k", "l", "m", "é", "k" * 300, "\x00"])
        if self.chance(0.02):
            headers[self.choose.choice(["stripe-account", "x-😀", ""])] = "acct_1"
        return headers

    def form(self, params: str) -> str:
        """Some of the parameters, with values that may do."""
        typed_dict = params_type(params)
        known = fields(typed_dict)
        names = [name for name in sorted(typed_dict.__required_keys__) if not self.chance(0.05)]
        if known:
            names += self.choose.choices(list(known), k=self.choose.randint(0, 3))
        pairs = [pair for name in names for pair in self.pairs(name, known.get(name))]
        if self.chance(0.03):
            pairs.append(
                self.choose.choice(["foo=1", "a[b][c]=1", "x" + "[y]" * 40 + "=1", "%zz=%"])
            )
        return "&".join(pairs)

    def pairs(self, name: str, type: object) -> list[str]:
        """The parameter, at times as a list or with something inside."""
        inner = [
            t for t in [type, *getattr(type, "__args__", ())] if hasattr(t, "__required_keys__")
        ]
        if inner and not self.chance(0.1):
            keys = list(inner[0].__annotations__)
            some = {*self.choose.sample(keys, min(2, len(keys))), *inner[0].__required_keys__}
            return [f"{name}[{key}]={self.value()}" for key in sorted(some)]
        shape = self.choose.choices(["", "[]", "[0]", "[a]", "[a][b]"], [12, 4, 1, 1, 1])[0]
        return [f"{name}{shape}={self.value()}"]

    def value(self) -> str:
        source = self.choose.choices([PLAUSIBLE, NASTY, self.ids], [6, 1, 4])[0]
        return quote_plus(self.choose.choice(source))

    def id(self, prefix: str = "") -> str:
        """One of the latest ids with this prefix, or what is no id."""
        if self.chance(0.02):
            return quote_plus(self.value())
        latest = [id for id in self.ids if id.startswith(prefix)][-8:]
        return self.choose.choice(latest or self.ids)

    def learn(self, body: bytes) -> None:
        """Use what exists."""
        self.ids += re.findall(r'"((?:cs_test|[a-z]+)_[0-9A-Za-z]{14,58})"', body.decode())[:4]

    def chance(self, share: float) -> bool:
        return self.choose.random() < share


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_that_is_sent_breaks_it(seed):
    local, fuzzer = LocalStripe(seed=seed), Fuzzer(seed)
    statuses: Counter[int] = Counter()
    for _ in range(REQUESTS):
        local.policies = Policies(fuzzer.chance(0.5), fuzzer.chance(0.5))
        request = fuzzer.request()
        began = time.perf_counter()
        response = local.handle(request)
        took = time.perf_counter() - began

        assert response.status < 500, request
        assert took < SLOW, request
        fuzzer.learn(response.body)
        statuses[response.status] += 1
        if fuzzer.chance(0.05):
            local.advance(fuzzer.choose.choice([0, 1, 3600, 90_000, 900_000]))
            local.deliver(lambda *_: (fuzzer.choose.choice([200, 200, 500]), ""))

    assert statuses[200] > REQUESTS / 4, "most requests were refused: the fuzz found little"
    assert_the_books_are_right(local)


def assert_the_books_are_right(local: LocalStripe) -> None:
    """What is stored fits the SDK's types, and the amounts agree with each other."""

    def everything(kind: str) -> list[dict]:
        return list(local.store.select(kind))

    kinds = {route.returns for route in ROUTES} - {"list", "search_result", "balance"}
    assert [d for kind in kinds for obj in everything(kind) for d in check_object(obj)] == []
    charges = {charge["id"]: charge for charge in everything("charge")}
    for charge in charges.values():
        let_go = charge["amount"] if charge["refunded"] and not charge["captured"] else 0
        assert 0 <= charge["amount_refunded"] <= (let_go or charge["amount_captured"])
        assert charge["amount_captured"] <= charge["amount"]
        disputes = list(local.store.select("dispute", charge=charge["id"]))
        taken_back = -sum(e["amount"] for d in disputes for e in d["balance_transactions"])
        assert 0 <= taken_back <= charge["amount_captured"] - charge["amount_refunded"] + let_go
    for intent in everything("payment_intent"):
        charge = charges.get(intent["latest_charge"], {"amount_captured": 0})
        assert intent["amount_received"] <= intent["amount"]
        assert (intent["status"] == "succeeded") == (intent["amount_received"] > 0)
        assert intent["amount_received"] == (charge["amount_captured"])
    for session in everything("checkout.session"):
        intent = local.store.get("payment_intent", session["payment_intent"] or "") or {}
        paid = session["payment_status"] == "paid"
        assert paid == (intent.get("status") == "succeeded")
        assert not paid or session["amount_total"] == intent["amount"]
    assert balance(local) == sums(everything("balance_transaction"))
    assert all(event["pending_webhooks"] >= 0 for event in everything("event"))
    # A product may be given any id, that of a payment too.
    ids = [obj["id"] for kind in kinds - {"product"} for obj in everything(kind)]
    assert len(set(ids)) == len(ids)


def balance(local: LocalStripe) -> Counter[str]:
    """What the account has, by currency, available or not yet."""
    request = Request("GET", "/v1/balance", headers={"authorization": f"Bearer {SECRET_KEY}"})
    body = json.loads(local.handle(request).body)
    return sums(
        [{"currency": part["currency"], "net": part["amount"]} for part in body["available"]]
        + [{"currency": part["currency"], "net": part["amount"]} for part in body["pending"]]
    )


def sums(entries: list[dict]) -> Counter[str]:
    """The net amounts, by currency."""
    total: Counter[str] = Counter()
    for entry in entries:
        total[entry["currency"]] += entry["net"]
    return total
