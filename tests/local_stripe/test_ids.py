"""Ids look like Stripe's, and are the same on every run."""

import re

import pytest

from local_stripe import Clock
from local_stripe.ids import Ids


@pytest.mark.parametrize(
    ("prefix", "pattern"),
    [
        ("cus", r"cus_[0-9A-Za-z]{14}"),
        ("prod", r"prod_[0-9A-Za-z]{14}"),
        ("req", r"req_[0-9A-Za-z]{14}"),
        ("pi", r"pi_3[0-9A-Za-z]{23}"),
        ("ch", r"ch_3[0-9A-Za-z]{23}"),
        ("re", r"re_3[0-9A-Za-z]{23}"),
        ("pm", r"pm_1[0-9A-Za-z]{23}"),
        ("price", r"price_1[0-9A-Za-z]{23}"),
        ("evt", r"evt_1[0-9A-Za-z]{23}"),
        ("we", r"we_1[0-9A-Za-z]{23}"),
    ],
)
def test_an_id_has_its_prefix_and_length(prefix, pattern):
    assert re.fullmatch(pattern, Ids(0, Clock()).new(prefix))


def test_a_charge_begins_like_its_intent():
    ids = Ids(0, Clock())
    intent = ids.new("pi")
    charge = ids.new("ch", sibling=intent)

    assert charge[3:20] == intent[3:20]
    assert len(charge) == len("ch_") + 24


def test_the_same_seed_gives_the_same_ids_and_another_seed_others():
    def first_ten(seed):
        ids = Ids(seed, Clock())
        return [ids.new("pi") for _ in range(10)]

    assert first_ten(1) == first_ten(1)
    assert not set(first_ten(1)) & set(first_ten(2))


def test_no_id_comes_twice():
    ids = Ids(0, Clock())
    made = [ids.new(prefix) for _ in range(5000) for prefix in ("cus", "evt", "pi")]

    assert len(set(made)) == len(made)


def test_a_client_secret_names_its_intent():
    secret = Ids(0, Clock()).secret("pi_123", 25)

    assert re.fullmatch(r"pi_123_secret_[0-9A-Za-z]{25}", secret)
