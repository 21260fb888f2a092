"""Lists come a page at a time, in both directions, newest first."""

import itertools

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess


def add(client, count):
    """The ids of so many new customers, newest first."""
    return [client.v1.customers.create({"name": str(n)}).id for n in range(count)][::-1]


def ids(page):
    return [customer["id"] for customer in page.body["data"]]


@given(st.data())
@settings(max_examples=40)
def test_paging_covers_everything_once_in_both_directions(data):
    local = LocalStripe()
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    made = []
    for n in range(data.draw(st.integers(0, 30), "customers")):
        local.advance(data.draw(st.integers(0, 1), "seconds"))
        made.insert(0, client.v1.customers.create({"name": str(n)}).id)
    for id in data.draw(st.sets(st.sampled_from(made)) if made else st.just(set()), "deleted"):
        client.v1.customers.delete(id)
        made.remove(id)
    limit = data.draw(st.integers(1, 12), "limit")

    forward = list(client.v1.customers.list({"limit": limit}).auto_paging_iter())

    assert [customer.id for customer in forward] == made
    assert backward(client, made, limit) == made[:-1]


def backward(client, made, limit):
    """What comes before the oldest, page by page; pages join on the newer side."""
    found: list[str] = []
    cursor = made[-1] if made else None
    while cursor:
        page = client.v1.customers.list({"limit": limit, "ending_before": cursor})
        found = [customer.id for customer in page.data] + found
        assert page.has_more == (len(found) < len(made) - 1)
        cursor = page.data[0].id if page.has_more else None
    return found


def test_objects_of_one_second_come_in_reverse_order_of_creation(client):
    made = add(client, 5)

    assert [customer.id for customer in client.v1.customers.list().data] == made


def test_a_list_has_four_fields_and_its_own_address(ask):
    assert ask("GET", "/v1/customers", {"limit": 3}).body == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": "/v1/customers",
    }


@pytest.mark.parametrize(
    ("limit", "size"), [(None, 10), (0, 1), (-1, 1), (1, 1), (100, 100), (101, 100), (200, 100)]
)
def test_a_limit_out_of_range_is_moved_into_it(ask, client, limit, size):
    add(client, 101)
    page = ask("GET", "/v1/customers", {} if limit is None else {"limit": limit})

    assert (len(page.body["data"]), page.body["has_more"]) == (size, True)


def test_a_page_that_ends_with_the_last_object_has_no_more(ask, client):
    made = add(client, 4)

    assert ask("GET", "/v1/customers", {"limit": 4}).body["has_more"] is False
    newest = ask("GET", "/v1/customers", {"limit": 2, "ending_before": made[2]})
    assert (ids(newest), newest.body["has_more"]) == (made[:2], False)


def test_ending_before_gives_the_nearest_newer_ones(ask, client):
    made = add(client, 5)
    page = ask("GET", "/v1/customers", {"limit": 2, "ending_before": made[4]})

    assert (ids(page), page.body["has_more"]) == (made[2:4], True)


def test_a_deleted_customer_is_not_listed_but_is_a_cursor_both_ways(ask, client):
    made = add(client, 3)
    client.v1.customers.delete(made[1])

    assert ids(ask("GET", "/v1/customers")) == [made[0], made[2]]
    assert ids(ask("GET", "/v1/customers", {"starting_after": made[1]})) == [made[2]]
    assert ids(ask("GET", "/v1/customers", {"ending_before": made[1]})) == [made[0]]


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_an_unknown_cursor_is_refused(ask, cursor):
    answer = ask("GET", "/v1/customers", {cursor: "cus_nope"})

    assert answer.status == 400
    assert answer.error["message"] == "No such customer: 'cus_nope'"
    assert (answer.error["code"], answer.error["param"]) == ("resource_missing", cursor)


def test_two_cursors_are_refused(ask, client):
    made = add(client, 2)
    answer = ask("GET", "/v1/customers", {"starting_after": made[0], "ending_before": made[1]})

    assert "You may only specify one of these parameters" in answer.error["message"]


def test_cursors_work_within_a_filter(ask, client):
    made = [
        client.v1.customers.create({"email": f"{name}@example.com"}).id
        for name in itertools.islice(itertools.cycle(["ann", "bob"]), 6)
    ]
    page = ask("GET", "/v1/customers", {"email": "ann@example.com", "starting_after": made[3]})

    assert ids(page) == [made[2], made[0]]


@pytest.mark.parametrize(
    ("created", "found"),
    [
        ({"created": 1767225610}, [1]),
        ({"created[gt]": 1767225610}, [2]),
        ({"created[gte]": 1767225610}, [2, 1]),
        ({"created[lt]": 1767225610}, [0]),
        ({"created[lte]": 1767225610}, [1, 0]),
        ({"created[gt]": 1767225600, "created[lt]": 1767225620}, [1]),
    ],
)
def test_created_picks_a_time(ask, client, local, created, found):
    made = []
    for n in range(3):
        made.append(client.v1.customers.create({"name": str(n)}).id)
        local.advance(10)

    assert ids(ask("GET", "/v1/customers", created)) == [made[n] for n in found]
