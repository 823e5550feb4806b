"""Where a device asks for its code, and the page on which a person types it."""

from __future__ import annotations

from aiohttp import web

from answer import json_answer
from device_codes import DeviceCode
from entra import Entra
from errors import refusal
from form import Form
from page import field, html, page, text
from scopes import user_scopes
from sign_in import Declined, sign_in


class DeviceEndpoint:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    async def start(self, request: web.Request) -> web.Response:
        form: Form = request["form"]
        realm = self.entra.directory.realm(request.match_info["tenant"])
        client_id = form.need("client_id")
        resource = form.get("resource")
        scope = f"{resource}/.default openid offline_access" if resource else form.need("scope")
        app = self.entra.directory.app(client_id, realm)
        user_scopes(scope, app, self.entra.directory, realm)
        settings = self.entra.settings
        code = self.entra.device_codes.start(app.client_id, realm.segment, scope, self.entra.now(),
                                             settings.device_interval, settings.device_lifetime)
        address = f"{self.entra.base}/devicelogin"
        return json_answer({
            "user_code": code.user_code,
            "device_code": code.device_code,
            "verification_uri": address,
            "expires_in": settings.device_lifetime,
            "interval": code.interval,
            "message": f"To sign in, use a web browser to open the page {address} and enter the code "
                       f"{code.user_code} to authenticate.",
        })

    async def short(self, request: web.Request) -> web.Response:
        query = f"?{request.query_string}" if request.query_string else ""
        raise web.HTTPFound(f"/common/oauth2/deviceauth{query}")

    async def show(self, request: web.Request) -> web.Response:
        return html(code_page(request.query.get("otc", "")))

    async def enter(self, request: web.Request) -> web.Response:
        form: Form = request["form"]
        typed = form.get("otc")
        code = self.entra.device_codes.shown(typed, self.entra.now())
        if code is None:
            return html(code_page(typed, "That code didn't work. Check the code and try again."))
        return self.approve(code, form)

    def approve(self, code: DeviceCode, form: Form) -> web.Response:
        directory = self.entra.directory
        app = directory.find_app(code.client_id)
        if app is None:
            raise refusal(700016, app=code.client_id, tenant=code.segment)
        try:
            user = sign_in(self.entra, app, directory.realm(code.segment), code.scope, form,
                           {"otc": code.user_code}, directory.users[0].name if directory.users else "")
        except Declined:
            code.deny()
            return html(page("Sign-in cancelled", f"<p>{text(app.name)} was not signed in. You may close this "
                                                  f"window.</p>"))
        if isinstance(user, str):
            return html(user)
        code.approve(user.id)
        return html(page(app.name, f"<p>You have signed in to {text(app.name)} on your device. You may now close "
                                   f"this window.</p>"))


def code_page(typed: str, problem: str = "") -> str:
    return page("Enter code", f"""
<p>Enter the code displayed on your app or device.</p>
<form method="post" action="/common/oauth2/deviceauth">
{field("otc", "Code", typed, "off")}
<p><button>Next</button></p>
</form>""", problem)
