"""What a user must see to go on elsewhere."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Prompt:
    """What to show the user. As text it is the message."""

    message: str
    """What to tell the user, in one or two sentences."""
    user_code: str | None
    """The code that the user enters; None for a sign-in that has none."""
    verification_uri: str | None
    """The page where it is entered."""
    authorization_url: str | None
    """The page where the user signs in, for their browser; None for a sign-in by device code."""
    state: str | None
    """What the redirect will bring back: a web application finds the sign-in by it."""
    expires_on: int
    """When the sign-in ends, unless it is finished, in seconds since 1970."""
    interval: int
    """How many seconds lie between two polls."""

    @property
    def expires_at(self) -> datetime:
        """When the sign-in ends, unless it is finished, as a time in UTC."""
        return datetime.fromtimestamp(self.expires_on, timezone.utc)

    def __str__(self) -> str:
        return self.message


def print_prompt(prompt: Prompt) -> None:
    """Shows the message on standard error: standard output is the program's own."""
    print(prompt, file=sys.stderr, flush=True)
