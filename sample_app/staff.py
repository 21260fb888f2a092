"""`flask --app sample_app staff`: who works in the shop, and as what."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from sample_app import audit
from sample_app.accounts import end_sessions, normalized
from sample_app.columns import aligned
from sample_app.database import db
from sample_app.models import Customer
from sample_app.roles import Role
from sample_app.two_step import is_enrolled

HEADINGS = ("E-MAIL", "ROLE", "TWO-STEP")
TRAIL = ("WHEN", "WHAT", "BY", "WHOM")


@click.group(cls=AppGroup)
def staff() -> None:
    """Who works in the shop."""


@staff.command("grant")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role if role != Role.CUSTOMER]))
def grant(email: str, role: str) -> None:
    """Give the customer with this e-mail address a role; they sign in anew.

    A session from before, or somebody's copy of it, gets no such powers.
    """
    customer = _find(email)
    customer.role = Role(role)
    audit.note(db.session, "role granted", None, detail=f"{customer.email}: {role}")
    end_sessions(db.session, customer)
    click.echo(f"{customer.email} is {role} now.")


@staff.command("revoke")
@click.argument("email")
def revoke(email: str) -> None:
    """Make them a customer again, and end their sessions; their phone's codes open nothing."""
    customer = _find(email)
    customer.role = Role.CUSTOMER
    customer.totp_secret = customer.totp_last_step = None
    audit.note(db.session, "role revoked", None, detail=str(customer.email))
    end_sessions(db.session, customer)
    click.echo(f"{customer.email} is a customer now, and signed out everywhere.")


@staff.command("list")
def list_staff() -> None:
    """Show who has a role."""
    working = select(Customer).where(Customer.role != Role.CUSTOMER).order_by(Customer.email)
    rows = [
        (str(person.email), Role(person.role), "on" if is_enrolled(person) else "not set up")
        for person in db.session.scalars(working)
    ]
    for line in aligned([HEADINGS, *rows]):
        click.echo(line)


@staff.command("trail")
def show_trail() -> None:
    """Show who was given a role or lost it, and whose phone was set up; oldest first."""
    rows = [
        (
            f"{entry.at:%Y-%m-%d %H:%M} UTC",
            entry.action,
            str(entry.staff.email) if entry.staff else "command line",
            entry.detail,
        )
        for entry in audit.trail(db.session, None)
    ]
    for line in aligned([TRAIL, *rows]):
        click.echo(line)


def _find(email: str) -> Customer:
    customer = db.session.scalar(select(Customer).where(Customer.email == normalized(email)))
    if customer is None:
        raise click.ClickException(f"No account has the e-mail address {email}.")
    return customer
