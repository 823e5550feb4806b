"""Starts a local Entra ID. See README.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
from pathlib import Path

import contoso
from certificates import Authority
from entra import Entra
from server import Ports, base
from signing_key import SigningKey

ALWAYS = ["localhost", "127.0.0.1", "::1"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="entra", description="A local Entra ID for tests and demonstrations.")
    parser.add_argument("--directory", type=Path, required=True, help="where ca.pem and entra.json are written")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--host", action="append", default=[],
                        help="a further name for the certificate; the first one given is used in addresses")
    parser.add_argument("--ready-fd", type=int, help="file descriptor that is told when the emulator listens")
    arguments = parser.parse_args()
    # Clients that speak no HTTP are what tests are made of.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    asyncio.run(serve(arguments.directory, arguments.port, arguments.host or ["localhost"], arguments.ready_fd))


async def serve(directory: Path, port: int, hosts: list[str], ready: int | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    description = directory / "entra.json"
    description.unlink(missing_ok=True)

    authority, stranger = Authority("Local Entra ID CA"), Authority("Unknown CA")
    (directory / "ca.pem").write_bytes(authority.pem())
    names = list(dict.fromkeys([*hosts, *ALWAYS]))
    entra = Entra(SigningKey.kept(directory / "signing-key.pem"))
    ports = Ports(entra)
    try:
        port = await ports.open(authority.server(names), port)
        entra.bases = [base(name, port) for name in names]
        traps = {
            "wrong_name_base": base(hosts[0], await ports.open(authority.server(["wrong.example"]))),
            "unknown_ca_base": base(hosts[0], await ports.open(stranger.server(names))),
            "expired_base": base(hosts[0], await ports.open(authority.server(names, days=-1))),
        }
        write(description, about(entra, port, directory) | traps)
        print(f"Entra ID emulator at {entra.base}, described in {description}", flush=True)
        if ready is not None:
            with os.fdopen(ready, "w") as pipe:
                pipe.write("ready\n")
        await stop.wait()
    finally:
        description.unlink(missing_ok=True)
        await ports.close()


def about(entra: Entra, port: int, directory: Path) -> dict[str, object]:
    return {
        "authority": f"{entra.base}/{contoso.TENANT}",
        "base": entra.base,
        "port": port,
        "ca_file": str(directory / "ca.pem"),
        "admin": f"{entra.base}/admin",
        "pid": os.getpid(),
        "tenant": contoso.TENANT,
        "tenant_domain": "contoso.onmicrosoft.com",
        "client_id": contoso.PUBLIC_CLIENT,
        "confidential_client_id": contoso.DAEMON,
        "client_secret": contoso.SECRET,
        "web_client_id": contoso.WEB,
        "api_client_id": contoso.API,
        "api_scope": f"{contoso.API_URI}/access_as_user",
        "user": contoso.USER,
        "password": contoso.PASSWORD,
        "federated_user": contoso.FEDERATED_USER,
        "federated_password": contoso.FEDERATED_PASSWORD,
        "scope": "https://graph.microsoft.com/.default",
    }


def write(path: Path, value: dict[str, object]) -> None:
    """Whoever sees the file sees all of it."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=2) + "\n")
    part.rename(path)


if __name__ == "__main__":
    main()
