"""The local Entra under Microsoft's own names: a proxy that takes every name for it.

What is asked of https://contoso.b2clogin.com then goes to the local Entra, which has a certificate for that name. The
library, MSAL and azure-identity all take a proxy, so nothing in them has to be changed.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from binding import msauth
from conftest import Entra

NAMES = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.contoso.example",
    "contoso.b2clogin.com",
    "contoso.ciamlogin.com",
    "sts.contoso.example",
    "contoso.dsts.core.windows.net",
    "westeurope.login.microsoft.com",
    "westeurope.login.microsoftonline.us",
    "api.contoso.example",
    "contoso.sharepoint.com",
    "kv1.vault.azure.net",
    "files.blob.core.windows.net",
    "graph.microsoft.com",
    "management.azure.com",
)


class Proxy:
    """Tunnels to one port, whatever name is asked for, and remembers the names."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.names: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            verb, name, _ = head.split(b" ", 2)
            assert verb == b"CONNECT"
            self.names.append(name.decode())
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join()

    def close(self) -> None:
        self._listener.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class World:
    """The local Entra, and the way to it."""

    def __init__(self, entra: Entra, proxy: Proxy) -> None:
        self.entra = entra
        self.proxy = proxy

    def client(self, **options: Any) -> msauth.Client:
        given = {"store": "memory", "ca_file": self.entra.ca_file, "proxy": self.proxy.url}
        return msauth.Client(**{**given, **options})

    def reset(self) -> None:
        self.entra.reset()
        self.proxy.names.clear()

    def asked(self) -> list[str]:
        """Every request: method and address, without its query."""
        return [f"{r['method']} https://{r['headers']['host']}{r['path']}" for r in self.entra.requests()]


@contextmanager
def world() -> Iterator[World]:
    directory = Path(tempfile.mkdtemp(prefix="msauth-world-"))
    entra = Entra(directory, "localhost", *NAMES)
    proxy = Proxy(entra.about["port"])
    try:
        yield World(entra, proxy)
    finally:
        proxy.close()
        entra.stop()
        shutil.rmtree(directory, ignore_errors=True)
