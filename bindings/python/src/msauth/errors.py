"""What fails, and the one place where a status becomes an exception."""

from __future__ import annotations

import json
from ctypes import c_void_p
from typing import Any, ClassVar

from . import _native
from .handle import Owned


class MSAuthError(Exception):
    """A call that failed. Its subclasses are the statuses of msauth.h; the text has no secret in it."""

    number: ClassVar[int] = 0
    """The status as a number; 0 here, as no status stands for all."""

    _classes: ClassVar[dict[int, type[MSAuthError]]] = {}

    status: str | None = None
    """The status's name."""
    message: str = ""
    """What went wrong, in one sentence."""
    hint: str | None = None
    """What to do next."""
    error_code: str | None = None
    """The service's error, RFC 6749 section 5.2."""
    suberror: str | None = None
    """The service's finer reason."""
    aadsts: int | None = None
    """The number of the AADSTS error."""
    claims: str | None = None
    """The claims that a new sign-in must satisfy: pass them on as the option claims."""
    correlation_id: str | None = None
    """What to tell the administrator: finds the request in the sign-in log."""
    trace_id: str | None = None
    """What to tell Microsoft's support."""
    retry_after: int | None = None
    """How many seconds to wait before another try."""
    http_status: int | None = None
    """The HTTP status of the answer."""

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.__dict__.update(fields)

    def __init_subclass__(cls) -> None:
        MSAuthError._classes[cls.number] = cls

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


def check(status: int, error: c_void_p) -> int:
    """Gives back a status that is no failure; raises any other, with what the C error says of it."""
    if status <= 0:
        return status
    owned = Owned(error.value, _native.error_free)
    text = _native.error_json(owned)
    fields = json.loads(text) if text else {"status": _native.status_name(status).decode(), "message": "It failed."}
    # A status of a later release has no class yet.
    raise MSAuthError._classes.get(status, MSAuthError)(**fields)
