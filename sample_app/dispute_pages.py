"""The pages where staff see which banks ask for money back, and by when they have to be answered.

Evidence is saved as often as it takes, and sent once: two buttons, two addresses.
"""

from collections.abc import Mapping

import stripe
from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from sample_app import stripe_errors
from sample_app.after_sales import Dispute
from sample_app.circuit import asking_stripe
from sample_app.database import db
from sample_app.disputes import ANSWERABLE, EVIDENCE, NotAnswerable, answer
from sample_app.models import Customer, now
from sample_app.roles import Permission
from sample_app.staff_entrance import Page, may

disputes = Blueprint("disputes", __name__, url_prefix="/staff/disputes")

SHOWN = 50
UNANSWERED = "Stripe did not answer. Try again in a minute."

_SHORT = Length(max=500, message="That is too long: 500 characters at most.")
_LONG = Length(max=10_000, message="That is too long: 10,000 characters at most.")


class EvidenceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the bank is to read; each field is one of `disputes.EVIDENCE`."""

    product_description = TextAreaField("What was sold", [_LONG])
    shipping_carrier = StringField("Who carried it", [_SHORT])
    shipping_tracking_number = StringField("Tracking number", [_SHORT])
    shipping_date = StringField("When it was shipped", [_SHORT])
    uncategorized_text = TextAreaField("What else speaks for the payment", [_LONG])


@disputes.get("")
@may(Permission.ANSWER_DISPUTES)
def list_disputes(_member: Customer) -> Page:
    """Those to answer, by deadline; then the others, newest first."""
    found = select(Dispute).options(joinedload(Dispute.order))
    waiting = found.where(Dispute.status.in_(ANSWERABLE)).order_by(Dispute.due_by, Dispute.id)
    others = found.where(Dispute.status.not_in(ANSWERABLE)).order_by(Dispute.opened_at.desc())
    return render_template(
        "staff_disputes.html",
        waiting=db.session.scalars(waiting).all(),
        others=db.session.scalars(others.limit(SHOWN)).all(),
    )


@disputes.get("/<dispute_id>")
@may(Permission.ANSWER_DISPUTES)
def show(_member: Customer, dispute_id: str) -> Page:
    dispute = _find(dispute_id)
    db.session.commit()  # no transaction stays open while Stripe is asked
    with asking_stripe() as client:
        told = client.v1.disputes.retrieve(dispute.id)
    evidence = {name: told.evidence[name] or "" for name in EVIDENCE}
    return _page(dispute, EvidenceForm(data=evidence), told.evidence_details.has_evidence)


@disputes.post("/<dispute_id>/evidence")
@may(Permission.ANSWER_DISPUTES)
def save(member: Customer, dispute_id: str) -> Page:
    """Keep the evidence at Stripe; the bank does not see it yet."""
    dispute, form = _find(dispute_id), EvidenceForm()
    if not form.validate():
        return _page(dispute, form), 422
    evidence = {name: form[name].data or "" for name in EVIDENCE}
    if not _answer(dispute, evidence, member, submit=False):
        return _page(dispute, form, problem=UNANSWERED), 503  # what was typed is not lost
    return _to(dispute)


@disputes.post("/<dispute_id>/submission")
@may(Permission.ANSWER_DISPUTES)
def submit(member: Customer, dispute_id: str) -> Page:
    """Send what was saved to the bank."""
    dispute = _find(dispute_id)
    if not _answer(dispute, {}, member, submit=True):
        flash(UNANSWERED, "warning")
    return _to(dispute)


@disputes.app_template_filter("time_left")
def time_left(dispute: Dispute) -> str:
    """How long evidence is taken, by the shop's clock; nothing where none is."""
    if dispute.status not in ANSWERABLE or dispute.due_by is None:
        return ""
    left = dispute.due_by - now()
    match left.days:
        case days if days < 0:
            return "no time left"
        case 0:
            return "less than a day left"
        case 1:
            return "1 day left"
        case days:
            return f"{days} days left"


def _answer(
    dispute: Dispute, evidence: Mapping[str, str], member: Customer, *, submit: bool
) -> bool:
    """Answer, and say what came of it; False if Stripe did not."""
    try:
        with asking_stripe() as client:
            answer(db.session, client, dispute, evidence, staff=member, submit=submit)
        flash("The evidence is with the bank." if submit else "The evidence is saved.")
    except NotAnswerable as refused:
        flash(str(refused), "warning")
    except stripe.StripeError as error:
        stripe_errors.log(error, dispute.order_id)
        return False
    return True


def _find(dispute_id: str) -> Dispute:
    return db.session.get(Dispute, dispute_id.replace("\0", "")) or abort(404)


def _page(
    dispute: Dispute, form: EvidenceForm, saved: bool = False, problem: str | None = None
) -> str:
    return render_template(
        "staff_dispute.html",
        dispute=dispute,
        form=form,
        answerable=dispute.status in ANSWERABLE,
        saved=saved,
        problem=problem,
    )


def _to(dispute: Dispute) -> Response:
    return redirect(url_for(".show", dispute_id=dispute.id), 303)
