"""Whatever is done to payments in whatever order, no cent appears or disappears."""

from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import stripe
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, Request
from local_stripe.states import DISPUTE, PAYMENT_INTENT
from local_stripe.transport import InProcess
from tests.local_stripe.money import debited, payment, plain

CARDS = st.sampled_from(
    [
        "pm_card_visa",
        "pm_card_mastercard",
        "pm_card_amex",
        "pm_card_visa_chargeDeclined",
        "pm_card_authenticationRequired",
        "pm_card_threeDSecureRequiredChargeDeclined",
        "pm_card_createDispute",
        "pm_card_createDisputeInquiry",
        "pm_card_createMultipleDisputes",
        "pm_card_createIssuerFraudRecord",
        "pm_card_pendingRefund",
        "pm_card_refundFail",
    ]
)
ACCOUNTS = st.sampled_from(["success", "success", "insufficientFunds", "processing"])
ANSWERS = st.sampled_from(
    ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "Please!"]
)
OUTCOMES = st.sampled_from(["authenticated", "authenticated", "failed"])
HOUR, DAY = 3600, 86_400
# Small amounts, so that parts and wholes often meet; and some that nobody can pay.
AMOUNTS = st.integers(50, 300) | st.integers(50, 300) | st.sampled_from([-1, 0, 49, 10**9])
PARTS = st.none() | st.integers(1, 300) | st.sampled_from([-1, 0, 10**9])
CAPTURES = st.sampled_from(["automatic", "automatic_async", "manual"])
CURRENCIES = st.sampled_from(["usd", "eur"])


class Payments(RuleBasedStateMachine):
    """Random calls to a Stripe of their own, and what must hold after each of them."""

    intents = Bundle("intents")

    def __init__(self) -> None:
        super().__init__()
        self.local = LocalStripe()
        self.client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(self.local))
        self.seen: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, str] = {}  # their states, by id

    @rule(target=intents, amount=AMOUNTS, currency=CURRENCIES, card=CARDS, capture=CAPTURES)
    def create(self, amount, currency, card, capture):
        """Pay, hold, be declined or be asked for 3D Secure; or be refused for the amount."""
        params = payment(
            amount, currency, payment_method=card, capture_method=capture, confirm=True
        )
        return self._attempt(lambda: self.client.v1.payment_intents.create(params))

    @rule(target=intents, amount=AMOUNTS, account=ACCOUNTS)
    def debit(self, amount, account):
        """Send a bank debit on its way."""
        return self._attempt(lambda: debited(self.client, amount, account))

    @rule(intent=intents, outcome=OUTCOMES)
    def answer_the_bank(self, intent, outcome):
        """Complete a challenge or fail it, if there is one."""
        waiting = self.local.store.require("payment_intent", intent)
        action = waiting["next_action"]
        if action is None:
            return
        source = parse_qs(urlsplit(action["use_stripe_sdk"]["stripe_js"]).query)["source"][0]
        form = {"client_secret": waiting["client_secret"], "source": source, "outcome": outcome}
        answer = self.local.handle(
            Request(
                "POST",
                "/v1/3ds2/challenge_complete",
                headers={"authorization": f"Bearer {PUBLISHABLE_KEY}"},
                body=urlencode(form).encode(),
            )
        )
        assert answer.status == 200

    @rule(seconds=st.sampled_from([HOUR, DAY, 4 * DAY, 8 * DAY]))
    def wait(self, seconds):
        """Debits settle, holds expire, money arrives."""
        self.local.advance(seconds)

    @rule(target=intents, amount=AMOUNTS, capture=CAPTURES)
    def create_only(self, amount, capture):
        params = payment(amount, capture_method=capture)
        return self._attempt(lambda: self.client.v1.payment_intents.create(params))

    @rule(intent=intents, card=CARDS)
    def confirm(self, intent, card):
        self._attempt(
            lambda: self.client.v1.payment_intents.confirm(intent, {"payment_method": card}),
        )

    @rule(intent=intents, amount=AMOUNTS)
    def change_the_amount(self, intent, amount):
        self._attempt(lambda: self.client.v1.payment_intents.update(intent, {"amount": amount}))

    @rule(intent=intents, amount=PARTS)
    def capture(self, intent, amount):
        params = {} if amount is None else {"amount_to_capture": amount}
        self._attempt(lambda: self.client.v1.payment_intents.capture(intent, params))

    @rule(intent=intents)
    def cancel(self, intent):
        self._attempt(lambda: self.client.v1.payment_intents.cancel(intent))

    @rule(intent=intents, amount=PARTS)
    def refund(self, intent, amount):
        params = {"payment_intent": intent} | ({} if amount is None else {"amount": amount})
        self._attempt(lambda: self.client.v1.refunds.create(params))

    @rule(intent=intents, text=ANSWERS, submit=st.booleans())
    def answer_a_dispute(self, intent, text, submit):
        params = {"evidence": {"uncategorized_text": text}, "submit": submit}
        for dispute in self._disputes(payment_intent=intent):
            self._attempt(lambda id=dispute["id"]: self.client.v1.disputes.update(id, params))

    @rule(intent=intents)
    def accept_a_dispute(self, intent):
        for dispute in self._disputes(payment_intent=intent):
            self._attempt(lambda id=dispute["id"]: self.client.v1.disputes.close(id))

    @invariant()
    def what_was_received_is_what_was_captured(self):
        charges = self._all("charge")
        for intent in self._all("payment_intent"):
            captured = [
                charge["amount_captured"]
                for charge in charges
                if charge["payment_intent"] == intent["id"]
            ]
            assert intent["amount_received"] == sum(captured) <= intent["amount"]

    @invariant()
    def no_more_is_refunded_or_disputed_than_was_received(self):
        for charge in self._all("charge"):
            sent_back = self._sent_back(charge=charge["id"])
            taken_back = self._taken_back(charge=charge["id"])
            assert taken_back >= 0
            assert sent_back + taken_back <= charge["amount_captured"]
            assert charge["amount_refunded"] <= charge["amount"]
            if charge["captured"]:
                assert charge["amount_refunded"] == sent_back

    @invariant()
    def the_balance_is_the_sum_of_the_ledger(self):
        balance = plain(self.client.v1.balance.retrieve())
        entries = self._all("balance_transaction")
        shown: Counter[str] = Counter()
        for fund in balance["pending"] + balance["available"]:
            shown[fund["currency"]] += fund["amount"]
        summed = {
            currency: sum(entry["net"] for entry in entries if entry["currency"] == currency)
            for currency in ("usd", "eur")
        }
        assert shown == Counter(summed)
        assert all(entry["net"] == entry["amount"] - entry["fee"] for entry in entries)

    @invariant()
    def the_ledger_is_the_charges_less_the_refunds_and_the_disputes(self):
        entries = self._all("balance_transaction")
        captured = sum(charge["amount_captured"] for charge in self._all("charge"))
        gone = self._sent_back() + self._taken_back()
        assert sum(entry["amount"] for entry in entries) == captured - gone

    @invariant()
    def a_dispute_costs_the_customer_nothing_and_the_shop_a_fee(self):
        for dispute in self._disputes():
            entries = dispute["balance_transactions"]
            moved = [entry["amount"] for entry in entries]
            amount = dispute["amount"]
            match dispute["status"]:
                case "won":
                    assert moved == [-amount, amount]
                case "needs_response" | "under_review" | "lost":
                    assert moved == [-amount]
                case _:
                    assert moved == []
            assert sum(entry["fee"] for entry in entries) == (1500 if moved else 0)
            assert entries == [self._current(entry) for entry in entries]

    @invariant()
    def states_change_only_as_the_table_allows(self):
        allowed = {(before, after) for _, before, after in PAYMENT_INTENT.moves()}
        for intent in self._all("payment_intent"):
            known = self.seen.get(intent["id"])
            if known and known["status"] != intent["status"]:
                assert (known["status"], intent["status"]) in allowed
            self.seen[intent["id"]] = intent

    @invariant()
    def disputes_change_only_as_the_table_allows(self):
        allowed = {(before, after) for _, before, after in DISPUTE.moves()}
        for dispute in self._disputes():
            id, status = dispute["id"], dispute["status"]
            known = self.disputes.get(id)
            assert known == status or (known, status) in allowed
            self.disputes[id] = status

    def _sent_back(self, **of):
        """What refunds have sent back, or are sending, and was not returned."""
        return sum(
            refund["amount"]
            for refund in self.local.store.select("refund", **of)
            if refund["balance_transaction"] and refund["status"] != "failed"
        )

    def _taken_back(self, **of):
        """What banks have taken back in disputes, less what they returned."""
        entries = [e for dispute in self._disputes(**of) for e in dispute["balance_transactions"]]
        return -sum(entry["amount"] for entry in entries)

    def _disputes(self, **of):
        return list(self.local.store.select("dispute", **of))

    def _current(self, entry):
        return self.local.store.require("balance_transaction", entry["id"])

    def _attempt(self, action):
        """The id of what came out of it. A refusal leaves every intent as it was."""
        try:
            answer = action()
        except stripe.CardError as declined:
            return declined.json_body["error"]["payment_intent"]["id"]
        except stripe.InvalidRequestError:
            assert {intent["id"]: intent for intent in self._all("payment_intent")} == self.seen
            return multiple()
        return answer.id

    def _all(self, kind):
        return list(self.local.store.select(kind))


TestPayments = Payments.TestCase
TestPayments.settings = settings(max_examples=60, stateful_step_count=30)
