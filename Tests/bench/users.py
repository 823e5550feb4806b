"""users.py [USERS [WINDOW]]: a service with very many users, against a token endpoint that answers at once."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(os.environ.get("MSAUTH_LIBRARY", ROOT / ".build/release/libmsauth.so.0")).resolve(strict=True)
HERE = Path(__file__).parent
USER = re.compile(rb"assertion=user-(\d+)-")
PADDING = b"x" * 1500


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A token for the user whom the assertion names, and the next one on the same connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            user = USER.search(body)
            token = b"token-of-" + (user[1] if user else b"nobody") + PADDING
            text = b'{"token_type":"Bearer","expires_in":3600,"access_token":"' + token + b'"}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text))
            writer.write(text)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def certificate(place: Path) -> tuple[Path, Path]:
    key, chain = place / "key.pem", place / "ca.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost"
    name = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(chain)]
    subprocess.run([*command.split(), *name], check=True, capture_output=True)
    return chain, key


async def main() -> int:
    with tempfile.TemporaryDirectory(prefix="msauth-users-") as name:
        place = Path(name)
        chain, key = certificate(place)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(chain, key)
        server = await asyncio.start_server(answer, "localhost", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        program = place / "users"
        flags = [f"-I{ROOT}/include", str(HERE / "users.c"), "-o", str(program), str(LIBRARY)]
        subprocess.run(["cc", "-O2", *flags, f"-Wl,-rpath,{LIBRARY.parent}"], check=True)
        (place / "libmsauth.so.0").symlink_to(LIBRARY)
        environment = {
            **os.environ,
            "LD_LIBRARY_PATH": str(place),
            "AUTHORITY": f"https://localhost:{port}/contoso.com",
            "CA_FILE": str(chain),
        }
        child = await asyncio.create_subprocess_exec(
            program, *sys.argv[1:], env=environment, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await child.communicate()
        names = (
            "users a second",
            "processor for each of the first thousand requests, µs",
            "processor for each request beyond all of them, µs",
            "processor for a held token among all of them, µs",
            "processor to set the option that says whose, µs",
            "resident memory, MiB",
        )
        for what, value in zip(names, output.decode().split()):
            print(f"  {what:<56} {value:>10}")
        return child.returncode or 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
