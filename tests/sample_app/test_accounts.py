"""Accounts: sign up, sign in, sign out."""

import timeit
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sample_app.accounts import authenticate, own_path
from sample_app.database import db
from sample_app.models import Customer

EMAIL, PASSWORD = "ada@example.com", "a short sentence"


@pytest.fixture
def ada(shopper):
    """Ada's browser; she has an account, and is signed out."""
    shopper.sign_up(EMAIL, PASSWORD)
    shopper.press(f"Sign out {EMAIL}")
    return shopper


def sign_in(shopper, email=EMAIL, password=PASSWORD, path="/sign-in"):
    shopper.open(path)
    return shopper.press("Sign in", email=email, password=password)


def buttons(shopper):
    return shopper.rows("nav button")


def customers(session):
    return session.scalars(sa.select(Customer)).all()


# Sign up


def test_signing_up_signs_in(shopper):
    shopper.sign_up(EMAIL)
    assert shopper.path == "/"
    assert shopper.rows(".message") == [f"You are signed in as {EMAIL}."]
    assert buttons(shopper) == [f"Sign out {EMAIL}"]


def test_the_password_itself_is_kept_nowhere(shopper, session):
    shopper.sign_up(EMAIL, PASSWORD)
    (customer,) = customers(session)
    assert customer.password_hash.startswith("scrypt:")
    assert PASSWORD not in customer.password_hash


def test_two_customers_with_one_password_have_different_hashes(shopper, another_shopper, session):
    shopper.sign_up("ada@example.com", PASSWORD)
    another_shopper.sign_up("bob@example.com", PASSWORD)
    first, second = customers(session)
    assert first.password_hash != second.password_hash


def test_an_address_is_one_account_however_it_is_written(ada, session):
    ada.sign_up(f"  {EMAIL.upper()} ")
    assert "There is an account with this e-mail address" in ada.text
    assert len(customers(session)) == 1


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.com", "a b@example.com", "x" * 300])
def test_an_address_that_is_none_is_refused(shopper, session, email):
    response = shopper.sign_up(email)
    assert response.status_code == 422
    assert len(shopper.rows("#email-error")) == 1
    assert customers(session) == []


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129])
def test_a_password_that_is_too_short_or_endless_is_refused(shopper, session, password):
    response = shopper.sign_up(EMAIL, password)
    assert response.status_code == 422
    assert len(shopper.rows("#password-error")) == 1
    assert customers(session) == []


def test_what_was_typed_is_shown_again_but_not_the_password(shopper):
    response = shopper.sign_up("ada", "a long enough secret")
    assert shopper.page.find(id="email")["value"] == "ada"
    assert "a long enough secret" not in response.text


def test_an_error_is_tied_to_its_field(shopper):
    shopper.sign_up(EMAIL, "short")
    field = shopper.page.find(id="password")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"].split() == ["password-hint", "password-error"]


# Sign in


def test_a_customer_signs_in(ada):
    sign_in(ada)
    assert buttons(ada) == [f"Sign out {EMAIL}"]


def test_the_spelling_of_the_address_does_not_matter(ada):
    sign_in(ada, email=" Ada@Example.com")
    assert buttons(ada) == [f"Sign out {EMAIL}"]


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(ada):
    wrong = sign_in(ada, password="not the password")
    says = ada.rows(".problem")
    unknown = sign_in(ada, email="bob@example.com")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert ada.rows(".problem") == says == ["No account has this e-mail address and password."]


def test_an_unknown_address_takes_as_long_as_a_wrong_password(ada, app):
    """Only a hash takes this long: the answer without one comes in a hundredth of the time."""

    def seconds(email):
        with app.app_context():
            timed = partial(authenticate, db.session, email, "not the password")
            return min(timeit.repeat(timed, number=1, repeat=20))

    assert seconds("bob@example.com") > seconds(EMAIL) / 3


@pytest.mark.parametrize(
    "email", ["ada\0@example.com", "\0", "\ufeffada@example.com", "' OR 1=1 --", "a" * 60_000]
)
def test_whatever_is_typed_as_an_address_signs_nobody_in_without_the_password(ada, email):
    response = sign_in(ada, email=email, password="not the password")
    assert response.status_code == 422
    assert buttons(ada) == []


def test_a_form_that_a_guest_saw_is_worth_nothing_after_signing_in(ada, session):
    ada.open("/")
    click = ada.form("Add Chair to the cart")
    sign_in(ada)
    assert ada.send(*click).status_code == 400


def test_of_a_session_that_somebody_planted_only_the_cart_goes_on(ada):
    ada.fill_cart("Chair")
    with ada.client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        before = dict(planted)
    sign_in(ada)
    with ada.client.session_transaction() as after:
        assert after["cart"] == before["cart"]
        assert "planted" not in after
        assert after["cart_key"] != before["cart_key"]
        assert after["csrf_token"] != before["csrf_token"]


def test_the_cart_survives_signing_in(ada):
    ada.fill_cart("Chair")
    sign_in(ada)
    assert ada.rows("nav .count") == ["1 in it"]


def test_signing_in_leads_back_to_the_page_that_asked_for_it(ada):
    ada.open("/shop/orders?limit=5")
    ada.press("Sign in", email=EMAIL, password=PASSWORD)
    assert ada.path == "/shop/orders?limit=5"


def test_the_way_back_is_kept_for_somebody_who_has_no_account_yet(shopper):
    shopper.open("/shop/orders")
    (link,) = shopper.page.main.find_all("a")
    shopper.open(link["href"])
    shopper.press("Make the account", email=EMAIL, password=PASSWORD)
    assert shopper.path == "/shop/orders"


@pytest.mark.parametrize("target", ["/", "/shop/orders?limit=5", "/shop/orders/ord_1/pay#card"])
def test_a_path_of_the_shop_is_a_way_back(app, target):
    with app.test_request_context():
        assert own_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        " //evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "",
        None,
    ],
)
def test_another_site_is_no_way_back(app, target):
    with app.test_request_context():
        assert own_path(target) == "/"


def test_a_link_to_the_sign_in_page_leads_to_no_other_site(ada):
    sign_in(ada, path="/sign-in?next=//evil.example/")
    assert ada.path == "/"


# Sign out


def test_signing_out_forgets_the_customer_and_the_cart(ada):
    sign_in(ada)
    ada.fill_cart("Chair")
    ada.press(f"Sign out {EMAIL}")
    assert ada.rows(".message") == ["You are signed out, on every device."]
    assert ada.rows("nav .count") == []
    ada.open("/shop/orders")
    assert ada.path == "/sign-in?next=/shop/orders"


def test_an_error_page_has_the_way_out_of_an_account_and_the_way_in(ada):
    """Whoever may not see a page may have another account that may."""
    sign_in(ada)
    ada.open("/nowhere")
    ada.press("Sign out")
    assert ada.rows(".message") == ["You are signed out, on every device."]
    ada.open("/nowhere")
    assert (buttons(ada), ada.rows("nav li")[-1]) == ([], "Sign in")


def test_a_copy_of_the_cookie_is_worth_nothing_after_signing_out(ada, another_shopper):
    sign_in(ada)
    copy = ada.client.get_cookie("session").value
    ada.press(f"Sign out {EMAIL}")
    another_shopper.client.set_cookie("session", copy)
    another_shopper.open("/shop/orders")
    assert another_shopper.path == "/sign-in?next=/shop/orders"


def test_a_copy_of_the_cookie_is_good_until_then(ada, another_shopper):
    """The test above would pass, too, if no copy were good at all."""
    sign_in(ada)
    another_shopper.client.set_cookie("session", ada.client.get_cookie("session").value)
    another_shopper.open("/shop/orders")
    assert another_shopper.path == "/shop/orders"


def test_signing_out_ends_the_sessions_of_the_customer_on_other_devices(ada, another_shopper):
    sign_in(ada)
    sign_in(another_shopper)
    ada.press(f"Sign out {EMAIL}")
    another_shopper.open("/")
    assert buttons(another_shopper) == []


def test_signing_out_ends_nobody_elses_session(ada, another_shopper):
    sign_in(ada)
    another_shopper.sign_up("bob@example.com")
    ada.press(f"Sign out {EMAIL}")
    another_shopper.open("/")
    assert buttons(another_shopper) == ["Sign out bob@example.com"]


def test_a_guest_who_signs_out_stays_a_guest(shopper, another_shopper):
    """Two windows of one browser: the second one's button is pressed after the first one's."""
    shopper.sign_up(EMAIL)
    another_shopper.client.set_cookie("session", shopper.client.get_cookie("session").value)
    another_shopper.open("/")
    shopper.press(f"Sign out {EMAIL}")
    assert another_shopper.press(f"Sign out {EMAIL}").status_code == 200


@pytest.mark.parametrize("session_id", ["1", "1:", "1:01", "1:0", "1:2", "2:1"])
def test_only_the_customers_own_version_of_a_session_is_signed_in(ada, session_id):
    with ada.client.session_transaction() as kept:
        kept["_user_id"] = session_id
    ada.open("/shop/orders")
    assert ada.path == "/sign-in?next=/shop/orders"


def test_a_link_cannot_sign_anybody_out(client):
    assert client.get("/sign-out").status_code == 405


def test_a_customer_who_was_deleted_is_a_guest_whoever_comes_next(ada, another_shopper, session):
    sign_in(ada)
    session.delete(customers(session)[0])
    session.commit()
    another_shopper.sign_up("bob@example.com")
    ada.open("/")
    assert buttons(ada) == []


def test_a_customer_with_orders_is_not_deleted(ada, session):
    """Their orders would become a guest's, and be read by whoever holds the address."""
    sign_in(ada)
    ada.place_order("Chair")
    session.delete(customers(session)[0])
    with pytest.raises(IntegrityError):
        session.commit()
