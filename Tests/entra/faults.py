"""Answers that no token endpoint should give."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from answer import dumps

# Each fault with what may be said about it.
FAULTS: dict[str, tuple[str, ...]] = {
    "html": ("status",),
    "empty": ("status",),
    "half_json": (),
    "cut_body": (),
    "no_access_token": (),
    "redirect": ("status", "location"),
    "reset": (),
    "close": (),
    "hang": (),
    "slow_headers": (),
    "slow_body": (),
    "big_body": ("bytes",),
    "big_headers": ("bytes",),
    "not_json_200": (),
    "not_object": (),
    "deep_json": ("depth",),
    "bad_utf8": (),
    "nul_bytes": (),
    "answer": ("status", "headers", "body", "content_type"),
}
TOKEN = "eyJ0eXAiOiJKV1QifQ.e30.c2ln"
PROXY_PAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Sign in first</h1></body></html>"
GOOD = dumps({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": TOKEN}).encode()


class Raw(web.Response):
    """Bytes put on the connection as they are, piece by piece, with a pause between; then the connection ends."""

    def __init__(self, pieces: list[bytes], pause: float = 0, *, reset: bool = False) -> None:
        super().__init__()
        self.pieces = pieces
        self.pause = pause
        self.reset = reset

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        transport = request.transport
        if transport is None:
            return None
        for piece in self.pieces:
            if transport.is_closing():
                return None
            transport.write(piece)
            await asyncio.sleep(self.pause)
        if self.reset:
            # Lingering for zero seconds makes the kernel send RST instead of FIN.
            connection = transport.get_extra_info("socket")
            if connection is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


async def faulty(request: web.Request, order: dict[str, Any]) -> web.Response:
    fault = order["fault"]
    if fault == "html":
        return web.Response(text=PROXY_PAGE, status=order.get("status", 200), content_type="text/html")
    if fault == "redirect":
        location = order.get("location", "https://elsewhere.example/token")
        return web.Response(status=order.get("status", 302), headers={"Location": location})
    if fault == "big_headers":
        line = {f"X-Filler-{index}": "x" * 4000 for index in range(order.get("bytes", 1 << 20) // 4000)}
        return web.Response(body=GOOD, headers=line, content_type="application/json")
    if fault == "answer":
        return web.Response(text=order.get("body", ""), status=order.get("status", 200),
                            headers=lines(order.get("headers", {})), charset="utf-8",
                            content_type=order.get("content_type", "application/json"))
    if fault == "hang":
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.05)
        return Raw([])
    if fault in ("reset", "close"):
        return Raw([], reset=fault == "reset")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(GOOD)
    if fault == "cut_body":
        return Raw([head + GOOD[:40]])
    if fault == "slow_headers":
        return Raw([head[index:index + 1] for index in range(len(head))] + [GOOD], pause=0.5)
    if fault == "slow_body":
        return Raw([head] + [GOOD[index:index + 1] for index in range(len(GOOD))], pause=0.5)
    kind = "text/plain" if fault == "not_json_200" else "application/json"
    return web.Response(body=bad_body(fault, order), status=order.get("status", 200), content_type=kind)


def bad_body(fault: str, order: dict[str, Any]) -> bytes:
    if fault == "half_json":
        return GOOD[:len(GOOD) // 2]
    if fault == "no_access_token":
        return b'{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599}'
    if fault == "big_body":
        size: int = order.get("bytes", 10 << 20)
        return GOOD.replace(TOKEN.encode(), b"A" * size)
    if fault == "not_json_200":
        return b"OK"
    if fault == "not_object":
        return b'["access_token","' + TOKEN.encode() + b'"]'
    if fault == "deep_json":
        depth: int = order.get("depth", 100_000)
        return b'{"deep":' + b"[" * depth + b"]" * depth + b"," + GOOD[1:]
    if fault == "bad_utf8":
        return GOOD.replace(TOKEN.encode(), b"\xff\xfe\xc3\x28")
    if fault == "nul_bytes":
        return GOOD.replace(b".e30.", b".\0\0.")
    return b""


def lines(headers: dict[str, str | list[str]]) -> CIMultiDict[str]:
    """A header may stand there several times."""
    return CIMultiDict([(name, line) for name, value in headers.items()
                        for line in ([value] if isinstance(value, str) else value)])
