"""Refresh tokens: opaque, for one user and one app, good for every resource."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from errors import refusal

PREFIX = "1.A"


@dataclass
class RefreshToken:
    value: str
    user: str
    client_id: str
    scope: str
    methods: tuple[str, ...]
    issued: float
    is_revoked: bool = False
    is_spent: bool = False
    is_expired: bool = False


class RefreshTokens:
    def __init__(self) -> None:
        self.tokens: dict[str, RefreshToken] = {}

    def issue(self, user: str, client_id: str, scope: str, methods: tuple[str, ...], now: float) -> RefreshToken:
        value = f"{PREFIX}{secrets.token_urlsafe(240)}"
        self.tokens[value] = RefreshToken(value, user, client_id, scope, methods, now)
        return self.tokens[value]

    def redeem(self, value: str, client_id: str, now: float, lifetime: int) -> RefreshToken:
        if not value.startswith(PREFIX):
            raise refusal(9002313, error="invalid_grant")
        token = self.tokens.get(value)
        if token is None or token.client_id != client_id or token.is_spent:
            raise refusal(70000, parameter="refresh_token")
        if token.is_revoked:
            raise refusal(50173)
        if token.is_expired or now > token.issued + lifetime:
            issued = time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(token.issued))
            raise refusal(700082, issued=issued, inactive=f"{lifetime // 86400}.00:00:00")
        return token

    def revoke(self, user: str | None = None) -> int:
        return self.mark("is_revoked", user)

    def expire(self, user: str | None = None) -> int:
        return self.mark("is_expired", user)

    def mark(self, what: str, user: str | None) -> int:
        marked = [token for token in self.tokens.values() if user in (None, token.user)]
        for token in marked:
            setattr(token, what, True)
        return len(marked)
