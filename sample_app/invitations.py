"""Invitations to work in the shop: links that an operator hands to a colleague.

Anybody can sign up with anybody's e-mail address, so an account's address does not say whose it is.
A role is for whoever has both: the account's password, and the link from somebody who knows them.

No table keeps a link. It is signed, and names the version of its customer's sessions: to accept it
ends these, as signing out and being revoked do, and with them every link from before.
"""

from typing import Any

from flask import current_app
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import update
from sqlalchemy.orm import Session

from sample_app import audit
from sample_app.models import Customer
from sample_app.roles import Role

SALT = "invitation"
SECONDS_GOOD = 24 * 60 * 60

EXPIRED = "It was good for one day. Ask for another one."
USED = "It was used, or you have signed out since. Ask for another one."
FOREIGN = "The invitation is for another account. Sign out, then sign in with the one it is for."


class InvitationUnknown(Exception):
    """The shop has signed no such invitation."""


class InvitationOver(Exception):
    """It has expired, was used, or was taken back."""


class InvitationForeign(Exception):
    """It is somebody else's."""


def invite(customer: Customer, role: Role) -> str:
    """Return the token that offers the customer a role."""
    return str(_serializer().dumps([customer.id, customer.session_version, role]))


def read(token: str, customer: Customer) -> Role:
    """Return the role that the token offers this customer.

    Raises `InvitationUnknown`, `InvitationOver` or `InvitationForeign`.
    """
    try:
        customer_id, version, role = _serializer().loads(token, max_age=SECONDS_GOOD)
    except SignatureExpired as error:
        raise InvitationOver(EXPIRED) from error
    except BadData as error:
        raise InvitationUnknown("There is no such invitation.") from error
    if customer_id != customer.id:
        raise InvitationForeign(FOREIGN)
    if version != customer.session_version:
        raise InvitationOver(USED)
    return Role(role)


def accept(session: Session, token: str, customer: Customer) -> Role:
    """Give the customer the role, and end their sessions. Raises as `read` does.

    A session from before, or somebody's copy of it, gets no such powers.
    """
    role = read(token, customer)
    version = customer.session_version
    # Of two who accept at one moment, and of one who is revoked meanwhile, the database lets one.
    unused = (Customer.id == customer.id) & (Customer.session_version == version)
    become = {Customer.role: role, Customer.session_version: version + 1}
    given: Any = session.execute(update(Customer).where(unused).values(become))
    if not given.rowcount:
        session.rollback()
        raise InvitationOver(USED)
    audit.note(session, "invitation accepted", None, customer, f"{customer.email}: {role}")
    session.commit()
    return role


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=SALT)
