"""The interface for tests: JSON under /admin, from this machine only."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from contoso import PUBLIC_CLIENT
from device_codes import DeviceCode
from directory import App, Secret, Tenant, User
from entra import Entra
from federation import FederatedCredential
from scopes import user_scopes
from signing_key import thumbprints
from tokens import Issue, access_claims

Body = dict[str, Any]


class Admin:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    def routes(self) -> list[web.RouteDef]:
        answers: list[tuple[str, str, Callable[[Body], object]]] = [
            ("POST", "reset", self.reset),
            ("GET", "requests", self.requests),
            ("DELETE", "requests", self.forget_requests),
            ("GET", "device", self.devices),
            ("POST", "device/approve", self.approve),
            ("POST", "device/deny", self.deny),
            ("POST", "device/expire", self.expire_device),
            ("GET", "scenario", self.scenarios),
            ("POST", "scenario", self.add_scenario),
            ("DELETE", "scenario", self.forget_scenarios),
            ("GET", "settings", self.settings),
            ("POST", "settings", self.change_settings),
            ("POST", "revoke", self.revoke),
            ("POST", "expire", self.expire),
            ("POST", "keys/rotate", self.rotate),
            ("GET", "consents", self.consents),
            ("POST", "tokens", self.tokens),
            ("GET", "users", self.users),
            ("GET", "apps", self.apps),
            ("GET", "tenants", self.tenants),
            *((method, "users", self.put_user) for method in ("POST", "PUT")),
            *((method, "apps", self.put_app) for method in ("POST", "PUT")),
            *((method, "tenants", self.put_tenant) for method in ("POST", "PUT")),
        ]
        return [web.route(method, f"/admin/{path}", handler(answer)) for method, path, answer in answers]

    def reset(self, body: Body) -> object:
        self.entra.reset()
        return {}

    def requests(self, body: Body) -> object:
        return {"requests": self.entra.journal.entries, "connections": self.entra.journal.accepted}

    def forget_requests(self, body: Body) -> object:
        self.entra.journal.clear()
        return {}

    def devices(self, body: Body) -> object:
        return {"pending": [code.json() for code in self.entra.device_codes.pending(self.entra.now())]}

    def approve(self, body: Body) -> object:
        user = self.user(body) or self.entra.directory.users[0]
        code = self.device(body)
        self.entra.approve(code, user)
        return code.json()

    def deny(self, body: Body) -> object:
        code = self.device(body)
        code.deny()
        return code.json()

    def expire_device(self, body: Body) -> object:
        code = self.device(body)
        code.expire()
        return code.json()

    def device(self, body: Body) -> DeviceCode:
        pending = self.entra.device_codes.pending(self.entra.now())
        wanted = body.get("user_code")
        found = [code for code in pending if wanted in (None, code.user_code)]
        if not found:
            raise ValueError("no such pending device code")
        return found[-1]

    def scenarios(self, body: Body) -> object:
        return {"scenarios": [scenario.json() for scenario in self.entra.scenarios.scenarios]}

    def add_scenario(self, body: Body) -> object:
        return self.entra.scenarios.add(body).json()

    def forget_scenarios(self, body: Body) -> object:
        self.entra.scenarios.clear()
        return {}

    def settings(self, body: Body) -> object:
        return self.entra.settings.json()

    def change_settings(self, body: Body) -> object:
        self.entra.settings.change(body)
        return self.entra.settings.json()

    def revoke(self, body: Body) -> object:
        user = self.user(body)
        return {"revoked": self.entra.refresh_tokens.revoke(user.id if user else None)}

    def expire(self, body: Body) -> object:
        user = self.user(body)
        return {"expired": self.entra.refresh_tokens.expire(user.id if user else None)}

    def rotate(self, body: Body) -> object:
        self.entra.key = self.entra.key.successor(body.get("forget") is True)
        return {"kid": self.entra.key.kid}

    def consents(self, body: Body) -> object:
        return {"admin": [{"tenant": tenant, "client_id": client_id}
                          for tenant, client_id in sorted(self.entra.directory.admin_consents)]}

    def user(self, body: Body) -> User | None:
        if "user" not in body:
            return None
        user = self.entra.directory.user(str(body["user"]))
        if user is None:
            raise ValueError(f"no such user: {body['user']}")
        return user

    def tokens(self, body: Body) -> object:
        """Access tokens of a user, as the public client would have got them."""
        user = self.user(body) or self.entra.directory.users[0]
        directory = self.entra.directory
        realm = directory.realm(user.tenant)
        app = directory.app(PUBLIC_CLIENT, realm)
        scopes = user_scopes(str(body["scope"]), app, directory, realm)
        issue = Issue(app, directory.tenant(user.tenant), user, scopes, "0")
        return {"tokens": [self.entra.key.sign(access_claims(self.entra, issue))
                           for _ in range(int(body.get("count", 1)))]}

    def users(self, body: Body) -> object:
        return {"users": [asdict(user) for user in self.entra.directory.users]}

    def apps(self, body: Body) -> object:
        return {"apps": [asdict(app) for app in self.entra.directory.apps]}

    def tenants(self, body: Body) -> object:
        return {"tenants": [asdict(tenant) for tenant in self.entra.directory.tenants]}

    def put_user(self, body: Body) -> object:
        user = self.entra.directory.user(str(body.get("id") or body.get("name") or ""))
        if user is None:
            if "name" not in body or "password" not in body:
                raise ValueError("a new user needs name and password")
            user = User(id=str(uuid.uuid4()), tenant=self.entra.directory.tenants[0].id, name=body["name"],
                        display_name=body["name"], password="")
            change(user, body)
            self.entra.directory.users.append(user)
        else:
            if body.get("password", user.password) != user.password:
                self.entra.refresh_tokens.revoke(user.id)
            change(user, body)
        return asdict(user)

    def put_app(self, body: Body) -> object:
        body = dict(body)
        if "secrets" in body:
            body["secrets"] = [Secret(each) if isinstance(each, str) else Secret(**each) for each in body["secrets"]]
        for pem in body.get("certificates", []):
            thumbprints(pem)
        if "federated_credentials" in body:
            body["federated_credentials"] = [FederatedCredential(**each) for each in body["federated_credentials"]]
        app = self.entra.directory.find_app(str(body.get("client_id", "")))
        if app is None:
            client_id = str(body.get("client_id") or uuid.uuid4()).lower()
            app = App(client_id, self.entra.directory.tenants[0].id, "new app")
            change(app, body | {"client_id": client_id})
            self.entra.directory.apps.append(app)
        else:
            change(app, body | {"client_id": app.client_id})
        return asdict(app)

    def put_tenant(self, body: Body) -> object:
        uuid.UUID(str(body.get("id", uuid.uuid4())))
        known = [tenant for tenant in self.entra.directory.tenants if tenant.id == body.get("id")]
        if known:
            change(known[0], body)
            return asdict(known[0])
        tenant = Tenant(str(uuid.uuid4()), "", "new tenant")
        change(tenant, body)
        self.entra.directory.tenants.append(tenant)
        return asdict(tenant)


def change(record: User | App | Tenant, body: Body) -> None:
    """Sets the fields that are given, each to a value of the kind it has."""
    known = {field.name for field in fields(record)}
    for name, value in body.items():
        if name not in known:
            raise ValueError(f"no such field: {name}")
        now = getattr(record, name)
        if type(value) is not type(now) and not (name == "grants" and (value is None or isinstance(value, list))):
            raise ValueError(f"not a value for {name}: {value!r}")
    for name, value in body.items():
        setattr(record, name, value)


def handler(answer: Callable[[Body], object]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.remote not in ("127.0.0.1", "::1"):
            return web.json_response({"error": "only from this machine"}, status=403)
        try:
            text = await request.text()
            body = json.loads(text) if text else {}
            if not isinstance(body, dict):
                raise TypeError("the body is a JSON object")
            return web.json_response(answer(body))
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
    return handle
