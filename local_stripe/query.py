"""The language of search queries.  https://docs.stripe.com/search#search-query-language

email:"jenny@example.com" AND metadata["order_id"]:"42"
-status:"succeeded" amount>1000
"""

import re
from dataclasses import dataclass

from local_stripe.errors import StripeError

_MOST_CLAUSES = 10

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<glue>AND|OR)(?=\s)
      | (?P<not>-)?(?P<field>[\w.]+)(?:\[\s*(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\])?
        \s*(?P<operator>>=|<=|[:~<>])\s*
        (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']+)
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a query, such as `-status:"succeeded"`."""

    field: str
    key: str | None  # of metadata
    operator: str
    value: str | None  # None: any
    negated: bool


def parse(query: str) -> tuple[list[Clause], bool]:
    """The clauses of a query, and whether one of them is enough (OR).

    Raises StripeError for what is no query.
    """
    clauses: list[Clause] = []
    glue: set[str] = set()
    pending, place = False, 0
    query = query.strip()
    while place < len(query):
        token = _TOKEN.match(query, place)
        if token is None or (token["glue"] and (pending or not clauses)):
            raise _unreadable(query)
        place = token.end()
        if token["glue"]:
            glue.add(token["glue"])
            pending = True
            continue
        if clauses and not pending:
            glue.add("AND")
        clauses.append(_clause(token))
        pending = False
    if pending or not clauses:
        raise _unreadable(query)
    if len(glue) > 1:
        raise StripeError("You can't combine AND and OR in one search query.", param="query")
    if len(clauses) > _MOST_CLAUSES:
        raise StripeError(f"A search query may have {_MOST_CLAUSES} clauses.", param="query")
    return clauses, glue == {"OR"}


def _clause(token: re.Match[str]) -> Clause:
    value = None if token["value"] == "null" else _unquoted(token["value"])
    key = _unquoted(token["key"]) if token["key"] else None
    return Clause(token["field"], key, token["operator"], value, bool(token["not"]))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "\"'" else text


def _unreadable(query: str) -> StripeError:
    return StripeError(
        f"We were unable to parse your search query: {query}. See https://stripe.com/docs/search",
        param="query",
    )
