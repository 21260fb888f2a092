"""`flask --app sample_app check-live`: what must hold before the shop takes real money.

Each line is checked on the shop as it is configured here, in the environment of the server. What
only the world sees, its program does not: open the shop by its name, and look at it.
https://docs.stripe.com/get-started/checklist/go-live
"""

from collections.abc import Callable
from dataclasses import dataclass

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from sample_app import tasks
from sample_app.config import DEFAULTS
from sample_app.database import db, is_migrated
from sample_app.security import public_name

LONG = 32  # characters


@click.command("check-live")
@with_appcontext
def check_live() -> None:
    """Go through the go-live checklist; exit 1 until all of it holds."""
    missing = [check for check in CHECKS if not check.holds(current_app)]
    for check in CHECKS:
        if check in missing:
            click.echo(f"to do  {check.what}\n       {check.to_do}")
        else:
            click.echo(f"ok     {check.what}")
    click.echo(f"{len(CHECKS) - len(missing)} of {len(CHECKS)} hold.")
    if missing:
        raise click.exceptions.Exit(1)


def database_is_current(_app: Flask) -> bool:
    try:
        return is_migrated(db.engine)
    except SQLAlchemyError:  # it does not answer
        return False


def counts_are_shared(app: Flask) -> bool:
    """Ask the Redis in which the rate limits are counted."""
    if app.config["RATE_LIMIT_STORAGE"].startswith("memory:"):
        return False
    return all(limiter.storage.check() for limiter in app.extensions.get("limiter", ()))


def workers_are_told(app: Flask) -> bool:
    """Ask the broker."""
    return bool(app.config["CELERY_BROKER_URL"]) and tasks.broker_answers(app)


def answers_safely_over_https(app: Flask) -> bool:
    """Ask the app itself for a page, as a proxy that took https would."""
    name = public_name(app.config["TRUSTED_HOSTS"])
    if name is None:
        return False
    answer = app.test_client().get("/sign-in", base_url=f"https://{name}")
    cookie = answer.headers.get("Set-Cookie", "")
    careful = all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))
    return careful and "Strict-Transport-Security" in answer.headers


@dataclass(frozen=True)
class Check:
    """Something that must hold, and what to do if it does not."""

    what: str
    holds: Callable[[Flask], bool]
    to_do: str


CHECKS = (
    Check(
        "The secret key is live, and restricted to what the shop does",
        lambda app: app.config["STRIPE_SECRET_KEY"].startswith("rk_live_"),
        "Set STRIPE_SECRET_KEY to an rk_live_ key, and ALLOW_LIVE=1.",
    ),
    Check(
        "The publishable key is live",
        lambda app: app.config["STRIPE_PUBLISHABLE_KEY"].startswith("pk_live_"),
        "Set STRIPE_PUBLISHABLE_KEY to the pk_live_ key of the same account.",
    ),
    Check(
        "Stripe itself is asked, and its own script is loaded",
        lambda app: all(
            app.config[name] == DEFAULTS[name] for name in ("STRIPE_API_BASE", "STRIPE_JS_URL")
        ),
        "Unset STRIPE_API_BASE and STRIPE_JS_URL.",
    ),
    Check(
        "Webhooks are taken, signed",
        lambda app: bool(app.config["STRIPE_WEBHOOK_SECRETS"]),
        "Set STRIPE_WEBHOOK_SECRET to the signing secret of the live endpoint.",
    ),
    Check(
        "The key that signs sessions is long",
        lambda app: len(app.config["SECRET_KEY"]) >= LONG,
        f"Set SECRET_KEY to {LONG} random characters or more.",
    ),
    Check(
        "The shop knows its name",
        lambda app: bool(public_name(app.config["TRUSTED_HOSTS"])),
        "Set TRUSTED_HOSTS to the names that customers know, as in shop.example.",
    ),
    Check(
        "It knows of the proxy that takes https",
        lambda app: app.config["TRUSTED_PROXIES"] > 0,
        "Set TRUSTED_PROXIES to how many stand before it, mostly 1.",
    ),
    Check(
        "Over https, it asks browsers to stay there, and guards its cookies",
        answers_safely_over_https,
        "Give it a name first: TRUSTED_HOSTS.",
    ),
    Check(
        "No other site shows it in a frame",
        lambda app: app.config["FRAME_ANCESTORS"] == "'none'",
        "Take FRAME_ANCESTORS out of its settings.",
    ),
    Check(
        "The database is PostgreSQL",
        lambda _app: db.engine.dialect.name == "postgresql",
        "Set DATABASE_URL=postgresql://…",
    ),
    Check(
        "The database answers, and its tables are the newest",
        database_is_current,
        "Run flask --app sample_app migrate.",
    ),
    Check(
        "Mail goes to a mail server",
        lambda app: not app.config["MAIL_URL"].startswith("file:"),
        "Set MAIL_URL=smtps://user:password@host",
    ),
    Check(
        "Mail comes from an address of the shop's",
        lambda app: app.config["MAIL_FROM"] != DEFAULTS["MAIL_FROM"],
        "Set MAIL_FROM to an address that customers can answer.",
    ),
    Check(
        "Rate limits are on",
        lambda app: app.config["RATE_LIMITS"] == "on",
        "Unset RATE_LIMITS.",
    ),
    Check(
        "All processes count them together",
        counts_are_shared,
        "Set RATE_LIMIT_STORAGE=redis://…, and start that Redis.",
    ),
    Check(
        "What webhooks start is handed to workers",
        workers_are_told,
        "Set CELERY_BROKER_URL=redis://…, and start that Redis, a worker and a beat.",
    ),
    Check(
        "Somebody may watch it, and nobody else",
        lambda app: len(app.config["METRICS_TOKEN"] or "") >= LONG,
        f"Set METRICS_TOKEN to {LONG} random characters or more.",
    ),
    Check(
        "Nothing is debugged",
        lambda app: not (app.debug or app.testing),
        "Unset FLASK_DEBUG, and start it with gunicorn.",
    ),
)
