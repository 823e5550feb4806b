"""A connection as a list shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any


@dataclass(frozen=True)
class Connection:
    """Which application, how it signs in and who signed in. Nothing in it is secret."""

    name: str
    """Its name."""
    grant: str | None = None
    """How it signs in."""
    client_id: str | None = None
    """The application."""
    tenant: str | None = None
    """The tenant."""
    authority: str | None = None
    """Where it signs in."""
    scopes: tuple[str, ...] = ()
    """What it signed in for."""
    username: str | None = None
    """Who signed in."""
    home_account_id: str | None = None
    """Who signed in, as an ID that never changes."""
    expires_on: int | None = None
    """When its longest-lived access token expires, in seconds since 1970."""
    renewable: bool = False
    """Whether a new token can be had without the user."""
    pending: bool = False
    """Whether a sign-in waits to be resumed."""
    store: str | None = None
    """Where it is kept."""
    problem: str | None = None
    """A sentence, when its record cannot be read."""

    @property
    def expires_at(self) -> datetime | None:
        """When its longest-lived access token expires, as a time in UTC."""
        return None if self.expires_on is None else datetime.fromtimestamp(self.expires_on, timezone.utc)

    @classmethod
    def read(cls, fields: dict[str, Any]) -> Connection:
        """From the JSON of a list; fields of a later release are left out."""
        known = {name: value for name, value in fields.items() if name in cls.__dataclass_fields__}
        known["scopes"] = tuple(known.get("scopes", "").split())
        return cls(**known)
