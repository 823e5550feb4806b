"""The service as a whole: everything it remembers, and its clock."""

from __future__ import annotations

import secrets
import time

from authorization_codes import AuthorizationCodes
from contoso import contoso
from device_codes import DeviceCode, DeviceCodes
from directory import User
from journal import Journal
from refresh_tokens import RefreshTokens
from saml import Assertions
from scenarios import Scenarios
from settings import Settings
from signing_key import SigningKey


class Entra:
    """`bases` are this service's addresses by each of its names, the first of them the one it tells."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self.bases: list[str] = []
        self.journal = Journal()
        self.reset()

    def reset(self) -> None:
        """As at the start; the signing key, the ports and the connection numbers stay."""
        self.directory = contoso()
        self.settings = Settings()
        self.scenarios = Scenarios()
        self.device_codes = DeviceCodes()
        self.authorization_codes = AuthorizationCodes()
        self.refresh_tokens = RefreshTokens()
        self.assertions = Assertions()
        self.sessions: dict[str, str] = {}
        # Endpoints that were asked by a name of theirs which is none of this service's own.
        self.audiences: set[str] = set()
        self.journal.clear()

    @property
    def base(self) -> str:
        return self.bases[0]

    def now(self) -> float:
        return time.time() + self.settings.clock_offset

    def approve(self, code: DeviceCode, user: User) -> None:
        """Signs the user in on the device without a page, with all the consent that takes."""
        app = self.directory.find_app(code.client_id)
        if app is not None:
            self.directory.consent(user, app)
        code.approve(user.id)

    def remember(self, user: User) -> str:
        """A handle with which the next page of one sign-in knows who the person is."""
        handle = secrets.token_urlsafe(16)
        self.sessions[handle] = user.id
        return handle
