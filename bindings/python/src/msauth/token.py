"""A token as `acquire` and `connect` give it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from . import _native
from .field import Field, number, optional_number, optional_text, text, words
from .handle import Handle
from .options import c_string


class Token(Handle):
    """An access token and what is known about it. It never changes, and any thread may read it.

    Neither `repr` nor `str` shows a secret. `close` wipes the library's copy; what was read from here is Python's.
    """

    _free = _native.token_free

    access_token = Field(text, "The token itself.")
    token_type = Field(text, "How to present it: Bearer.")
    expires_on = Field(number, "When it expires, in seconds since 1970.")
    refresh_on = Field(optional_number, "When it will be renewed, if the service gave a hint.")
    acquired_on = Field(number, "When it was issued.")
    scopes = Field(words, "What it is for, as the service granted it.")
    tenant = Field(optional_text, "The tenant that issued it, as a GUID where the service said so.")
    authority = Field(optional_text, "Where it was issued.")
    client_id = Field(optional_text, "The application it was issued to.")
    username = Field(optional_text, "Who signed in.")
    home_account_id = Field(optional_text, "Who signed in, as an ID that never changes.")
    id_token = Field(optional_text, "The OpenID Connect ID token, where a user signed in.")
    connection = Field(optional_text, "The connection's name; None for a connection without a name.")
    source = Field(text, "Where it came from: held, refreshed or signed_in.")
    warning = Field(optional_text, "A sentence, when the store refused the token: only this client holds it.")

    @property
    def expires_at(self) -> datetime:
        """When it expires, as a time in UTC."""
        return datetime.fromtimestamp(self.expires_on, timezone.utc)

    def json(self) -> dict[str, Any]:
        """All fields that it has, the access token among them."""
        return dict(json.loads(_native.token_json(self._native)))

    def _get(self, name: str) -> str | None:
        value = _native.token_get(self._native, c_string(name))
        return None if value is None else value.decode()

    def __repr__(self) -> str:
        if self.closed:
            return "<msauth.Token closed>"
        whose = self.username or self.client_id or "a managed identity"
        until = self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"<msauth.Token [redacted] of {whose} for {' '.join(self.scopes)} until {until}>"
