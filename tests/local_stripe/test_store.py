"""The store keeps objects in order, finds them by field, and undoes what failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_stripe.errors import StripeError
from local_stripe.store import Store


def customer(id, **fields):
    return {"id": id, "object": "customer", "email": None, **fields}


def found(store, **equals):
    return [obj["id"] for obj in store.select("customer", **equals)]


def test_objects_come_newest_first_and_keep_their_place():
    store = Store()
    for id in ("a", "b", "c"):
        store.put(customer(id))
    store.put(customer("a", email="ann@example.com"))

    assert found(store) == ["c", "b", "a"]
    assert found(store, email="ann@example.com") == ["a"]


def test_several_fields_must_all_match():
    store = Store()
    store.put(customer("a", email="x", name="1"))
    store.put(customer("b", email="x", name="2"))
    store.put(customer("c", email="y", name="2"))

    assert found(store, email="x", name="2") == ["b"]


def test_a_deleted_object_leaves_its_stub():
    store = Store()
    store.delete(store.put(customer("a", email="x")))

    assert store.get("customer", "a") == {"id": "a", "object": "customer", "deleted": True}
    assert found(store) == found(store, email="x") == []


@pytest.mark.parametrize(("param", "status"), [(None, 404), ("customer", 400)])
def test_an_unknown_or_deleted_object_is_no_such_object(param, status):
    store = Store()
    store.delete(store.put(customer("a")))

    for id in ("a", "nope"):
        with pytest.raises(StripeError, match=f"No such customer: '{id}'") as caught:
            store.require("customer", id, param)
        assert (caught.value.status, caught.value.fields["param"]) == (status, param or "id")


ids = st.sampled_from("abcde")
emails = st.sampled_from(["x", "y", None])
changes = st.lists(st.tuples(st.sampled_from(["put", "delete", "secret"]), ids, emails))


def apply(store, changes):
    for kind, id, email in changes:
        if kind == "secret":
            store.secret[id] = email
        elif kind == "put":
            store.put(customer(id, email=email))
        elif store.get("customer", id):
            store.delete(store.get("customer", id))


def everything(store):
    return (
        [store.get("customer", id) for id in "abcde"],
        found(store),
        {email: found(store, email=email) for email in ("x", "y", None)},
        dict(store.secret),
    )


@given(changes, changes)
def test_a_rollback_undoes_everything_since_the_commit(kept, undone):
    store = Store()
    apply(store, kept)
    store.commit()
    before = everything(store)

    apply(store, undone)
    store.rollback()

    assert everything(store) == before


@given(changes)
def test_an_index_made_late_finds_what_one_made_early_finds(changes):
    early, late = Store(), Store()
    found(early, email="x")
    apply(early, changes)
    apply(late, changes)

    assert everything(early) == everything(late)
