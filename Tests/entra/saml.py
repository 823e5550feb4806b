"""SAML assertions: issued by the federation server, redeemed at the token endpoint."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from directory import User
from errors import refusal

BEARER = {
    "urn:ietf:params:oauth:grant-type:saml1_1-bearer": "1.1",
    "urn:ietf:params:oauth:grant-type:saml2-bearer": "2.0",
}
TYPES = {"1.1": "urn:oasis:names:tc:SAML:1.0:assertion", "2.0": "urn:oasis:names:tc:SAML:2.0:assertion"}
LIFETIME = 3600


@dataclass(frozen=True)
class Assertion:
    user: str
    version: str
    expires: float


class Assertions:
    """An assertion's signature is over its bytes: here the very bytes that were issued are taken, and no others."""

    def __init__(self) -> None:
        self.issued: dict[bytes, Assertion] = {}

    def issue(self, user: User, version: str, now: float) -> str:
        text = written(user, version, now)
        self.issued[text.encode()] = Assertion(user.id, version, now + LIFETIME)
        return text

    def redeem(self, assertion: str, grant: str, now: float) -> str:
        """The user whom it is about. MSAL for .NET and Go send padded base64, MSAL for Python and RFC 7522 base64url."""
        try:
            text = base64.b64decode(assertion.replace("-", "+").replace("_", "/").rstrip("=") + "=" * (-len(
                assertion.rstrip("=")) % 4), validate=True)
        except ValueError:
            raise refusal(50008, reason="The assertion is not base64.") from None
        found = self.issued.get(text.strip())
        if found is None or found.version != BEARER[grant]:
            raise refusal(50008, reason="The signature of the assertion is not valid.")
        if found.expires <= now:
            raise refusal(50008, reason="The assertion has expired.")
        return found.user


def written(user: User, version: str, now: float) -> str:
    """In the shape of AD FS, but for the signature, and with spaces and letters that a careless copy would change."""
    digest = base64.b64encode(hashlib.sha256(secrets.token_bytes(32)).digest()).decode()
    signature = (f'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>{digest}'
                 "</ds:SignatureValue></ds:Signature>")
    name, shown, id = escape(user.name), escape(user.display_name), f"_{secrets.token_hex(16)}"
    instant = quoteattr(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))
    if version == "2.0":
        return (f'<Assertion ID="{id}" IssueInstant={instant} Version="2.0"  xmlns="{TYPES[version]}">'
                f"<Issuer>http://adfs.example/adfs/services/trust</Issuer>{signature}<Subject>"
                f"<NameID>{name}</NameID></Subject><AttributeStatement><Attribute Name='display'>"
                f"<AttributeValue>{shown} &#xFC;&amp;ü\n</AttributeValue></Attribute></AttributeStatement></Assertion>")
    return (f'<saml:Assertion MajorVersion="1"  MinorVersion=\'1\' AssertionID="{id}" IssueInstant={instant}'
            f' Issuer="http://adfs.example/adfs/services/trust" xmlns:saml="{TYPES[version]}">'
            "<saml:AttributeStatement><saml:Attribute AttributeName='UPN'\n"
            ' AttributeNamespace="http://schemas.xmlsoap.org/claims">'
            f"<saml:AttributeValue>{name}</saml:AttributeValue></saml:Attribute><saml:Attribute"
            f" AttributeName='display'><saml:AttributeValue>{shown} &#xFC;&amp;ü\n</saml:AttributeValue>"
            f"</saml:Attribute></saml:AttributeStatement>{signature}</saml:Assertion>")
