"""`flask --app sample_app staff`: who works in the shop, and as what."""

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select, update

from sample_app import audit, invitations
from sample_app.accounts import normalized
from sample_app.columns import aligned
from sample_app.database import db
from sample_app.models import Customer
from sample_app.roles import Role
from sample_app.security import public_name
from sample_app.two_step import is_enrolled

HEADINGS = ("E-MAIL", "ROLE", "TWO-STEP")
TRAIL = ("WHEN", "WHAT", "BY", "WHOM")


@click.group(cls=AppGroup)
def staff() -> None:
    """Who works in the shop."""


@staff.command("invite")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role if role != Role.CUSTOMER]))
def invite(email: str, role: str) -> None:
    """Print a link by which the customer with this e-mail address takes a role.

    Nobody has checked that the address is theirs: hand it to the colleague whom you know.
    """
    customer = _find(email)
    audit.note(db.session, "invited", None, detail=f"{customer.email}: {role}")
    db.session.commit()
    name = public_name(current_app.config["TRUSTED_HOSTS"])
    shop = current_app.url_map.bind(name or "", url_scheme="https")
    token = invitations.invite(customer, Role(role))
    click.echo(f"Hand this to {customer.email} in a way you trust. It is good for a day, and once.")
    click.echo(shop.build("entrance.show_invitation", {"token": token}, force_external=bool(name)))
    if not name:
        click.echo("TRUSTED_HOSTS names no public host: put the shop's address before that.")


@staff.command("revoke")
@click.argument("email")
def revoke(email: str) -> None:
    """Make them a customer again, and end their sessions; their phone's codes open nothing."""
    customer = _find(email)
    become = {
        Customer.role: Role.CUSTOMER,
        Customer.session_version: Customer.session_version + 1,
        Customer.totp_secret: None,
        Customer.totp_last_step: None,
    }
    # Of the row as it is now: they may have accepted an invitation since it was read.
    db.session.execute(update(Customer).where(Customer.id == customer.id).values(become))
    audit.note(db.session, "role revoked", None, detail=str(customer.email))
    db.session.commit()
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
