"""The shop: Flask, SQLAlchemy and the Stripe SDK.

`create_app` builds it, `flask --app sample_app seed` fills it, `flask --app sample_app run`
opens it. `flask --app sample_app events work`, beside it, tries again what failed after a webhook.
`flask --app sample_app reconcile` mends what the webhooks missed, and accounts for every cent.
`flask --app sample_app staff` says who works here.
`flask --app sample_app check-live` says what is missing before it may take real money.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from sample_app import (
    accounts,
    after_sales,  # noqa: F401 - the models know its tables by name
    api,
    catalogue,
    checkout_pages,
    circuit,
    config,
    database,
    dispute_pages,
    errors,
    events,
    go_live,
    health,
    logs,
    mail,
    pages,
    payment_element,
    payments,
    rate_limits,
    reconcile,
    redaction,
    security,
    staff,
    staff_entrance,
    staff_pages,
    tasks,
    webhooks,
)

__all__ = ["create_app"]


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Build the shop. `settings` win over environment variables; both are named in `config.py`."""
    app = Flask(__name__)
    app.config.from_mapping(config.load(settings, app.instance_path))
    logs.init_app(app)
    redaction.init_app(app)
    app.extensions["stripe"] = payments.connect(app.config)
    circuit.init_app(app)
    app.extensions["mail"] = mail.connect(app.config)
    database.init_app(app)
    tasks.init_app(app)
    security.init_app(app)
    accounts.init_app(app)
    api.init_app(app)
    errors.init_app(app)
    app.register_blueprint(pages.pages)
    app.register_blueprint(checkout_pages.checkout)
    app.register_blueprint(payment_element.element)
    app.register_blueprint(accounts.accounts)
    app.register_blueprint(staff_entrance.entrance)
    app.register_blueprint(staff_pages.staff)
    app.register_blueprint(dispute_pages.disputes)
    app.register_blueprint(webhooks.webhooks)
    app.register_blueprint(health.health)
    if app.config["METRICS_TOKEN"]:
        from sample_app import metrics  # Prometheus is for servers

        metrics.init_app(app)
    rate_limits.init_app(app)
    app.cli.add_command(catalogue.seed_command)
    app.cli.add_command(events.events)
    app.cli.add_command(database.migrate_command)
    app.cli.add_command(go_live.check_live)
    app.cli.add_command(reconcile.reconcile)
    app.cli.add_command(staff.staff)
    return app
