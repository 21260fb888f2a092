"""What staff see of disputes, and how they answer them: by deadline, and the bank once."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from local_stripe import Clock, LocalStripe
from sample_app.after_sales import Dispute
from sample_app.disputes import record
from sample_app.models import Customer, now
from sample_app.orders import place_order
from sample_app.roles import Role
from sample_app.settlement import settle
from tests.sample_app.payer import charge
from tests.sample_app.shopper import member_of_staff, signed_in

DAY = 86_400
TEXT = "uncategorized_text"


@pytest.fixture
def local():
    """Today's Stripe: how many days are left, the shop's clock says."""
    return LocalStripe(clock=Clock(int(time.time())))


@pytest.fixture
def support(app, session):
    return member_of_staff(app, session, Role.SUPPORT)


@pytest.fixture
def disputed(session, stripe_client):
    """Place an order and pay it with a card whose owner complains; gives the shop's dispute."""

    def pay(card="pm_card_createDispute"):
        order = place_order(session, [1])
        intent = charge(stripe_client, order.id, order.amount, card=card)
        settle(session, order, intent)
        [told] = stripe_client.v1.disputes.list({"payment_intent": intent.id}).data
        return record(session, order, told)

    return pay


@pytest.fixture
def dispute(disputed):
    return disputed()


@pytest.fixture
def page(dispute):
    return f"/staff/disputes/{dispute.id}"


def evidence(client, dispute):
    return client.v1.disputes.retrieve(dispute.id).evidence


# Who gets in


@pytest.mark.parametrize("path", ["", "/du_1", "/du_1/evidence", "/du_1/submission"])
def test_to_a_customer_there_are_no_such_pages(app, session, monkeypatch, path):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)  # a form of the shop's own
    customer = signed_in(app, session, "ada@example.com").client
    method = "POST" if path.count("/") > 1 else "GET"
    assert customer.open(f"/staff/disputes{path}", method=method).status_code == 404


def test_a_guest_signs_in_first(shopper):
    shopper.open("/staff/disputes")
    assert shopper.path == "/sign-in?next=/staff/disputes"


def test_a_dispute_that_nobody_opened_is_not_found(support):
    assert support.open("/staff/disputes/du_nobody").status_code == 404


# What they see


def test_the_nearest_deadline_comes_first(support, session, disputed, local):
    due_later = disputed()
    local.advance(3 * DAY)
    due_last = disputed()
    decided = disputed()
    decided.status = "won"
    # Opened later, and due sooner: not every bank gives the same time.
    due_first = disputed()
    due_first.due_by = due_later.due_by.replace(hour=0)
    session.commit()
    support.open("/staff/disputes")
    shown = [link["href"].rpartition("/")[2] for link in support.page.select(".history a")]
    assert shown == [due_first.id, due_later.id, due_last.id, decided.id]
    assert support.rows("h2") == ["To answer", "With the bank, or decided"]


def test_the_list_says_how_many_days_are_left(support, dispute):
    support.open("/staff/disputes")
    [line] = support.rows(".history .when")
    assert line.startswith("evidence by ")
    assert ": 8 days left" in line


def test_an_order_tells_of_its_dispute_in_words_and_of_the_deadline_while_there_is_one(
    support, session, dispute
):
    support.open(f"/staff/orders/{dispute.order_id}")
    assert "fraudulent: needs response, evidence by" in support.page.text
    dispute.status = "under_review"
    session.commit()
    support.open(f"/staff/orders/{dispute.order_id}")
    assert "fraudulent: under review" in support.page.text
    assert "evidence by" not in support.page.text


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (-1, "no time left"),
        (1, "less than a day left"),
        (25, "1 day left"),
        (49, "2 days left"),
    ],
)
def test_time_runs_out_by_the_shops_clock(support, session, dispute, page, hours, words):
    dispute.due_by = now() + timedelta(hours=hours)
    session.commit()
    support.open(page)
    assert words in support.text


def test_with_no_dispute_the_list_says_so(support):
    support.open("/staff/disputes")
    assert support.text == "Disputes To answer No bank waits for an answer."


def test_an_order_leads_to_its_dispute_and_back(support, dispute, page):
    support.open(f"/staff/orders/{dispute.order_id}")
    assert support.page.select(f'a[href="{page}"]')
    support.open(page)
    assert support.page.select(f'a[href="/staff/orders/{dispute.order_id}"]')


# What they do


def test_evidence_is_saved_then_sent_to_the_bank(support, session, stripe_client, dispute, page):
    support.open(page)
    with pytest.raises(ValueError, match="not enough values"):
        support.form("Send to the bank")  # nothing is saved yet
    support.press("Save the evidence", shipping_carrier="UPS", uncategorized_text="Signed for.")
    assert "The evidence is saved." in support.text
    said = evidence(stripe_client, dispute)
    assert (said.shipping_carrier, said.uncategorized_text) == ("UPS", "Signed for.")
    support.press("Send to the bank")
    assert "The evidence is with the bank." in support.text
    session.expire_all()
    assert (dispute.status, dispute.evidence_sent_at is not None) == ("under_review", True)
    assert "Signed for." in support.text
    assert support.page.select("main form") == []


def test_what_was_saved_is_in_the_form_again(support, stripe_client, page):
    support.open(page)
    support.press("Save the evidence", shipping_carrier="UPS", uncategorized_text="Signed for.")
    support.open(page)
    assert support.page.find("input", id="shipping_carrier")["value"] == "UPS"
    assert support.rows(f"#{TEXT}") == ["Signed for."]


def test_a_second_click_sends_nothing_again(support, stripe_client, dispute, page):
    support.open(page)
    support.press("Save the evidence", uncategorized_text="Signed for.")
    form = support.form("Send to the bank")
    support.send(*form)
    support.send(*form)
    assert "the bank has your answer" in support.text
    details = stripe_client.v1.disputes.retrieve(dispute.id).evidence_details
    assert details.submission_count == 1


def test_after_the_deadline_nothing_is_sent(support, session, dispute, page, local):
    support.open(page)
    support.press("Save the evidence", uncategorized_text="Signed for.")
    local.advance(9 * DAY)
    support.press("Send to the bank")
    assert f"Evidence was due by {dispute.due_by:%d %B %Y, %H:%M} UTC." in support.text
    session.expire_all()
    assert dispute.status == "lost"


def test_a_text_that_is_too_long_names_its_field(support, stripe_client, dispute, page):
    support.open(page)
    answer = support.press("Save the evidence", shipping_carrier="x" * 501)
    assert answer.status_code == 422
    assert support.rows("#shipping_carrier-error") == ["That is too long: 500 characters at most."]
    assert evidence(stripe_client, dispute).shipping_carrier is None


def test_while_stripe_does_not_answer_nothing_typed_is_lost(support, local, page):
    support.open(page)
    local.faults.inject("timeout", path="/v1/disputes*", times=1)
    answer = support.press("Save the evidence", uncategorized_text="Signed for.")
    assert answer.status_code == 503
    assert support.rows("[role=alert]") == ["Stripe did not answer. Try again in a minute."]
    assert support.rows(f"#{TEXT}") == ["Signed for."]


def test_what_staff_type_is_text_on_the_page(support, page):
    support.open(page)
    support.press("Save the evidence", uncategorized_text="<script>alert(1)</script>")
    support.open(page)
    assert support.rows(f"#{TEXT}") == ["<script>alert(1)</script>"]


def test_whoever_answered_is_named_on_the_order(support, session, dispute, page):
    support.open(page)
    support.press("Save the evidence", uncategorized_text="Signed for.")
    support.open(f"/staff/orders/{dispute.order_id}")
    who = session.scalar(sa.select(Customer.email))
    assert any("evidence saved" in row and who in row for row in support.rows(".entries li"))
    assert session.get(Dispute, dispute.id).evidence_sent_at is None
