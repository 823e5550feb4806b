"""Authorization codes and the proof key (RFC 7636) that belongs to each."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from errors import refusal
from signing_key import encode


@dataclass
class AuthorizationCode:
    value: str
    user: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str
    method: str
    methods: tuple[str, ...]
    issued: float
    is_spent: bool = False

    def check_verifier(self, verifier: str) -> None:
        if not self.challenge:
            return
        if not verifier:
            raise refusal(501481)
        if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
            raise refusal(501491)
        made = verifier if self.method == "plain" else encode(hashlib.sha256(verifier.encode()).digest())
        if not hmac.compare_digest(made, self.challenge):
            raise refusal(501481)


class AuthorizationCodes:
    def __init__(self) -> None:
        self.codes: dict[str, AuthorizationCode] = {}

    def issue(self, *, user: str, client_id: str, redirect_uri: str, scope: str, nonce: str | None, challenge: str,
              method: str, methods: tuple[str, ...], now: float) -> AuthorizationCode:
        value = f"1.A{secrets.token_urlsafe(180)}"
        code = AuthorizationCode(value, user, client_id, redirect_uri, scope, nonce, challenge, method, methods, now)
        self.codes[value] = code
        return code

    def redeem(self, value: str, client_id: str, redirect_uri: str, verifier: str, now: float,
               lifetime: int) -> AuthorizationCode:
        code = self.codes.get(value)
        if code is None:
            raise refusal(9002313, error="invalid_grant")
        if code.client_id != client_id:
            raise refusal(70000, parameter="code")
        if code.is_spent:
            raise refusal(54005)
        if now > code.issued + lifetime:
            raise refusal(70008)
        if redirect_uri != code.redirect_uri:
            raise refusal(500112, redirect_uri=redirect_uri, expected=code.redirect_uri)
        code.check_verifier(verifier)
        code.is_spent = True
        return code
