"""How an app proves that it is the app: secret, certificate, or nothing for a public one."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import unquote, urlsplit

from aiohttp import web

import federation
from directory import App, Realm
from entra import Entra
from errors import EntraError, refusal
from form import Form
from signing_key import Jwt, NotAToken, thumbprints

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# The values of the claim `appidacr`.
NOTHING, SECRET, CERTIFICATE = "0", "1", "2"


class Client:
    """The id and the credential of one token request, from the form or from an Authorization header."""

    def __init__(self, request: web.Request, form: Form) -> None:
        name, secret = basic(request.headers.get("Authorization", ""))
        self.id = name or form.need("client_id")
        self.secret = secret or form.get("client_secret")
        self.assertion = form.get("client_assertion")
        self.assertion_type = form.get("client_assertion_type")

    def prove(self, entra: Entra, app: App, realm: Realm) -> str:
        if app.public:
            if self.secret or self.assertion:
                raise refusal(700025)
            return NOTHING
        if self.assertion:
            if self.assertion_type != ASSERTION_TYPE:
                raise refusal(900144, parameter="client_assertion_type")
            self.check_assertion(entra, app, realm)
            return CERTIFICATE
        if not self.secret:
            raise refusal(7000218)
        self.check_secret(app, entra.now())
        return SECRET

    def check_secret(self, app: App, now: float) -> None:
        for known in app.secrets:
            if hmac.compare_digest(known.value.encode(), self.secret.encode()):
                if known.expires is not None and known.expires <= now:
                    raise refusal(7000222, app=app.client_id)
                return
        raise refusal(7000215, app=app.client_id)

    def check_assertion(self, entra: Entra, app: App, realm: Realm) -> None:
        try:
            token = Jwt(self.assertion)
        except NotAToken:
            raise refusal(50027) from None
        if str(token.claims.get("iss")).startswith("https://"):
            # Somebody else's word for the app, not its own.
            federation.check(token, app.federated_credentials, entra.now())
            return
        self.check_signature(app, token)
        if not token.is_timely(entra.now()):
            raise refusal(700024)
        if token.claims.get("iss") != app.client_id or token.claims.get("sub") != app.client_id:
            raise refusal(700021)
        if not is_audience(entra, token.claims.get("aud"), realm):
            raise refusal(700023)

    def check_signature(self, app: App, token: Jwt) -> None:
        for pem in app.certificates:
            certificate, sha1, sha256 = thumbprints(pem)
            # MSAL for Python and MicrosoftApiModule pad their thumbprints, everybody else does not.
            named = [str(token.header.get(name)).rstrip("=") for name in ("x5t#S256", "x5t", "kid")]
            if sha256 in named or sha1 in named:
                if token.is_signed_by(certificate.public_key()):
                    return
                raise refusal(700027, reason="The provided signature value did not match the expected signature value.")
        raise refusal(700027, reason="The key was not found.")


def basic(header: str) -> tuple[str, str]:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        raise refusal(9002313) from None
    return unquote(name), unquote(secret)


def is_audience(entra: Entra, audience: object, realm: Realm) -> bool:
    """Whether this names the tenant's token endpoint or issuer, under any name of this host."""
    if not isinstance(audience, str):
        return False
    if audience in entra.audiences:
        return True
    try:
        parts = urlsplit(audience)
    except ValueError:
        return False
    segment, _, rest = parts.path.lstrip("/").partition("/")
    if f"{parts.scheme}://{parts.netloc}" not in entra.bases or rest not in ("oauth2/v2.0/token", "oauth2/token",
                                                                            "v2.0"):
        return False
    try:
        return entra.directory.realm(segment) == realm or entra.directory.realm(segment).tenant == realm.tenant
    except EntraError:
        return False
