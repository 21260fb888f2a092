"""What must not be in a log: card details, tokens, e-mail addresses, keys.

A filter takes them out of every line of the shop's logger, of the SDK's and of gunicorn's,
tracebacks included.
(`STRIPE_LOG` makes the SDK print past every logger: leave it unset where customers pay.)
https://docs.stripe.com/security/guide
"""

import logging
import re

from flask import Flask

# The gap between two digits of a card number, as people type it and as forms send it.
_GAP = r"(?:[\s+–-]|%20|%2D){0,2}"
_CVC = r"""(cv[cv]2?(?:%5D|%22|["'\]\s:=])+)[0-9]{3,4}"""
_ATOM = r"[^\s@<>\"(),:;\\\[\]]"

SECRETS = (
    (re.compile(r"(?:sk|rk|pk|ek)_(?:test|live|org)_[\w*]+"), "[key]"),
    (re.compile(r"whsec_\w+"), "[signing secret]"),
    (re.compile(r"_secret_\w+"), "_secret_[secret]"),  # pi_…_secret_…: the page's key to a payment
    (re.compile(r"(?:tok|ctoken|pm)_\w+"), "[token]"),
    (re.compile(rf"{_ATOM}{{1,64}}(?:@|%(?:25)*40)[\w.-]+"), "[e-mail]"),
    (re.compile(rf"[0-9](?:{_GAP}[0-9]){{12,}}"), "[number]"),
    (re.compile(_CVC, re.IGNORECASE), r"\1[cvc]"),
)
"""What to look for, and what stands in its place. Rather too much than too little."""


class RedactingFilter(logging.Filter):
    """Lets every record through, without its secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; its traceback becomes text, so that no handler formats it anew."""
        record.msg, record.args = redact(_message(record)), None
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = redact(text), None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


FILTER = RedactingFilter()
OTHERS = ("stripe", "gunicorn.access", "gunicorn.error")


def init_app(app: Flask) -> None:
    """Keep the log of the app, of the SDK and of gunicorn clean."""
    for logger in (app.logger, *map(logging.getLogger, OTHERS)):
        logger.addFilter(FILTER)


def redact(text: str) -> str:
    """Return the text with a placeholder for each secret."""
    for pattern, placeholder in SECRETS:
        text = pattern.sub(placeholder, text)
    return text


def _message(record: logging.LogRecord) -> str:
    """The line; or both, if it does not fit its arguments: logging would print them as they are."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"
