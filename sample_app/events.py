"""`flask --app sample_app events`: see the inbox, work through it, have an event handled again."""

import time
from collections.abc import Sequence
from datetime import datetime

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from sample_app import inbox
from sample_app.columns import aligned
from sample_app.database import db
from sample_app.models import WebhookEvent

SHOWN = 20
SECONDS_BETWEEN_LOOKS = 1.0
HEADINGS = ("EVENT", "TYPE", "CAME", "TRIES", "STATE")


@click.group(cls=AppGroup, invoke_without_command=True)
@click.pass_context
def events(context: click.Context) -> None:
    """The webhooks that Stripe sent."""
    if context.invoked_subcommand is None:
        context.invoke(list_events, limit=SHOWN)


@events.command("list")
@click.option("--limit", default=SHOWN, show_default=True, help="How many to show.")
def list_events(limit: int) -> None:
    """Show the newest events; before them, those that wait or were given up."""
    shown = inbox.latest(db.session, limit)
    for line in aligned([HEADINGS, *map(_row, shown)]):
        click.echo(line)
    total = db.session.scalar(select(func.count()).select_from(WebhookEvent))
    click.echo(f"{len(shown)} of {total} events")


@events.command("work")
@click.option("--once", is_flag=True, help="End when nothing is due.")
def work(once: bool) -> None:
    """Handle what is due, and go on doing so; any number of these may run."""
    while True:
        if tried := inbox.work():
            click.echo(f"{tried} tried")
        if once:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


@events.command("replay")
@click.argument("event_id")
def replay(event_id: str) -> None:
    """Have an event handled again, from its first try."""
    try:
        inbox.replay(db.session, event_id)
    except inbox.EventNotFound as error:
        raise click.ClickException(str(error)) from error
    inbox.work()
    event = db.session.get_one(WebhookEvent, event_id)
    click.echo(f"{event_id}: {describe(event)}")


def describe(event: WebhookEvent) -> str:
    """How far the shop has come with an event, in words."""
    error = event.last_error or "no answer from its worker"
    if event.handled_at:
        return f"ignored: {event.ignored}" if event.ignored else "handled"
    if event.due_at is None:
        return f"given up: {error}"
    if event.attempts == 0:
        return "waits for its first try"
    return f"next try {_minute(event.due_at)}: {error}"


def _row(event: WebhookEvent) -> Sequence[str]:
    came = _minute(event.received_at)
    return event.id, event.type, came, str(event.attempts), describe(event)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
