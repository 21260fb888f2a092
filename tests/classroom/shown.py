"""What a notebook gets to show."""

from IPython.core.formatters import DisplayFormatter


def shown(thing: object) -> dict[str, str]:
    """By MIME type."""
    return DisplayFormatter().format(thing)[0]
