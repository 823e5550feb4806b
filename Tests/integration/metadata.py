"""What Azure's platforms put beside a program to give it tokens: one small server that plays all of them.

It refuses what the platforms refuse, and is believed because azure-identity gets its tokens from it.
"""

from __future__ import annotations

import datetime
import functools
import json
import ssl
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

TOKENS = Path("/var/opt/azcmagent/tokens")
IMDS_ADDRESS = "169.254.169.254"
PATH = "/metadata/identity/oauth2/token"
SECRET = "hush-hush-hush"

# The identity that was assigned by a user, by each way to name it. Arc echoes the first of the names.
IDENTITY = {
    "client_id": "c11e0000-0000-4000-8000-00000000a001",
    "object_id": "0b1ec700-0000-4000-8000-00000000a001",
    "resource_id": "/subscriptions/5ab5/resourceGroups/it/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/reader",
}

Request = dict[str, Any]


@dataclass
class Answer:
    status: int
    body: dict[str, Any] | str
    headers: dict[str, str] = field(default_factory=dict)


def refusal(description: str, status: int = 400) -> Answer:
    return Answer(status, {"error": "invalid_request", "error_description": description})


@functools.cache
def self_signed(name: str = "ServiceFabric") -> tuple[ssl.SSLContext, str]:
    """A certificate as Service Fabric's endpoint has one, of no host and no authority, and its thumbprint."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    unencrypted = serialization.NoEncryption()
    der = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(der + certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context, certificate.fingerprint(hashes.SHA1()).hex().upper()


class Metadata:
    """Listens until it is closed. `requests` has what was asked, `faults` what is answered first."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.requests: list[Request] = []
        self.faults: list[Answer] = []
        self.lifetime = 86400
        self.keys: dict[str, Path] = {}
        self.key_folder = TOKENS
        self.confirms = True
        metadata = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                address = urlsplit(self.path)
                request = {
                    "method": self.command,
                    "path": address.path,
                    "query": dict(parse_qsl(address.query)),
                    "form": dict(parse_qsl(body)),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                }
                metadata.requests.append(request)
                answer = metadata.faults.pop(0) if metadata.faults else metadata.answer(request)
                content = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._handler = Handler
        self._servers: list[ThreadingHTTPServer] = []
        self._fabric: str | None = None
        self.base = f"http://{host}:{self._listen(host, port)}"

    def _listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        server = ThreadingHTTPServer((host, port), self._handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self._servers.append(server)
        return int(server.server_port)

    @property
    def fabric(self) -> str:
        """The same over TLS, with the certificate of Service Fabric."""
        if self._fabric is None:
            self._fabric = f"https://127.0.0.1:{self._listen('127.0.0.1', 0, self_signed()[0])}"
        return self._fabric

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def withdraw_keys(self) -> None:
        for path in self.keys.values():
            path.unlink()
        self.keys.clear()

    def variables(self, source: str) -> dict[str, str]:
        """What the platform would set in the process."""
        if source == "service_fabric":
            thumbprint = self_signed()[1]
            endpoint = {"IDENTITY_ENDPOINT": self.fabric + PATH, "IDENTITY_HEADER": SECRET}
            return {**endpoint, "IDENTITY_SERVER_THUMBPRINT": thumbprint}
        return {
            "imds": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.base + "/"},
            "app_service": {"IDENTITY_ENDPOINT": self.base + "/msi/token/", "IDENTITY_HEADER": SECRET},
            "arc": {"IDENTITY_ENDPOINT": self.base + PATH, "IMDS_ENDPOINT": self.base},
            "cloud_shell": {"MSI_ENDPOINT": self.base + "/oauth2/token"},
            "azure_ml": {"MSI_ENDPOINT": self.base + "/MSI/auth", "MSI_SECRET": SECRET},
        }[source]

    def answer(self, request: Request) -> Answer:
        path, query, headers = request["path"], request["query"], request["headers"]
        version = query.get("api-version")
        if path == PATH and version == "2018-02-01":
            if headers.get("metadata", "").lower() != "true" or "x-forwarded-for" in headers:
                return refusal("Required metadata header not specified")
            names = {"client_id": "client_id", "object_id": "object_id", "msi_res_id": "resource_id"}
            return self.token("imds", request["method"], query, names)
        if path == PATH and version == "2020-06-01":
            return self.arc(request)
        if path == PATH and version == "2019-07-01-preview":
            return self.service_fabric(request)
        if path == "/msi/token/" and version == "2019-08-01":
            if headers.get("x-identity-header") != SECRET:
                return Answer(401, {"statusCode": 401, "message": "bad header"})
            names = {"client_id": "client_id", "object_id": "object_id", "mi_res_id": "resource_id"}
            return self.token("app_service", request["method"], query, names, "expires_on")
        if path == "/MSI/auth" and version == "2017-09-01":
            if headers.get("secret") != SECRET:
                return Answer(401, {"error": {"code": "unauthorized", "message": "bad secret"}})
            return self.token("azure_ml", request["method"], query, {"clientid": "client_id"}, "expires_on")
        if path == "/oauth2/token" and headers.get("metadata", "").lower() == "true":
            return self.token("cloud_shell", "GET" if request["method"] == "POST" else "", request["form"], {})
        return refusal("No such endpoint", 400)

    def arc(self, request: Request) -> Answer:
        """First a challenge: a file that root and the group himds may read. Its content is good once."""
        if request["headers"].get("metadata", "").lower() != "true":
            return refusal("Required metadata header not specified")
        scheme, _, key = request["headers"].get("authorization", "").partition(" ")
        if scheme == "Basic" and key in self.keys:
            self.keys.pop(key).unlink()
            names = {"client_id": "client_id", "object_id": "object_id", "msi_res_id": "resource_id"}
            answer = self.token("arc", request["method"], request["query"], names)
            for name, own in names.items():
                if name in request["query"] and self.confirms and isinstance(answer.body, dict):
                    answer.body[name] = IDENTITY[own].upper()
            return answer
        key = uuid.uuid4().hex
        path = self.key_folder / f"{uuid.uuid4()}.key"
        path.write_text(key)
        self.keys[key] = path
        return Answer(401, "", {"WWW-Authenticate": f"Basic realm={path}"})

    def service_fabric(self, request: Request) -> Answer:
        """Which identity it is stands in the application's manifest: nobody can ask for another."""
        if request["headers"].get("secret") != SECRET:
            error = {"code": "SecretHeaderNotFound", "message": "Secret is not found in the request headers."}
            return Answer(400, {"error": {"correlationId": str(uuid.uuid4()), **error}})
        if request["query"].keys() - {"api-version", "resource"}:
            return Answer(400, {"error": {"code": "ArgumentNullOrEmpty", "message": "Unknown argument"}})
        return self.token("service_fabric", request["method"], request["query"], {}, "expires_on")

    def token(
        self, source: str, method: str, asked: dict[str, str], names: dict[str, str], expiry: str = "expires_in"
    ) -> Answer:
        if method != "GET" or not asked.get("resource"):
            return refusal("A required query variable was not specified or the value was invalid: resource")
        identity = "system"
        for name, value in asked.items():
            if name in ("api-version", "resource"):
                continue
            if name not in names or value != IDENTITY[names[name]]:
                return refusal("Identity not found")
            identity = "user"
        expires_on = int(time.time()) + self.lifetime
        body: dict[str, Any] = {
            "access_token": f"{source}.{identity}.{uuid.uuid4().hex}",
            "resource": asked["resource"],
            "token_type": "Bearer",
            "expires_on": str(expires_on),
        }
        if expiry == "expires_in":
            body["expires_in"] = str(self.lifetime)
        return Answer(200, body)
