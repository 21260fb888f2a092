"""The cart: what a customer means to buy, and nothing that a browser could make cheaper."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sample_app.cart import Cart
from sample_app.models import MAX_QUANTITY, Item


def test_a_new_cart_is_empty():
    assert len(Cart({})) == 0


def test_adding_an_item_twice_makes_two_of_it():
    cart = Cart({})
    cart.add(5)
    cart.add(5)
    assert cart.quantities == {5: 2}
    assert len(cart) == 2


def test_a_quantity_of_zero_takes_the_item_out():
    cart = Cart({})
    cart.add(5)
    cart.put(5, 0)
    assert cart.quantities == {}


@pytest.mark.parametrize("quantity", [-1, MAX_QUANTITY + 1, 10**30])
def test_a_quantity_that_no_order_may_have_is_refused_and_changes_nothing(quantity):
    cart = Cart({})
    cart.add(5)
    with pytest.raises(ValueError, match="0 to 100"):
        cart.put(5, quantity)
    assert cart.quantities == {5: 1}


def test_the_cart_lives_in_its_storage():
    storage = {}
    Cart(storage).add(5)
    assert Cart(storage).quantities == {5: 1}


def test_the_key_changes_with_the_cart_and_only_then():
    cart = Cart({})
    cart.add(5)
    first = cart.key
    assert cart.key == first
    cart.add(5)
    assert cart.key != first


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, MAX_QUANTITY))))
def test_the_cart_holds_what_was_put_last(puts):
    cart = Cart({})
    for item_id, quantity in puts:
        cart.put(item_id, quantity)
    expected = {item_id: quantity for item_id, quantity in dict(puts).items() if quantity}
    assert cart.quantities == expected
    assert len(cart) == sum(expected.values())


def test_lines_come_in_the_order_of_the_items_at_todays_price(session):
    cart = Cart({})
    cart.put(5, 3)
    cart.put(1, 1)
    assert [(line.item.name, line.quantity, line.amount) for line in cart.lines(session)] == [
        ("Desk lamp", 1, 3900),
        ("Chair", 3, 17850),
    ]


def test_what_is_no_longer_sold_falls_out_of_the_cart(session):
    cart = Cart({})
    cart.add(1)
    cart.add(999)
    assert [line.item.id for line in cart.lines(session)] == [1]
    assert cart.quantities == {1: 1}


# The cart's page


def test_an_empty_cart_says_so(shopper):
    shopper.open("/shop/cart")
    assert "Your cart is empty" in shopper.text


def test_an_added_item_is_announced_and_counted(shopper):
    shopper.fill_cart("Chair")
    assert shopper.rows(".message") == ["Chair is in your cart. See the cart"]
    assert shopper.rows("nav .count") == ["1 in it"]
    assert shopper.page.title.text.startswith("Chair is in your cart. ")


def test_the_cart_shows_every_line_and_the_total(shopper):
    shopper.fill_cart("Desk lamp", "Chair", "Chair", "Chair")
    shopper.open("/shop/cart")
    assert shopper.rows(".lines h2") == ["Desk lamp", "Chair"]
    assert shopper.rows(".lines .price") == ["$39.00", "$178.50"]
    assert shopper.rows(".sum.total") == ["Total $217.50"]


def test_a_quantity_is_changed(shopper):
    shopper.fill_cart("Chair")
    shopper.open("/shop/cart")
    shopper.press("Update Chair", quantity="4")
    assert shopper.rows(".sum.total") == ["Total $238.00"]


def test_an_item_is_removed(shopper):
    shopper.fill_cart("Chair", "Rug")
    shopper.open("/shop/cart")
    shopper.press("Remove Chair")
    assert shopper.rows(".lines h2") == ["Rug"]


@pytest.mark.parametrize("quantity", ["-1", "101", "1.5", "many", "", "9" * 30])
def test_a_quantity_that_makes_no_sense_is_refused_with_a_sentence(shopper, quantity):
    shopper.fill_cart("Chair")
    shopper.open("/shop/cart")
    shopper.press("Update Chair", quantity=quantity)
    assert shopper.rows(".message") == ["You can have 0 to 100 of one item."]
    assert shopper.rows(".sum.total") == ["Total $59.50"]


def test_the_hundred_and_first_piece_is_refused(shopper):
    shopper.fill_cart("Chair")
    shopper.open("/shop/cart")
    shopper.press("Update Chair", quantity="100")
    shopper.fill_cart("Chair")
    assert shopper.rows(".message") == ["You can have 0 to 100 of one item."]


@pytest.mark.parametrize("item_id", [999, 2**31 - 1, 2**31, 10**30])
def test_what_the_shop_does_not_sell_is_not_found(shopper, item_id):
    shopper.open("/")
    _, fields = shopper.form("Add Chair to the cart")
    assert shopper.send(f"/shop/cart/{item_id}/add", fields).status_code == 404
    assert shopper.send(f"/shop/cart/{item_id}", fields).status_code == 404


def test_a_price_that_the_browser_sends_is_not_read(shopper):
    shopper.open("/")
    shopper.press("Add Table to the cart", price="1", amount="1")
    shopper.open("/shop/cart")
    assert shopper.rows(".sum.total") == ["Total $249.00"]


def test_the_cart_follows_the_shops_prices(shopper, session):
    shopper.fill_cart("Chair")
    session.execute(sa.update(Item).where(Item.name == "Chair").values(price=6000))
    session.commit()
    shopper.open("/shop/cart")
    assert shopper.rows(".sum.total") == ["Total $60.00"]
