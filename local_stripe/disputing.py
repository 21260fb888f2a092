"""A dispute, from the complaint of the card's owner to the bank's decision, and its money.

https://docs.stripe.com/disputes/how-disputes-work
"""

from local_stripe import evidence, ledger, updates
from local_stripe.call import Call
from local_stripe.complaints import FRAUDULENT, Complaint
from local_stripe.states import DISPUTE
from local_stripe.store import Object

REVIEW = 5  # seconds, as a sandbox's bank takes (recorded); a real one takes two or three months
_DAY = 86_400
_DAYS_TO_ANSWER = 8  # until the end of that day, UTC (recorded)
_DAYS_TO_ESCALATE = 120  # an inquiry that is no dispute by then never will be

# What the bank makes of this text among the evidence; of any other it never makes up its mind.
_VERDICTS = {
    ("under_review", "winning_evidence"): "won",
    ("under_review", "losing_evidence"): "lost",
    ("warning_under_review", "winning_evidence"): "warning_closed",
    ("warning_under_review", "losing_evidence"): "warning_closed",
    ("warning_under_review", "escalate_inquiry_evidence"): "needs_response",
}


def begin(call: Call, charge: Object, complaint: Complaint, amount: int) -> Object:
    """The card's owner complains about this much of a charge; gives the charge, disputed.

    The bank takes the money back at once, unless it only inquires.
    """
    dispute: Object = {
        "id": call.ids.new("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.clock.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence.known(call, charge),
        "evidence_details": {
            "due_by": _due_by(call),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": True,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _details(charge, complaint),
        "reason": complaint.reason,
        "status": "warning_needs_response",
    }
    disputed = call.store.put({**charge, "disputed": True})
    if complaint.inquiry:
        call.store.put(dispute)
        call.events.emit("charge.dispute.created", dispute)
        call.agenda.add(call.clock.now() + _DAYS_TO_ESCALATE * _DAY, _lapse, dispute["id"])
        return disputed
    dispute = call.store.put({**dispute, **_withdrawn(call, dispute)})
    call.events.emit("charge.dispute.created", dispute)
    call.events.emit("charge.dispute.funds_withdrawn", dispute)
    return disputed


def submitted(call: Call, dispute: Object) -> Object:
    """The dispute with its evidence at the bank."""
    details = dispute["evidence_details"]
    reviewed = DISPUTE.move(
        "submit",
        dispute,
        evidence_details={
            **details,
            "submission_count": details["submission_count"] + 1,
            "submission_method": "manual",
        },
        status=DISPUTE.outcome("submit", dispute),
    )
    call.agenda.add(call.clock.now() + REVIEW, _decide, dispute["id"])
    return reviewed


def close(call: Call, dispute: Object) -> Object:
    """Accept it: the money is lost, or the bank need not inquire any more."""
    DISPUTE.require("close", dispute)
    return _end(call, "close", dispute)


def forbids_refund(call: Call, charge: Object) -> bool:
    """Whether the bank has taken money of this charge back, and kept it so far."""
    disputes = call.store.select("dispute", charge=charge["id"]) if charge["disputed"] else ()
    return not all(dispute["is_charge_refundable"] for dispute in disputes)


def refunded(call: Call, charge: Object) -> None:
    """The whole charge went back: a bank that inquired about it has its answer."""
    for dispute in list(call.store.select("dispute", charge=charge["id"])):
        if DISPUTE.allows("refund", dispute):
            _end(call, "refund", dispute)


def _withdrawn(call: Call, dispute: Object) -> Object:
    """What changes when the bank takes the money: somebody has to answer within days."""
    call.agenda.add(dispute["evidence_details"]["due_by"] + 1, _forfeit, dispute["id"])
    return {
        "balance_transactions": [ledger.withdrawn(call, dispute)],
        "is_charge_refundable": False,
        "status": "needs_response",
    }


def _verdict(dispute: Object) -> str | None:
    return _VERDICTS.get((dispute["status"], dispute["evidence"]["uncategorized_text"]))


def _decide(call: Call, id: str) -> None:
    """The bank has read the evidence."""
    dispute = call.store.require("dispute", id)
    match _verdict(dispute):
        case "won":
            _win(call, dispute)
        case "needs_response":
            _escalate(call, dispute)
        case str(status):
            _end(call, "decide", dispute, status)


def _win(call: Call, dispute: Object) -> None:
    entries = [*dispute["balance_transactions"], ledger.reinstated(call, dispute)]
    won = DISPUTE.move(
        "decide", dispute, balance_transactions=entries, is_charge_refundable=True, status="won"
    )
    call.store.put(won)
    call.events.emit("charge.dispute.funds_reinstated", won)
    call.events.emit("charge.dispute.closed", won, updates.previous_attributes(dispute, won))


def _escalate(call: Call, dispute: Object) -> None:
    """The inquiry becomes a dispute, about what was not refunded meanwhile."""
    charge = call.store.require("charge", dispute["charge"])
    left = charge["amount_captured"] - charge["amount_refunded"]
    details = {**dispute["evidence_details"], "due_by": _due_by(call)}
    about = {
        **dispute,
        "amount": min(dispute["amount"], left),
        "evidence_details": details,
        "payment_method_details": _details(charge, FRAUDULENT),
    }
    escalated = DISPUTE.move("decide", dispute, **{**about, **_withdrawn(call, about)})
    updates.record(call, "charge.dispute.updated", dispute, escalated)
    call.events.emit("charge.dispute.funds_withdrawn", escalated)


def _forfeit(call: Call, id: str) -> None:
    """Nobody has answered in time."""
    dispute = call.store.require("dispute", id)
    if DISPUTE.allows("forfeit", dispute):
        _end(call, "forfeit", dispute)


def _lapse(call: Call, id: str) -> None:
    """The bank has not come back to what it inquired about."""
    dispute = call.store.require("dispute", id)
    if DISPUTE.allows("lapse", dispute):
        _end(call, "lapse", dispute)


def _end(call: Call, action: str, dispute: Object, verdict: str | None = None) -> Object:
    """It is over, as the bank decided or as the table has it."""
    status = verdict or DISPUTE.outcome(action, dispute)
    ended = DISPUTE.move(action, dispute, status=status)
    return updates.record(call, "charge.dispute.closed", dispute, ended)


def _details(charge: Object, complaint: Complaint) -> Object:
    card = charge["payment_method_details"]["card"]
    shown = {
        "brand": card["brand"],
        "case_type": "inquiry" if complaint.inquiry else "chargeback",
        "network": card["network"],
        "network_reason_code": complaint.network_reason_code,
    }
    return {"card": shown, "type": "card"}


def _due_by(call: Call) -> int:
    now = call.clock.now()
    return now - now % _DAY + (_DAYS_TO_ANSWER + 1) * _DAY - 1
