"""Checks for chapter 08: a signature by hand, an honest door, a secret rolled, four attacks."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import Logger
from typing import Any

import stripe
from flask import Flask, got_request_exception

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import Practice, browser_at
from local_stripe.signing import sign

SECRET, OTHER = "whsec_localPractice", "whsec_localOther"
EXAMPLE = "whsec_localExample"  # the notebook's
NOW = 1_700_000_000  # seconds; not the clock's
GENUINE, FULL = "what Stripe sent", "what Stripe sent while keep fails"
HOUR = 60 * 60
LONG_AGO = NOW - HOUR
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.created",
    "data": {"name": "Ann Köhler", "description": "Ann's account"},
}
BODY = json.dumps(EVENT, indent=2, ensure_ascii=False).encode()


def mark(body: bytes = BODY, secret: str = SECRET, at: int = NOW) -> str:
    """The hexadecimal part of a signature."""
    return sign(body, [secret], at).partition("v1=")[2]


def check_is_genuine(answer: Callable[..., Any]) -> None:
    for which, payload, header, expected in received():
        called = f"Called is_genuine with {which}"
        try:
            got = answer(payload, header, SECRET, NOW)
        except Exception as error:
            raise Mistake(
                f"{called}, it raised {type(error).__name__}: {error}. Expected {expected}."
            ) from None
        clue = LATE if which == GENUINE and got is False and looks_at_the_clock(answer) else ""
        expect(got is expected, f"{called}, returned {got!r}, expected {expected}.{clue}")


LATE = " Your computer's clock is not asked here: take the time from `now`."


def looks_at_the_clock(answer: Callable[..., Any]) -> bool:
    """Whether a signature of this moment passes, where one of `now` did not."""
    return answer(BODY, sign(BODY, [SECRET], int(time.time())), SECRET, NOW) is True


def received() -> Iterator[tuple[str, bytes, str | None, bool]]:
    """What may arrive, and whether it is genuine."""
    good = sign(BODY, [SECRET], NOW)
    yield GENUINE, BODY, good, True
    yield "an altered payload", BODY.replace(b"Ann", b"Bob"), good, False
    yield "the same JSON, written anew", json.dumps(EVENT).encode(), good, False
    yield "a signature by another secret", BODY, sign(BODY, [OTHER], NOW), False
    yield "what Stripe sent 300 seconds ago", BODY, sign(BODY, [SECRET], NOW - 300), True
    yield "what Stripe sent 301 seconds ago", BODY, sign(BODY, [SECRET], NOW - 301), False
    redated = f"t={NOW},v1={mark(at=LONG_AGO)}"
    yield "an old signature under a new time", BODY, redated, False
    yield "two v1, of which the first fits", BODY, sign(BODY, [SECRET, OTHER], NOW), True
    yield "two v1, of which the second fits", BODY, sign(BODY, [OTHER, SECRET], NOW), True
    yield "the v1 before the t", BODY, f"v1={mark()},t={NOW}", True
    yield "a v0 beside the v1", BODY, f"{good},v0={mark(secret=OTHER)}", True
    yield "a v0 that would fit, and no v1", BODY, f"t={NOW},v0={mark()}", False
    yield "the header None", BODY, None, False
    yield "an empty header", BODY, "", False
    yield "a header that is nonsense", BODY, "let me in", False
    yield "a header without t", BODY, f"v1={mark()}", False
    yield "a t that is no number", BODY, f"t=today,v1={mark()}", False
    yield "a header without v1", BODY, f"t={NOW}", False
    yield "a v1 with an é in it", BODY, f"t={NOW},v1=é", False


class Street:
    """Knocks at a door, and knows what it kept."""

    def __init__(self, answer: Callable[..., Any], secret: str | None = SECRET) -> None:
        self.kept: list[tuple[str, str]] = []
        self.full = False
        self.raised = ""
        self.client = browser_at(answer, secret, self.keep)
        got_request_exception.connect(self._note, self.client.application)

    def keep(self, id: str, type: str) -> None:
        if self.full:
            raise ValueError("the name is too long")  # which is not about JSON
        self.kept.append((id, type))

    def _note(self, _app: Flask, exception: Exception) -> None:
        self.raised = f" It raised {type(exception).__name__}: {exception}"

    def knock(self, which: str, expected: int, body: bytes, header: str | None) -> None:
        """Deliver; raise `Mistake` unless this is the answer."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if header is not None:
            headers["Stripe-Signature"] = header
        got = self.client.post("/webhook", data=body, headers=headers).status_code
        clue = LOST if which == FULL else CLUES.get((which, got), self.raised)
        expect(
            got == expected or expected == 200 <= got < 300,
            f"Delivered {which}, the door answered {got}, expected {expected}.{clue}",
        )
        kept = [("evt_1", "customer.created")] if expected == 200 else []
        expect(
            self.kept == kept,
            f"Delivered {which}: the door kept {self.kept!r}, expected {kept!r}.",
        )


NO_DOOR = " The door takes POST requests at /webhook."
RAW_BYTES = " The signature is over the raw bytes."
LOST = " Nobody has the event, so Stripe must come again, and somebody must be told."
CLUES = {  # by what was delivered, and what was answered
    (GENUINE, 400): RAW_BYTES,
    (GENUINE, 404): NO_DOOR,
    (GENUINE, 405): NO_DOOR,
}


def check_door(answer: Callable[..., Any]) -> None:
    now = int(time.time())
    good = sign(BODY, [SECRET], now)
    Street(answer).knock(GENUINE, 200, BODY, good)
    for which, body, header in (
        ("an event without a signature", BODY, None),
        ("an event with another signature", BODY, sign(BODY, [OTHER], now)),
        ("an event that was altered", BODY.replace(b"Ann", b"Bob"), good),
        ("what Stripe sent six minutes ago", BODY, sign(BODY, [SECRET], now - 6 * 60)),
        ("nonsense", b"let me in", "let me in"),
        ("signed text that is no JSON", b"hello", sign(b"hello", [SECRET], now)),
    ):
        Street(answer).knock(which, 400, body, header)
    for secret in ("", None):
        which = f"an event to a door with the secret {secret!r}"
        Street(answer, secret).knock(which, 503, BODY, sign(BODY, [secret or ""], now))
    broken = Street(answer)
    broken.full = True
    with unheard(broken.client.application.logger):
        broken.knock(FULL, 500, BODY, good)


@contextmanager
def unheard(logger: Logger) -> Iterator[None]:
    """Keep quiet for now. A logger outlives its app, so the next door's mistakes must be heard."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


class World:
    """Servers behind one endpoint, each of which gets every delivery."""

    def __init__(self) -> None:
        self.bench = Practice()
        self.endpoint = self.bench.client.v1.webhook_endpoints.create(
            {"url": "http://shop.localhost/webhook", "enabled_events": ["*"]}
        )
        self.old = str(self.endpoint.secret)
        self.servers = [Server(self, number) for number in (1, 2, 3)]

    def go_on(self, seconds: int) -> None:
        """Let time pass, and something happen then."""
        self.bench.local.advance(seconds)
        self.bench.client.v1.customers.create({})
        self.bench.local.deliver(self._send)

    def _send(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        for server in self.servers:
            server.hear(body, headers["Stripe-Signature"])
        return 200, ""


class Server:
    """Takes deliveries that are signed with one of its secrets; a restart takes fifty minutes."""

    def __init__(self, world: World, number: int) -> None:
        self.number, self.secrets, self._world = number, [world.old], world

    def restart(self, secrets: Any) -> None:
        expect(
            isinstance(secrets, list) and all(isinstance(secret, str) for secret in secrets),
            f"Called restart with {type(secrets).__name__}, expected a list of secrets.",
        )
        self._world.go_on(50 * 60)
        self.secrets = list(secrets)
        self._world.go_on(0)

    def hear(self, body: bytes, header: str) -> None:
        for secret in self.secrets:
            try:
                stripe.WebhookSignature.verify_header(body, header, secret, 300)
                return
            except stripe.SignatureVerificationError:
                continue
        knows = "the old secret" if self._world.old in self.secrets else "no secret that signs"
        signatures = header.count("v1=")
        raise Mistake(
            f"Called roll: server {self.number} refused a genuine delivery. It knows {knows}, and "
            f"Stripe sent {signatures} signature{'s' * (signatures > 1)}."
        )


def check_roll(answer: Callable[..., Any]) -> None:
    world = World()
    new = answer(world.bench.local.webhooks, world.endpoint.id, list(world.servers))
    expect(
        isinstance(new, str) and new.startswith("whsec_") and new != world.old,
        f"Called roll, returned {_told(new, world)}, expected the new secret.",
    )
    for server in world.servers:
        expect(
            world.old not in server.secrets,
            f"Called roll: server {server.number} still takes the old secret, and the thief has it.",
        )
        expect(
            server.secrets == [new],
            f"Called roll: server {server.number} does not take what it returned, and only that.",
        )
    world.go_on(0)
    world.go_on(25 * HOUR)


def _told(secret: object, world: World) -> str:
    return "the old one" if secret == world.old else repr(secret)


Door = Callable[[bytes, str, int], bool]  # payload, header, now: whether it lets in


FORM = r"t=(\d+),v1=([0-9a-f]{64})"


def in_form(header: str, now: int) -> re.Match[str] | None:
    """The header's parts, if it has the right form and time."""
    found = re.fullmatch(FORM, header)
    return found if found and 0 <= now - int(found[1]) <= 300 else None


def is_sound(payload: bytes, header: str, now: int) -> bool:
    found = in_form(header, now)
    return found is not None and header in {
        sign(payload, [secret], int(found[1])) for secret in (SECRET, EXAMPLE)
    }


def looks_at_form(payload: bytes, header: str, now: int) -> bool:
    return in_form(header, now) is not None


def signs_time_only(payload: bytes, header: str, now: int) -> bool:
    found = in_form(header, now)
    return found is not None and header == sign(b"", [SECRET], int(found[1]))


def knows_no_time(payload: bytes, header: str, now: int) -> bool:
    found = re.match(r"t=(\d+)", header)
    return found is not None and header == sign(payload, [SECRET], int(found[1]))


def signs_body_only(payload: bytes, header: str, now: int) -> bool:
    found = in_form(header, now)
    return found is not None and found[2] == mark(payload, at=0)


# By attack: a door that it must get through, what that one does, and what was recorded there.
HOLES: dict[str, tuple[Door, str, str]] = {
    "forge": (
        looks_at_form,
        "looks at form and time, and at no signature",
        sign(BODY, [SECRET], LONG_AGO),
    ),
    "alter": (signs_time_only, "has only the time signed", sign(b"", [SECRET], NOW - 10)),
    "replay": (knows_no_time, "does not look at the time", sign(BODY, [SECRET], LONG_AGO)),
    "redate": (
        signs_body_only,
        "has only the body signed",
        f"t={LONG_AGO},v1={mark(at=0)}",
    ),
}


def check_attacks(answer: Callable[..., Any]) -> None:
    for name, (hole, does, header) in HOLES.items():
        payload, sent = _attack(answer, name, header, NOW)
        expect(
            hole(payload, sent, NOW),
            f"Called attacks: {name!r} was refused by a door that {does}.{_odd(sent)}",
        )
    for age in (10, HOUR):
        header = sign(BODY, [SECRET], NOW - age)
        for name in HOLES:
            payload, sent = _attack(answer, name, header, NOW)
            passes = is_sound(payload, sent, NOW)
            fresh_replay = age == 10 and name in {"replay", "redate"}
            expect(
                not passes or fresh_replay,
                f"Called attacks: {name!r} got through a door without a hole.",
            )
    _check_forged_signature(answer)


def _check_forged_signature(answer: Callable[..., Any]) -> None:
    """Nobody knows the secret that was made up. But what it signs is the time, too."""
    header = sign(BODY, [SECRET], LONG_AGO)
    made = {_attack(answer, "forge", header, now)[1].partition("v1=")[2] for now in (NOW, NOW + 1)}
    expect(
        len(made) == 2,
        "Called attacks a second later: the v1 of 'forge' is the same. A signature is over the time, too: "
        "sign with a secret that you make up.",
    )


def _odd(header: str) -> str:
    """What any door would object to in this header, if anything."""
    found = re.fullmatch(FORM, header)
    if not found:
        return " Its header is not of the form t=…,v1=…"
    return "" if in_form(header, NOW) else f" Its t is {found[1]}, and now is {NOW}."


def _attack(answer: Callable[..., Any], name: str, header: str, now: int) -> tuple[bytes, str]:
    got = answer(BODY, header, now)
    expect(
        isinstance(got, dict) and set(got) == set(HOLES),
        f"Called attacks, returned {_shape(got)}, expected a dict with {', '.join(HOLES)}.",
    )
    match got[name]:
        case (bytes(payload), str(sent)):
            _check_payload(name, payload)
            return payload, sent
        case (str(), _):
            raise Mistake(f"Called attacks: the payload of {name!r} is a str, expected bytes.")
    raise Mistake(f"Called attacks: {name!r} is {got[name]!r}, expected a payload and a header.")


def _check_payload(name: str, payload: bytes) -> None:
    if name in {"replay", "redate"}:
        expect(
            payload == BODY, f"Called attacks: the payload of {name!r} is not what was recorded."
        )
    if name == "alter":
        expect(
            b"Bob" in payload and b"Ann" not in payload,
            "Called attacks: the payload of 'alter' must say Bob, where the recorded one says Ann.",
        )
    if name == "forge":
        _check_forged(payload)


def _check_forged(payload: bytes) -> None:
    try:
        event = json.loads(payload)
    except ValueError:
        raise Mistake("Called attacks: the payload of 'forge' is no JSON.") from None
    expect(isinstance(event, dict), "Called attacks: the payload of 'forge' is no JSON object.")
    expect("id" in event, "Called attacks: the payload of 'forge' has no id.")
    for field, expected in (("object", "event"), ("type", "payment_intent.succeeded")):
        expect(
            event.get(field) == expected,
            f"Called attacks: the {field} of 'forge' is {event.get(field)!r}, expected {expected!r}.",
        )


def _shape(got: object) -> str:
    return f"a dict with {', '.join(map(str, got))}" if isinstance(got, dict) else repr(got)


BY_HAND = solution_of("is_genuine", __file__)
DOOR = solution_of("door", __file__)
ROLL = solution_of("roll", __file__)
ATTACKS = solution_of("attacks", __file__)

UNPROVEN = "(ValueError, stripe.SignatureVerificationError)"
FORGED = '(own.encode(), signed_by(own, "whsec_madeUp", now))'

EXERCISES = (
    Exercise(
        "8.1",
        "Check a signature by hand",
        answer="is_genuine",
        check=check_is_genuine,
        hints=(
            "Take the header apart first, into pairs of name and value. Refuse early what has no usable "
            "time. Work out one signature. Compare it with each v1.",
            'part.partition("=") always gives three things, also without a "=" in it. '
            '(header or "").split(",") works for None. "12".isdecimal() asks whether a text is a number. '
            "Join bytes with +, as an f-string would write b'…' around them.",
            "times and marks are lists of the values of t and v1. Unless there is one time, and it is "
            "decimal, and now - int(it) <= 300: return False. The signed bytes are times[0].encode() + "
            'b"." + payload; expected is hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(); '
            "return any(hmac.compare_digest(expected.encode(), mark.encode()) for mark in marks).",
        ),
        wrong=(
            Wrong(
                BY_HAND.but('times[0].encode() + b"." + payload', "payload"),
                "with what Stripe sent, returned False, expected True",
            ),
            Wrong(
                BY_HAND.but(
                    'b"." + payload',
                    'b"." + json.dumps(json.loads(payload), indent=2, ensure_ascii=False).encode()',
                ),
                "the same JSON, written anew, returned True, expected False",
            ),
            Wrong(
                BY_HAND.but(" or not times[0].isdecimal() or now - int(times[0]) > 300", ""),
                "sent 301 seconds ago, returned True",
            ),
            Wrong(
                BY_HAND.but(
                    "any(hmac.compare_digest(expected, mark.encode()) for mark in marks)",
                    "hmac.compare_digest(expected, marks[-1].encode())",
                ),
                "two v1, of which the first fits, returned False",
            ),
            Wrong(
                BY_HAND.but('name == "v1"', 'name.startswith("v")'),
                "a v0 that would fit, and no v1, returned True",
            ),
            Wrong(
                BY_HAND.but(
                    'times = [value for name, _, value in pairs if name == "t"]',
                    "times = [pairs[0][2]]",
                ),
                "the v1 before the t, returned False, expected True",
            ),
            Wrong(
                BY_HAND.but('(header or "")', "header"),
                "the header None, it raised AttributeError",
            ),
            Wrong(
                BY_HAND.but("len(times) != 1 or not times[0].isdecimal()", "not times"),
                "a t that is no number, it raised ValueError",
            ),
            Wrong(
                BY_HAND.but(".hexdigest().encode()", ".hexdigest()").but("mark.encode()", "mark"),
                "a v1 with an é in it, it raised TypeError",
            ),
            Wrong(
                BY_HAND.but("now - int", "time.time() - int"),
                "sent, returned False, expected True. Your computer's clock is not asked here",
            ),
            Wrong(
                "def is_genuine(payload, header, secret, now):\n"
                "    stripe.Webhook.construct_event(payload, header, secret)\n"
                "    return True",
                "with what Stripe sent, it raised SignatureVerificationError",
            ),
        ),
    ),
    Exercise(
        "8.2",
        "Break it, then fix it: a door that Stripe handed out",
        answer="door",
        check=check_door,
        hints=(
            "Four endings, four answers. Ask about the secret first, then about the signature, and only "
            "then look into the event.",
            "request.get_data() gives the bytes as they came. construct_event raises ValueError for "
            "what is no JSON, and stripe.SignatureVerificationError for what is not proven.",
            "if not secret: return a text and 503. try: event = stripe.Webhook.construct_event("
            'request.get_data(), request.headers.get("Stripe-Signature"), secret) except (ValueError, '
            "stripe.SignatureVerificationError): return a text and 400. Below, outside of the try: "
            "keep(event.id, event.type), then return a text.",
        ),
        wrong=(
            Wrong(
                DOOR.but("request.get_data()", "json.dumps(request.get_json())"),
                "what Stripe sent, the door answered 400, expected 200. The signature is over the raw",
            ),
            Wrong(
                DOOR.but(UNPROVEN, "Exception as error").but('"not from Stripe", 400', "error"),
                "an event without a signature, the door answered 500, expected 400",
            ),
            Wrong(
                DOOR.but(UNPROVEN, "stripe.StripeError").but(", 400", ", 200"),
                "an event without a signature, the door answered 200, expected 400",
            ),
            Wrong(
                DOOR.but("header, secret)", "header, secret, tolerance=None)"),
                "what Stripe sent six minutes ago, the door answered 200, expected 400",
            ),
            Wrong(
                DOOR.but(UNPROVEN, "stripe.SignatureVerificationError"),
                "signed text that is no JSON, the door answered 500, expected 400",
            ),
            Wrong(
                DOOR.but(
                    'return "no secret is set", 503',
                    "keep(request.json['id'], request.json['type'])\n            return 'success'",
                ),
                "with the secret '', the door answered 200, expected 503",
            ),
            Wrong(
                DOOR.but("if not secret", "if False"),
                "with the secret '', the door answered 400, expected 503",
            ),
            Wrong(
                DOOR.but(
                    "keep(event.id, event.type)",
                    "try:\n            keep(event.id, event.type)\n"
                    "        except Exception:\n            return 'kept'",
                ),
                "while keep fails, the door answered 200, expected 500. Nobody has the event",
            ),
            Wrong(
                DOOR.but("        keep(event.id, event.type)\n", "").but(
                    "        except", "            keep(event.id, event.type)\n        except"
                ),
                "while keep fails, the door answered 400, expected 500. Nobody has the event",
            ),
            Wrong(
                DOOR.but("keep(event.id, event.type)", "keep(event)"),
                "what Stripe sent, the door answered 500, expected 200. It raised TypeError",
            ),
            Wrong(
                DOOR.but("keep(event.id, event.type)", "pass"),
                "the door kept [], expected [('evt_1', 'customer.created')]",
            ),
        ),
    ),
    Exercise(
        "8.3",
        "Roll a secret",
        answer="roll",
        check=check_roll,
        hints=(
            "A server that knows only the old secret must go on hearing until its turn comes. Who can "
            "see to that, you or Stripe?",
            "While the grace period lasts, each delivery has two signatures, so that a server with "
            "either secret takes it. How long must it last, if you do not know how many servers there are?",
            "new = webhooks.roll_secret(endpoint_id, grace=24 * 60 * 60), then server.restart([new]) for "
            "each server, then return new.",
        ),
        wrong=(
            Wrong(
                ROLL.but("24 * 60 * 60", "0"),
                "server 1 refused a genuine delivery. It knows the old secret, and Stripe sent 1",
            ),
            Wrong(
                ROLL.but("24 * 60 * 60", "60 * 60"),
                "server 2 refused a genuine delivery. It knows the old secret, and Stripe sent 1",
            ),
            Wrong(
                ROLL.but("[new]", "[server.secrets[0], new]"),
                "server 1 still takes the old secret, and the thief has it",
            ),
            Wrong(
                ROLL.but("in servers:", "in servers[:1]:"),
                "server 2 still takes the old secret",
            ),
            Wrong(
                ROLL.but("[new]", "new"),
                "Called restart with str, expected a list of secrets",
            ),
            Wrong(ROLL.but("[new]", "[]"), "It knows no secret that signs"),
            Wrong(
                ROLL.but("new = webhooks", "old = servers[0].secrets[0]\n    new = webhooks").but(
                    "return new", "return old"
                ),
                "returned the old one, expected the new secret",
            ),
            Wrong(
                ROLL.but("24 * 60 * 60", "7 * 24 * 60 * 60"),
                "ValueError: an old secret signs for 0 to 86400 seconds",
            ),
        ),
    ),
    Exercise(
        "8.4",
        "Forge, replay, alter",
        answer="attacks",
        check=check_attacks,
        hints=(
            "Two of the four leave the payload alone, and two leave the header alone. The one that makes "
            "up both needs a secret, any secret.",
            "signed_by(text, secret, now) makes a whole header. For the recorded v1, take the header "
            'apart: dict(part.split("=") for part in header.split(",")).',
            '{"forge": (own.encode(), signed_by(own, "whsec_madeUp", now)), "alter": '
            '(payload.replace(b"Ann", b"Bob"), header), "replay": (payload, header), "redate": (payload, '
            "f\"t={now},v1={recorded['v1']}\")}, where own is the JSON of an event.",
        ),
        wrong=(
            Wrong(
                ATTACKS.but('"whsec_madeUp"', "SECRET"),
                "'forge' got through a door without a hole",
            ),
            Wrong(
                ATTACKS.but('b"Bob")', 'b"Bob", 1)'),
                "the payload of 'alter' must say Bob",
            ),
            Wrong(
                ATTACKS.but(FORGED, "(own.encode(), header)"),
                "'forge' was refused by a door that looks at form and time, and at no signature",
            ),
            Wrong(
                ATTACKS.but(FORGED, "(own.encode(), f\"t={now},v1={'0' * 64}\")"),
                "a second later: the v1 of 'forge' is the same",
            ),
            Wrong(
                ATTACKS.but(FORGED, "(own.encode(), f\"t={now},v1={recorded['v1']}\")"),
                "a second later: the v1 of 'forge' is the same",
            ),
            Wrong(
                ATTACKS.but('"id": "evt_forged", ', ""),
                "the payload of 'forge' has no id",
            ),
            Wrong(
                ATTACKS.but('"object": "event", ', ""),
                "the object of 'forge' is None, expected 'event'",
            ),
            Wrong(
                ATTACKS.but("own.encode()", "own"),
                "the payload of 'forge' is a str, expected bytes",
            ),
            Wrong(
                ATTACKS.but('(payload.replace(b"Ann", b"Bob"), header)', "(payload, header)"),
                "the payload of 'alter' must say Bob",
            ),
            Wrong(
                ATTACKS.but(
                    '(payload.replace(b"Ann", b"Bob"), header)',
                    '(payload.replace(b"Ann", b"Bob"), f"t={now},v1={recorded[\'v1\']}")',
                ),
                "'alter' was refused by a door that has only the time signed",
            ),
            Wrong(
                ATTACKS.but("(payload, header)", "(payload, f\"t={now},v1={recorded['v1']}\")"),
                "'replay' was refused by a door that does not look at the time",
            ),
            Wrong(
                ATTACKS.but("(payload, f\"t={now},v1={recorded['v1']}\")", "(payload, header)"),
                "'redate' was refused by a door that has only the body signed. Its t is 1699996400, and",
            ),
            Wrong(
                ATTACKS.but('"replay"', '"repeat"'),
                "returned a dict with forge, alter, repeat, redate, expected a dict with forge",
            ),
        ),
    ),
)
