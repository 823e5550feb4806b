"""Where everything begins."""

from __future__ import annotations

import os
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, Callable, Literal, overload

from . import _native
from .connection import Connection
from .errors import check
from .handle import Handle
from .operation import Operation
from .options import Options, c_string
from .prompt import Prompt, print_prompt
from .token import Token
from .vocabulary import ENVIRONMENT

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .vocabulary import AcquireOptions, ClientOptions, ConnectOptions, DisconnectOptions, ResumeOptions

OnPrompt = Callable[[Prompt], object]
Call = Literal["connect", "resume", "acquire", "disconnect", "list"]
STARTS: dict[str, Any] = {
    "connect": _native.connect,
    "resume": _native.resume,
    "acquire": _native.acquire,
    "disconnect": _native.disconnect,
    "list": _native.list,
}


class Client(Handle):
    """Holds transport, store and defaults for all its calls; opens nothing until it is used.

    Threads may share one. An option that is not given comes from its variable, such as MSAUTH_CLIENT_ID, where the
    vocabulary names one. A `name` of None is the client's own connection, which is never stored.
    """

    _free = _native.client_free

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        given: dict[str, Any] = {name: os.environ.get(variable) or None for name, variable in ENVIRONMENT.items()}
        given.update(options)
        out, error = c_void_p(), c_void_p()
        check(_native.client_new(Options(given)._native, byref(out), byref(error)), error)
        super().__init__(out.value)

    @overload
    def connect(
        self,
        name: str | None = None,
        *,
        on_prompt: OnPrompt | None = ...,
        wait: Literal[True] | None = ...,
        **options: Unpack[ConnectOptions],
    ) -> Token: ...
    @overload
    def connect(
        self,
        name: str | None = None,
        *,
        on_prompt: OnPrompt | None = ...,
        wait: bool,
        **options: Unpack[ConnectOptions],
    ) -> Token | None: ...
    def connect(
        self,
        name: str | None = None,
        *,
        on_prompt: OnPrompt | None = print_prompt,
        wait: bool | None = None,
        **options: Unpack[ConnectOptions],
    ) -> Token | None:
        """Signs in by the option `grant`; without it, again as this connection did.

        `on_prompt` gets what the user must see; by default that goes to standard error. With `wait=False`, and
        always by `authorization_code` or with `admin_consent`, the answer is None once the prompt was shown, and
        `resume` finishes the sign-in, here or in another process.
        """
        with self.start("connect", name, wait=wait, **options) as operation:
            return operation.wait(on_prompt=on_prompt)

    def resume(self, name: str | None = None, **options: Unpack[ResumeOptions]) -> Token:
        """Finishes a sign-in that is pending, begun here or in another process."""
        with self.start("resume", name, **options) as operation:
            return _present(operation.wait())

    def acquire(self, name: str | None = None, **options: Unpack[AcquireOptions]) -> Token:
        """A token, never a prompt: held, refreshed, or signed in from credentials that the connection has."""
        with self.start("acquire", name, **options) as operation:
            return _present(operation.wait())

    def disconnect(self, name: str | None = None, **options: Unpack[DisconnectOptions]) -> None:
        """Forgets a connection; with `keep="settings"` its settings stay."""
        with self.start("disconnect", name, **options) as operation:
            operation.wait()

    def connections(self) -> list[Connection]:
        """All that are stored, by name. Nothing is asked of the network."""
        with self.start("list") as operation:
            operation.wait()
            return operation.connections()

    def connection(self, name: str) -> Connection:
        """One of them, or NotFound."""
        with self.start("list", name) as operation:
            operation.wait()
            return operation.connections()[0]

    def start(self, call: Call, name: str | None = None, **options: Any) -> Operation:
        """Starts a call and gives its operation: for event loops, time limits and cancellation of your own."""
        out, error = c_void_p(), c_void_p()
        who = None if name is None else c_string(name)
        what = Options(options)._native if options else None
        check(STARTS[call](self._native, who, what, byref(out), byref(error)), error)
        return Operation(out.value)


def _present(token: Token | None) -> Token:
    assert token is not None, "resume and acquire end with a token or fail"
    return token
