"""Forms are read as Stripe reads them."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_stripe.errors import StripeError
from local_stripe.forms import DEEPEST, decode, decode_bytes


def encode(value, name=""):
    """The pairs of a nested form, brackets and all, in the order of the values."""
    if isinstance(value, str):
        return [f"{quote_plus(name)}={quote_plus(value)}"]
    return [
        pair
        for key, inner in value.items()
        for pair in encode(inner, f"{name}[{key}]" if name else key)
    ]


names = st.text(min_size=1, max_size=8).filter(lambda name: not set(name) & set("[]"))
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
forms = st.dictionaries(
    names.map(lambda name: name.encode(errors="ignore").decode() or "name"),
    st.recursive(
        values,
        lambda inner: st.dictionaries(st.sampled_from("abcd0123"), inner, min_size=1, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(forms)
def test_what_is_encoded_comes_out_again(form):
    assert decode("&".join(encode(form))) == form


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body):
    try:
        assert isinstance(decode_bytes(body), dict)
    except StripeError as refusal:
        assert refusal.status == 400


@pytest.mark.parametrize(
    ("encoded", "form"),
    [
        ("", {}),
        ("&&", {}),
        ("name=Ann+Lee&city=K%C3%B6ln", {"name": "Ann Lee", "city": "Köln"}),
        ("a=1=2", {"a": "1=2"}),
        ("a", {"a": ""}),
        ("a=1&a=2", {"a": "2"}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[1]=y&a[0]=x", {"a": {"1": "y", "0": "x"}}),
        (
            "a[][b]=1&a[][c]=2&a[][b]=3",
            {"a": {"0": {"b": "1", "c": "2"}, "1": {"b": "3"}}},
        ),
        ("a[][]=1&a[][]=2", {"a": {"0": {"0": "1"}, "1": {"0": "2"}}}),
        ("[a]=1&a]=2&a[b=3&a[[b]]=4", {"[a]": "1", "a]": "2", "a[b": "3", "a[[b]]": "4"}),
    ],
)
def test_a_form_reads_as(encoded, form):
    assert decode(encoded) == form


@pytest.mark.parametrize(
    "encoded",
    ["a=1&a[b]=2", "a[b]=2&a=1", "a=%FF", "%FF=a", "a" + "[b]" * (DEEPEST + 1) + "=1"],
)
def test_what_is_no_form_is_refused(encoded):
    with pytest.raises(StripeError):
        decode(encoded)


def test_a_body_that_is_not_utf_8_is_refused():
    with pytest.raises(StripeError, match="UTF-8"):
        decode_bytes(b"name=\xff")
