"""The documents that tell a client where everything is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from adfs import DOMAIN, Adfs
from answer import json_answer
from directory import CONSUMERS
from entra import Entra
from errors import EntraError, refusal

PUBLIC_CLOUD = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]


class Discovery:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    async def configuration(self, request: web.Request) -> web.Response:
        try:
            realm = self.entra.directory.realm(request.match_info["tenant"])
        except EntraError as error:
            raise EntraError(error.code, "invalid_tenant", error.text) from None
        tenant = f"{self.entra.base}/{realm.name}"
        owner = realm.name if realm.tenant else CONSUMERS if realm.segment == "consumers" else "{tenantid}"
        return json_answer({
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{tenant}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{self.entra.base}/{owner}/v2.0",
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{tenant}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username",
                                 "name", "tid", "ver", "email"],
            "tenant_region_scope": "EU" if realm.tenant else None,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        })

    async def keys(self, request: web.Request) -> web.Response:
        realm = self.entra.directory.realm(request.match_info["tenant"])
        owner = realm.name if realm.tenant else "{tenantid}"
        return json_answer(self.entra.key.jwks(f"{self.entra.base}/{owner}/v2.0"))

    async def instance(self, request: web.Request) -> web.Response:
        try:
            asked = urlsplit(request.query.get("authorization_endpoint", ""))
        except ValueError:
            raise refusal(50049) from None
        if asked.netloc not in PUBLIC_CLOUD and asked.hostname not in [urlsplit(base).hostname for base in self.entra.bases]:
            raise refusal(50049)
        segment = asked.path.lstrip("/").partition("/")[0] or "common"
        own = urlsplit(self.entra.base).netloc
        return json_answer({
            "tenant_discovery_endpoint": f"https://{asked.netloc}/{segment}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                cloud(own, own, [urlsplit(base).netloc for base in self.entra.bases]),
                cloud("login.microsoftonline.com", "login.windows.net", PUBLIC_CLOUD),
            ],
        })

    async def user_realm(self, request: web.Request) -> web.Response:
        """Where a user's password is checked: asked before a password grant."""
        name = request.match_info["user"]
        known = self.entra.directory.user(name) is not None
        federated = name.lower().endswith(f"@{DOMAIN}")
        kind = "Federated" if federated else "Managed" if known else "Unknown"
        domain = {"domain_name": name.rpartition("@")[2]} if known or federated else {}
        return json_answer({
            "ver": "1.0",
            "account_type": kind,
            **domain,
            **(Adfs(self.entra).user_realm() if federated else {}),
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        })


def cloud(network: str, cache: str, aliases: list[str]) -> dict[str, Any]:
    return {"preferred_network": network, "preferred_cache": cache, "aliases": aliases}
