"""What the shop can be told, by environment variable or by the mapping given to `create_app`.

| variable                 | without it                                                           |
|--------------------------|----------------------------------------------------------------------|
| `STRIPE_SECRET_KEY`      | the local Stripe's; a live key is refused unless `ALLOW_LIVE=1`       |
| `STRIPE_PUBLISHABLE_KEY` | the local Stripe's; it is what the page uses                          |
| `STRIPE_WEBHOOK_SECRET`  | webhooks are not taken; several, comma-separated, while one rolls     |
| `STRIPE_API_BASE`        | Stripe's own address                                                  |
| `STRIPE_JS_URL`          | Stripe's own script                                                   |
| `STRIPE_CONNECT_TIMEOUT` | 3 seconds until Stripe takes a call                                   |
| `STRIPE_READ_TIMEOUT`    | 10 seconds until it answers                                           |
| `STRIPE_MAX_RETRIES`     | a call without an answer is made twice more, with the same key        |
| `DATABASE_URL`           | SQLite in `instance/`; any SQLAlchemy URL, PostgreSQL in production   |
| `SECRET_KEY`             | generated once and kept in `instance/`; required in production        |
| `MAIL_URL`               | mail is kept in `instance/mail`; see `mail.py`; required in live mode |
| `MAIL_FROM`              | an address that is nobody's                                           |
| `TRUSTED_HOSTS`          | any; several, comma-separated; required in live mode                  |
| `TRUSTED_PROXIES`        | 0; how many proxies of yours stand between the shop and the world     |
| `RATE_LIMITS`            | `on`; `off` where nobody attacks; see `rate_limits.py`                |
| `RATE_LIMIT_STORAGE`     | each process counts for itself; a URL of Redis, where several serve   |
| `CELERY_BROKER_URL`      | what a webhook starts is done in line; a URL of Redis; see `tasks.py` |
| `LOG_FORMAT`             | `text`; `json` where a program reads the log; see `logs.py`           |
| `METRICS_TOKEN`          | no `/metrics`; whoever asks for them shows it; see `metrics.py`       |

In the mapping only: `STRIPE_HTTP_CLIENT`, the `stripe.HTTPClient` that carries the calls, and
`PASSWORD_HASH`, Werkzeug's method for passwords, which is slow for good reason.
"""

import math
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from sqlalchemy import URL, make_url

LOCAL_SECRET_KEY = "sk_test_localStripeNotARealKey"  # noqa: S105 - opens nothing but a stand-in
LOCAL_PUBLISHABLE_KEY = "pk_test_localStripeNotARealKey"

DEFAULTS: dict[str, str | None] = {
    "STRIPE_SECRET_KEY": LOCAL_SECRET_KEY,
    "STRIPE_PUBLISHABLE_KEY": LOCAL_PUBLISHABLE_KEY,
    "STRIPE_WEBHOOK_SECRET": None,
    "STRIPE_API_BASE": None,
    "STRIPE_JS_URL": "https://js.stripe.com/v3/",
    "STRIPE_CONNECT_TIMEOUT": "3",
    "STRIPE_READ_TIMEOUT": "10",
    "STRIPE_MAX_RETRIES": "2",
    "DATABASE_URL": "sqlite:///shop.db",
    "SECRET_KEY": None,
    "MAIL_URL": None,
    "MAIL_FROM": "orders@shop.example",
    "TRUSTED_HOSTS": None,
    "TRUSTED_PROXIES": "0",
    "RATE_LIMITS": "on",
    "RATE_LIMIT_STORAGE": "memory://",
    "CELERY_BROKER_URL": None,
    "LOG_FORMAT": "text",
    "METRICS_TOKEN": None,
    "ALLOW_LIVE": None,
}
KEY_PREFIXES = {
    "STRIPE_SECRET_KEY": ("sk_", "rk_"),
    "STRIPE_PUBLISHABLE_KEY": ("pk_",),
}
CHOICES = {"RATE_LIMITS": ("on", "off"), "LOG_FORMAT": ("text", "json")}
# What each is counted in, and the least it may be.
NUMBERS: dict[str, tuple[type[int] | type[float], float]] = {
    "STRIPE_CONNECT_TIMEOUT": (float, 0.1),
    "STRIPE_READ_TIMEOUT": (float, 0.1),
    "STRIPE_MAX_RETRIES": (int, 0),
    "TRUSTED_PROXIES": (int, 0),
}
# Not every live key says so: an organization's starts with sk_org.
# https://docs.stripe.com/keys/organization-api-keys
TEST_PREFIXES = ("sk_test_", "rk_test_", "pk_test_")
# What people take for a webhook's signing secret.
NO_WEBHOOK_SECRET = {
    ("sk_", "rk_", "pk_"): "this is an API key",
    ("we_",): "this is the endpoint's id",
}
# Far above any order or form, far below what would hurt.
MAX_REQUEST_BYTES = 64 * 1024


class ConfigError(click.ClickException):
    """The shop refuses to start, and says which setting to change; `flask` prints only that."""


def load(settings: Mapping[str, Any] | None, instance_path: str) -> dict[str, Any]:
    """Return the whole configuration of a shop. Raises `ConfigError`."""
    environment = {name: os.environ[name] for name in DEFAULTS if os.environ.get(name)}
    config: dict[str, Any] = {
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "PASSWORD_HASH": "scrypt",
        **DEFAULTS,
        **environment,
        **(settings or {}),
    }
    for name in KEY_PREFIXES:
        _check_key(name, config[name], allow_live=config["ALLOW_LIVE"] == "1")
    for name, (kind, least) in NUMBERS.items():
        config[name] = _number(name, config[name], kind, least)
    for name, choices in CHOICES.items():
        if config[name] not in choices:
            raise ConfigError(f"{name} must be {' or '.join(choices)}.")
    url = database_url(config["DATABASE_URL"])
    config["STRIPE_WEBHOOK_SECRETS"] = webhook_secrets(config["STRIPE_WEBHOOK_SECRET"])
    # What a failed statement was given, an address or a hash, is not for the log. A connection that
    # the database has dropped since is replaced before anybody uses it.
    engine = {"url": url, "hide_parameters": True, "pool_pre_ping": True}
    config["SQLALCHEMY_ENGINES"] = {"default": engine}
    config["SECRET_KEY"] = config["SECRET_KEY"] or _development_secret(url, config, instance_path)
    config["MAIL_URL"] = config["MAIL_URL"] or _mail_on_disk(config, instance_path)
    config["TRUSTED_HOSTS"] = _trusted_hosts(config)
    return config


def database_url(text: str) -> URL:
    """Parse a database URL; `postgres://` and `postgresql://` mean the psycopg 3 driver."""
    url = make_url(text)
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def webhook_secrets(text: str | None) -> tuple[str, ...]:
    """The signing secrets of the endpoint; two while one is replaced. Raises `ConfigError`."""
    secrets = tuple(secret.strip() for secret in (text or "").split(",") if secret.strip())
    for secret in secrets:
        if not secret.startswith("whsec_"):
            table = NO_WEBHOOK_SECRET.items()
            mistakes = (mistake for prefixes, mistake in table if secret.startswith(prefixes))
            raise ConfigError(
                f"STRIPE_WEBHOOK_SECRET must start with whsec_: {next(mistakes, 'this does not')}. "
                "Stripe's dashboard shows the signing secret of each endpoint; "
                "`stripe listen` prints its own."
            )
    return secrets


def _check_key(name: str, key: str, *, allow_live: bool) -> None:
    if not key.startswith(KEY_PREFIXES[name]):
        wanted = " or ".join(KEY_PREFIXES[name])
        raise ConfigError(f"{name} must start with {wanted}: this is another kind of key.")
    if not (key.startswith(TEST_PREFIXES) or allow_live):
        raise ConfigError(
            f"{name} is no test key: it may move real money. "
            "Use a test key, or set ALLOW_LIVE=1 if this is your production server."
        )


def _number(name: str, value: Any, kind: type[int] | type[float], least: float) -> float:
    with suppress(ValueError):
        number = kind(value)
        if least <= number < math.inf:
            return number
    raise ConfigError(f"{name} must be a number, {least} or more: {value} is not.")


def _trusted_hosts(config: Mapping[str, Any]) -> list[str] | None:
    """The names that a request may know the shop by; None for any."""
    if text := config["TRUSTED_HOSTS"]:
        return [host.strip() for host in text.split(",")]
    if _is_live(config):
        raise ConfigError(
            "TRUSTED_HOSTS must be set in live mode, as in shop.example,www.shop.example: "
            "Stripe leads customers back to the host that a request named."
        )
    return None


def _mail_on_disk(config: Mapping[str, Any], instance_path: str) -> str:
    """Where mail is kept that nobody needs to get."""
    if _is_live(config):
        raise ConfigError("MAIL_URL must be set in live mode: customers wait for their e-mail.")
    return (Path(instance_path) / "mail").absolute().as_uri()


def _is_live(config: Mapping[str, Any]) -> bool:
    return not config["STRIPE_SECRET_KEY"].startswith(TEST_PREFIXES)


def _development_secret(url: URL, config: Mapping[str, Any], instance_path: str) -> str:
    """A key that signs sessions, kept beside the SQLite file: sign-ins survive a restart."""
    if _is_live(config) or url.get_backend_name() != "sqlite":
        raise ConfigError(
            "SECRET_KEY must be set in production: "
            'python -c "import secrets; print(secrets.token_hex())" makes one.'
        )
    path = Path(instance_path) / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(), encoding="ascii")
        with suppress(FileExistsError):  # another process was first: its key is the key
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii")
