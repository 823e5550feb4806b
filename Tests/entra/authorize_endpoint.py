"""The authorize endpoint: a sign-in page, and the way back to the app."""

from __future__ import annotations

import json
import re
import uuid
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from directory import App, Realm, User
from entra import Entra
from errors import EntraError, refusal
from form import Form
from page import hidden, html, page, text
from scopes import user_scopes
from sign_in import Declined, methods, sign_in
from tokens import client_info

MODES = ("query", "fragment", "form_post")


class AuthorizeEndpoint:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    async def any(self, request: web.Request) -> web.Response:
        return await (self.get(request) if request.method == "GET" else self.post(request))

    async def get(self, request: web.Request) -> web.Response:
        return self.answer(request, Form(request.query_string.encode(), "application/x-www-form-urlencoded"),
                           Form(b"", ""))

    async def post(self, request: web.Request) -> web.Response:
        """Either an app's request sent as a form, or the answer to our page, whose address holds the request."""
        if request.query_string:
            query = Form(request.query_string.encode(), "application/x-www-form-urlencoded")
            return self.answer(request, query, request["form"])
        return self.answer(request, request["form"], Form(b"", ""))

    def answer(self, request: web.Request, asked: Form, form: Form) -> web.Response:
        realm = self.entra.directory.realm(request.match_info["tenant"])
        app = self.entra.directory.app(asked.need("client_id"), realm)
        redirect_uri = asked.get("redirect_uri") or next(iter(app.redirect_uris), "")
        if not redirect_uri:
            raise refusal(900971)
        if not is_registered(redirect_uri, app):
            raise refusal(50011, redirect_uri=redirect_uri, app=app.client_id)
        back = Back(redirect_uri, asked.get("response_mode") or "query", asked.get("state"))
        try:
            user = self.person(app, realm, asked, form)
        except Declined:
            return back.with_error(request, self.entra, refusal(65004), error_subcode="cancel")
        except EntraError as error:
            return back.with_error(request, self.entra, error)
        if isinstance(user, str):
            # The request travels in the page's address, also when it came as a form.
            action = f'<form method="post" action="{text(f"{request.path}?{urlencode(asked.pairs)}")}">'
            return html(user.replace('<form method="post">', action, 1))
        return self.with_code(app, user, asked, redirect_uri, back)

    def person(self, app: App, realm: Realm, asked: Form, form: Form) -> User | str:
        if asked.get("response_mode", "query") not in MODES:
            raise EntraError(900142, "invalid_request", "The value of 'response_mode' is not supported.")
        if asked.need("response_type") != "code":
            raise EntraError(700054, "unsupported_response_type", f"response_type '{asked.get('response_type')}' is "
                             f"not enabled for the application.")
        if asked.get("code_challenge_method", "plain") not in ("plain", "S256"):
            raise EntraError(501491, "invalid_request", "The code_challenge_method is not supported.")
        user_scopes(asked.need("scope"), app, self.entra.directory, realm)
        name = self.entra.settings.auto_sign_in
        user = self.entra.directory.user(name) if name else None
        if user is not None:
            self.entra.directory.consent(user, app)
            return user
        if asked.get("prompt") == "none":
            raise refusal(50058)
        hint = asked.get("login_hint") or next((user.name for user in self.entra.directory.users), "")
        return sign_in(self.entra, app, realm, asked.get("scope"), form, {}, hint)

    def with_code(self, app: App, user: User, asked: Form, redirect_uri: str, back: Back) -> web.Response:
        code = self.entra.authorization_codes.issue(
            user=user.id, client_id=app.client_id, redirect_uri=redirect_uri, scope=asked.get("scope"),
            nonce=asked.get("nonce") or None, challenge=asked.get("code_challenge"),
            method=asked.get("code_challenge_method", "plain"), methods=methods(user), now=self.entra.now())
        values = {"code": code.value}
        if asked.get("client_info") == "1":
            values["client_info"] = client_info(user)
        return back.response(values, session_state=str(uuid.uuid4()))


class Back:
    """The way back to the app."""

    def __init__(self, redirect_uri: str, mode: str, state: str) -> None:
        self.redirect_uri = redirect_uri
        self.mode = mode if mode in MODES else "query"
        self.state = state

    def with_error(self, request: web.Request, entra: Entra, error: EntraError, **more: str) -> web.Response:
        body = error.answer(request["trace_id"], request["correlation_id"], entra.now()).text or "{}"
        said = json.loads(body)
        return self.response({"error": error.error, "error_description": said["error_description"], **more,
                              **({"error_uri": said["error_uri"]} if "error_uri" in said else {})})

    def response(self, values: dict[str, str], **last: str) -> web.Response:
        values = values | ({"state": self.state} if self.state else {}) | last
        if self.mode == "form_post":
            return html(page("Working…", f"""
<form method="post" action="{text(self.redirect_uri)}">
{hidden(values)}
<p><button>Continue</button></p>
</form>
<script>document.forms[0].submit();</script>"""))
        mark = "#" if self.mode == "fragment" else "&" if urlsplit(self.redirect_uri).query else "?"
        return web.Response(status=302, headers={"Location": f"{self.redirect_uri}{mark}{urlencode(values)}"})


def is_registered(redirect_uri: str, app: App) -> bool:
    """Whether the app may be answered there; for loopback addresses the port is free (RFC 8252, section 7.3)."""
    if redirect_uri in app.redirect_uris:
        return True
    return without_port(redirect_uri) in [without_port(each) for each in app.redirect_uris
                                          if re.match(r"http://(localhost|127\.0\.0\.1)([:/]|$)", each)]


def without_port(uri: str) -> str:
    return re.sub(r"^(http://(?:localhost|127\.0\.0\.1))(:\d{1,5})?/?(?=/|\?|$)", r"\1", uri)
