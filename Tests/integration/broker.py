"""A token broker like Cortex XSOAR's: opens what it is sent, checks it, hands out tokens, rotates refresh tokens."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MEMBERS = ["app_name", "registration_id", "encrypted_token", "scope", "resource"]
WINDOW = 300


@dataclass
class Registration:
    """One consent: what the broker's page gave, and the refresh token that it knows now."""

    id: str = "registration-1"
    token: str = "tok-ABC.123"
    key: str = base64.b64encode(bytes(range(32))).decode()
    app: str = "ms-graph-calendar"
    refresh_token: str | None = None

    def open(self, encrypted: str) -> tuple[int, str]:
        """The time and the content of an encrypted_token."""
        sealed = base64.b64decode(encrypted, validate=True)
        if len(sealed) < 29:
            raise ValueError("too short")
        plaintext = AESGCM(base64.b64decode(self.key)).decrypt(sealed[:12], sealed[12:], None).decode()
        moment, content = plaintext.split(":", 1)
        return int(moment), content


@dataclass
class Answer:
    """What the broker says. A str goes out as it is, everything else as JSON."""

    body: Any
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What the broker was asked, opened."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    content: str | None = None
    status: int = 0


class Broker:
    def __init__(self, directory: Path) -> None:
        self.registration = Registration()
        self.requests: list[Request] = []
        # These come first, one a request; then the broker's own rules count again.
        self.orders: deque[Answer] = deque()
        # False: an application without a user, which has no refresh token.
        self.rotates = True
        self.lock = threading.Lock()
        self._count = 0
        broker = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, json.loads(text))
                with broker.lock:
                    broker.requests.append(request)
                    answer = broker.answer(request)
                    request.status = answer.status
                body = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": answer.content_type, **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.ca_file = directory / "broker.pem"
        self._server.socket = self_signed(directory, self.ca_file).wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/obtain-token"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def answer(self, request: Request) -> Answer:
        try:
            moment, request.content = self.registration.open(request.body["encrypted_token"])
        except (InvalidTag, ValueError) as error:
            if self.orders:
                return self.orders.popleft()
            return Answer({"message": f"the token cannot be opened: {error}"}, 401)
        if self.orders:
            return self.orders.popleft()
        problem = self._problem(request, moment)
        if problem:
            return Answer({"title": "Bad Request", "detail": problem}, 400)
        self._count += 1
        answer: dict[str, Any] = {"access_token": f"access.{self._count}", "expires_in": 3599}
        if self.rotates:
            self.registration.refresh_token = f"refresh:{self._count}"
            answer["refresh_token"] = self.registration.refresh_token
        return Answer(answer)

    def _problem(self, request: Request, moment: int) -> str | None:
        known = self.registration
        if list(request.body) != MEMBERS:
            return f"members {list(request.body)}"
        if request.headers.get("content-type") != "application/json" or "authorization" in request.headers:
            return "headers"
        if (request.body["registration_id"], request.body["app_name"]) != (known.id, known.app):
            return "unknown registration"
        if abs(time.time() - moment) > WINDOW:
            return "stale"
        # A refresh token that was used, or was replaced, is not taken again.
        if request.content not in (known.token, known.refresh_token):
            return "unknown token"
        return None

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def self_signed(directory: Path, ca_file: Path) -> ssl.SSLContext:
    """A TLS server at 127.0.0.1 that is its own authority."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a token broker")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = directory / "broker.key"
    key_file.touch(0o600)
    key_file.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(ca_file, key_file)
    return context
