"""The page where an administrator consents to an app for a whole tenant. Every user is an administrator here."""

from __future__ import annotations

from aiohttp import web

from authorize_endpoint import Back, is_registered
from directory import App, Realm, User
from entra import Entra
from errors import EntraError, refusal
from form import Form
from page import field, html, page, text
from sign_in import check_password

URL_FORM = "application/x-www-form-urlencoded"


class AdminConsentEndpoint:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    async def get(self, request: web.Request) -> web.Response:
        return self.answer(request, Form(b"", ""))

    async def post(self, request: web.Request) -> web.Response:
        return self.answer(request, request["form"])

    def answer(self, request: web.Request, form: Form) -> web.Response:
        """One page asks for both, the administrator and the consent."""
        asked = Form(request.query_string.encode(), URL_FORM)
        realm = self.entra.directory.realm(request.match_info["tenant"])
        app = self.entra.directory.app(asked.need("client_id"), realm)
        redirect_uri = asked.need("redirect_uri")
        if not is_registered(redirect_uri, app):
            raise refusal(50011, redirect_uri=redirect_uri, app=app.client_id)
        back = Back(redirect_uri, "query", asked.get("state"))
        scope = asked.need("scope")
        action = form.get("action")
        if action == "cancel":
            # Entra says admin_consent=True here too: what was asked, not what was answered.
            return back.with_error(request, self.entra, refusal(65004), error_subcode="cancel", admin_consent="True")
        if action != "accept":
            return html(consent_page(app, scope))
        try:
            user = self.administrator(app, realm, form)
        except EntraError as error:
            return html(consent_page(app, scope, form.get("username"), f"{error.text} (AADSTS{error.code})"))
        self.entra.directory.admin_consent(self.entra.directory.tenant(user.tenant), app)
        return back.response({"admin_consent": "True", "tenant": user.tenant, "scope": scope})

    def administrator(self, app: App, realm: Realm, form: Form) -> User:
        return check_password(self.entra, form.get("username").strip(), form.get("password"), app, realm)


def consent_page(app: App, scope: str, name: str = "", problem: str = "") -> str:
    permissions = "".join(f"<li><code>{text(each)}</code></li>" for each in scope.split())
    return page("Permissions requested, review for your organization", f"""
<p><strong>{text(app.name)}</strong> asks for your whole organization for:</p>
<ul>{permissions}</ul>
<form method="post" action="">
{field("username", "Administrator", name, "username")}
{field("password", "Password", "", "current-password", "password")}
<p><button name="action" value="accept">Accept</button>
<button name="action" value="cancel" formnovalidate>Cancel</button></p>
</form>""", problem)
