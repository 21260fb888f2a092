"""Checks for chapter 10: answers, log lines, retries, declines, and a Stripe that fails half of the time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import stripe

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from local_stripe import RESTRICTED_KEY, SECRET_KEY, LocalStripe
from local_stripe.transport import Headers, InProcess


class Line(InProcess):
    """A line to a Stripe of its own, which notes the idempotency key of each try.

    In a row of faults each strikes one call; None lets a call pass.
    """

    def __init__(self, *faults: str | None) -> None:
        super().__init__(LocalStripe())
        self.client = stripe.StripeClient(SECRET_KEY, http_client=self)
        self.faults = list(faults)
        self.keys: list[str | None] = []

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        self.keys.append((headers or {}).get("Idempotency-Key"))
        if fault := self.faults.pop(0) if self.faults else None:
            self.local.faults.inject(fault)
        return super().request(method, url, headers, post_data)

    def payments(self) -> list[Any]:
        """What has been paid, seen by somebody whose line is good."""
        well = stripe.StripeClient(SECRET_KEY, http_client=InProcess(self.local))
        intents = well.v1.payment_intents.list({"limit": 100}).data
        return [intent for intent in intents if intent.status == "succeeded"]


def sale(card: str = "pm_card_visa", **more: Any) -> Any:
    return {
        "amount": 3900,
        "currency": "usd",
        "payment_method": card,
        "confirm": True,
        "allowed_payment_method_types": ["card"],
        **more,
    }


def raised(do: Callable[[], object]) -> stripe.StripeError:
    """The error of Stripe's that this ends with."""
    try:
        do()
    except stripe.StripeError as error:
        return error
    raise AssertionError("nothing went wrong")


def struck_by(fault: str) -> stripe.StripeError:
    return raised(lambda: Line(fault).client.v1.payment_intents.create(sale()))


def refused(params: Any, **options: Any) -> stripe.StripeError:
    return raised(lambda: Line().client.v1.payment_intents.create(params, options))


def declined(card: str, **more: Any) -> stripe.StripeError:
    return refused(sale(f"pm_card_{card}", **more))


def key_reused() -> stripe.StripeError:
    client, key = Line().client, {"idempotency_key": "order-17"}
    client.v1.payment_intents.create(sale(), key)
    return raised(lambda: client.v1.payment_intents.create(sale("pm_card_mastercard"), key))


def forged() -> stripe.StripeError:
    return raised(lambda: stripe.Webhook.construct_event(b"{}", "t=1,v1=0", "whsec_local"))


class BusierError(stripe.RateLimitError):
    """A class that the library may have tomorrow."""


class ErrorOfTomorrow(stripe.StripeError):
    """Another one."""


PASSING = {
    "a timeout": "timeout",
    "a lost answer": "lost_response",
    "a 429": "rate_limit",
    "a locked object": "lock_timeout",
    "a 409": "key_in_use",
    "a 500": "server_error",
    "a 502 that is HTML": "bad_gateway",
    "an answer that ends half-way": "malformed_json",
}
MISTAKES: dict[str, Callable[[], stripe.StripeError]] = {
    "a misspelled parameter": lambda: refused(sale(amuont=1)),
    "a token that does not exist": lambda: refused(sale("tok_1AdasSecretCard")),
    "a key used twice": key_reused,
    "a wrong API key": lambda: refused(sale(), api_key="sk_test_localButWrong"),
    "a restricted key": lambda: refused(sale(), api_key=RESTRICTED_KEY),
    "a forged webhook": forged,
}


def described(error: stripe.StripeError, what: str) -> str:
    return f"{type(error).__name__} ({what})"


def check_answer_for(answer: Callable[..., Any]) -> None:
    for what, fault in PASSING.items():
        _expect_answer(answer, struck_by(fault), what, 503, True)
    for what, make in MISTAKES.items():
        _expect_answer(answer, make(), what, 500, False)
    _expect_answer(answer, declined("visa_chargeDeclined"), "a declined card", 402, False)
    busier = BusierError("Too many.", http_status=429)
    _expect_answer(answer, busier, "a class of tomorrow, made from RateLimitError", 503, True)
    unknown = ErrorOfTomorrow("Something new.", http_status=418)
    _expect_answer(answer, unknown, "a class of tomorrow", 500, False)


# How the three sentences of 10.1 begin.
BEGINS = {402: "Your bank declined", 503: "Our payment provider did not", 500: "Something went"}


def _expect_answer(
    answer: Callable[..., Any], error: stripe.StripeError, what: str, status: int, again: bool
) -> None:
    called = f"Called answer_for with {described(error, what)}"
    got = answer(error)
    match got:
        case ({"message": message, "try_again": try_again, **rest}, code) if not rest:
            pass
        case _:
            raise Mistake(
                f"{called}, returned {_short(got)}, expected a body with message and try_again, "
                "and a status."
            )
    expect(code == status, f"{called}: the status is {code!r}, expected {status}.")
    expect(
        isinstance(message, str) and message.startswith(BEGINS[status]),
        f"{called}: the message is {_short(message)}, expected “{BEGINS[status]}…”.",
    )
    expect(try_again is again, f"{called}: try_again is {try_again!r}, expected {again}.")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 90 else f"{text[:88]}…"


def check_log_line(answer: Callable[..., Any]) -> None:
    errors = {what: make() for what, make in MISTAKES.items()}
    errors |= {what: struck_by(fault) for what, fault in PASSING.items()}
    errors["a stolen card"] = declined("visa_chargeDeclinedStolenCard")
    errors["an expired card"] = declined("chargeDeclinedExpiredCard")
    for what, error in errors.items():
        expected = _line(error, *CODES.get(what, ()))
        called = f"Called log_line with {described(error, what)}"
        got = answer(error, "A-17")
        expect(
            isinstance(got, str), f"{called}, returned {_short(got)}, expected one line of text."
        )
        for secret in ("tok_1AdasSecretCard", "rong", "rk_test", "amuont", "client_secret"):
            expect(secret not in got, f"{called}: the line quotes “{secret}”. Leave messages out.")
        expect(got == expected, f"{called}, returned\n  {got}\nexpected\n  {expected}")


# Code and decline code, where there are any.
CODES = {
    "a misspelled parameter": ("parameter_unknown",),
    "a token that does not exist": ("resource_missing",),
    "a 429": ("rate_limit",),
    "a locked object": ("lock_timeout",),
    "a 409": ("idempotency_key_in_use",),
    "a stolen card": ("card_declined", "stolen_card"),
    "an expired card": ("expired_card", "expired_card"),
}


def _line(error: stripe.StripeError, code: str = "-", decline_code: str = "-") -> str:
    facts = f"code={code} decline_code={decline_code} request={error.request_id or '-'}"
    return f"{type(error).__name__} status={error.http_status or '-'} {facts} order=A-17"


@dataclass(frozen=True)
class Refusal:
    """What `pause_after` has to make of an error, and why."""

    error: stripe.StripeError
    what: str
    again: bool


def refusals() -> list[Refusal]:
    passing = [
        Refusal(struck_by(fault), what, fault != "server_error") for what, fault in PASSING.items()
    ]
    staying = [Refusal(make(), what, again=False) for what, make in MISTAKES.items()]
    card = Refusal(declined("visa_chargeDeclined"), "a declined card", again=False)
    busier = Refusal(BusierError("Too many."), "a class made from RateLimitError", again=True)
    advice_given = Headers({"stripe-should-retry": "true"})
    advised = stripe.InvalidRequestError("Busy.", None, headers=advice_given)
    advice = Refusal(advised, "a busy Stripe", again=True)
    return [*passing, *staying, card, busier, advice]


def check_pause_after(answer: Callable[..., Any]) -> None:
    for refusal in refusals():
        called = f"Called pause_after with {_with_advice(refusal.error, refusal.what)}"
        got = answer(refusal.error, 1)
        expect(
            got == (1 if refusal.again else None),
            f"{called}, after the first try, returned {got!r}, "
            f"expected {1 if refusal.again else None}.",
        )
    error = struck_by("timeout")
    for tries, expected in enumerate((1, 2, 4, 8, 16, None, None), start=1):
        got = answer(error, tries)
        expect(
            got == expected,
            f"Called pause_after with {described(error, 'a timeout')} and tries={tries}, "
            f"returned {got!r}, expected {expected}.",
        )
    locked = struck_by("lock_timeout")
    got = answer(locked, 6)
    expect(
        got is None,
        f"Called pause_after with {_with_advice(locked, 'a locked object')} and tries=6, "
        f"returned {got!r}, expected None: six tries are the end of it.",
    )


def _with_advice(error: stripe.StripeError, what: str) -> str:
    advice = error.headers and error.headers.get("Stripe-Should-Retry")
    return described(error, f"{what}, Stripe-Should-Retry: {advice}" if advice else what)


def wrong_number() -> stripe.StripeError:
    line = Line()
    line.local.policies.raw_card_numbers = True
    card = {"number": "4242424242424241", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return raised(lambda: line.client.v1.tokens.create({"card": card}))


def made_up(decline_code: str) -> stripe.StripeError:
    """A decline as Stripe sends it, for a reason that no test card has."""
    error = {"code": "card_declined", "decline_code": decline_code, "type": "card_error"}
    body = {"error": error | {"message": "Your card was declined."}}
    return stripe.CardError("Your card was declined.", None, "card_declined", json_body=body)


TOLD: dict[str, Callable[[], stripe.StripeError]] = {
    "insufficient_funds": lambda: declined("visa_chargeDeclinedInsufficientFunds"),
    "expired_card": lambda: declined("chargeDeclinedExpiredCard"),
    "incorrect_cvc": lambda: declined("chargeDeclinedIncorrectCvc"),
    "incorrect_number": wrong_number,
    "processing_error": lambda: declined("chargeDeclinedProcessingError"),
}
UNTOLD: dict[str, Callable[[], stripe.StripeError]] = {
    "stolen_card": lambda: declined("visa_chargeDeclinedStolenCard"),
    "lost_card": lambda: declined("visa_chargeDeclinedLostCard"),
    "fraudulent": lambda: declined("radarBlock"),
    "card_velocity_exceeded": lambda: declined("visa_chargeDeclinedVelocityLimitExceeded"),
    "authentication_not_handled": lambda: declined(
        "authenticationRequired", error_on_requires_action=True
    ),
    "pickup_card": lambda: made_up("pickup_card"),
    "reason_of_tomorrow": lambda: made_up("reason_of_tomorrow"),
}


CODE = r"[a-z]+_[a-z_]+"
SUSPICION = r"\b(stolen|lost|fraud\w*)\b"  # where it is told, a line to the bank may be lost


def check_what_to_say(answer: Callable[..., Any]) -> None:
    usual = _said(answer, declined("visa_chargeDeclined"), "generic_decline")
    for reason, make in UNTOLD.items():
        got = _said(answer, make(), reason)
        expect(
            got == usual,
            f"Called what_to_say for {reason}: it says {got!r}, and for generic_decline {usual!r}. "
            "Whoever compares them learns the reason.",
        )
    said = {usual: "generic_decline"}
    for reason, make in TOLD.items():
        got = _said(answer, make(), reason)
        expect(
            got not in said,
            f"Called what_to_say for {reason}: it says {got!r}, the same as for {said.get(got)}.",
        )
        said[got] = reason


def _said(answer: Callable[..., Any], error: stripe.StripeError, reason: str) -> str:
    got = answer(error)
    called = f"Called what_to_say for {reason}"
    expect(
        isinstance(got, str) and len(got.split()) > 2,
        f"{called}, returned {got!r}, expected a sentence.",
    )
    told = re.search(CODE if reason in TOLD else f"{CODE}|{SUSPICION}", got.lower())
    expect(told is None, f"{called}: it says {got!r}, and tells “{told and told[0]}”.")
    return str(got)


def check_charge(answer: Callable[..., Any]) -> None:
    _check_lost(answer)
    _check_every_other(answer)
    _check_left(answer)


def _charge(
    answer: Callable[..., Any], line: Line, called: str, params: Any, key: str = "order-17"
) -> tuple[Any, list[float]]:
    """What it returned or raised, and for how long it paused."""
    pauses: list[float] = []
    before = len(line.keys)
    try:
        got = answer(line.client, params, key, pauses.append)
        expect(
            not isinstance(got, stripe.StripeError),
            f"{called}: it returned {type(got).__name__}, expected it to raise that.",
        )
    except stripe.StripeError as error:
        got = error
    sent = line.keys[before:]
    expect(
        set(sent) <= {key},
        f"{called}: the keys were {[each if each == key else 'another' for each in sent]}, "
        f"expected {key!r} each time.",
    )
    return got, pauses


def _check_lost(answer: Callable[..., Any]) -> None:
    line = Line("lost_response")
    called = "Called charge, and the first answer is lost"
    got, pauses = _charge(answer, line, called, sale())
    expect(
        isinstance(got, stripe.PaymentIntent), f"{called}: {_ended(got)}, expected a PaymentIntent."
    )
    expect(pauses == [1], f"{called}: the pauses were {pauses}, expected [1].")
    expect(
        len(line.payments()) == 1,
        f"{called}: the customer has paid {len(line.payments())} times, expected once.",
    )


def _check_every_other(answer: Callable[..., Any]) -> None:
    ways = [fault for fault in PASSING.values() if fault != "server_error"]
    line = Line(*(each for fault in ways for each in (fault, None)))
    called = "Called charge while every other call fails"
    for number, fault in enumerate(ways, start=1):
        got, _ = _charge(answer, line, f"{called} ({fault})", sale(), f"order-{number}")
        expect(
            isinstance(got, stripe.PaymentIntent),
            f"{called} ({fault}): {_ended(got)}, expected a PaymentIntent.",
        )
    paid = len(line.payments())
    expect(
        paid == len(ways),
        f"{called}: {len(ways)} orders were paid {paid} times, expected once each.",
    )


def _check_left(answer: Callable[..., Any]) -> None:
    cases = {
        "and nobody ever answers": (("timeout",) * 9, sale(), stripe.APIConnectionError, 6),
        "and the card is declined": ((), sale("pm_card_visa_chargeDeclined"), stripe.CardError, 1),
        "and a parameter is misspelled": ((), sale(amuont=1), stripe.InvalidRequestError, 1),
        "and Stripe answers 500": (("server_error",), sale(), stripe.APIError, 1),
    }
    for what, (faults, params, kind, tries) in cases.items():
        line, called = Line(*faults), f"Called charge, {what}"
        got, pauses = _charge(answer, line, called, params)
        expect(
            len(line.keys) == tries,
            f"{called}: it tried {len(line.keys)} times, expected {tries}.",
        )
        expect(
            isinstance(got, kind), f"{called}: {_ended(got)}, expected it to raise {kind.__name__}."
        )
        expected = [2**n for n in range(tries - 1)]
        expect(pauses == expected, f"{called}: the pauses were {pauses}, expected {expected}.")


def _ended(got: object) -> str:
    if isinstance(got, stripe.StripeError):
        return f"it raised {type(got).__name__}"
    return f"it returned {_short(got)}"


ANSWER = solution_of("answer_for", __file__)
HAND_ON = solution_of("hand_on", __file__).but("def hand_on", "def answer_for")
LOG = solution_of("log_line", __file__)
PAUSE = solution_of("pause_after", __file__)
SAY = solution_of("what_to_say", __file__)
CHARGE = solution_of("charge", __file__)

NO_ANSWER_CASE = "case stripe.APIConnectionError() | stripe.RateLimitError() | stripe.APIError():"
FIRST_CODE = 'error.code or getattr(error.error, "code", None)'
CLASSES = "stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError"
AGAIN = 'isinstance(error, passing) if advice is None else advice == "true"'
REASON = "error.error.decline_code or error.code"
FOUND = f"sentences.get({REASON}, otherwise)"
NUMBER = '"Please check the number of your card: a digit is wrong."'
ASKED = "seconds = pause_after(error, tries)"

BY_EXACT_CLASS = """
def answer_for(error):
    no_answer = {"message": NO_ANSWER, "try_again": True}, 503
    table = {
        stripe.CardError: ({"message": DECLINED, "try_again": False}, 402),
        stripe.APIConnectionError: no_answer,
        stripe.RateLimitError: no_answer,
        stripe.APIError: no_answer,
    }
    return table.get(type(error), ({"message": OUR_FAULT, "try_again": False}, 500))
"""
RAISED_AGAIN = """
def answer_for(error):
    try:
        raise error
    except stripe.CardError:
        return {"message": DECLINED, "try_again": False}, 402
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError):
        return {"message": NO_ANSWER, "try_again": True}, 503
    except stripe.StripeError:
        return {"message": OUR_FAULT, "try_again": False}, 500
"""

LOG_OF_THE_BODY = """
def log_line(error, order_id):
    body = (error.json_body or {}).get("error", {})
    line = f"{type(error).__name__} status={error.http_status or '-'}"
    for name in "code", "decline_code":
        line += f" {name}={body.get(name, '-')}"
    return line + f" request={error.request_id or '-'} order={order_id}"
"""

STEP_BY_STEP = """
def pause_after(error, tries):
    if tries > 5:
        return None
    advice = error.headers.get("stripe-should-retry")
    if advice == "false":
        return None
    passing = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError)
    if advice == "true" or isinstance(error, passing):
        return [1, 2, 4, 8, 16][tries - 1]
"""
RECURSIVE = """
def charge(client, params, key, pause, tries=1):
    try:
        return client.v1.payment_intents.create(params, {"idempotency_key": key})
    except stripe.StripeError as error:
        seconds = pause_after(error, tries)
        if seconds is None:
            raise
    pause(seconds)
    return charge(client, params, key, pause, tries + 1)
"""
LEFT_TO_THE_SDK = """
def charge(client, params, key, pause):
    options = {"idempotency_key": key, "max_network_retries": 5}
    return client.v1.payment_intents.create(params, options)
"""

EXERCISES = (
    Exercise(
        "10.1",
        "Break it, then fix it: the till that says 200",
        answer="answer_for",
        check=check_answer_for,
        hints=(
            "Ask which class it is, not which status it has: some errors have none, and one has 200.",
            "isinstance(error, (A, B, C)) is true for the three classes and for all that are made from "
            "them. What is left at the end is “anything else”.",
            "match error: case stripe.CardError(): …402. case stripe.APIConnectionError() | "
            "stripe.RateLimitError() | stripe.APIError(): …503. case _: …500.",
        ),
        wrong=(
            Wrong(HAND_ON, "(a timeout), returned (None, None), expected a body"),
            Wrong(
                ANSWER.but(
                    NO_ANSWER_CASE,
                    "case _ if error.http_status is None or error.http_status >= 500:",
                ),
                "(a 429): the status is 500, expected 503",
            ),
            Wrong(
                ANSWER.but("503", "error.http_status or 503"),
                "(a 429): the status is 429, expected 503",
            ),
            Wrong(
                ANSWER.but("500", "error.http_status or 500"),
                "(a misspelled parameter): the status is 400, expected 500",
            ),
            Wrong(
                ANSWER.but("OUR_FAULT", "error.user_message"),
                "the message is 'Received unknown parameter: amuont'",
            ),
            Wrong(
                ANSWER.but("DECLINED", "error.user_message"),
                "the message is 'Your card was declined.', expected “Your bank declined",
            ),
            Wrong(
                ANSWER.but("True", "error.http_status == 429"),
                "(a timeout): try_again is False, expected True",
            ),
            Wrong(
                ANSWER.but(
                    NO_ANSWER_CASE,
                    "case _ if isinstance(error, (stripe.APIConnectionError, stripe.RateLimitError)):",
                ),
                "(a 409): the status is 500, expected 503",
            ),
            Wrong(
                BY_EXACT_CLASS,
                "(a class of tomorrow, made from RateLimitError): the status is 500, expected 503",
            ),
            Wrong(
                ANSWER.but(
                    "case _:",
                    "case stripe.InvalidRequestError() | stripe.IdempotencyError() | "
                    "stripe.AuthenticationError() | stripe.SignatureVerificationError():",
                ),
                "PermissionError (a restricted key), returned None",
            ),
        ),
        right=(RAISED_AGAIN,),
    ),
    Exercise(
        "10.2",
        "Write what the log keeps",
        answer="log_line",
        check=check_log_line,
        hints=(
            "Collect the five facts first, then write each as name=value, with `-` for None.",
            "getattr(error.error, 'code', None) is the code, and None if error.error is None. The same "
            "works for decline_code.",
            "code = error.code or getattr(error.error, 'code', None). Then one f-string: "
            "f\"{type(error).__name__} status={error.http_status or '-'} code={code or '-'} …\"",
        ),
        wrong=(
            Wrong(
                LOG.but("*facts]", "*facts, str(error)]"),
                "the line quotes “amuont”. Leave messages out",
            ),
            Wrong(
                LOG.but("*facts]", "*facts, str(error.json_body)]"),
                "the line quotes “amuont”",
            ),
            Wrong(
                LOG.but(FIRST_CODE, "error.code"),
                "code=- decline_code=- request=req_",
            ),
            Wrong(
                LOG.but(FIRST_CODE, "error.error.code"),
                "AttributeError: 'NoneType' object has no attribute 'code'",
            ),
            Wrong(
                LOG.but("{value or '-'}", "{value if name == 'code' else value or '-'}"),
                "returned\n  IdempotencyError status=400 code=None",
            ),
            Wrong(
                LOG.but("{value or '-'}", "{value if name == 'status' else value or '-'}"),
                "SignatureVerificationError status=None",
            ),
            Wrong(
                LOG.but("{value or '-'}", "{value if name == 'request' else value or '-'}"),
                "request=None order=A-17\nexpected",
            ),
            Wrong(
                LOG.but('getattr(error.error, "decline_code", None)', FIRST_CODE),
                "code=parameter_unknown decline_code=parameter_unknown",
            ),
        ),
        right=(LOG_OF_THE_BODY,),
    ),
    Exercise(
        "10.3",
        "Decide which to try again",
        answer="pause_after",
        check=check_pause_after,
        hints=(
            "First find out whether to try again at all, then for how long to wait.",
            "error.headers.get('Stripe-Should-Retry') is 'true', 'false' or None. Both texts are true in an "
            "`if`, so compare. None: isinstance(error, (…three classes…)).",
            "again = isinstance(error, passing) if advice is None else advice == 'true'. Then "
            "2 ** (tries - 1) if again and tries < 6 else None.",
        ),
        wrong=(
            Wrong(
                PAUSE.but(AGAIN, "isinstance(error, passing)"),
                "APIError (a 500, Stripe-Should-Retry: false), after the first try, returned 1",
            ),
            Wrong(
                PAUSE.but(AGAIN, "advice or isinstance(error, passing)"),
                "APIError (a 500, Stripe-Should-Retry: false), after the first try, returned 1",
            ),
            Wrong(
                PAUSE.but(AGAIN, "isinstance(error, passing) and advice != 'false'"),
                "(a busy Stripe, Stripe-Should-Retry: true), after the first try, returned None",
            ),
            Wrong(
                PAUSE.but(CLASSES, "stripe.APIConnectionError"),
                "RateLimitError (a 429), after the first try, returned None, expected 1",
            ),
            Wrong(
                PAUSE.but(CLASSES, "stripe.StripeError"),
                "(a misspelled parameter), after the first try, returned 1, expected None",
            ),
            Wrong(
                PAUSE.but(CLASSES, f"{CLASSES}, stripe.CardError"),
                "CardError (a declined card), after the first try, returned 1, expected None",
            ),
            Wrong(
                PAUSE.but(AGAIN, "advice == 'true' if advice else type(error) in passing"),
                "(a class made from RateLimitError), after the first try, returned None",
            ),
            Wrong(
                PAUSE.but(
                    "isinstance(error, passing)",
                    "(error.http_status is None or error.http_status in (409, 429) "
                    "or error.http_status >= 500)",
                ),
                "(an answer that ends half-way), after the first try, returned None, expected 1",
            ),
            Wrong(PAUSE.but("2 ** (tries - 1)", "tries"), "tries=3, returned 3, expected 4"),
            Wrong(
                PAUSE.but("2 ** (tries - 1)", "2**tries"),
                "after the first try, returned 2, expected 1",
            ),
            Wrong(PAUSE.but("tries < 6", "True"), "tries=6, returned 32, expected None"),
            Wrong(PAUSE.but("tries < 6", "tries < 5"), "tries=5, returned None, expected 16"),
            Wrong(
                PAUSE.but("tries < 6", "(advice or tries < 6)"),
                "returned 32, expected None: six tries are the end",
            ),
        ),
        right=(STEP_BY_STEP,),
    ),
    Exercise(
        "10.4",
        "Say no in the customer's words",
        answer="what_to_say",
        check=check_what_to_say,
        hints=(
            "Write down what may be told. What is not in that table gets the usual sentence.",
            "A dict from the reason to a sentence, and its `get` with the usual sentence as the second "
            "argument. A wrong number has no decline code: then the reason is in error.code.",
            "reason = error.error.decline_code or error.code; return sentences.get(reason, otherwise).",
        ),
        wrong=(
            Wrong(
                SAY.but(FOUND, "f\"Sorry: {error.error.decline_code.replace('_', ' ')}\""),
                "for stolen_card: it says 'Sorry: stolen card', and tells “stolen”",
            ),
            Wrong(
                SAY.but(FOUND, "error.user_message"),
                "for card_velocity_exceeded: it says 'Your card was declined for making",
            ),
            Wrong(
                SAY.but(
                    FOUND,
                    'sentences.get(error.error.decline_code) or "Card declined: " + error.code',
                ),
                "it says 'Card declined: card_declined', and tells “card_declined”",
            ),
            Wrong(
                SAY.but("= {", '= {"stolen_card": "Please call your bank.",'),
                "for stolen_card: it says 'Please call your bank.', and for generic_decline",
            ),
            Wrong(
                SAY.but("= {", '= {"fraudulent": "We cannot take this card.",'),
                "for fraudulent: it says 'We cannot take this card.', and for generic_decline",
            ),
            Wrong(
                SAY.but("= {", '= {"fraudulent": "Is this card stolen?",'),
                "and tells “stolen”",
            ),
            Wrong(SAY.but(FOUND, f"sentences[{REASON}]"), "KeyError: 'generic_decline'"),
            Wrong(SAY.but(FOUND, f"sentences.get({REASON})"), "for generic_decline, returned None"),
            Wrong(
                SAY.but(REASON, "error.code"),
                "for insufficient_funds: it says 'Your bank did not accept this card. Please take another one, "
                "or ask your bank.', the same as for generic",
            ),
            Wrong(
                SAY.but(REASON, "error.error.decline_code"),
                "for incorrect_number: it says 'Your bank did not accept this card. Please take another one, "
                "or ask your bank.', the same as for generic",
            ),
            Wrong(
                SAY.but(NUMBER, '"This card is too old. Please take another one."'),
                "for incorrect_number: it says 'This card is too old. Please take another one.', the same as for expired_card",
            ),
            Wrong(
                SAY.but(FOUND, f"sentences.get({REASON}) or error.user_message"),
                "for card_velocity_exceeded: it says 'Your card was declined for making",
            ),
        ),
        right=(SAY.but("Your bank could not be reached.", "The line to your bank was lost."),),
    ),
    Exercise(
        "10.5",
        "Survive a Stripe that fails every other call",
        answer="charge",
        check=check_charge,
        hints=(
            "A loop that counts its tries, with a `return` inside `try`.",
            "except stripe.StripeError as error: ask pause_after(error, tries). None: `raise`. Else pause, "
            "and let the loop go on. The key is the one you were given, in every try.",
            "for tries in count(1): try: return client.v1.payment_intents.create(params=params, "
            "options={'idempotency_key': key}); except stripe.StripeError as error: seconds = "
            "pause_after(error, tries); if seconds is None: raise; pause(seconds).",
        ),
        wrong=(
            Wrong(
                CHARGE.but(', options={"idempotency_key": key}', ""),
                "the keys were ['another', 'another'], expected 'order-17' each time",
            ),
            Wrong(
                CHARGE.but('"idempotency_key": key', '"idempotency_key": f"{key}-{tries}"'),
                "the keys were ['another', 'another'], expected 'order-17' each time",
            ),
            Wrong(
                CHARGE.but("except stripe.StripeError", "except stripe.APIConnectionError"),
                "while every other call fails (rate_limit): it raised RateLimitError",
            ),
            Wrong(
                CHARGE.but("raise", "return None"),
                "and nobody ever answers: it returned None, expected it to raise APIConnectionError",
            ),
            Wrong(
                CHARGE.but(ASKED, "seconds = 2 ** (tries - 1) if tries < 6 else None"),
                "and the card is declined: it tried 6 times, expected 1",
            ),
            Wrong(CHARGE.but("pause(seconds)", "pass"), "the pauses were [], expected [1]"),
            Wrong(
                CHARGE.but(ASKED, "seconds = pause_after(error, 1) if tries < 6 else None"),
                "the pauses were [1, 1, 1, 1, 1], expected [1, 2, 4, 8, 16]",
            ),
            Wrong(
                CHARGE.but("return client", "client").but("key})", "key}); return"),
                "it returned None, expected a PaymentIntent",
            ),
            Wrong(
                CHARGE.but("raise", "return error"),
                "and nobody ever answers: it returned APIConnectionError, expected it to raise that",
            ),
            Wrong(
                CHARGE.but(ASKED, "seconds = pause_after(error, 1)"),
                "and nobody ever answers: it tried 10 times, expected 6",
            ),
            Wrong(LEFT_TO_THE_SDK, "the pauses were [], expected [1]"),
        ),
        right=(RECURSIVE,),
    ),
)
