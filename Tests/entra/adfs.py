"""The AD FS of the federated domain: its metadata, and SAML assertions for a user name and a password."""

from __future__ import annotations

import calendar
import hmac
import time
from xml.etree import ElementTree

from aiohttp import web

from directory import User
from entra import Entra
from saml import TYPES
from sign_in import ATTEMPTS
from ws_trust import ADDRESSING, POLICY, SECURITY, SOAP, UTILITY, VERSIONS, Version, fault, issued, metadata

DOMAIN = "adfs.example"
AUDIENCE = "urn:federation:MicrosoftOnline"
SOAP_XML = "application/soap+xml"
# What names are called in the journal, whatever prefixes a client writes.
PREFIXES = {SOAP: "s", ADDRESSING: "wsa", UTILITY: "wsu", SECURITY: "wsse", POLICY: "wsp",
            **{version.trust: f"wst{version.name}" for version in VERSIONS.values()}}
CLOCK_SKEW = 300


class Fault(Exception):
    def __init__(self, subcode: str, reason: str) -> None:
        super().__init__(reason)
        self.subcode = subcode
        self.reason = reason


class Adfs:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra

    @property
    def base(self) -> str:
        """Another host than Entra's, where this one has a second name."""
        return self.entra.bases[min(1, len(self.entra.bases) - 1)]

    def user_realm(self) -> dict[str, object]:
        """What Entra says of anybody in the domain, known or not."""
        return {
            "federation_protocol": "WSTrust",
            "federation_metadata_url": f"{self.base}/adfs/services/trust/mex",
            "federation_active_auth_url": f"{self.base}/adfs/services/trust/2005/usernamemixed",
        }

    async def mex(self, request: web.Request) -> web.Response:
        versions = [VERSIONS[name] for name in self.entra.settings.ws_trust.split()]
        return web.Response(text=metadata(self.base, versions), content_type="text/xml")

    async def sign_in(self, request: web.Request) -> web.Response:
        version = VERSIONS.get(request.match_info["version"])
        if version is None:
            raise web.HTTPNotFound
        if request.content_type != SOAP_XML:
            return web.Response(status=415)
        try:
            sent = read(await request.read())
            request["entry"]["soap"] = sent
            action = request.headers.get("SOAPAction", "")
            user = self.user(check(sent, action, version, self.entra.bases, self.entra.now()))
        except Fault as refused:
            # AD FS says so with a failure of its own, whoever is to blame.
            return web.Response(status=500, text=fault(refused.subcode, refused.reason), content_type=SOAP_XML)
        saml = self.entra.settings.saml
        token = self.entra.assertions.issue(user, saml, self.entra.now())
        return web.Response(text=issued(version, token, TYPES[saml]), content_type=SOAP_XML)

    def user(self, given: tuple[str, str]) -> User:
        name, password = given
        user = self.entra.directory.user(name)
        if user is None or not user.federated or user.locked or user.disabled:
            raise wrong()
        if not hmac.compare_digest(user.password.encode(), password.encode()):
            user.failures += 1
            user.locked = user.failures >= ATTEMPTS
            raise wrong()
        user.failures = 0
        return user


def wrong() -> Fault:
    return Fault("FailedAuthentication", "ID3242: The security token could not be authenticated or authorized.")


def read(body: bytes) -> dict[str, str]:
    """The text of each leaf by its path, with prefixes that are always the same."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise Fault("InvalidRequest", "The request is not XML.") from None
    leaves: dict[str, str] = {}

    def walk(element: ElementTree.Element, path: str) -> None:
        namespace, _, local = element.tag.removeprefix("{").rpartition("}")
        path = f"{path}/{PREFIXES.get(namespace, namespace)}:{local}"
        if len(element) == 0:
            leaves[path] = element.text or ""
        for child in element:
            walk(child, path)

    walk(root, "")
    return leaves


def check(sent: dict[str, str], action: str, version: Version, bases: list[str], now: float) -> tuple[str, str]:
    """The user's name and password, when everything around them is as AD FS wants it."""
    header, security = "/s:Envelope/s:Header", "/s:Envelope/s:Header/wsse:Security"
    trust = f"wst{version.name}"
    body = f"/s:Envelope/s:Body/{trust}:RequestSecurityToken"
    wanted = {
        f"{header}/wsa:Action": version.action,
        f"{header}/wsa:ReplyTo/wsa:Address": f"{ADDRESSING}/anonymous",
        f"{body}/{trust}:RequestType": version.request_type,
        f"{body}/{trust}:KeyType": version.key_type,
        f"{body}/wsp:AppliesTo/wsa:EndpointReference/wsa:Address": AUDIENCE,
    }
    for path, value in wanted.items():
        if sent.get(path) != value:
            raise Fault("InvalidRequest", f"{path} is {sent.get(path)!r}")
    if action.strip('"') != version.action:
        raise Fault("ActionNotSupported", "The SOAPAction does not match.")
    if sent.get(f"{header}/wsa:To") not in [base + version.path for base in bases]:
        raise Fault("DestinationUnreachable", "The message was meant for another address.")
    stamp = f"{security}/wsu:Timestamp"
    created, expires = (instant(sent.get(f"{stamp}/wsu:{name}", "")) for name in ("Created", "Expires"))
    if abs(now - created) > CLOCK_SKEW or not now < expires <= created + 600:
        raise Fault("InvalidSecurity", "An error occurred when verifying security for the message.")
    token = f"{security}/wsse:UsernameToken"
    return sent.get(f"{token}/wsse:Username", ""), sent.get(f"{token}/wsse:Password", "")


def instant(text: str) -> float:
    """Seconds since 1970; MSAL for .NET writes milliseconds, MSAL for Python none."""
    try:
        return calendar.timegm(time.strptime(text.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        raise Fault("InvalidSecurity", "The timestamp cannot be read.") from None
