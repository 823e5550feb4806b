"""The client for asyncio: the loop watches each operation's descriptor, and no thread is made for it.

    async with msauth.aio.Client() as client:
        token = await client.acquire("work")

Cancelling a task cancels its operation.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Callable, Literal, overload

from .client import Client as BlockingClient
from .client import OnPrompt, _present
from .connection import Connection
from .operation import Operation, Progress
from .prompt import Prompt, print_prompt
from .token import Token

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

    from .vocabulary import AcquireOptions, ClientOptions, ConnectOptions, DisconnectOptions, ResumeOptions


class Client:
    """As `msauth.Client`, with what may take time to be awaited. `on_prompt` may be a coroutine function."""

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        self._client = BlockingClient(**options)

    @overload
    async def connect(
        self,
        name: str | None = None,
        *,
        on_prompt: OnPrompt | None = ...,
        wait: Literal[True] | None = ...,
        **options: Unpack[ConnectOptions],
    ) -> Token: ...
    @overload
    async def connect(
        self,
        name: str | None = None,
        *,
        on_prompt: OnPrompt | None = ...,
        wait: bool,
        **options: Unpack[ConnectOptions],
    ) -> Token | None: ...
    async def connect(
        self,
        name: str | None = None,
        *,
        on_prompt: OnPrompt | None = print_prompt,
        wait: bool | None = None,
        **options: Unpack[ConnectOptions],
    ) -> Token | None:
        """As `msauth.Client.connect`."""
        with self._client.start("connect", name, wait=wait, **options) as operation:
            return await finish(operation, on_prompt)

    async def resume(self, name: str | None = None, **options: Unpack[ResumeOptions]) -> Token:
        """As `msauth.Client.resume`."""
        with self._client.start("resume", name, **options) as operation:
            return _present(await finish(operation))

    async def acquire(self, name: str | None = None, **options: Unpack[AcquireOptions]) -> Token:
        """As `msauth.Client.acquire`."""
        with self._client.start("acquire", name, **options) as operation:
            return _present(await finish(operation))

    async def disconnect(self, name: str | None = None, **options: Unpack[DisconnectOptions]) -> None:
        """As `msauth.Client.disconnect`."""
        with self._client.start("disconnect", name, **options) as operation:
            await finish(operation)

    async def connections(self) -> list[Connection]:
        """As `msauth.Client.connections`."""
        with self._client.start("list") as operation:
            await finish(operation)
            return operation.connections()

    async def connection(self, name: str) -> Connection:
        """As `msauth.Client.connection`."""
        with self._client.start("list", name) as operation:
            await finish(operation)
            return operation.connections()[0]

    def close(self) -> None:
        """Gives the client back; calls that run end by themselves."""
        self._client.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def finish(operation: Operation, on_prompt: Callable[[Prompt], object] | None = None) -> Token | None:
    """Awaits the end of an operation, and gives the token, if there is one."""
    while True:
        progress = operation.step()
        if progress is Progress.OK:
            return operation.token
        if progress is Progress.PENDING:
            await _readable(operation.fileno())
        elif on_prompt is not None:
            shown = on_prompt(operation.prompt)
            if inspect.isawaitable(shown):
                await shown


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
