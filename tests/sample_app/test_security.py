"""What protects the pages from other sites, and the customer from the shop's own mistakes."""

import re
from pathlib import Path

import pytest
from flask import request

from sample_app import create_app, security
from sample_app.config import ConfigError
from tests.sample_app.conftest import build

SHOP = Path(security.__file__).parent
TEMPLATES = sorted(SHOP.glob("templates/*.html"))


@pytest.fixture
def app(sqlite_app):
    """One database is enough: it plays no part here."""
    return sqlite_app


def policy(response):
    directives = (part.split() for part in response.headers["Content-Security-Policy"].split("; "))
    return {name: set(sources) for name, *sources in directives}


# Forms


@pytest.mark.parametrize(
    "path",
    [
        "/sign-up",
        "/sign-in",
        "/sign-out",
        "/shop/cart/1",
        "/shop/cart/1/add",
        "/shop/orders",
        "/shop/orders/ord_1/pay",
        "/shop/orders/ord_1/pay/element",
        "/shop/orders/ord_1/checkout",
        "/staff/two-step",
        "/staff/invitation",
        "/staff/orders/ord_1/refunds",
        "/staff/orders/ord_1/refunds/1",
        "/staff/orders/ord_1/shipment",
        "/staff/disputes/du_1/evidence",
        "/staff/disputes/du_1/submission",
    ],
)
def test_a_form_of_another_site_is_refused(client, path):
    response = client.post(path, data={"quantity": "1", "token": "tok_visa"})
    assert response.status_code == 400
    assert "That form was too old" in response.text


def test_every_form_is_tested_above(app):
    mark = test_a_form_of_another_site_is_refused.pytestmark[0]
    posts = {
        re.sub(r"<[^>]*(item|refund)_id>", "1", rule.rule)
        .replace("<order_id>", "ord_1")
        .replace("<dispute_id>", "du_1")
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and rule.endpoint.partition(".")[0] not in {"api", "webhooks"}
    }
    assert posts == set(mark.args[1])


def test_the_token_of_another_visitor_is_refused(shopper, another_shopper):
    shopper.open("/")
    another_shopper.open("/")
    assert another_shopper.send(*shopper.form("Add Chair to the cart")).status_code == 400


def test_a_form_works_for_as_long_as_its_session(app):
    assert app.config["WTF_CSRF_TIME_LIMIT"] is None


# Cookies


def test_the_session_is_kept_from_scripts_and_from_other_sites(client):
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


HTTPS = "https://shop.example"


@pytest.fixture
def public(tmp_path):
    """A shop that the world knows by name."""
    return build(f"sqlite:///{tmp_path}/shop.db", TRUSTED_HOSTS="shop.example,localhost")


def test_cookies_of_a_shop_with_a_name_go_over_https_only(public):
    assert "; Secure;" in public.test_client().get("/sign-in", base_url=HTTPS).headers["Set-Cookie"]


def test_cookies_of_a_shop_on_loopback_go_over_http(client):
    assert "Secure" not in client.get("/sign-in").headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        (None, None),
        (["localhost", "127.0.0.1", "[::1]"], None),
        (["localhost", ".shop.example", "example.org"], "shop.example"),
        (["192.0.2.1"], "192.0.2.1"),
    ],
)
def test_only_loopback_is_no_public_name(hosts, name):
    assert security.public_name(hosts) == name


def test_over_https_browsers_are_told_to_stay_there(public):
    headers = public.test_client().get("/sign-in", base_url=HTTPS).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_over_http_nothing_is_said_of_https(client):
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers


FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1, 203.0.113.1"}


@pytest.mark.parametrize(("proxies", "address"), [("1", "203.0.113.1"), ("2", "198.51.100.1")])
def test_behind_a_proxy_the_last_words_say_who_asks(tmp_path, proxies, address):
    app = build(f"sqlite:///{tmp_path}/shop.db", TRUSTED_PROXIES=proxies)
    with app.test_client() as client:
        client.get("/sign-in", headers=FORWARDED)
        assert request.remote_addr == address


def test_behind_a_proxy_that_took_https_the_shop_is_served_over_https(tmp_path):
    app = build(f"sqlite:///{tmp_path}/shop.db", TRUSTED_PROXIES="1")
    answer = app.test_client().get("/sign-in", headers=FORWARDED)
    assert "Strict-Transport-Security" in answer.headers


def test_without_a_proxy_nobody_says_who_they_are_or_how_they_came(client):
    with client:
        answer = client.get("/sign-in", headers=FORWARDED)
        assert request.remote_addr == "127.0.0.1"
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("number", ["-1", "one", "1.5", "²"])
def test_proxies_are_counted(number):
    with pytest.raises(ConfigError, match="TRUSTED_PROXIES must be a number, 0 or more"):
        build("sqlite://", TRUSTED_PROXIES=number)


# Headers


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", "/items", "/static/shop.css"])
def test_every_answer_has_its_headers(client, path):
    with client.get(path) as response:
        headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/shop/cart", "/orders", "/nothing", "/static/nothing.css"])
def test_browsers_keep_no_copy_of_what_is_somebodys_own(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_browsers_may_keep_the_stylesheet(client):
    with client.get("/static/shop.css") as response:
        assert response.headers["Cache-Control"] == "no-cache"  # ask first, then use it again
        assert response.headers["ETag"]


def test_nothing_runs_but_the_shops_own_files_and_stripes(client):
    assert policy(client.get("/"))["script-src"] == {
        "'self'",
        "https://js.stripe.com",
        "https://*.js.stripe.com",
    }


@pytest.mark.parametrize(
    ("stripe_js_url", "source"),
    [
        ("http://127.0.0.1:12111/v3/", "http://127.0.0.1:12111"),
        ("/user/ada/proxy/12111/v3/", "'self'"),  # behind a notebook server's proxy
    ],
)
def test_another_address_of_stripe_js_takes_the_place_of_stripes(stripe_js_url, source):
    policy = security.content_policy(stripe_js_url, "'none'")
    assert f"script-src 'self' {source};" in f"{policy};"
    assert f"frame-src {source};" in f"{policy};"
    assert f"form-action 'self' {source};" in f"{policy};"
    assert "stripe.com" not in policy


def test_a_form_leads_to_the_shop_and_to_the_pages_of_stripes_and_nowhere_else(client):
    assert policy(client.get("/"))["form-action"] == {
        "'self'",
        "https://checkout.stripe.com",
        "https://hooks.stripe.com",
    }


def test_nobody_shows_the_shop_in_a_frame(client):
    assert policy(client.get("/"))["frame-ancestors"] == {"'none'"}


def test_a_notebook_that_is_named_shows_it(tmp_path):
    notebook = "http://127.0.0.1:*"
    app = create_app(
        {
            "DATABASE_URL": f"sqlite:///{tmp_path}/shop.db",
            "SECRET_KEY": "for-tests",
            "FRAME_ANCESTORS": notebook,
        }
    )
    assert policy(app.test_client().get("/sign-in"))["frame-ancestors"] == {notebook}


# Templates


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_script_or_a_style(template):
    html = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\s(on\w+|style)=|javascript:", html)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_what_it_shows(template):
    html = template.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe|autoescape|Markup", html)


@pytest.mark.parametrize("file", sorted(SHOP.glob("static/*.*")), ids=lambda path: path.name)
def test_no_file_loads_from_another_site(file):
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|@import|url\(", text)
