"""Disputes: the card's owner goes to the bank, the money leaves, and evidence may bring it back."""

import pytest

from local_stripe.states import DISPUTE
from tests.local_stripe.money import event_types, held, paid, plain, refusal

DAY = 86_400
TO_ANSWER = 9 * DAY  # from midnight: to the end of the eighth day after
REVIEW = 5  # seconds


@pytest.fixture
def disputed(client):
    """Pays by a card whose owner objects, and gives the dispute."""

    def disputed(card="createDispute", amount=6000, **more):
        charge = paid(client, amount, card, **more).latest_charge
        return client.v1.disputes.list({"charge": charge}).data[0]

    return disputed


def answer(client, dispute, text, **more):
    """Submits one piece of evidence."""
    evidence = {"uncategorized_text": text}
    return client.v1.disputes.update(dispute.id, {"evidence": evidence, **more})


def ledger(client, dispute):
    """The amount, the fee and the category of each movement of money for a dispute."""
    entries = client.v1.balance_transactions.list({"source": dispute.id}).data
    return [(entry.amount, entry.fee, entry.reporting_category) for entry in reversed(entries)]


def test_a_disputed_payment_loses_its_money_and_a_fee_at_once(client, disputed, local):
    dispute = disputed(description="One lamp")

    (withdrawn,) = plain(dispute)["balance_transactions"]
    body = plain(dispute)
    evidence = body.pop("evidence")
    assert body == {
        "id": dispute.id,
        "object": "dispute",
        "amount": 6000,
        "balance_transactions": [withdrawn],
        "charge": dispute.charge,
        "created": local.clock.now(),
        "currency": "usd",
        "enhanced_eligibility_types": [],
        "evidence_details": {
            "due_by": local.clock.now() + TO_ANSWER - 1,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": dispute.payment_intent,
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": "fraudulent",
        "status": "needs_response",
    }
    assert {name: value for name, value in evidence.items() if value} == {
        "product_description": "One lamp"
    }
    assert withdrawn == plain(client.v1.balance_transactions.retrieve(withdrawn["id"]))
    assert (withdrawn["amount"], withdrawn["fee"], withdrawn["net"]) == (-6000, 1500, -7500)
    assert withdrawn["type"] == "adjustment"
    assert withdrawn["description"] == f"Chargeback withdrawal for {dispute.charge}"
    assert withdrawn["fee_details"][0]["description"] == "Dispute fee"
    assert dispute.id.startswith("du_1")


def test_a_dispute_is_told_before_the_payment_is(client, disputed):
    dispute = disputed()

    assert event_types(client) == [
        "payment_intent.created",
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
        "charge.updated",
    ]
    charge = client.v1.charges.retrieve(dispute.charge)
    assert (charge.disputed, charge.refunded, charge.amount_refunded) == (True, False, 0)


def test_stripe_fills_in_what_it_knows_of_the_customer(client, disputed):
    customer = client.v1.customers.create({"name": "Ann", "email": "ann@example.com"}).id

    evidence = disputed(customer=customer).evidence

    assert (evidence.customer_name, evidence.customer_email_address) == ("Ann", "ann@example.com")


@pytest.mark.parametrize(
    "card, reason, case_type, code",
    [
        ("createDispute", "fraudulent", "chargeback", "10.4"),
        ("createDisputeProductNotReceived", "product_not_received", "chargeback", "13.1"),
        ("createDisputeInquiry", "fraudulent", "inquiry", "10"),
    ],
)
def test_the_network_says_what_it_is_about(disputed, card, reason, case_type, code):
    dispute = disputed(card)

    shown = dispute.payment_method_details.card
    assert dispute.reason == reason
    assert (shown.case_type, shown.network_reason_code) == (case_type, code)


def test_a_payment_can_be_disputed_in_parts(client):
    charge = paid(client, 5001, "createMultipleDisputes").latest_charge

    disputes = client.v1.disputes.list({"charge": charge}).data

    assert [dispute.amount for dispute in disputes] == [2501, 2500]
    answer(client, disputes[0], "winning_evidence")
    assert refusal(lambda: client.v1.refunds.create({"charge": charge}))["code"] == (
        "charge_disputed"
    )


def test_a_hold_is_disputed_once_it_is_captured(client):
    intent = held(client, 4400, card="createDispute")
    before = client.v1.disputes.list().data

    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 4000})

    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert before == []
    assert dispute.amount == 4000


def test_one_cent_cannot_be_disputed_in_parts(client):
    intent = held(client, 4400, card="createMultipleDisputes")

    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1})

    assert [dispute.amount for dispute in client.v1.disputes.list().data] == [1]


def test_a_legacy_charge_can_be_disputed(client, local):
    local.policies.token_charges = True

    charge = client.v1.charges.create(
        {"amount": 700, "currency": "usd", "source": "tok_visa_createDispute"}
    )

    assert charge.disputed
    assert client.v1.disputes.list({"charge": charge.id}).data[0].payment_intent is None


def test_a_payment_that_is_charged_back_cannot_be_refunded_too(client, disputed):
    charge = disputed().charge

    assert refusal(lambda: client.v1.refunds.create({"charge": charge, "amount": 100})) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "charge_disputed",
        "message": f"Charge {charge} has been charged back; cannot issue a refund.",
    }


def test_evidence_goes_to_the_bank(client, disputed):
    dispute = disputed()

    submitted = answer(client, dispute, "She signed for it.")

    details = submitted.evidence_details
    assert submitted.status == "under_review"
    assert submitted.evidence.uncategorized_text == "She signed for it."
    assert (details.has_evidence, details.submission_count) == (True, 1)
    assert details.submission_method == "manual"
    event = plain(client.v1.events.list({"type": "charge.dispute.updated"}).data[0])
    assert event["data"]["previous_attributes"]["status"] == "needs_response"


def test_evidence_can_be_staged_and_submitted_later(client, disputed):
    dispute = disputed()

    client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Ann"}, "submit": False})
    staged = answer(client, dispute, "A receipt", submit=False)
    cleared = client.v1.disputes.update(
        dispute.id, {"evidence": {"shipping_carrier": ""}, "submit": False}
    )
    submitted = client.v1.disputes.update(dispute.id, {"submit": True})

    assert cleared.evidence_details.has_evidence
    assert staged.status == "needs_response"
    assert (staged.evidence_details.has_evidence, staged.evidence_details.submission_count) == (
        True,
        0,
    )
    assert submitted.status == "under_review"
    assert submitted.evidence.customer_name == "Ann"
    assert submitted.evidence.uncategorized_text == "A receipt"


def test_a_note_is_no_answer(client, disputed):
    dispute = disputed()

    noted = client.v1.disputes.update(dispute.id, {"metadata": {"ticket": "7"}})

    assert (noted.status, plain(noted)["metadata"]) == ("needs_response", {"ticket": "7"})
    assert event_types(client)[-1] == "charge.dispute.updated"


def test_a_bank_is_answered_once(client, disputed):
    dispute = disputed()
    answer(client, dispute, "She signed for it.")

    assert refusal(lambda: answer(client, dispute, "winning_evidence")) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "The evidence for this dispute has already been submitted.",
    }
    client.v1.disputes.update(dispute.id, {"metadata": {"ticket": "7"}})


def test_evidence_in_files_is_refused_by_name(client, disputed):
    dispute = disputed()

    refused = refusal(
        lambda: client.v1.disputes.update(dispute.id, {"evidence": {"receipt": "file_1"}})
    )

    assert refused["message"] == "The local Stripe does not implement the parameter `receipt` here."


def test_winning_evidence_brings_the_money_back_without_the_fee(client, disputed, local):
    dispute = disputed()
    answer(client, dispute, "winning_evidence")

    local.advance(REVIEW)

    won = client.v1.disputes.retrieve(dispute.id)
    assert (won.status, won.is_charge_refundable) == ("won", True)
    assert ledger(client, dispute) == [(-6000, 1500, "dispute"), (6000, 0, "dispute_reversal")]
    assert [entry.amount for entry in won.balance_transactions] == [-6000, 6000]
    assert event_types(client)[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    assert client.v1.charges.retrieve(dispute.charge).disputed
    assert client.v1.refunds.create({"charge": dispute.charge}).amount == 6000


def test_the_bank_takes_its_time(client, disputed, local):
    dispute = disputed()
    answer(client, dispute, "winning_evidence")

    local.advance(REVIEW - 1)

    assert client.v1.disputes.retrieve(dispute.id).status == "under_review"


def test_losing_evidence_leaves_the_money_with_the_customer(client, disputed, local):
    dispute = disputed()
    answer(client, dispute, "losing_evidence")

    local.advance(REVIEW)

    assert client.v1.disputes.retrieve(dispute.id).status == "lost"
    assert ledger(client, dispute) == [(-6000, 1500, "dispute")]
    assert event_types(client)[-1] == "charge.dispute.closed"
    assert refusal(lambda: client.v1.refunds.create({"charge": dispute.charge}))["code"] == (
        "charge_disputed"
    )


def test_a_bank_that_is_told_nothing_it_knows_never_decides(client, disputed, local):
    dispute = disputed()
    answer(client, dispute, "Please!")

    local.advance(365 * DAY)

    assert client.v1.disputes.retrieve(dispute.id).status == "under_review"


def test_a_dispute_that_nobody_answers_in_time_is_lost(client, disputed, local):
    dispute = disputed()

    local.advance(TO_ANSWER - 1)
    open = client.v1.disputes.retrieve(dispute.id).status
    local.advance(1)

    closed = client.v1.events.list({"type": "charge.dispute.closed"}).data[0]
    assert open == "needs_response"
    assert client.v1.disputes.retrieve(dispute.id).status == "lost"
    assert closed.created == dispute.evidence_details.due_by + 1


def test_staged_evidence_is_no_answer(client, disputed, local):
    dispute = disputed()
    answer(client, dispute, "winning_evidence", submit=False)

    local.advance(TO_ANSWER)

    assert client.v1.disputes.retrieve(dispute.id).status == "lost"


def test_an_answer_in_time_keeps_a_dispute_open(client, disputed, local):
    dispute = disputed()
    answer(client, dispute, "She signed for it.")

    local.advance(TO_ANSWER)

    assert client.v1.disputes.retrieve(dispute.id).status == "under_review"


def test_a_dispute_can_be_accepted(client, disputed):
    dispute = disputed()

    closed = client.v1.disputes.close(dispute.id)

    assert (closed.status, closed.is_charge_refundable) == ("lost", False)
    assert event_types(client)[-1] == "charge.dispute.closed"


@pytest.mark.parametrize("again", ["answer", "close", "note"])
def test_what_is_closed_stays_closed(client, disputed, again):
    dispute = disputed()
    client.v1.disputes.close(dispute.id)
    actions = {
        "answer": lambda: answer(client, dispute, "winning_evidence"),
        "close": lambda: client.v1.disputes.close(dispute.id),
        "note": lambda: client.v1.disputes.update(dispute.id, {"metadata": {"a": "b"}}),
    }

    assert refusal(actions[again]) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "This dispute is already closed",
    }


def test_what_is_under_review_is_not_closed(client, disputed):
    dispute = disputed()
    answer(client, dispute, "She signed for it.")

    assert refusal(lambda: client.v1.disputes.close(dispute.id))["message"] == (
        "This dispute is under review and cannot be closed."
    )


def test_an_inquiry_moves_no_money(client, disputed):
    inquiry = disputed("createDisputeInquiry", 1700)

    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert inquiry.balance_transactions == []
    assert ledger(client, inquiry) == []
    assert "charge.dispute.funds_withdrawn" not in event_types(client)


@pytest.mark.parametrize("text", ["winning_evidence", "losing_evidence"])
def test_an_inquiry_that_is_answered_is_closed(client, disputed, local, text):
    inquiry = disputed("createDisputeInquiry")
    submitted = answer(client, inquiry, text)

    local.advance(REVIEW)

    assert submitted.status == "warning_under_review"
    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert ledger(client, inquiry) == []


def test_an_inquiry_may_become_a_dispute(client, disputed, local):
    inquiry = disputed("createDisputeInquiry")
    local.advance(30 * DAY)
    answer(client, inquiry, "escalate_inquiry_evidence")

    local.advance(REVIEW)

    dispute = client.v1.disputes.retrieve(inquiry.id)
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    assert dispute.evidence_details.due_by == inquiry.evidence_details.due_by + 30 * DAY
    assert dispute.payment_method_details.card.case_type == "chargeback"
    assert ledger(client, inquiry) == [(-6000, 1500, "dispute")]
    assert event_types(client)[-2:] == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    local.advance(TO_ANSWER)
    assert client.v1.disputes.retrieve(inquiry.id).status == "lost"


def test_an_inquiry_that_became_a_dispute_is_answered_again(client, disputed, local):
    inquiry = disputed("createDisputeInquiry")
    answer(client, inquiry, "escalate_inquiry_evidence")
    local.advance(REVIEW)

    answer(client, inquiry, "She signed for it.")
    local.advance(365 * DAY)

    dispute = client.v1.disputes.retrieve(inquiry.id)
    assert (dispute.status, dispute.evidence_details.submission_count) == ("under_review", 2)


def test_what_was_refunded_meanwhile_is_not_taken_again(client, disputed, local):
    inquiry = disputed("createDisputeInquiry")
    client.v1.refunds.create({"charge": inquiry.charge, "amount": 2000})
    answer(client, inquiry, "escalate_inquiry_evidence")

    local.advance(REVIEW)

    assert client.v1.disputes.retrieve(inquiry.id).amount == 4000
    assert ledger(client, inquiry) == [(-4000, 1500, "dispute")]


def test_a_refund_answers_an_inquiry(client, disputed, local):
    inquiry = disputed("createDisputeInquiry")
    answer(client, inquiry, "escalate_inquiry_evidence")

    client.v1.refunds.create({"charge": inquiry.charge})
    local.advance(REVIEW)

    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert event_types(client)[-3:] == [
        "refund.created",
        "charge.refunded",
        "charge.dispute.closed",
    ]


def test_an_inquiry_that_nobody_comes_back_to_is_closed(client, disputed, local):
    inquiry = disputed("createDisputeInquiry")

    local.advance(119 * DAY)
    open = client.v1.disputes.retrieve(inquiry.id).status
    local.advance(DAY)

    assert open == "warning_needs_response"
    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"


def test_an_inquiry_can_be_closed(client, disputed):
    closed = client.v1.disputes.close(disputed("createDisputeInquiry").id)

    assert closed.status == "warning_closed"


def test_the_fee_is_as_high_elsewhere(client, disputed):
    (withdrawn,) = disputed(currency="gbp").balance_transactions

    assert (withdrawn.fee, withdrawn.currency) == (900, "gbp")


def test_a_dispute_shows_how_its_money_moves_on(client, disputed, local):
    dispute = disputed()
    before = dispute.balance_transactions[0].status

    local.advance(7 * DAY)

    (entry,) = client.v1.disputes.retrieve(dispute.id).balance_transactions
    assert (before, entry.status) == ("pending", "available")


def test_a_movement_of_money_leads_to_its_dispute(client, disputed):
    entry = disputed().balance_transactions[0].id

    found = client.v1.balance_transactions.retrieve(entry, {"expand": ["source"]})

    assert found.source.object == "dispute"


def test_disputes_are_listed_newest_first(client, disputed):
    first, second = disputed(), disputed("createDisputeInquiry")
    disputes = client.v1.disputes

    assert [dispute.id for dispute in disputes.list().data] == [second.id, first.id]
    (found,) = disputes.list({"payment_intent": first.payment_intent, "expand": ["data.charge"]})
    assert (found.id, found.charge.disputed) == (first.id, True)


def test_an_unknown_dispute_is_not_found(client):
    assert refusal(lambda: client.v1.disputes.retrieve("du_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such dispute: 'du_nope'",
        "param": "dispute",
    }


ENDS = {"won": "winning_evidence", "lost": "losing_evidence", "warning_closed": "losing_evidence"}


@pytest.fixture
def in_state(client, disputed, local):
    """A dispute in this state."""

    def in_state(state):
        card = "createDisputeInquiry" if state.startswith("warning") else "createDispute"
        dispute = disputed(card)
        if not state.endswith("needs_response"):
            answer(client, dispute, ENDS.get(state, "Please!"))
            local.advance(REVIEW)
        return client.v1.disputes.retrieve(dispute.id)

    return in_state


@pytest.mark.parametrize("state", sorted({after for _, _, after in DISPUTE.moves()}))
@pytest.mark.parametrize("action", ["update", "submit", "close"])
def test_a_dispute_obeys_the_table_in_every_state(ask, in_state, action, state):
    dispute = in_state(state)
    allowed = {before for name, before, _ in DISPUTE.moves() if name == action}
    path = {"close": "/close"}.get(action, "")
    params = {"update": {"metadata[a]": "b"}, "submit": {"submit": "true"}}.get(action, {})

    done = ask("POST", f"/v1/disputes/{dispute.id}{path}", params)

    assert dispute.status == state
    assert (done.status == 200) == (state in allowed)
