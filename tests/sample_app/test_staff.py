"""`flask staff`: who works in the shop is decided at the shop's own machine, and noted."""

import re

import pyotp
import pytest
from sqlalchemy import select

from sample_app.after_sales import AuditEntry
from sample_app.models import Customer
from sample_app.roles import Role
from sample_app.two_step import verify
from tests.sample_app.shopper import Shopper, member_of_staff, signed_in

STEP = "/staff/two-step"


@pytest.fixture
def staff(app):
    """Run `flask staff …`; gives its exit code and what it says."""

    def run(*arguments):
        result = app.test_cli_runner().invoke(args=["staff", *arguments])
        return result.exit_code, result.output

    return run


def account(session):
    session.expire_all()
    return session.scalar(select(Customer))


def test_a_customer_is_given_a_role(staff, app, session):
    signed_in(app, session, "ada@example.com")
    assert staff("grant", "Ada@Example.com ", "support") == (0, "ada@example.com is support now.\n")
    assert account(session).role is Role.SUPPORT
    assert session.scalars(select(AuditEntry.action)).all() == ["role granted"]
    assert Shopper(app.test_client(user=account(session))).open("/staff").request.path == STEP


@pytest.mark.parametrize("role", ["support", "manager"])
def test_no_session_from_before_gets_the_role(staff, app, session, role):
    """One that was stolen of a customer would set up the thief's phone."""
    stolen = signed_in(app, session, "ada@example.com")
    assert staff("grant", "ada@example.com", role)[0] == 0
    assert stolen.open("/staff").request.path == "/sign-in"


def test_whose_role_is_taken_away_is_signed_out_and_their_phone_forgotten(staff, app, session):
    person = member_of_staff(app, session, email="grace@shop.example")
    account(session).totp_secret = "SECRET"
    session.commit()
    assert staff("revoke", "grace@shop.example")[0] == 0
    customer = account(session)
    assert (customer.role, customer.totp_secret) == (Role.CUSTOMER, None)
    assert person.open("/staff/orders").request.path == "/sign-in"
    assert session.scalars(select(AuditEntry.action)).all() == ["role revoked"]


def test_who_was_given_a_role_and_set_up_a_phone_can_be_read(staff, app, session):
    signed_in(app, session, "ada@example.com")
    staff("grant", "ada@example.com", "manager")
    secret = pyotp.random_base32()
    assert verify(session, account(session), pyotp.TOTP(secret).now(), secret)
    staff("revoke", "ada@example.com")
    code, text = staff("trail")
    heading, *lines = [re.split(r" {2,}", line) for line in text.splitlines()]
    assert (code, heading) == (0, ["WHEN", "WHAT", "BY", "WHOM"])
    assert [line[1:] for line in lines] == [
        ["role granted", "command line", "ada@example.com: manager"],
        ["phone set up", "ada@example.com"],
        ["role revoked", "command line", "ada@example.com"],
    ]


def test_staff_are_listed_with_their_roles(staff, app, session):
    member_of_staff(app, session, Role.SUPPORT, "sam@shop.example")
    member_of_staff(app, session, Role.MANAGER, "grace@shop.example")
    signed_in(app, session, "ada@example.com")
    code, text = staff("list")
    assert (code, text.splitlines()) == (
        0,
        [
            "E-MAIL              ROLE     TWO-STEP",
            "grace@shop.example  manager  not set up",
            "sam@shop.example    support  not set up",
        ],
    )


@pytest.mark.parametrize("command", [("grant", "nobody@example.com", "support"), ("revoke", "x")])
def test_an_address_without_an_account_is_named(staff, command):
    code, text = staff(*command)
    assert code == 1
    assert f"No account has the e-mail address {command[1]}." in text


@pytest.mark.parametrize("role", ["customer", "owner"])
def test_only_roles_of_staff_are_granted(staff, app, session, role):
    signed_in(app, session, "ada@example.com")
    code, text = staff("grant", "ada@example.com", role)
    assert code == 2
    assert "'support', 'manager'" in text
