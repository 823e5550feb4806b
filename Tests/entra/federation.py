"""Federated credentials: which assertions of other identity providers an app trusts."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization

from errors import refusal
from signing_key import Jwt


@dataclass
class FederatedCredential:
    """`key` is the provider's public key as PEM: Entra would fetch it from the issuer's JWKS."""

    issuer: str
    subject: str
    key: str
    audience: str = "api://AzureADTokenExchange"

    def __post_init__(self) -> None:
        serialization.load_pem_public_key(self.key.encode())


def check(assertion: Jwt, credentials: list[FederatedCredential], now: float) -> None:
    """Issuer, audience and subject are compared letter by letter, and in this order; then the signature and the time."""
    claims = {name: str(assertion.claims.get(name)) for name in ("iss", "aud", "sub")}
    if not credentials:
        raise refusal(70021, issuer=claims["iss"], subject=claims["sub"], audience=claims["aud"])
    found = [each for each in credentials if each.issuer == claims["iss"]]
    if not found:
        raise refusal(700211, issuer=claims["iss"])
    found = [each for each in found if each.audience == claims["aud"]]
    if not found:
        raise refusal(700212, audience=claims["aud"])
    alike = [each for each in found if each.subject.lower() == claims["sub"].lower()]
    found = [each for each in found if each.subject == claims["sub"]]
    if not found:
        raise refusal(7002138 if alike else 700213, subject=claims["sub"])
    if not any(assertion.is_signed_by(serialization.load_pem_public_key(each.key.encode())) for each in found):
        raise refusal(50013, error="invalid_client", status=401,
                      reason="The provided signature value did not match the expected signature value.")
    if not assertion.is_timely(now):
        raise refusal(700024)
