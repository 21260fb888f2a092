"""`shop()`, `serve()` and `browse()`: a shop of the notebook's own, open to a browser."""

import re
from urllib.request import Request, urlopen

import pytest
import stripe
from flask import Flask, current_app, url_for
from IPython.core.formatters import DisplayFormatter

from classroom import browse, connect, dashboard, local, serve, shop, timeline
from classroom.connection import KeyRefused
from classroom.page import VIEWS, Page, dashboard_of, page_of
from local_stripe import SECRET_KEY

MOZILLA = {"User-Agent": "Mozilla/5.0"}


pytestmark = pytest.mark.usefixtures("new_notebook")


def fetch(url: str) -> str:
    with urlopen(Request(url, headers=MOZILLA), timeout=10) as answer:
        return answer.read().decode()


def greeting(name: str, words: str) -> Flask:
    app = Flask(name)
    app.add_url_rule("/", "index", lambda: words)
    return app


def test_a_shop_is_stocked_and_takes_money_through_the_notebooks_stripe():
    order = shop().test_client().post("/orders", json={"token": "tok_visa", "item_ids": [1, 2]})
    assert order.status_code == 201
    [payment] = connect().v1.payment_intents.list().data
    assert payment.amount_received == 28800


def test_each_shop_has_a_database_of_its_own():
    first, second = shop(), shop()
    place = {"token": "tok_visa", "item_ids": [1]}
    order = first.test_client().post("/orders", json=place).json["id"]
    assert second.test_client().get(f"/orders/{order}").status_code == 404


def test_a_shop_can_be_told_what_any_shop_can_be_told():
    assert shop(STRIPE_JS_URL="https://example.com/v3/").config["STRIPE_JS_URL"] == (
        "https://example.com/v3/"
    )


def test_a_served_shop_answers_browsers_on_this_machine_only():
    site = serve(shop())
    assert site.url.startswith("http://127.0.0.1:")
    assert "Desk lamp" in fetch(site.url + "/")


def test_a_served_shop_looks_the_same_on_every_run():
    assert repr(serve(shop())) == "<the shop, open in your browser>"


def test_the_pay_page_finds_stripe_js_on_the_local_stripe():
    app = shop()
    serve(app)
    assert "Stripe" in fetch(app.config["STRIPE_JS_URL"])
    policy = app.test_client().get("/").headers["Content-Security-Policy"]
    assert app.config["STRIPE_JS_URL"].removesuffix("/v3/") in policy


def test_an_app_of_the_learners_own_learns_where_stripe_js_is():
    app = greeting("lesson", "hello")
    serve(app)
    assert app.config["STRIPE_JS_URL"].startswith("http://127.0.0.1:")
    assert app.config["STRIPE_PUBLISHABLE_KEY"].startswith("pk_test_")


def test_what_a_test_client_has_a_served_shop_say_of_itself_leads_to_the_served_shop():
    app = greeting("addressed", "here")
    app.add_url_rule("/where", "where", lambda: url_for("index", _external=True))
    before = app.test_client()
    site = serve(app)
    assert before.get("/where").text == app.test_client().get("/where").text == f"{site.url}/"


def test_serving_again_replaces_the_app_behind_the_same_address():
    first = serve(greeting("lamp", "first"))
    second = serve(greeting("lamp", "second"))
    assert first.url == second.url
    assert fetch(second.url + "/") == "second"


def test_apps_of_other_names_stay_open():
    lamp, thief = serve(greeting("lamp", "a lamp")), serve(greeting("thief", "a thief"))
    assert fetch(lamp.url + "/") == "a lamp"
    assert fetch(thief.url + "/") == "a thief"


def test_a_sandbox_needs_its_publishable_key_for_the_page(monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_visiblyFake")
    with pytest.raises(KeyRefused, match="STRIPE_PUBLISHABLE_KEY"):
        serve(greeting("lamp", "a lamp"))


def test_the_timeline_tells_browser_from_notebook_and_names_no_order(capsys):
    app = shop()
    site = serve(app)
    order = app.test_client().post("/orders", json={"token": "tok_visa", "item_ids": [1]}).json
    fetch(f"{site.url}/")
    app.test_client().get(f"/orders/{order['id']}")
    timeline()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "notebook --> shop      POST /orders"
    assert "shop     --> Stripe    POST /v1/payment_methods card[token]=tok_…" in lines[1]
    assert lines[-4:] == [
        "browser  --> shop      GET /",
        "browser  <-- shop      200",
        "notebook --> shop      GET /orders/{order_id}",
        "notebook <-- shop      200",
    ]


def test_the_timeline_says_where_the_shop_sends_a_visitor(capsys):
    app = greeting("redirecting", "there")
    app.add_url_rule("/go", "go", lambda: current_app.redirect("/", 303))
    serve(app)
    app.test_client().get("/go")
    timeline()
    assert capsys.readouterr().out.endswith("notebook <-- shop      303 to /\n")


def test_static_files_are_no_part_of_the_timeline(capsys):
    site = serve(shop())
    fetch(f"{site.url}/static/shop.css")
    timeline()
    assert "Nobody has said anything" in capsys.readouterr().out


def test_what_stripe_js_asks_of_stripe_is_in_the_timeline(capsys):
    app = shop()
    serve(app)
    api = app.config["STRIPE_JS_URL"].removesuffix("/v3/")
    key = {"Authorization": f"Bearer {app.config['STRIPE_PUBLISHABLE_KEY']}"}
    card = b"card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123"
    request = Request(f"{api}/v1/tokens", card, MOZILLA | key)
    with urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    timeline()
    shown = capsys.readouterr().out
    assert shown == "browser --> Stripe   POST /v1/tokens\nbrowser <-- Stripe   200 tok_…\n"


def test_a_page_is_one_line_of_text_outside_a_notebook(capsys):
    serve(shop())
    browse("/shop/orders/ord_unguessable/pay")
    assert capsys.readouterr().out == (
        "[/shop/orders/{order_id}/pay: run this cell to open the page here]\n"
    )


def in_notebook(page: Page) -> str:
    """The HTML that a notebook gets to show, and never saves."""
    bundle, _ = DisplayFormatter().format(page)
    assert set(bundle) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    return page.html


def test_a_page_lives_in_a_frame_that_no_notebook_saves():
    html = in_notebook(page_of('http://127.0.0.1:1/?a=1&b="2"', height=300))
    assert '<iframe src="http://127.0.0.1:1/?a=1&amp;b=&quot;2&quot;"' in html
    assert "height: 300px" in html


def test_stripes_own_pages_open_in_a_tab():
    html = in_notebook(page_of("https://checkout.stripe.com/c/pay/1"))
    assert "<iframe" not in html
    assert 'href="https://checkout.stripe.com/c/pay/1" target="_blank"' in html


def checkout_session() -> stripe.checkout.Session:
    lamp = {"currency": "usd", "unit_amount": 3900, "product_data": {"name": "Desk lamp"}}
    return connect().v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price_data": lamp, "quantity": 1}],
            "success_url": "https://shop.example/thanks",
        }
    )


def frame(page: Page) -> str:
    """The address of the page that a notebook shows."""
    return re.search(r'<iframe src="([^"]*)"', in_notebook(page))[1].replace("&amp;", "&")


def test_checkout_of_the_local_stripe_opens_whenever_its_session_was_made(capsys):
    before = checkout_session()
    browse(before.url)
    assert capsys.readouterr().out == "[Checkout: run this cell to open the page here]\n"
    after = checkout_session()
    for session in (before, after):
        url = frame(page_of(session.url))
        assert re.fullmatch(rf"http://127\.0\.0\.1:\d+/c/pay/{session.id}", url)


def test_a_banks_page_opens_without_telling_which_payment_it_is_for(capsys):
    serve(greeting("lamp", "a lamp"))
    intent = connect().v1.payment_intents.create(
        {
            "amount": 3900,
            "currency": "usd",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "https://shop.example/orders/1",
        }
    )
    url = intent.next_action.redirect_to_url.url
    browse(url)
    assert capsys.readouterr().out == "[3D Secure: run this cell to open the page here]\n"
    assert frame(page_of(url)) == url


@pytest.mark.parametrize(
    ("at", "entry"),
    [
        ("deliveries", "deliveries"),
        ("pi_1", "payments/pi_1"),
        ("evt_1", "events/evt_1"),
        ("req_1", "requests/req_1"),
    ],
)
def test_the_dashboard_opens_at_a_view_or_a_thing(at, entry, capsys):
    dashboard(at)
    assert capsys.readouterr().out == "[Stripe's dashboard: run this cell to open the page here]\n"
    assert frame(dashboard_of(at)) == f"{local().origin}/dashboard#{entry}"


def test_the_dashboard_opens_at_payments():
    assert frame(dashboard_of()).endswith("/dashboard#payments")


def test_the_dashboard_names_what_it_opens_at():
    with pytest.raises(LookupError, match=r"payments, .*pi_….* not at cus_1"):
        dashboard("cus_1")


def test_the_dashboard_has_the_views_that_a_notebook_may_name():
    with urlopen(frame(dashboard_of()).partition("#")[0], timeout=10) as answer:
        linked = re.findall('href="#([a-z]+)"', answer.read().decode())
    assert set(linked) == set(VIEWS)


@pytest.mark.parametrize(
    ("at", "path"), [("pi_1", "/payments/pi_1"), ("deliveries", "/webhooks"), ("clock", "")]
)
def test_the_dashboard_of_a_sandbox_opens_in_a_tab(at, path, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_visiblyFake")
    html = in_notebook(dashboard_of(at))
    assert f'href="https://dashboard.stripe.com/test{path}" target="_blank"' in html


def test_what_checkout_asks_of_stripe_is_in_the_timeline_and_the_card_is_not(capsys):
    app = shop()
    serve(app)
    session = checkout_session()
    card = connect().v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    timeline.clear()
    key = {"Authorization": f"Bearer {app.config['STRIPE_PUBLISHABLE_KEY']}"}
    page = session.url.replace("/c/pay/", "/v1/payment_pages/")
    pay = f"payment_method={card.id}&expected_amount=3900".encode()
    for request in (Request(page), Request(f"{page}/confirm", pay)):
        request.headers |= {**MOZILLA, **key}
        with urlopen(request, timeout=10) as answer:
            assert answer.status == 200
    timeline()
    assert capsys.readouterr().out.splitlines() == [
        "browser --> Stripe   GET /v1/payment_pages/cs_test_…1",
        "browser <-- Stripe   200 cs_test_…1 open unpaid",
        "browser --> Stripe   POST /v1/payment_pages/cs_test_…1/confirm "
        "payment_method=pm_…1 expected_amount=3900",
        "browser <-- Stripe   200 cs_test_…1 complete paid",
    ]


def test_what_the_dashboard_asks_is_no_part_of_the_timeline(capsys):
    serve(greeting("lamp", "a lamp"))
    events = Request(f"{local().origin}/v1/events")
    events.headers |= {**MOZILLA, "Authorization": f"Bearer {SECRET_KEY}"}
    with urlopen(events, timeout=10) as answer:
        assert answer.status == 200
    timeline()
    assert "Nobody has said anything" in capsys.readouterr().out


def test_the_timeline_says_that_the_shop_sends_a_visitor_to_checkout(capsys):
    app = greeting("sending", "there")
    app.add_url_rule("/go", "go", lambda: current_app.redirect(checkout_session().url, 303))
    serve(app)
    app.test_client().get("/go")
    timeline()
    assert capsys.readouterr().out.endswith("notebook <-- shop      303 to Checkout\n")


def test_on_jupyterhub_pages_and_redirects_go_through_its_proxy(monkeypatch, capsys):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    app = greeting("hub", "hello")
    app.add_url_rule("/go", "go", lambda: current_app.redirect(url_for("index"), 303))
    site = serve(app)
    assert re.fullmatch(r"/user/ada/proxy/\d+/c/pay/cs_test_\w+", checkout_session().url)
    assert re.fullmatch(r"/user/ada/proxy/\d+/dashboard#payments", frame(dashboard_of()))
    assert frame(page_of(checkout_session().url)).startswith(local().origin)
    timeline.clear()
    proxy, _, port = site.url.rpartition("/")
    assert proxy == "/user/ada/proxy/absolute"
    assert re.fullmatch(r"/user/ada/proxy/\d+/v3/", app.config["STRIPE_JS_URL"])
    # jupyter-server-proxy hands the whole path on.
    assert fetch(f"http://127.0.0.1:{port}{site.url}/go") == "hello"
    timeline()
    assert capsys.readouterr().out.splitlines()[:2] == [
        "browser --> shop     GET /go",
        "browser <-- shop     303 to /",
    ]
