"""A person signs in: the password, and the pages that ask for it and for consent."""

from __future__ import annotations

import hmac

from directory import App, Realm, User
from entra import Entra
from errors import EntraError, refusal
from form import Form
from page import field, hidden, page, text

ATTEMPTS = 10


class Declined(Exception):
    """The person pressed Cancel."""


def check_password(entra: Entra, name: str, password: str, app: App, realm: Realm) -> User:
    user = entra.directory.user(name)
    if user is None:
        raise refusal(50034, user=name, tenant=realm.tenant.name if realm.tenant else realm.segment)
    if realm.tenant is not None and user.tenant != realm.tenant.id:
        raise refusal(50020, user=user.name, tenant=realm.tenant.name, app=app.client_id)
    if realm.tenant is None and not app.multi_tenant and user.tenant != app.tenant:
        raise refusal(50020, user=user.name, tenant=app.tenant, app=app.client_id)
    if user.locked:
        raise refusal(50053)
    if not hmac.compare_digest(user.password.encode(), password.encode()):
        user.failures += 1
        user.locked = user.failures >= ATTEMPTS
        raise refusal(50126)
    check_usable(user)
    user.failures = 0
    return user


def check_usable(user: User) -> None:
    if user.disabled:
        raise refusal(50057)


def sign_in(entra: Entra, app: App, realm: Realm, asked: str, form: Form, kept: dict[str, str],
            name: str = "") -> User | str:
    """The user once the person has signed in and consented; until then the page that comes next."""
    action = form.get("action")
    if action == "cancel":
        raise Declined
    if action == "accept":
        user = entra.directory.user(entra.sessions.pop(form.get("session"), ""))
        if user is None:
            return sign_in_page(app, kept, name, "This sign-in has ended. Sign in again.")
        entra.directory.consent(user, app)
        return user
    if action != "sign_in":
        suggested = entra.directory.user(name)
        # One click signs a demonstration in.
        return sign_in_page(app, kept, name, password=suggested.password if suggested else "")
    try:
        user = check_password(entra, form.get("username").strip(), form.get("password"), app, realm)
    except EntraError as error:
        return sign_in_page(app, kept, form.get("username"), f"{error.text} (AADSTS{error.code})")
    if not entra.directory.has_consent(user, app):
        return consent_page(app, kept | {"session": entra.remember(user)}, user, asked)
    return user


def methods(user: User) -> tuple[str, ...]:
    """How somebody signed in on a page; there the second factor is taken as given."""
    return ("pwd", "mfa") if user.mfa else ("pwd",)


def sign_in_page(app: App, kept: dict[str, str], name: str, problem: str = "", password: str = "") -> str:
    return page("Sign in", f"""
<p>Sign in to <strong>{text(app.name)}</strong>. Continue only if you trust this app and started it yourself.</p>
<form method="post">
{hidden(kept)}
{field("username", "Account", name, "username")}
{field("password", "Password", password, "current-password", "password")}
<p><button name="action" value="sign_in">Sign in</button>
<button name="action" value="cancel" formnovalidate>Cancel</button></p>
</form>""", problem)


def consent_page(app: App, kept: dict[str, str], user: User, asked: str) -> str:
    permissions = "".join(f"<li><code>{text(each)}</code></li>" for each in asked.split())
    return page("Permissions requested", f"""
<p><strong>{text(app.name)}</strong> asks {text(user.name)} for:</p>
<ul>{permissions}</ul>
<form method="post">
{hidden(kept)}
<p><button name="action" value="accept">Accept</button>
<button name="action" value="cancel">Cancel</button></p>
</form>""")
