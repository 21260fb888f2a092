"""Accounts: sign up, sign in, sign out.

The session says who is signed in; of a password, only a salted and slow hash is kept. A session is
a signed cookie, and nobody can take a copy back: so its customer's row says which are still good.
"""

import re
import secrets
from functools import cache

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField
from wtforms.validators import Email, InputRequired, Length

from sample_app.cart import Cart
from sample_app.database import db
from sample_app.models import Customer

accounts = Blueprint("accounts", __name__)
login_manager = LoginManager()

# One slash, then nothing that a browser could read as the start of another address.
OWN_PATH = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]*")


def init_app(app: Flask) -> None:
    """Let the app know who is signed in."""
    # The customer is looked up when a page asks: no error page does, as the database may be lost.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    app.add_template_global(has_entered)
    login_manager.user_loader(_customer_of)


def register(database: Session, email: str, password: str) -> Customer | None:
    """Make an account; None when the e-mail address has one already."""
    customer = Customer(email=email, password_hash=generate_password_hash(password, _method()))
    database.add(customer)
    try:
        database.commit()
    except IntegrityError:
        database.rollback()
        return None
    return customer


def authenticate(database: Session, email: str, password: str) -> Customer | None:
    """Return the customer with this password; an unknown address takes as long as a wrong one."""
    customer = database.scalar(select(Customer).where(Customer.email == email))
    password_hash = customer.password_hash if customer else _hash_of_nobody(_method())
    return customer if check_password_hash(password_hash, password) else None


def end_sessions(database: Session, customer: Customer) -> None:
    """Make every session of the customer's a guest's, on any device and in any copy."""
    customer.session_version = Customer.session_version + 1  # counted by the database
    database.commit()


def signed_in_customer() -> Customer | None:
    """Who asks; None for a guest."""
    return db.session.get(Customer, current_user.id) if current_user.is_authenticated else None


def has_entered() -> bool:
    """Whether the session is a customer's; whether it is still good, only the database knows."""
    return "_user_id" in session


def own_path(target: str | None) -> str:
    """Return `target` if it is a path of this shop, else the catalogue: no link leads elsewhere."""
    return target if target and OWN_PATH.fullmatch(target) else url_for("pages.catalogue")


def normalized(email: str | None) -> str | None:
    """One spelling for one address, however it was typed. (PostgreSQL takes no NUL.)"""
    return email.replace("\0", "").strip().lower() if email else email


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    email = EmailField("E-mail", [InputRequired("Enter your e-mail address.")], [normalized])
    password = PasswordField("Password", [InputRequired("Enter your password.")])


class SignUpForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    email = EmailField(
        "E-mail",
        [
            InputRequired("Enter your e-mail address."),
            Email("Enter an e-mail address like name@example.com."),
            Length(max=254, message="That e-mail address is too long."),
        ],
        [normalized],
    )
    # The upper bound is there because hashing costs time.
    password = PasswordField(
        "Password",
        [
            InputRequired("Choose a password."),
            Length(min=8, max=128, message="A password has 8 to 128 characters."),
        ],
    )


@accounts.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Response | tuple[str, int]:
    form = SignUpForm()
    if form.validate_on_submit():
        if customer := register(db.session, form.email.data, form.password.data):
            return _enter(customer)
        form.email.errors = ["There is an account with this e-mail address. Sign in instead?"]
    return render_template("sign_up.html", form=form), _status(form)


@accounts.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response | tuple[str, int]:
    form = SignInForm(request.form)  # and no JSON: `rate_limits.py` reads the e-mail address there
    problem = None
    if form.validate_on_submit():
        if customer := authenticate(db.session, form.email.data, form.password.data):
            return _enter(customer)
        problem = "No account has this e-mail address and password."
    return render_template("sign_in.html", form=form, problem=problem), _status(form)


@accounts.post("/sign-out")
def sign_out() -> Response:
    """End the customer's sessions, on every device; the next person here sees no cart either."""
    if customer := signed_in_customer():
        end_sessions(db.session, customer)
    logout_user()
    session.clear()
    flash("You are signed out, on every device.")
    return redirect(url_for("pages.catalogue"), 303)


def _enter(customer: Customer) -> Response:
    # Somebody may have planted or seen the guest's session: of it, only the cart goes on.
    quantities = Cart(session).quantities
    session.clear()
    for item_id, quantity in quantities.items():
        Cart(session).put(item_id, quantity)
    login_user(customer)
    flash(f"You are signed in as {customer.email}.")
    return redirect(own_path(request.args.get("next")), 303)


def _status(form: FlaskForm) -> int:
    """A form that comes back was refused; before anybody sent it, nothing was."""
    return 422 if form.is_submitted() else 200


def _customer_of(session_id: str) -> Customer | None:
    """Whose session this is; None if it is over."""
    customer_id = int(session_id.partition(":")[0])
    customer = db.session.get(Customer, customer_id)
    return customer if customer and customer.get_id() == session_id else None


def _method() -> str:
    """How passwords are hashed."""
    method: str = current_app.config["PASSWORD_HASH"]
    return method


@cache
def _hash_of_nobody(method: str) -> str:
    return generate_password_hash(secrets.token_hex(), method)
