"""An invitation makes its colleague staff: once, within a day, and nobody else."""

import re
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from sample_app import accounts, invitations
from sample_app.after_sales import AuditEntry
from sample_app.database import db
from sample_app.models import Customer
from sample_app.roles import Role
from tests.sample_app.conftest import build, close
from tests.sample_app.shopper import member_of_staff, signed_in

EMAIL = "ada@example.com"
PAGE = "/staff/invitation"
ACCEPT = "Accept"
GONE = 410


@pytest.fixture
def ada(app, session):
    return signed_in(app, session, EMAIL)


@pytest.fixture
def invite(app):
    """Make the link that `flask staff invite` prints."""

    def run(role="manager", email=EMAIL):
        result = app.test_cli_runner().invoke(args=["staff", "invite", email, role])
        assert result.exit_code == 0, result.output
        return re.search(rf"{PAGE}\S+", result.output)[0]

    return run


def account(session, email=EMAIL):
    session.expire_all()
    return session.scalar(sa.select(Customer).where(Customer.email == email))


def trail(session):
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.staff and entry.staff.email, entry.detail) for entry in entries]


def accept(shopper, link):
    """Open the page and press its button."""
    assert shopper.open(link).status_code == 200, shopper.text
    return shopper.press(ACCEPT)


# The colleague


@pytest.mark.parametrize("role", ["support", "manager"])
def test_who_accepts_gets_the_role_and_signs_in_anew(ada, invite, session, role):
    accept(ada, invite(role))
    assert ada.path.startswith("/sign-in?next=/staff")
    assert f"You are {role} now. Sign in anew" in ada.page.main.text
    assert account(session).role == role
    assert ada.open("/staff").request.path == "/sign-in"


def test_the_page_says_what_they_are_about_to_become_and_does_nothing(ada, invite, session):
    ada.open(invite("support"))
    assert f"support, as {EMAIL}" in ada.text
    assert ada.rows("main li") == ["answer a dispute", "see every order", "ship an order"]
    assert account(session).role is Role.CUSTOMER


def test_after_signing_in_anew_the_phone_is_set_up(app, invite, session, shopper):
    shopper.sign_up(EMAIL)
    accept(shopper, invite())
    shopper.press("Sign in", email=EMAIL, password="a short sentence")
    assert shopper.path == "/staff/two-step?next=/staff"
    assert "Set up the second step" in shopper.text


def test_the_trail_says_who_was_invited_and_who_accepted(ada, invite, session):
    accept(ada, invite())
    assert trail(session) == [
        ("invited", None, f"{EMAIL}: manager"),
        ("invitation accepted", EMAIL, f"{EMAIL}: manager"),
    ]


def test_a_session_that_was_stolen_before_gets_no_role(app, ada, invite, session):
    """It would set up the thief's phone."""
    stolen = app.test_client(user=account(session))
    accept(ada, invite())
    assert stolen.get("/staff").location.startswith("/sign-in")


def test_a_role_changes_by_invitation_too(app, session, invite):
    sam = member_of_staff(app, session, Role.SUPPORT, "sam@shop.example")
    accept(sam, invite("manager", "sam@shop.example"))
    assert account(session, "sam@shop.example").role is Role.MANAGER


# Everybody else


def test_a_guest_signs_in_first_and_comes_back(invite, session, shopper):
    shopper.sign_up(EMAIL)
    link = invite("support")
    shopper.client.delete_cookie("session")
    shopper.open(link)
    assert shopper.path.startswith("/sign-in")
    assert "Sign in first." in shopper.page.main.text
    shopper.press("Sign in", email=EMAIL, password="a short sentence")
    assert shopper.path == link
    assert f"support, as {EMAIL}" in shopper.text


def test_who_has_the_account_without_the_link_has_nothing(ada, invite, session):
    """Whoever signed up with a colleague's address before they did."""
    invite()
    assert ada.open("/staff").status_code == 404
    assert ada.open(PAGE).status_code == 404
    assert account(session).role is Role.CUSTOMER


def test_who_has_the_link_without_the_account_has_nothing(app, ada, invite, session):
    eve = signed_in(app, session, "eve@example.com")
    link = invite()
    assert eve.open(link).status_code == 403
    assert "for another account" in eve.text
    assert send(eve, link).status_code == 403
    roles = session.execute(sa.select(Customer.role)).scalars().all()
    assert roles == [Role.CUSTOMER, Role.CUSTOMER]


def send(shopper, link):
    """Accept without having been shown the button."""
    shopper.open("/")
    _, fields = shopper.form("Add Desk lamp to the cart")
    return shopper.send(link, {"csrf_token": fields["csrf_token"]})


def test_to_look_at_its_head_accepts_nothing(ada, invite, session):
    assert ada.client.head(invite()).status_code == 200
    assert account(session).role is Role.CUSTOMER


def test_another_sites_form_accepts_nothing(ada, invite, session):
    assert ada.send(invite(), {}).status_code == 400
    assert account(session).role is Role.CUSTOMER


@pytest.mark.parametrize("age", [0, invitations.SECONDS_GOOD])
def test_within_the_day_it_is_good(ada, invite, session, monkeypatch, age):
    link = invite()
    later(monkeypatch, age)
    accept(ada, link)
    assert account(session).role is Role.MANAGER


def test_after_a_day_it_is_over(ada, invite, session, monkeypatch):
    link = invite()
    later(monkeypatch, invitations.SECONDS_GOOD + 1)
    assert ada.open(link).status_code == GONE
    assert "good for one day" in ada.text
    assert send(ada, link).status_code == GONE
    assert account(session).role is Role.CUSTOMER


def later(monkeypatch, seconds):
    clock = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: clock(self) + seconds)


def forged(app, data, **options):
    made = {"secret_key": app.config["SECRET_KEY"], "salt": invitations.SALT, **options}
    return URLSafeTimedSerializer(**made).dumps(data)


@pytest.mark.parametrize("options", [{"secret_key": "mine"}, {"salt": "cookie-session"}])
def test_what_the_shop_did_not_sign_as_an_invitation_is_none(app, ada, session, options):
    customer = account(session)
    data = [customer.id, customer.session_version, "manager"]
    token = forged(app, data, **options)
    assert ada.open(f"{PAGE}?token={token}").status_code == 404
    assert send(ada, f"{PAGE}?token={token}").status_code == 404
    assert account(session).role is Role.CUSTOMER
    assert ada.open(f"{PAGE}?token={forged(app, data)}").status_code == 200


def test_an_altered_token_is_none(ada, invite, session):
    link = invite("support")
    head, dot, rest = link.partition(".")
    altered = [f"{head}A{dot}{rest}", f"{link}A", link[:-4], f"{PAGE}?token=", f"{PAGE}?token=%00é"]
    assert {send(ada, attempt).status_code for attempt in altered} == {404}
    assert account(session).role is Role.CUSTOMER


# Once


def test_a_second_time_it_is_over(app, ada, invite, session):
    link = invite()
    accept(ada, link)
    assert ada.open(link).request.path == "/sign-in"
    again = app.test_client(user=account(session))
    answer = again.get(link)
    assert answer.status_code == GONE
    assert "was used" in answer.text


def test_no_old_link_makes_staff_of_whoever_was_revoked(app, ada, invite, session):
    used, spare = invite(), invite()
    accept(ada, used)
    app.test_cli_runner().invoke(args=["staff", "revoke", EMAIL])
    ada.client = app.test_client(user=account(session))
    assert [send(ada, link).status_code for link in (used, spare)] == [GONE, GONE]
    assert account(session).role is Role.CUSTOMER


def test_to_revoke_takes_back_an_invitation_that_nobody_has_answered(app, ada, invite, session):
    link = invite()
    app.test_cli_runner().invoke(args=["staff", "revoke", EMAIL])
    ada.client = app.test_client(user=account(session))
    assert send(ada, link).status_code == GONE


def test_of_many_who_accept_at_one_moment_one_does(database_url):
    app = build(database_url)
    with app.app_context():
        customer = accounts.register(db.session, EMAIL, "a short sentence")
        token = invitations.invite(customer, Role.MANAGER)
    barrier, outcomes = Barrier(4), []

    def click():
        with app.app_context():
            customer = db.session.scalar(sa.select(Customer))
            invitations.read(token, customer)
            barrier.wait(10)
            try:
                outcomes.append(invitations.accept(db.session, token, customer))
            except invitations.InvitationOver:
                outcomes.append("over")

    clicks = [Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    with app.app_context():
        assert len(trail(db.session)) == 1
    close(app)
    assert sorted(outcomes) == ["manager", "over", "over", "over"]


def test_who_accepts_while_they_are_revoked_has_nothing(database_url):
    app = build(database_url)

    def accepted_meanwhile(*_):
        with app.app_context():
            invitations.accept(db.session, token, account(db.session))

    with app.app_context():
        customer = accounts.register(db.session, EMAIL, "a short sentence")
        token = invitations.invite(customer, Role.MANAGER)
    # Once the command has read the row, and not changed it yet.
    sa.event.listen(Customer, "load", accepted_meanwhile, once=True)
    app.test_cli_runner().invoke(args=["staff", "revoke", EMAIL], catch_exceptions=False)
    with app.app_context():
        customer = account(db.session)
    close(app)
    # To accept ends their sessions, and to be revoked those that they began since.
    assert (customer.role, customer.session_version) == (Role.CUSTOMER, 2)


# The address that is printed


@pytest.mark.parametrize(
    ("hosts", "start"),
    [
        ("localhost,.shop.example", "https://shop.example/staff/invitation?token="),
        (None, "/staff/invitation?token="),
        ("localhost", "/staff/invitation?token="),
    ],
)
def test_the_link_leads_to_the_shop_by_the_name_that_customers_know(tmp_path, hosts, start):
    app = build(f"sqlite:///{tmp_path}/shop.db", TRUSTED_HOSTS=hosts)
    runner = app.test_cli_runner()
    runner.invoke(args=["migrate"])
    with app.app_context():
        accounts.register(db.session, EMAIL, "a short sentence")
    printed = runner.invoke(args=["staff", "invite", EMAIL, "support"]).output
    said, link, *more = printed.splitlines()
    close(app)
    assert said == f"Hand this to {EMAIL} in a way you trust. It is good for a day, and once."
    assert link.startswith(start)
    no_name = "TRUSTED_HOSTS names no public host: put the shop's address before that."
    assert more == ([] if link.startswith("https") else [no_name])
