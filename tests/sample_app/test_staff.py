"""`flask staff`: who works in the shop is decided at the shop's own machine, and noted."""

import re

import pyotp
import pytest
from sqlalchemy import select

from sample_app import invitations
from sample_app.after_sales import AuditEntry
from sample_app.models import Customer
from sample_app.roles import Role
from sample_app.two_step import verify
from tests.sample_app.shopper import member_of_staff, signed_in


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


def test_the_command_line_alone_makes_nobody_staff(staff, app, session):
    """Whoever signed up with a colleague's address would be the colleague; see invitations."""
    somebody = signed_in(app, session, "ada@example.com")
    code, text = staff("invite", "Ada@Example.com ", "support")
    assert code == 0
    assert text.startswith("Hand this to ada@example.com in a way you trust.")
    assert account(session).role is Role.CUSTOMER
    assert somebody.open("/staff").status_code == 404
    assert session.scalars(select(AuditEntry.action)).all() == ["invited"]


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
    staff("invite", "ada@example.com", "manager")
    with app.app_context():
        token = invitations.invite(account(session), Role.MANAGER)
        invitations.accept(session, token, account(session))
    secret = pyotp.random_base32()
    assert verify(session, account(session), pyotp.TOTP(secret).now(), secret)
    staff("revoke", "ada@example.com")
    code, text = staff("trail")
    heading, *lines = [re.split(r" {2,}", line) for line in text.splitlines()]
    assert (code, heading) == (0, ["WHEN", "WHAT", "BY", "WHOM"])
    assert [line[1:] for line in lines] == [
        ["invited", "command line", "ada@example.com: manager"],
        ["invitation accepted", "ada@example.com", "ada@example.com: manager"],
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


@pytest.mark.parametrize("command", [("invite", "nobody@example.com", "support"), ("revoke", "x")])
def test_an_address_without_an_account_is_named(staff, command):
    code, text = staff(*command)
    assert code == 1
    assert f"No account has the e-mail address {command[1]}." in text


@pytest.mark.parametrize("role", ["customer", "owner"])
def test_only_to_roles_of_staff_is_anybody_invited(staff, app, session, role):
    signed_in(app, session, "ada@example.com")
    code, text = staff("invite", "ada@example.com", role)
    assert code == 2
    assert "'support', 'manager'" in text
