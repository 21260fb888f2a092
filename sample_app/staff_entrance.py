"""The way to the staff pages: the invitation, who may open them, and what asks their phone.

guest                          sign in first
customer                       404: to them, nothing is there
staff without the permission   403
staff, not verified            the second step; see `two_step.py`
"""

from collections.abc import Callable
from functools import wraps
from io import BytesIO

import segno
from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import StringField
from wtforms.validators import Regexp

from sample_app import invitations, two_step
from sample_app.accounts import own_path, signed_in_customer
from sample_app.database import db
from sample_app.models import Customer
from sample_app.roles import PERMISSIONS, Permission

entrance = Blueprint("entrance", __name__, url_prefix="/staff")

Page = Response | str | tuple[str, int]
View = Callable[..., Page]


def may(permission: Permission) -> Callable[[View], View]:
    """Let only verified staff with this permission in; the view gets the member of staff first."""

    def guard(view: View) -> View:
        def verified(member: Customer, **arguments: object) -> Page:
            if not member.may(permission):
                abort(403, "You may not see this page.")
            if not two_step.is_remembered(session, member):
                return redirect(url_for("entrance.ask", next=_here()), 303)
            return view(member, **arguments)

        return wraps(view)(for_staff(verified))

    return guard


def for_staff(view: View) -> View:
    """Let only staff in, verified or not yet; the view gets the member of staff first."""

    def employed(member: Customer, **arguments: object) -> Page:
        if not member.is_staff:
            abort(404)
        return view(member, **arguments)

    return wraps(view)(for_signed_in(employed))


def for_signed_in(view: View) -> View:
    """Let no guest in; the view gets the customer first."""

    @wraps(view)
    def guarded(**arguments: object) -> Page:
        customer = signed_in_customer()
        if customer is None:
            flash("Sign in first.", "warning")
            return redirect(url_for("accounts.sign_in", next=_here()), 303)
        return view(customer, **arguments)

    return guarded


@entrance.get("/invitation")
@for_signed_in
def show_invitation(customer: Customer) -> Page:
    """What it would make of the customer. (In the query, the token stays out of the access log.)"""
    role = invitations.read(request.args.get("token", ""), customer)
    return render_template("invitation.html", role=role, permissions=PERMISSIONS[role])


@entrance.post("/invitation")
@for_signed_in
def accept_invitation(customer: Customer) -> Page:
    role = invitations.accept(db.session, request.args.get("token", ""), customer)
    flash(f"You are {role} now. Sign in anew, with your phone at hand.")
    return redirect(url_for("accounts.sign_in", next=url_for("staff.home")), 303)


class CodeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    code = StringField(
        "Code",
        [Regexp(r"[0-9]{6}\Z", message="The code has six digits.")],
        [lambda text: text.replace(" ", "") if text else text],
    )


@entrance.route("/two-step", methods=["GET", "POST"])
@for_staff
def ask(member: Customer) -> Page:
    """Ask for the code; offer a secret to whoever has no phone set up yet."""
    form = CodeForm()
    if form.validate_on_submit():
        if two_step.verify(db.session, member, form.code.data, two_step.offer(session)):
            two_step.remember(session, member)
            return redirect(own_path(request.args.get("next") or url_for("staff.home")), 303)
        form.code.errors = ["This is not the code of now, or it was used. Wait for the next one."]
    secret = None if two_step.is_enrolled(member) else two_step.offer(session)
    status = 422 if form.is_submitted() else 200
    return render_template("two_step.html", form=form, secret=secret), status


@entrance.get("/two-step/secret.svg")
@for_staff
def show_secret(member: Customer) -> Page:
    """The secret as a picture for the phone's camera."""
    if two_step.is_enrolled(member):
        abort(404)
    address = two_step.address(member, two_step.offer(session))
    picture = BytesIO()
    segno.make(address).save(picture, kind="svg", scale=5, light="white")
    return Response(picture.getvalue(), mimetype="image/svg+xml")


def _here() -> str:
    """Where to come back to. A form is not sent again by itself."""
    return request.full_path.removesuffix("?") if request.method == "GET" else url_for("staff.home")
