"""The statement: each movement is on one line, and the lines come to the balance."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sample_app.bookkeeping import CATEGORIES, Claim, Difference, Line, state
from sample_app.ledger import Ledger, Movement

THEN = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
PAID = {(Line.PAYMENTS, "pi_1"): Claim(1000, "usd", "ord_1", THEN)}


def movement(amount=1000, category="charge", payment="pi_1", **changes):
    fields = {
        "id": "txn_1", "category": category, "amount": amount, "currency": "usd", "fee": 0,
        "stated": amount, "stated_in": "usd", "source": "ch_1", "made": THEN, "payment": payment,
    }  # fmt: skip
    return Movement(**fields | changes)


def ledger(*movements, **balance):
    return Ledger(list(movements), balance)


def test_a_charge_that_paid_for_its_order_leaves_no_difference():
    statement = state(PAID, ledger(movement(fee=59), usd=941))
    assert statement.differences == []
    assert statement.shop[Line.PAYMENTS, "usd"] == statement.stripe[Line.PAYMENTS, "usd"] == 1000
    assert statement.stripe[Line.FEES, "usd"] == -59
    assert statement.shop[Line.BALANCE, "usd"] == statement.stripe[Line.BALANCE, "usd"] == 941


def test_an_order_without_its_money_is_a_difference():
    [difference] = state(PAID, ledger()).differences
    assert difference == Difference(Line.PAYMENTS, "pi_1", "usd", shop=1000, stripe=0)


def test_money_for_no_order_is_a_difference_until_it_went_back():
    charge = movement(payment="pi_2")
    [difference] = state({}, ledger(charge, usd=1000)).differences
    assert difference == Difference(Line.UNEXPECTED, "pi_2", "usd", shop=0, stripe=1000)
    back = movement(-1000, "refund", payment="pi_2", source="re_1")
    assert state({}, ledger(back, charge, usd=0)).differences == []


def test_a_charge_of_another_amount_is_a_difference():
    [difference] = state(PAID, ledger(movement(999), usd=999)).differences
    assert (difference.shop, difference.stripe) == (1000, 999)


def test_a_refund_that_the_shop_has_not_heard_of_is_a_difference():
    refund = movement(-300, "refund", source="re_1")
    [difference] = state(PAID, ledger(refund, movement(), usd=700)).differences
    assert difference == Difference(Line.REFUNDS, "re_1", "usd", shop=0, stripe=-300)


def test_a_refund_that_failed_is_no_refund():
    failure = movement(300, "refund_failure", source="re_1")
    refund = movement(-300, "refund", source="re_1")
    assert state(PAID, ledger(failure, refund, movement(), usd=1000)).differences == []


def test_a_balance_that_is_not_what_the_ledger_comes_to_is_a_difference():
    [difference] = state(PAID, ledger(movement(), usd=1001)).differences
    assert difference == Difference(Line.BALANCE, "usd", "usd", shop=1000, stripe=1001)


def test_what_was_paid_out_is_part_of_the_account():
    payout = movement(-400, "payout", payment=None, source="po_1")
    statement = state(PAID, ledger(payout, movement(), usd=600))
    assert statement.stripe[Line.PAYOUTS, "usd"] == -400
    assert statement.differences == []


def test_a_category_that_nobody_foresaw_is_still_counted():
    strange = movement(-7, "climate_order_purchase", payment=None, source="climorder_1")
    statement = state(PAID, ledger(strange, movement(), usd=993))
    assert statement.stripe[Line.OTHER, "usd"] == -7
    assert statement.differences == []


def test_what_stripe_exchanged_is_compared_in_the_currency_of_its_payment():
    paid = {(Line.PAYMENTS, "pi_1"): Claim(1000, "eur", "ord_1", THEN)}
    exchanged = movement(1080, stated=1000, stated_in="eur", fee=61)
    statement = state(paid, ledger(exchanged, usd=1019))
    assert statement.differences == []
    assert statement.stripe[Line.PAYMENTS, "eur"] == 1000
    assert statement.stripe[Line.EXCHANGED, "eur"] == -1000
    assert statement.stripe[Line.EXCHANGED, "usd"] == 1080


def test_what_came_while_the_shop_was_mended_is_no_difference_yet():
    fresh = movement(payment="pi_2", fresh=True)
    statement = state(PAID, ledger(fresh, movement(), usd=2000))
    assert statement.stripe[Line.FRESH, "usd"] == 1000
    assert statement.differences == []


# From a day on


def test_what_was_before_is_the_opening_balance():
    statement = state(PAID, ledger(movement(), usd=5000), since=THEN - DAY)
    assert statement.stripe[Line.OPENING, "usd"] == 4000
    assert statement.differences == []


def test_an_order_of_before_needs_no_payment_since():
    assert state(PAID, ledger(usd=1000), since=THEN + DAY).differences == []


def test_an_order_of_that_time_needs_its_payment():
    [difference] = state(PAID, ledger(usd=1000), since=THEN - DAY).differences
    assert difference.line is Line.PAYMENTS


def test_a_dispute_of_before_that_was_won_since_is_no_difference():
    reversal = movement(1000, "dispute_reversal", source="du_1", made=THEN)
    statement = state(PAID, ledger(reversal, usd=1000), since=THEN + DAY)
    assert statement.stripe[Line.EARLIER, "usd"] == 1000
    assert statement.differences == []


@given(
    st.lists(
        st.builds(
            movement,
            amount=st.integers(-5000, 5000),
            category=st.sampled_from([*CATEGORIES, "something_new"]),
            payment=st.sampled_from(["pi_1", "pi_2", None]),
            fee=st.integers(0, 100),
            source=st.sampled_from(["ch_1", "re_1", "du_1"]),
            fresh=st.booleans(),
            made=st.sampled_from([THEN, THEN - DAY]),
        )
    ),
    st.sampled_from([None, THEN]),
)
def test_no_cent_of_the_ledger_is_left_out_or_counted_twice(movements, since):
    total = sum(entry.amount - entry.fee for entry in movements)
    statement = state(PAID, ledger(*movements, usd=total), since)
    lines = [amount for (line, _), amount in statement.stripe.items() if line is not Line.BALANCE]
    assert sum(lines) == total
    assert Line.BALANCE not in {difference.line for difference in statement.differences}
