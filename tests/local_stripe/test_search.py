"""Search finds what a query describes, and says what it cannot read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_stripe.errors import StripeError
from local_stripe.query import Clause, parse


@pytest.fixture(autouse=True)
def people(client, local):
    for name, email, metadata in [
        ("Ann Lee", "ann@example.com", {"order": "7"}),
        ("Bob Stone", "bob@example.com", {"order": "8", "vip": "yes"}),
        ('Carl "C" King', "carl@example.net", {}),
    ]:
        client.v1.customers.create({"name": name, "email": email, "metadata": metadata})
        local.advance(60)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('name:"Ann Lee"', "A"),
        ("name:'ann lee'", "A"),
        ('name:"Ann"', ""),
        ('name~"lee"', "A"),
        ('email~"EXAMPLE.com"', "BA"),
        ('-name~"lee"', "CB"),
        ('metadata["order"]:"7"', "A"),
        ("metadata['vip']:'yes'", "B"),
        ('-metadata["order"]:null', "BA"),
        ('metadata["vip"]:null', "CA"),
        ('name~"stone" OR metadata["order"]:"7"', "BA"),
        ('email~"example" AND -metadata["vip"]:"yes"', "CA"),
        ('email~"example" metadata["vip"]:"yes"', "B"),
        ("created>1767225600", "CB"),
        ("created>=1767225660 AND created<1767225720", "B"),
        ("created:1767225600", "A"),
        (r'name:"Carl \"C\" King"', "C"),
        ("phone:null", "CBA"),
    ],
)
def test_a_query_finds(client, query, found):
    page = client.v1.customers.search({"query": query})

    assert "".join(customer.name[0] for customer in page.data) == found


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "You passed an empty string for 'query'"),
        ("Ann", "unable to parse"),
        ('name:"Ann', "unable to parse"),
        ('AND name:"Ann"', "unable to parse"),
        ('name:"Ann" AND', "unable to parse"),
        ('name:"a" OR name:"b" AND name:"c"', "combine AND and OR"),
        ('shoe:"42"', "Field `shoe` is an unsupported search field for resource `customers`"),
        ('metadata:"7"', "unsupported search field"),
        ('name["a"]:"7"', "unsupported search field"),
        ('name>"A"', "Operator `>` is not supported"),
        ('created~"17"', "Operator `~` is not supported"),
        ("created>now", "Invalid integer: now"),
        ('name~"An"', "at least 3 characters"),
        (" ".join(['name:"Ann"'] * 11), "10 clauses"),
    ],
)
def test_what_is_no_query_is_refused(ask, query, message):
    answer = ask("GET", "/v1/customers/search", {"query": query})

    assert (answer.status, answer.error["param"]) == (400, "query")
    assert message in answer.error["message"]


def test_a_query_is_required(ask):
    assert ask("GET", "/v1/customers/search").error["message"] == "Missing required param: query."


def test_pages_of_matches_join(client):
    for n in range(12):
        client.v1.customers.create({"name": f"Dora {n}"})

    first = client.v1.customers.search({"query": 'name~"dora"', "limit": 5})
    everybody = [customer.name for customer in first.auto_paging_iter()]

    assert (first.has_more, len(first.data)) == (True, 5)
    assert everybody == [f"Dora {n}" for n in reversed(range(12))]


def test_the_total_is_counted_when_it_is_expanded(ask):
    query = {"query": 'email~"example"', "limit": "1"}

    assert "total_count" not in ask("GET", "/v1/customers/search", query).body
    counted = ask("GET", "/v1/customers/search", {**query, "expand[]": "total_count"})
    assert counted.body["total_count"] == 3


def test_an_unknown_page_is_refused(ask):
    answer = ask("GET", "/v1/customers/search", {"query": 'name:"Ann"', "page": "nope"})

    assert (answer.status, answer.error["param"]) == (400, "page")


def test_a_query_reads_as_clauses():
    assert parse("""-status:'paid' metadata["a\\"b"]~'x'""") == (
        [
            Clause("status", None, ":", "paid", negated=True),
            Clause("metadata", 'a"b', "~", "x", negated=False),
        ],
        False,
    )


@given(st.text(st.sampled_from("""name:~<>="'\\[]- ANDOR\t1é"""), max_size=60))
def test_any_text_is_a_query_or_refused(query):
    try:
        assert parse(query)[0]
    except StripeError as refusal:
        assert refusal.fields["param"] == "query"
