"""The other authorities of the platform: B2C, CIAM, AD FS, dSTS, and external tenants under a name of their own.

Which of them is asked follows from the address, as for the real ones: B2C, AD FS and dSTS by their paths, CIAM by its host.
They share the directory, the apps and the grants of Entra, and differ in their paths and in what their tokens say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

import contoso
from answer import dumps, json_answer
from entra import Entra
from exchange import Handler
from signing_key import Jwt, NotAToken, decode, encode

CIAM = ".ciamlogin.com"
CUSTOM = "login.contoso.example"
CONFIGURATION = ".well-known/openid-configuration"
Routes = list[tuple[str, str, dict[str, Handler]]]


@dataclass(frozen=True)
class Place:
    """Where a request came in: the authority's own address, and what it calls itself."""

    kind: str
    address: str
    issuer: str
    policy: str = ""

    @property
    def endpoints(self) -> str:
        return f"{self.address}/oauth2" if self.kind == "adfs" else f"{self.address}/oauth2/v2.0"


class Authorities:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    def routes(self, token: Handler, device: Handler, authorize: Handler) -> Routes:
        """In front of Entra's own routes, which would take `adfs` for a tenant."""
        rows: Routes = []
        for path, version, described in (("/adfs", "", ""), ("/dstsv2/{tenant}", "/v2.0", ""),
                                         ("/tfp/{tenant}/{policy}", "/v2.0", "/v2.0"),
                                         ("/{tenant}/{policy}", "/v2.0", "/v2.0")):
            rows += [
                ("configuration", f"{path}{described}/{CONFIGURATION}", {"GET": self.configuration}),
                ("token", f"{path}/oauth2{version}/token", {"POST": self.issued(self.named(token))}),
                ("devicecode", f"{path}/oauth2{version}/devicecode", {"POST": self.named(device)}),
                ("authorize", f"{path}/oauth2{version}/authorize",
                 {"GET": self.named(authorize), "POST": self.named(authorize)}),
            ]
        return rows

    def place(self, request: web.Request) -> Place | None:
        """None: Entra's own."""
        base = f"https://{request.host}"
        first, _, _ = request.path.lstrip("/").partition("/")
        if first == "adfs":
            return Place("adfs", f"{base}/adfs", f"{base}/adfs")
        tenant = request.match_info["tenant"]
        realm = self.entra.directory.realm(tenant)
        policy = request.match_info.get("policy", "")
        if policy and first == "tfp":
            return Place("b2c", f"{base}/tfp/{tenant}/{policy}", f"{base}/tfp/{realm.name}/{policy}/v2.0/", policy)
        if policy:
            return Place("b2c", f"{base}/{tenant}/{policy}", f"{base}/{realm.name}/v2.0/", policy)
        if first == "dstsv2":
            return Place("dsts", f"{base}/dstsv2/{tenant}", f"{base}/dstsv2/{realm.name}/v2.0")
        if request.host.endswith(CIAM) or request.host == CUSTOM:
            return Place("ciam", f"{base}/{tenant}", f"https://{realm.name}{CIAM}/{realm.name}/v2.0")
        return None

    def named(self, handler: Handler) -> Handler:
        """AD FS has one tenant, whose name nobody says."""
        async def answer(request: web.Request) -> web.StreamResponse:
            request.match_info.setdefault("tenant", contoso.TENANT)
            return await handler(request)
        return answer

    def issued(self, handler: Handler) -> Handler:
        """Tokens as this authority makes them out. What an application signs may be for the endpoint that it asked."""
        async def answer(request: web.Request) -> web.StreamResponse:
            place = self.place(request)
            self.entra.audiences = {f"https://{name}{request.path}" for name in (request.host, worldwide(request.host))}
            made = await handler(request)
            if place is None or not isinstance(made, web.Response) or made.status != 200:
                return made
            return json_answer(self.made_out(json.loads(made.text or "{}"), place))
        return answer

    def made_out(self, answer: dict[str, Any], place: Place) -> dict[str, Any]:
        if "id_token" in answer:
            answer["id_token"] = self.entra.key.sign(self.claims(answer["id_token"], place))
        if "client_info" in answer:
            info = json.loads(decode(answer["client_info"]))
            if place.kind == "adfs":
                # It does not know the parameter.
                del answer["client_info"]
            elif place.kind == "b2c":
                answer["client_info"] = encode(dumps(info | {"uid": f"{info['uid']}-{place.policy}"}).encode())
        return answer

    def claims(self, text: str, place: Place) -> dict[str, Any]:
        try:
            claims = Jwt(text).claims | {"iss": place.issuer}
        except NotAToken:
            return {}
        if place.kind == "adfs":
            name = claims.pop("preferred_username", None)
            for unknown in ("tid", "oid", "ver", "uti"):
                claims.pop(unknown, None)
            return claims | ({"upn": name, "unique_name": name} if name else {})
        if place.kind == "b2c":
            name = claims.pop("preferred_username", None)
            claims |= {"tfp": place.policy} | ({"emails": [name]} if name else {})
        return claims

    async def configuration(self, request: web.Request) -> web.Response:
        place = self.place(request)
        assert place is not None
        return json_answer(self.document(place))

    def document(self, place: Place) -> dict[str, Any]:
        return {
            "issuer": place.issuer,
            "token_endpoint": f"{place.endpoints}/token",
            "authorization_endpoint": f"{place.endpoints}/authorize",
            "device_authorization_endpoint": f"{place.endpoints}/devicecode",
            "jwks_uri": f"{place.address}/discovery/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def or_entra(self, handler: Handler) -> Handler:
        """Entra's configuration, but where the host says that somebody else stands there."""
        async def answer(request: web.Request) -> web.StreamResponse:
            place = self.place(request)
            if place is not None:
                return json_answer(self.document(place))
            made = await handler(request)
            own = f"https://{request.host}"
            if own in self.entra.bases or not isinstance(made, web.Response):
                return made
            return json_answer(json.loads((made.text or "").replace(self.entra.base, own)), made.status)
        return answer


def worldwide(host: str) -> str:
    """The service that one in a region stands for: what an application signs is made out to it."""
    name = host.partition(".")[2]
    return "login.microsoftonline.com" if name == "login.microsoft.com" else name
