"""An exception for each status that is a failure. Made by generate.py from msauth_describe(): do not edit."""

from __future__ import annotations

from typing import ClassVar

from .errors import MSAuthError

__all__ = [
    "Account",
    "AssertionRequired",
    "BadCredential",
    "Cancelled",
    "Configuration",
    "Denied",
    "Exhausted",
    "Expired",
    "InteractionRequired",
    "Internal",
    "InvalidArgument",
    "Network",
    "NoBroker",
    "NoManagedIdentity",
    "NotFound",
    "NotKept",
    "Rejected",
    "Service",
    "StoreBusy",
    "StoreCorrupt",
    "StoreLocked",
    "StoreUnavailable",
    "Throttled",
    "Unsupported",
    "Untrusted",
    "UnusableKey",
]


class Internal(MSAuthError):
    """A bug in this library."""

    number: ClassVar[int] = 1


class InvalidArgument(MSAuthError):
    """A name or value that this call does not take."""

    number: ClassVar[int] = 2


class Unsupported(MSAuthError):
    """Needs something that this machine or process lacks."""

    number: ClassVar[int] = 3


class Exhausted(MSAuthError):
    """No thread or descriptor is left to this process."""

    number: ClassVar[int] = 4


class InteractionRequired(MSAuthError):
    """Only the user can continue: connect again."""

    number: ClassVar[int] = 12


class Denied(MSAuthError):
    """The user or an administrator said no."""

    number: ClassVar[int] = 13


class Expired(MSAuthError):
    """The sign-in ran out of time."""

    number: ClassVar[int] = 14


class Cancelled(MSAuthError):
    """The operation was cancelled."""

    number: ClassVar[int] = 15


class AssertionRequired(MSAuthError):
    """Call again with a fresh assertion."""

    number: ClassVar[int] = 16


class Network(MSAuthError):
    """No answer arrived."""

    number: ClassVar[int] = 20


class Throttled(MSAuthError):
    """Asked to slow down: see retry_after."""

    number: ClassVar[int] = 21


class Service(MSAuthError):
    """The service is failing."""

    number: ClassVar[int] = 22


class Rejected(MSAuthError):
    """Refused for another reason: see error_code."""

    number: ClassVar[int] = 30


class BadCredential(MSAuthError):
    """User name, password, secret or certificate refused."""

    number: ClassVar[int] = 31


class Account(MSAuthError):
    """The account is locked, disabled, absent or not the expected one."""

    number: ClassVar[int] = 32


class Configuration(MSAuthError):
    """Application, tenant, scope or redirect is not set up for this."""

    number: ClassVar[int] = 33


class Untrusted(MSAuthError):
    """An answer that failed validation."""

    number: ClassVar[int] = 34


class UnusableKey(MSAuthError):
    """A key or certificate that cannot be read or used."""

    number: ClassVar[int] = 35


class StoreUnavailable(MSAuthError):
    """The store cannot be reached or written."""

    number: ClassVar[int] = 40


class StoreLocked(MSAuthError):
    """The store is there and locked."""

    number: ClassVar[int] = 41


class StoreCorrupt(MSAuthError):
    """A record that cannot be read; it is kept, not deleted."""

    number: ClassVar[int] = 42


class NotFound(MSAuthError):
    """No such connection."""

    number: ClassVar[int] = 43


class NotKept(MSAuthError):
    """Signed in, but the store refused the record; the client holds it."""

    number: ClassVar[int] = 44


class StoreBusy(MSAuthError):
    """Another process holds this connection for too long."""

    number: ClassVar[int] = 45


class NoManagedIdentity(MSAuthError):
    """No managed identity endpoint on this machine."""

    number: ClassVar[int] = 50


class NoBroker(MSAuthError):
    """No identity broker on the session bus."""

    number: ClassVar[int] = 51
