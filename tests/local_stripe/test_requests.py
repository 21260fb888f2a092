"""Every request: who asks, in which version, for which address, and in what form."""

import base64
from urllib.parse import unquote

import pytest

from local_stripe import PUBLISHABLE_KEY, RESTRICTED_KEY, SECRET_KEY, Clock, LocalStripe, Request

BASIC = base64.b64encode(f"{SECRET_KEY}:".encode()).decode()


@pytest.mark.parametrize("authorization", [f"Bearer {SECRET_KEY}", f"Basic {BASIC}"])
def test_the_secret_key_opens_the_account(ask, authorization):
    assert ask("GET", "/v1/customers", headers={"authorization": authorization}).status == 200


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "You did not provide an API key."),
        ("Bearer", "You did not provide an API key."),
        ("Digest abc", "You did not provide an API key."),
        ("Bearer sk_test_somebodyElses1234", "Invalid API Key provided: sk_test_*************1234"),
        ("Bearer sk_live_abcdefghijklmnop", "Invalid API Key provided: sk_live_************mnop"),
        ("Basic Zm9v", "Invalid API Key provided: foo"),
        ("Basic \xff\xfe", "Invalid API Key provided: "),
    ],
)
def test_another_key_is_refused(ask, authorization, message):
    answer = ask("GET", "/v1/customers", headers={"authorization": authorization})

    assert (answer.status, answer.error["type"]) == (401, "invalid_request_error")
    assert answer.error["message"].startswith(message)


def test_a_publishable_key_opens_no_secret_address(ask):
    answer = ask("GET", "/v1/customers", headers={"authorization": f"Bearer {PUBLISHABLE_KEY}"})

    assert (answer.status, answer.error["code"]) == (401, "secret_key_required")


def test_a_restricted_key_may_look(ask):
    restricted = {"authorization": f"Bearer {RESTRICTED_KEY}"}

    assert ask("GET", "/v1/customers", headers=restricted).status == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/customers"), ("DELETE", "/v1/customers/cus_1")]
)
def test_a_restricted_key_may_change_nothing(ask, method, path):
    answer = ask(method, path, headers={"authorization": f"Bearer {RESTRICTED_KEY}"})

    assert (answer.status, answer.error["type"]) == (403, "invalid_request_error")
    assert answer.error["message"].startswith("The provided key 'rk_test_***")
    assert RESTRICTED_KEY not in answer.error["message"]
    assert ask("GET", "/v1/customers").body["data"] == []


def test_the_version_asked_for_is_the_version_served(ask):
    answer = ask("GET", "/v1/customers", headers={"stripe-version": "2024-06-20"})

    assert answer.headers["stripe-version"] == "2024-06-20"


def test_a_malformed_version_is_refused_before_all_else(ask):
    answer = ask("GET", "/v1/customers", headers={"stripe-version": "not-a-real-version"})

    assert (answer.status, answer.error) == (
        400,
        {
            "message": "Invalid Stripe API version: not-a-real-version",
            "type": "invalid_request_error",
        },
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/widgets"),
        ("DELETE", "/v1/prices/price_1"),
        ("PUT", "/v1/customers"),
        ("GET", "/v1/customers/"),
        ("GET", "/"),
        ("GET", ""),
    ],
)
def test_an_address_that_stripe_has_not_is_unrecognized(ask, method, path):
    answer = ask(method, path)

    assert (answer.status, answer.error) == (
        404,
        {
            "message": f"Unrecognized request URL ({method}: {path}). Please see "
            "https://stripe.com/docs or we can help at https://support.stripe.com/.",
            "type": "invalid_request_error",
        },
    )


@pytest.mark.parametrize("path", ["/v1/tax_rates", "/v1/issuing/cards/ic_1", "/v2/core/events"])
def test_an_address_that_only_stripe_has_is_refused_by_name(ask, path):
    answer = ask("GET", path)

    assert answer.status == 400
    assert answer.error["message"] == f"The local Stripe does not implement GET {path}."


def test_an_unknown_id_in_the_path_is_not_found(ask):
    answer = ask("GET", "/v1/customers/cus_nope")

    assert answer.status == 404
    assert answer.error == {
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "message": "No such customer: 'cus_nope'",
        "param": "id",
        "request_log_url": f"https://dashboard.stripe.com/test/logs/{answer.headers['request-id']}",
        "type": "invalid_request_error",
    }


@pytest.mark.parametrize("id", ["{}", " GET", "%20GET", "{customer}", "cus_%00", "%ff"])
def test_whatever_stands_in_the_place_of_an_id_is_an_id(ask, id):
    answer = ask("GET", f"/v1/customers/{id}")

    assert (answer.status, answer.error["param"]) == (404, "id")
    assert answer.error["message"] == f"No such customer: '{unquote(id)}'"


def test_json_is_not_what_the_api_reads(ask):
    answer = ask("POST", "/v1/customers", '{"name": "Ann"}', {"content-type": "application/json"})

    assert answer.status == 400
    assert "application/x-www-form-urlencoded" in answer.error["message"]


@pytest.mark.parametrize("header", ["stripe-account", "stripe-context"])
def test_acting_for_another_account_is_refused_by_name(ask, header):
    answer = ask("GET", "/v1/customers", headers={header: "acct_1"})

    assert answer.error["message"] == f"The local Stripe does not implement the header {header}."


def test_a_request_of_more_than_a_megabyte_is_refused(ask):
    assert ask("POST", "/v1/customers", "name=" + "a" * 2_000_000).status == 413


def test_every_request_has_an_id_of_its_own_and_a_line_in_the_log(ask, local):
    ids = [ask("GET", "/v1/customers").headers["request-id"] for _ in range(3)]

    assert len(set(ids)) == 3
    assert [exchange.id for exchange in local.log] == ids
    assert local.log[0].request.path == "/v1/customers"
    assert local.log[0].response.status == 200


@pytest.mark.provokes_a_bug
def test_a_bug_in_the_local_stripe_is_a_500_that_changes_nothing(caplog):
    class BrokenOnce(Clock):
        broken = True

        def now(self) -> int:
            if self.broken:
                self.broken = False
                raise ZeroDivisionError
            return super().now()

    local = LocalStripe(clock=BrokenOnce())
    headers = {"authorization": f"Bearer {SECRET_KEY}"}
    response = local.handle(Request("POST", "/v1/customers", headers=headers))

    assert response.status == 500
    assert b"api_error" in response.body
    assert "ZeroDivisionError" in caplog.text
    assert list(local.store.select("customer")) == []


def test_two_local_stripes_share_nothing(ask):
    ask("POST", "/v1/customers", {"name": "Ann"})

    assert list(LocalStripe().store.select("customer")) == []


def test_the_same_calls_have_the_same_answers_on_every_run():
    def bodies():
        local = LocalStripe(seed=7)
        headers = {"authorization": f"Bearer {SECRET_KEY}"}
        requests = [
            Request("POST", "/v1/customers", headers=headers, body=b"name=Ann"),
            Request("GET", "/v1/events", headers=headers),
        ]
        return [local.handle(request).body for request in requests]

    assert bodies() == bodies()
