"""`flask --app sample_app reconcile`: mend what the webhooks missed, and account for every cent."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click
import stripe
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from sample_app import bookkeeping, disputes, findings, ledger, reconciliation
from sample_app.bookkeeping import COMPARED, Line, Statement
from sample_app.columns import aligned
from sample_app.database import db
from sample_app.money import format_money

AGAIN = "Run this again: it goes on where it was."
HEADINGS = ("SHOP", "STRIPE", "DIFFERENCE")
# Shown even when nothing happened there.
ALWAYS = {Line.PAYMENTS, Line.REFUNDS, Line.DISPUTES, Line.FEES, Line.BALANCE}


@click.command("reconcile")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Look only at what was made at Stripe from that day on, UTC.",
)
@with_appcontext
def reconcile(since: datetime | None) -> None:
    """Ask Stripe what the webhooks missed, and mend it; then account for every cent.

    Exits with 1 if something needs a person. It can be stopped, and goes on where it was.
    """
    try:
        needed = _reconcile(since and since.replace(tzinfo=UTC))
    except stripe.StripeError as error:
        raise click.ClickException(f"Stripe did not tell all ({error}). {AGAIN}") from error
    except OperationalError as error:
        raise click.ClickException(f"The database failed ({error.orig}). {AGAIN}") from error
    if needed:
        click.echo(f"{needed} need a person.")
        raise click.exceptions.Exit(1)
    click.echo("Every cent is accounted for.")


def _reconcile(since: datetime | None) -> int:
    """Mend, and print the statement and what needs a person; returns how much does."""
    client = current_app.extensions["stripe"]
    # First: what is in them now, the shop knows of when it is mended.
    movements = ledger.read(client, since, _seen)
    waiting = disputes.needing_response(client, since)
    for number, outcome in enumerate(reconciliation.mend(db.session, client, since, _seen)):
        if number == 0:
            click.echo("Mended:")
        click.echo(f"  {outcome}")
    db.session.close()  # what others did meanwhile counts
    claims = bookkeeping.claims(db.session)
    db.session.commit()  # no transaction stays open while Stripe is asked
    book = ledger.catch_up(client, since, movements)
    statement = bookkeeping.state(claims, book, since)
    for line in _table(statement, since):
        click.echo(line)
    needed = [
        *findings.of_differences(db.session, statement.differences, book),
        *findings.of_disputes(db.session, waiting, claims),
        *findings.of_the_shop(db.session, since),
    ]
    for finding in needed:
        click.echo(f"! {finding.what}\n  {finding.to_do}")
    return len(needed)


def _seen(what: str, number: int) -> None:
    click.echo(f"{number} {what}", err=True)


def _table(statement: Statement, since: datetime | None) -> list[str]:
    rows = [row for currency in statement.currencies for row in _block(statement, currency, since)]
    columns = [_right(column) for column in zip(HEADINGS, *(row[1:] for row in rows), strict=True)]
    names = ("", *(row[0] for row in rows))
    return aligned(list(zip(names, *columns, strict=True)))


def _block(
    statement: Statement, currency: str, since: datetime | None
) -> Iterator[tuple[str, ...]]:
    """The lines of one currency, below its name."""
    yield currency.upper(), "", "", ""
    for line in Line:
        shop, stripe = statement.shop[line, currency], statement.stripe[line, currency]
        if not (shop or stripe or line in ALWAYS):
            continue
        name = f"{line} {since:%Y-%m-%d}" if since and line is Line.OPENING else line.value
        said = shop if line in COMPARED else None
        difference = stripe - shop if line in COMPARED else None
        yield name, *(_money(amount, currency) for amount in (said, stripe, difference))


def _money(amount: int | None, currency: str) -> str:
    return "" if amount is None else format_money(amount, currency)


def _right(column: Sequence[str]) -> list[str]:
    width = max(len(cell) for cell in column)
    return [cell.rjust(width) for cell in column]
