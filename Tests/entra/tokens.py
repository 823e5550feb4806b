"""Access tokens and id tokens, and the answer they travel in."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from answer import dumps
from directory import App, Tenant, User
from entra import Entra
from scopes import Scopes
from signing_key import encode

# Entra dates a token five minutes back, for the sake of slow clocks.
BACKDATED = 300


@dataclass(frozen=True)
class Issue:
    """Who gets a token for what."""

    app: App
    tenant: Tenant
    user: User | None
    scopes: Scopes
    credential: str
    methods: tuple[str, ...] = ("pwd",)
    nonce: str | None = None
    client_info: bool = False


def token_answer(entra: Entra, issue: Issue) -> dict[str, Any]:
    lifetime = entra.settings.token_lifetime
    answer: dict[str, Any] = {"token_type": "Bearer"}
    if issue.user is not None:
        answer["scope"] = issue.scopes.text()
    answer |= {"expires_in": lifetime, "ext_expires_in": lifetime}
    if entra.settings.refresh_in is not None:
        answer["refresh_in"] = entra.settings.refresh_in
    answer["access_token"] = entra.key.sign(access_claims(entra, issue))
    if issue.user is None:
        return answer
    if "offline_access" in issue.scopes.openid:
        scope = " ".join([*issue.scopes.answered, "offline_access"])
        token = entra.refresh_tokens.issue(issue.user.id, issue.app.client_id, scope, issue.methods, entra.now())
        answer["refresh_token"] = token.value
    if "openid" in issue.scopes.openid:
        answer["id_token"] = entra.key.sign(id_claims(entra, issue, issue.user))
    if issue.client_info:
        answer["client_info"] = client_info(issue.user)
    return answer


def client_info(user: User) -> str:
    return encode(dumps({"uid": user.id, "utid": user.tenant}).encode())


def times(entra: Entra, lifetime: int) -> dict[str, int]:
    now = int(entra.now())
    return {"iat": now - BACKDATED, "nbf": now - BACKDATED, "exp": now + lifetime}


def access_claims(entra: Entra, issue: Issue) -> dict[str, Any]:
    resource, app, user = issue.scopes.resource, issue.app, issue.user
    claims = times(entra, entra.settings.token_lifetime) | {"tid": issue.tenant.id, "uti": uti()}
    if resource.version == 2:
        claims |= {"ver": "2.0", "iss": issuer(entra, issue.tenant), "aud": resource.id, "azp": app.client_id,
                   "azpacr": issue.credential}
    else:
        claims |= {"ver": "1.0", "iss": f"https://sts.windows.net/{issue.tenant.id}/", "aud": issue.scopes.audience,
                   "appid": app.client_id, "appidacr": issue.credential, "app_displayname": app.name}
    if user is None:
        principal = entra.directory.service_principal(app, issue.tenant)
        claims |= {"idtyp": "app", "oid": principal, "sub": principal}
        return claims | ({"roles": app.roles} if app.roles else {})
    claims |= {"idtyp": "user", "oid": user.id, "sub": pairwise(user, resource.id), "name": user.display_name,
               "scp": issue.scopes.claim()}
    if resource.version == 2:
        return claims | {"preferred_username": user.name}
    return claims | {"acr": "1", "amr": list(issue.methods), "unique_name": user.name, "upn": user.name}


def id_claims(entra: Entra, issue: Issue, user: User) -> dict[str, Any]:
    claims = times(entra, 3600) | {
        "ver": "2.0", "iss": issuer(entra, issue.tenant), "aud": issue.app.client_id, "tid": issue.tenant.id,
        "oid": user.id, "sub": pairwise(user, issue.app.client_id), "uti": uti()}
    if "profile" in issue.scopes.openid:
        claims |= {"name": user.display_name, "preferred_username": user.name}
    if "email" in issue.scopes.openid:
        claims["email"] = user.name
    return claims if issue.nonce is None else claims | {"nonce": issue.nonce}


def issuer(entra: Entra, tenant: Tenant) -> str:
    return f"{entra.base}/{tenant.id}/v2.0"


def uti() -> str:
    return secrets.token_urlsafe(16)


def pairwise(user: User, to: str) -> str:
    """A subject identifier that differs from app to app."""
    return encode(hashlib.sha256(f"{user.id} {to}".encode()).digest())
