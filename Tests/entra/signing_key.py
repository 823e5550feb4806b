"""The RSA key that signs tokens, and JSON Web Signatures in general."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from answer import dumps


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=").encode("ascii") + b"=" * (-len(text.rstrip("=")) % 4), b"-_", True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error


class SigningKey:
    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self.private = private
        self.certificate = self_signed(private)
        self.kid = encode(self.certificate.fingerprint(hashes.SHA1()))
        self.former: list[SigningKey] = []

    def successor(self, forgetful: bool) -> SigningKey:
        """The key after a rotation; the one before is published beside it for a while, unless it is forgotten."""
        made = SigningKey(rsa.generate_private_key(65537, 2048))
        made.former = [] if forgetful else [self, *self.former]
        return made

    @classmethod
    def kept(cls, path: Path) -> SigningKey:
        """The key of this file, made at the first start: an RSA key is the only slow part of starting."""
        if path.exists():
            private = serialization.load_pem_private_key(path.read_bytes(), None)
            if isinstance(private, rsa.RSAPrivateKey):
                return cls(private)
        private = rsa.generate_private_key(65537, 2048)
        pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        return cls(private)

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"typ": "JWT", "alg": "RS256", "x5t": self.kid, "kid": self.kid}
        signed = ".".join(encode(dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{encode(self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def jwks(self, issuer: str) -> dict[str, Any]:
        return {"keys": [each.jwk(issuer) for each in (self, *self.former)]}

    def jwk(self, issuer: str) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return {
            "kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": encode(numbers.n.to_bytes(256, "big")),
            "e": encode(numbers.e.to_bytes(3, "big")), "x5c": [base64.b64encode(der).decode("ascii")],
            "cloud_instance_name": "microsoftonline.com", "issuer": issuer,
        }


def self_signed(private: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.accesscontrol.windows.net")])
    # Fixed dates and number: the key id of a kept key must not change from start to start.
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
            .serial_number(1).not_valid_before(datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))
            .not_valid_after(datetime.datetime(2049, 1, 1, tzinfo=datetime.UTC)).sign(private, hashes.SHA256()))


class NotAToken(Exception):
    pass


class Jwt:
    """A signed token that somebody sent; raises NotAToken when it is none."""

    def __init__(self, text: str) -> None:
        self.signed, _, signature = text.encode().rpartition(b".")
        try:
            header, claims = (json.loads(decode(part.decode())) for part in self.signed.split(b"."))
            self.signature = decode(signature.decode())
        except (ValueError, RecursionError):
            raise NotAToken from None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise NotAToken
        self.header: dict[str, Any] = header
        self.claims: dict[str, Any] = claims

    def is_signed_by(self, key: object) -> bool:
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        # JWA fixes the salt of PS256 at the length of the hash.
        scheme = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), 32)}.get(
            str(self.header.get("alg")))
        if scheme is None:
            return False
        try:
            key.verify(self.signature, self.signed, scheme, hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def is_timely(self, now: float, skew: float = 300) -> bool:
        expires, begins = self.claims.get("exp"), self.claims.get("nbf", 0)
        if not isinstance(expires, (int, float)) or not isinstance(begins, (int, float)):
            return False
        return begins - skew <= now <= expires + skew


def thumbprints(pem: str) -> tuple[x509.Certificate, str, str]:
    """A certificate with its SHA-1 and SHA-256 thumbprints as `x5t` and `x5t#S256` write them."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    der = certificate.public_bytes(serialization.Encoding.DER)
    return certificate, encode(hashlib.sha1(der).digest()), encode(hashlib.sha256(der).digest())
