"""A password opens no staff page without the code of this minute, and each code opens once."""

import time

import pyotp
import pytest
from sqlalchemy import select

from sample_app import two_step
from sample_app.after_sales import AuditEntry
from sample_app.database import db
from sample_app.models import Customer
from sample_app.roles import Role
from tests.sample_app.conftest import build, close, fill
from tests.sample_app.shopper import Shopper, member_of_staff

PASSWORD = "a short sentence"
EMAIL = "grace@shop.example"


@pytest.fixture
def person(app, session, shopper):
    """Somebody who works in the shop, signed in with a password, but not verified."""
    return employ(shopper, session)


def employ(shopper, session):
    shopper.sign_up(EMAIL, PASSWORD)
    account(session).role = Role.MANAGER
    session.commit()
    return shopper


def account(session):
    session.expire_all()
    return session.scalar(select(Customer).where(Customer.email == EMAIL))


def code(session, steps=0):
    """What the phone shows; or what it shows so many steps later."""
    return pyotp.TOTP(account(session).totp_secret).at(time.time(), counter_offset=steps)


def secret_shown(shopper):
    """What the page that sets up the second step says."""
    return shopper.page.main.code.text


def set_up(shopper, steps=0):
    """Type what a phone with the secret of this page shows, or shows so many steps later."""
    phone = pyotp.TOTP(secret_shown(shopper))
    return shopper.press("Go on", code=phone.at(time.time(), counter_offset=steps))


def sign_in(shopper, then="/"):
    shopper.open(f"/sign-in?next={then}")
    return shopper.press("Sign in", email=EMAIL, password=PASSWORD)


# Setting it up


def test_at_the_first_visit_the_phone_gets_its_secret_and_proves_it(person, session):
    person.open("/staff/orders")
    secret = secret_shown(person)
    set_up(person)
    assert person.path == "/staff/orders"
    assert "All orders" in person.text
    assert account(session).totp_secret == secret
    assert session.scalars(select(AuditEntry.action)).all() == ["phone set up"]


def test_the_secret_is_the_same_until_the_phone_has_it(person):
    person.open("/staff/two-step")
    secret = secret_shown(person)
    person.press("Go on", code="000000")
    assert secret_shown(person) == secret


def test_who_has_the_password_too_was_shown_another_secret(person, another_shopper, session):
    """A thief who was there first, and waits until the phone is set up."""
    sign_in(another_shopper, "/staff/two-step")
    person.open("/staff/two-step")
    assert secret_shown(person) != secret_shown(another_shopper)
    secret = secret_shown(person)
    set_up(person, steps=-1)
    assert account(session).totp_secret == secret
    assert set_up(another_shopper, steps=1).status_code == 422
    assert "Your code, please" in another_shopper.text
    assert another_shopper.open("/staff/orders").request.path == "/staff/two-step"


def test_a_camera_reads_the_secret_from_a_picture_of_the_shops_own(person):
    person.open("/staff/two-step")
    picture = person.client.get(person.page.main.img["src"])
    assert picture.mimetype == "image/svg+xml"
    assert picture.data.startswith(b"<?xml")


def test_the_address_in_the_picture_names_the_shop_and_the_person(person, session):
    person.open("/staff/two-step")
    address = two_step.address(account(session), secret_shown(person))
    assert address.startswith("otpauth://totp/Oak%20%26%20Lamp:grace%40shop.example?secret=")


def test_once_the_phone_has_it_the_secret_is_never_shown_again(person, session):
    person.open("/staff/two-step")
    set_up(person)
    person.open("/staff/two-step")
    assert account(session).totp_secret not in person.page.text
    with person.client.session_transaction() as cookie:
        assert account(session).totp_secret not in str(dict(cookie))
    assert person.client.get("/staff/two-step/secret.svg").status_code == 404


# Each code once


@pytest.fixture
def enrolled(person, session):
    person.open("/staff/two-step")
    set_up(person, steps=-1)
    return person


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٣٣٣٣٣٣", "000000\n1"])
def test_what_is_no_code_is_refused(enrolled, another_shopper, typed):
    sign_in(another_shopper, "/staff/two-step")
    assert another_shopper.press("Go on", code=typed).status_code == 422
    assert another_shopper.rows("#code-error") == ["The code has six digits."]


def test_a_wrong_code_is_refused(enrolled, another_shopper, session):
    sign_in(another_shopper, "/staff/two-step")
    wrong = f"{(int(code(session)) + 1) % 1_000_000:06}"
    assert another_shopper.press("Go on", code=wrong).status_code == 422
    assert another_shopper.open("/staff/orders").request.path == "/staff/two-step"


def test_a_code_that_somebody_watched_opens_nothing_a_second_time(
    enrolled, another_shopper, session
):
    watched = code(session)
    enrolled.open("/staff/two-step")
    enrolled.press("Go on", code=watched)
    sign_in(another_shopper, "/staff/two-step")
    assert another_shopper.press("Go on", code=watched).status_code == 422


def test_after_a_later_code_no_earlier_one_opens(enrolled, session):
    customer = account(session)
    assert two_step.verify(session, customer, code(session, steps=1))
    assert not two_step.verify(session, customer, code(session))


def test_a_code_may_be_typed_with_a_gap(enrolled, another_shopper, session):
    sign_in(another_shopper, "/staff/orders")
    now = code(session)
    another_shopper.press("Go on", code=f"{now[:3]} {now[3:]}")
    assert "All orders" in another_shopper.text


def test_a_phone_that_is_ten_minutes_off_is_refused(enrolled, session):
    assert not two_step.verify(session, account(session), code(session, steps=20))


def test_the_way_on_leads_to_no_other_site(enrolled, another_shopper, session):
    sign_in(another_shopper)
    another_shopper.open("/staff/two-step?next=https://evil.example/")
    csrf = another_shopper.page.find("input", attrs={"name": "csrf_token"})["value"]
    answer = another_shopper.client.post(
        "/staff/two-step?next=https://evil.example/",
        data={"csrf_token": csrf, "code": code(session)},
    )
    assert (answer.status_code, answer.location) == (303, "/")


# How long it is good for


def test_after_twelve_hours_the_phone_is_asked_again(app, session):
    person = member_of_staff(app, session)
    assert person.open("/staff/orders").request.path == "/staff/orders"
    with person.client.session_transaction() as cookie:
        who, when = cookie[two_step.SESSION_KEY]
        cookie[two_step.SESSION_KEY] = [who, when - two_step.SECONDS_GOOD]
    assert person.open("/staff/orders").request.path == "/staff/two-step"


def test_who_signs_out_is_asked_again(enrolled):
    enrolled.open("/")
    enrolled.press(f"Sign out {EMAIL}")
    sign_in(enrolled, "/staff/orders")
    assert enrolled.path.startswith("/staff/two-step")


def test_one_persons_code_does_not_open_for_another(app, session, enrolled):
    enrolled.open("/staff/orders")
    with enrolled.client.session_transaction() as cookie:
        theirs = cookie[two_step.SESSION_KEY]
    other = member_of_staff(app, session, email="linus@shop.example")
    with other.client.session_transaction() as cookie:
        cookie[two_step.SESSION_KEY] = theirs
    assert other.open("/staff/orders").request.path == "/staff/two-step"


def test_no_phone_is_set_up_for_whoever_was_revoked_meanwhile(app, person, session):
    """It would open the staff pages for its thief, once the owner is invited anew."""
    person.open("/staff/two-step")
    secret, member = secret_shown(person), account(session)
    app.test_cli_runner().invoke(args=["staff", "revoke", EMAIL], catch_exceptions=False)
    assert not two_step.verify(session, member, pyotp.TOTP(secret).now(), secret)
    assert not two_step.is_enrolled(account(session))


# Guessing


def test_codes_are_not_guessed_whatever_address_they_come_from(tmp_path):
    app = build(f"sqlite:///{tmp_path}/shop.db", RATE_LIMITS="on")
    fill(app)
    with app.app_context():
        session = db.sessionmaker()
    with session:
        guesser = employ(Shopper(app.test_client()), session)
    statuses = [guess(guesser, f"198.51.100.{number}") for number in range(7)]
    close(app)
    assert statuses == [422] * 5 + [429] * 2


def guess(guesser, address):
    guesser.client.environ_base["REMOTE_ADDR"] = address
    guesser.open("/staff/two-step")
    return guesser.press("Go on", code="000000").status_code
