"""`make bench`: each figure of the README, measured anew."""

from contextlib import suppress

import pytest

from bench import fresh, http, in_process, load, shop


def main() -> None:
    """Measure one thing after the other and say what it came to."""
    ceiling = in_process.against_the_ceiling()
    say("payment in process, as a share of the SDK's own ceiling", f"{ceiling:.0%}", "33% or more")
    say(
        "a test's own Stripe and database",
        f"{fresh.stripe_and_database() * 1e3:.2f} ms",
        "under 3 ms",
    )
    beside = http.beside_localstripe()
    say("payments over HTTP, against localstripe's", f"{beside.payments:.1f} x", "1.5 x or more")
    say("reads over HTTP, against localstripe's", f"{beside.reads:.1f} x", "1.5 x or more")
    say("resident memory, against localstripe's", f"{beside.memory:.2f} x", "1 x or less")
    growth = in_process.with_many_objects()
    say(
        "a payment beside 100,000 objects, against 1,000",
        f"{growth.payment:.2f} x",
        "1.2 x or less",
    )
    say("the dashboard beside them", f"{growth.dashboard:.2f} x", "1.5 x or less")
    for database, webhooks in shop.webhooks_by_database():
        share = f"{webhooks.share:.0%}"
        say(f"webhooks accepted on {database}, of inserts alone", share, "50% or more")
        say("the slowest in 100 of them", f"{webhooks.p99 * 1e3:.1f} ms", "under 20 ms")
    beside_many = f"{shop.with_many_orders():.2f} x"
    say("an order page beside 100,000 orders, against 1,000", beside_many, "1.5 x or less")
    with suppress(pytest.skip.Exception):
        minute = load.minute_of_orders()
        say(
            "orders a second, for a minute, as a share of the least",
            f"{minute.share:.0%}",
            "20% or more",
        )
        say(
            "memory at its end, against after 10 seconds", f"{minute.memory:.2f} x", "1.1 x or less"
        )
        say("orders and webhooks lost", f"{minute.lost}", "0")
        say(
            "orders and webhooks a second",
            f"{minute.orders:.0f} + {minute.webhooks:.0f}",
            "no promise",
        )


def say(what: str, measured: str, promised: str) -> None:
    """One line of the table."""
    print(f"{what:<56} {measured:>9}   ({promised})", flush=True)


if __name__ == "__main__":
    main()
