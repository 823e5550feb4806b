"""Anything that may take time."""

from __future__ import annotations

import json
import time
from ctypes import byref, c_void_p
from enum import Enum
from typing import Callable

from . import _native
from .connection import Connection
from .errors import check
from .handle import Handle, Owned
from .prompt import Prompt
from .statuses import Exhausted
from .token import Token

SLICE = 0.2
"""Seconds of one wait: Python looks for Ctrl-C between two of them only."""


class Progress(Enum):
    """How far an operation is."""

    PROMPT = -2
    """There is a new prompt to show."""
    PENDING = -1
    """It has not ended."""
    OK = 0
    """It has ended well."""


class Operation(Handle):
    """A call that was started: wait for it, watch its descriptor, cancel it. It belongs to one thread at a time.

    Leaving its `with` block cancels it, if it has not ended.
    """

    _free = _native.operation_free

    token: Token | None = None
    """What it ended with, where that is a token."""

    def step(self, seconds: float = 0) -> Progress:
        """Waits at most so long, by default not at all, and says how far it is. Raises what it failed with."""
        token, error = c_void_p(), c_void_p()
        status = _native.operation_wait(self._native, int(seconds * 1000), byref(token), byref(error))
        if token.value is not None:
            self.token = Token(token.value)
        return Progress(check(status, error))

    def wait(self, timeout: float | None = None, on_prompt: Callable[[Prompt], object] | None = None) -> Token | None:
        """Waits for the end, and gives the token, if there is one. Ctrl-C cancels.

        Raises TimeoutError when `timeout` seconds have passed; then it goes on, and may be waited for again.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while True:
                left = SLICE if deadline is None else max(deadline - time.monotonic(), 0)
                progress = self.step(min(left, SLICE))
                if progress is Progress.OK:
                    return self.token
                if progress is Progress.PROMPT and on_prompt is not None:
                    on_prompt(self.prompt)
                elif progress is Progress.PENDING and left == 0:
                    raise TimeoutError("the operation has not ended yet")
        except KeyboardInterrupt:
            self.cancel()
            raise

    @property
    def prompt(self) -> Prompt:
        """The last prompt."""
        return Prompt(
            message=self._get("message") or "",
            user_code=self._get("user_code"),
            verification_uri=self._get("verification_uri"),
            authorization_url=self._get("authorization_url"),
            state=self._get("state"),
            expires_on=int(self._get("expires_on") or 0),
            interval=int(self._get("interval") or 0),
        )

    def connections(self) -> list[Connection]:
        """What `list` found, once it has ended well."""
        found = Owned(_native.operation_connections(self._native), _native.connections_free)
        return [Connection.read(fields) for fields in json.loads(_native.connections_json(found) or b"[]")]

    def fileno(self) -> int:
        """A descriptor that is readable as long as `step` would not answer PENDING. Never read or close it."""
        descriptor = int(_native.operation_fd(self._native))
        if descriptor < 0:
            raise Exhausted("No descriptor is left to this process.", status="exhausted")
        return descriptor

    def cancel(self) -> None:
        """Ends it, from any thread. Waiting for it raises Cancelled then, unless it had ended."""
        owned = self._owned
        if owned is not None:
            _native.operation_cancel(owned)

    def close(self) -> None:
        """Cancels it, if it has not ended, and frees it. Take its descriptor out of your loop first."""
        self.cancel()
        super().close()

    def _get(self, name: str) -> str | None:
        value = _native.operation_get(self._native, name.encode())
        return None if value is None else value.decode()
