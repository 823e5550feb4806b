"""Device codes (RFC 8628) from their start to their redemption."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from errors import EntraError, refusal

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass
class DeviceCode:
    device_code: str
    user_code: str
    client_id: str
    segment: str
    scope: str
    created: float
    expires: float
    interval: int
    state: str = "pending"
    user: str | None = None
    polled: float | None = None

    def json(self) -> dict[str, object]:
        return {"user_code": self.user_code, "client_id": self.client_id, "tenant": self.segment, "scope": self.scope,
                "state": self.state, "expires": self.expires, "interval": self.interval}

    def approve(self, user: str) -> None:
        self.state, self.user = "approved", user

    def deny(self) -> None:
        self.state = "denied"

    def expire(self) -> None:
        self.state = "expired"

    def poll(self, now: float, *, slow_down: bool) -> str:
        """The user who approved; raises the error that a poll at this moment is answered with."""
        if self.state == "redeemed":
            raise refusal(54005)
        if self.state == "denied":
            raise refusal(65004, error="authorization_declined")
        if self.state == "expired" or now >= self.expires:
            raise refusal(70020)
        hurried = self.polled is not None and now - self.polled < self.interval * 0.9
        self.polled = now
        if hurried and slow_down:
            # RFC 8628, section 3.5: the interval grows by 5 seconds for this and all later requests.
            self.interval += 5
            raise EntraError(None, "slow_down", "The client polls too often. Wait longer between requests.")
        if self.user is None:
            raise refusal(70016)
        self.state = "redeemed"
        return self.user


class DeviceCodes:
    def __init__(self) -> None:
        self.codes: list[DeviceCode] = []

    def start(self, client_id: str, segment: str, scope: str, now: float, interval: int, lifetime: int) -> DeviceCode:
        code = DeviceCode(
            device_code="GAQABIQEAAAD" + secrets.token_urlsafe(120),
            user_code="".join(secrets.choice(ALPHABET) for _ in range(9)),
            client_id=client_id, segment=segment, scope=scope, created=now, expires=now + lifetime, interval=interval)
        self.codes.append(code)
        return code

    def redeemable(self, device_code: str, client_id: str) -> DeviceCode:
        for code in self.codes:
            if code.device_code == device_code and code.client_id == client_id:
                return code
        raise refusal(70018)

    def pending(self, now: float) -> list[DeviceCode]:
        return [code for code in self.codes if code.state == "pending" and now < code.expires]

    def shown(self, user_code: str, now: float) -> DeviceCode | None:
        """The pending code that a person typed, with or without spaces and in either case."""
        typed = "".join(user_code.split()).upper()
        return next((code for code in self.pending(now) if code.user_code == typed), None)
