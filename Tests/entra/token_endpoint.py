"""The token endpoint: one method a grant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from answer import dumps, json_answer
from client import Client
from directory import App, Realm, Tenant, User
from entra import Entra
from errors import refusal
from form import Form
from saml import BEARER
from scopes import Scopes, app_scopes, user_scopes
from sign_in import check_password, check_usable, methods
from signing_key import Jwt, NotAToken
from tokens import Issue, token_answer

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class TokenRequest:
    """One request after the app has proved itself."""

    def __init__(self, entra: Entra, realm: Realm, app: App, credential: str, form: Form) -> None:
        self.entra = entra
        self.realm = realm
        self.app = app
        self.credential = credential
        self.form = form

    def answer(self, grant: str) -> dict[str, Any]:
        grants: dict[str, Callable[[], dict[str, Any]]] = {
            "client_credentials": self.client_credentials,
            "password": self.password,
            "authorization_code": self.authorization_code,
            "refresh_token": self.refresh_token,
            DEVICE_CODE: self.device_code,
            "device_code": self.device_code,
            JWT_BEARER: self.on_behalf_of,
            **dict.fromkeys(BEARER, self.saml_bearer),
        }
        if grant not in grants:
            raise refusal(70003, grant=grant)
        if self.app.grants is not None and grant not in self.app.grants:
            raise refusal(70001, app=self.app.client_id, grant=grant)
        return grants[grant]()

    def client_credentials(self) -> dict[str, Any]:
        if self.app.public:
            raise refusal(7000218)
        if self.realm.tenant is None:
            raise refusal(50059)
        if not self.entra.directory.has_admin_consent(self.realm.tenant, self.app):
            raise refusal(7000229, app=self.app.client_id, tenant=self.realm.tenant.id)
        scopes = app_scopes(self.scope(), self.entra.directory, self.realm)
        return token_answer(self.entra, Issue(self.app, self.realm.tenant, None, scopes, self.credential))

    def password(self) -> dict[str, Any]:
        if self.realm.segment in ("common", "consumers"):
            raise refusal(9001023)
        name, password = self.form.need("username"), self.form.need("password")
        scopes = self.scopes(self.scope())
        user = check_password(self.entra, name, password, self.app, self.realm)
        if user.federated:
            # Entra does not know this password: AD FS checks it.
            raise refusal(50126)
        return self.with_password(user, scopes)

    def saml_bearer(self) -> dict[str, Any]:
        id = self.entra.assertions.redeem(self.form.need("assertion"), self.form.get("grant_type"), self.entra.now())
        return self.with_password(self.signed_in(id), self.scopes(self.scope()))

    def with_password(self, user: User, scopes: Scopes) -> dict[str, Any]:
        if user.mfa:
            values = {"essential": True, "values": ["c0de0000-0000-4000-8000-00000000c001"]}
            raise refusal(50076, resource=scopes.resource.id,
                          claims=dumps({"access_token": {"capolids": values}}))
        return self.user_answer(user, scopes, ("pwd",))

    def authorization_code(self) -> dict[str, Any]:
        code = self.entra.authorization_codes.redeem(
            self.form.need("code"), self.app.client_id, self.form.need("redirect_uri"),
            self.form.get("code_verifier"), self.entra.now(), self.entra.settings.code_lifetime)
        scopes = self.scopes(self.form.get("scope") or code.scope)
        return self.user_answer(self.signed_in(code.user), scopes, code.methods, code.nonce)

    def refresh_token(self) -> dict[str, Any]:
        token = self.entra.refresh_tokens.redeem(self.form.need("refresh_token"), self.app.client_id,
                                                 self.entra.now(), self.entra.settings.refresh_lifetime)
        # A refresh token is always answered with the next one, whether offline_access is asked again or not.
        scopes = self.scopes(f"{self.scope(required=False) or token.scope} offline_access")
        answer = self.user_answer(self.signed_in(token.user), scopes, token.methods)
        token.is_spent = self.entra.settings.rotate == "strict"
        return answer

    def device_code(self) -> dict[str, Any]:
        # Entra takes the older name `code` as well, and clients in the field send it.
        value = self.form.get("device_code") or self.form.get("code")
        if not value:
            raise refusal(900144, parameter="device_code")
        code = self.entra.device_codes.redeemable(value, self.app.client_id)
        wait, now = self.entra.settings.auto_approve, self.entra.now()
        if wait is not None and code.state == "pending" and now >= code.created + wait:
            self.entra.approve(code, self.entra.directory.users[0])
        user = self.signed_in(code.poll(now, slow_down=self.entra.settings.slow_down))
        return self.user_answer(user, self.scopes(code.scope), methods(user))

    def on_behalf_of(self) -> dict[str, Any]:
        if self.app.public:
            raise refusal(7000218)
        if self.realm.tenant is None:
            raise refusal(50059)
        if self.form.need("requested_token_use") != "on_behalf_of":
            raise refusal(9002313)
        try:
            assertion = Jwt(self.form.need("assertion"))
        except NotAToken:
            raise refusal(50027) from None
        if not assertion.is_signed_by(self.entra.key.private.public_key()):
            raise refusal(50013, reason="The key was not found.")
        if not assertion.is_timely(self.entra.now(), skew=0):
            raise refusal(500133)
        audience = str(assertion.claims.get("aud"))
        if audience not in (self.app.client_id, *self.app.uris):
            raise refusal(500131, audience=audience, app=self.app.client_id)
        scopes = self.scopes(self.scope())
        return self.user_answer(self.signed_in(str(assertion.claims.get("oid"))), scopes, ("pwd",))

    def scope(self, *, required: bool = True) -> str:
        """The scope, or for the v1.0 endpoint its `resource` put as one."""
        resource = self.form.get("resource")
        if resource and not self.form.get("scope"):
            return f"{resource}/.default"
        return self.form.need("scope") if required else self.form.get("scope")

    def scopes(self, text: str) -> Scopes:
        return user_scopes(text, self.app, self.entra.directory, self.realm)

    def signed_in(self, id: str) -> User:
        user = self.entra.directory.user(id)
        if user is None:
            raise refusal(50034, user=id, tenant=self.realm.name)
        check_usable(user)
        return user

    def user_answer(self, user: User, scopes: Scopes, methods: tuple[str, ...],
                    nonce: str | None = None) -> dict[str, Any]:
        if not self.entra.directory.has_consent(user, self.app):
            raise refusal(65001, app=self.app.client_id, name=self.app.name)
        tenant: Tenant = self.realm.tenant or self.entra.directory.tenant(user.tenant)
        return token_answer(self.entra, Issue(self.app, tenant, user, scopes, self.credential, methods, nonce,
                                              client_info=self.form.get("client_info") == "1"))


class TokenEndpoint:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    def request(self, request: web.Request) -> dict[str, Any]:
        form: Form = request["form"]
        grant = form.need("grant_type")
        realm = self.entra.directory.realm(request.match_info["tenant"])
        client = Client(request, form)
        app = self.entra.directory.app(client.id, realm)
        credential = client.prove(self.entra, app, realm)
        return TokenRequest(self.entra, realm, app, credential, form).answer(grant)

    async def v2(self, request: web.Request) -> web.Response:
        return json_answer(self.request(request))

    async def v1(self, request: web.Request) -> web.Response:
        """The older endpoint: `resource` for `scope`, and numbers as strings."""
        answer = self.request(request)
        now = int(self.entra.now())
        answer |= {"expires_on": now + answer["expires_in"], "not_before": now - 300}
        numbers = {name: str(value) for name, value in answer.items() if isinstance(value, int)}
        resource = request["form"].get("resource")
        return json_answer(answer | numbers | ({"resource": resource} if resource else {}))
