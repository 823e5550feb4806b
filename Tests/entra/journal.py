"""What was asked, in order, and on which connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import web


class Journal:
    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.accepted = 0
        self.used = 0
        self.numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def clear(self) -> None:
        self.entries.clear()

    def counting(self, make: Callable[[], Any]) -> Callable[[], Any]:
        """The same protocol factory, counting: a TLS server calls it once for each TCP connection, before the
        handshake, so refused handshakes are seen too."""
        def accept() -> Any:
            self.accepted += 1
            return make()
        return accept

    def open(self, request: web.Request, endpoint: str, form: list[tuple[str, str]]) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "time": time.time(),
            "connection": self.number(request.transport),
            "endpoint": endpoint,
            "method": request.method,
            "path": request.path,
            "query": merged(list(request.query.items())),
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "form": merged(form),
            "status": None,
        }
        self.entries.append(entry)
        return entry

    def number(self, transport: object) -> int:
        if transport is None:
            return 0
        if transport not in self.numbers:
            self.used += 1
            self.numbers[transport] = self.used
        return self.numbers[transport]


def merged(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A name sent once has its value, a name sent more often all of them."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}
