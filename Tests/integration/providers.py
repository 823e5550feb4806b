"""Who vouches for an application: an identity provider of our own, and what pipelines and AKS put beside a job.

The platforms' services are small https servers that refuse what the real ones refuse; azure-identity, where it knows
them, gets its assertions from them too.
"""

from __future__ import annotations

import base64
import datetime
import json
import ssl
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conftest import Entra
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

AUDIENCE = "api://AzureADTokenExchange"
SUBJECT = "system:serviceaccount:Jobs:nightly"
ISSUER = "https://provider.example/jobs"

Request = dict[str, Any]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """Signs assertions that the local Entra believes once `trusted` has registered it."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.count = 0

    def assertion(self, lifetime: int = 600, **claims: Any) -> str:
        self.count += 1
        now = int(time.time())
        said = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "jti": uuid.uuid4().hex, "n": self.count}
        said |= {"iat": now - 60, "nbf": now - 60, "exp": now + lifetime, **claims}
        parts = ({"alg": "RS256", "typ": "JWT", "kid": "1"}, said)
        signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{encoded(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    @property
    def public_key(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def trusted(self, entra: Entra, client_id: str | None = None, **different: str) -> None:
        """The application trusts this provider from now on."""
        credential = {"issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "key": self.public_key, **different}
        app = {"client_id": client_id or entra.confidential_client_id, "federated_credentials": [credential]}
        entra.admin("PUT", "/apps", app)


def claims(assertion: str) -> dict[str, Any]:
    payload = assertion.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return said


class Certificate:
    """A server's certificate that vouches for itself: its own authority."""

    def __init__(self, folder: Path, *names: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        file = folder / f"{uuid.uuid4().hex}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(self.pem.encode() + private)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)


@dataclass
class Answer:
    status: int
    body: dict[str, Any] | str
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """Listens by TLS until it is closed. `requests` has what was asked, `faults` what is answered first."""

    def __init__(self, certificate: Certificate, answer: Callable[[Request], Answer]) -> None:
        self.requests: list[Request] = []
        self.faults: list[Answer] = []
        self.names: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                address = urlsplit(self.path)
                request = {
                    "method": self.command,
                    "path": address.path,
                    "query": dict(parse_qsl(address.query)),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body,
                }
                server.requests.append(request)
                given = server.faults.pop(0) if server.faults else answer(request)
                content = (given.body if isinstance(given.body, str) else json.dumps(given.body)).encode()
                self.send_response(given.status)
                for name, value in {"Content-Type": "application/json", **given.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = handle_one

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that does not trust us ends the connection."""

        def remember(socket: Any, name: str | None, context: ssl.SSLContext) -> None:
            server.names.append(name)

        certificate.context.sni_callback = remember
        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.socket = certificate.context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self._server.server_port
        self.base = f"https://localhost:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class GitHub(Server):
    """The runner's endpoint for ID tokens: docs.github.com/actions/reference/security/oidc."""

    TOKEN = "runner-token-hush"

    def __init__(self, certificate: Certificate, provider: Provider) -> None:
        def answer(request: Request) -> Answer:
            query = request["query"]
            if request["headers"].get("authorization") != f"Bearer {self.TOKEN}":
                return Answer(401, {"message": f"bad token {request['headers'].get('authorization')}"})
            if request["method"] != "GET" or request["path"] != "/idtoken/job" or query.get("api-version") != "2.0":
                return Answer(404, "")
            assertion = provider.assertion(aud=query.get("audience", "https://github.com/contoso"))
            return Answer(200, {"count": len(assertion), "value": assertion})

        super().__init__(certificate, answer)
        self.variables = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.base}/idtoken/job?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.TOKEN,
        }


class Pipelines(Server):
    """Azure DevOps' endpoint for a job's ID tokens."""

    TOKEN = "system-access-token-hush"
    CONNECTION = "5e4f1ce0-0000-4000-8000-00000000c001"

    def __init__(self, certificate: Certificate, provider: Provider) -> None:
        def answer(request: Request) -> Answer:
            if request["headers"].get("authorization") != f"Bearer {self.TOKEN}":
                # Without X-TFS-FedAuthRedirect: Suppress it sends a browser to the sign-in page.
                quiet = request["headers"].get("x-tfs-fedauthredirect") == "Suppress"
                return Answer(401 if quiet else 302, {"message": "TF400813: not authorized"}, {"Location": "/signin"})
            wanted = {"api-version": "7.1", "serviceConnectionId": self.CONNECTION}
            if request["method"] != "POST" or request["path"] != "/oidctoken" or request["query"] != wanted:
                return Answer(404, {"message": "No such service connection"})
            return Answer(200, {"oidcToken": provider.assertion()})

        super().__init__(certificate, answer)
        self.variables = {"SYSTEM_OIDCREQUESTURI": f"{self.base}/oidctoken", "SYSTEM_ACCESSTOKEN": self.TOKEN}


class AKSProxy(Server):
    """AKS's token proxy: reached by an address, called by another name in TLS; it passes requests on to Entra."""

    NAME = "0123456789abcdef.ests.aks"
    PATH = "/identity/bindings"

    def __init__(self, certificate: Certificate, entra: Entra) -> None:
        tls = ssl.create_default_context(cafile=entra.ca_file)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))

        def answer(request: Request) -> Answer:
            if not request["path"].startswith(self.PATH + "/"):
                return Answer(404, {"error": "not the proxy's path"})
            passed = urllib.request.Request(
                entra.base + request["path"].removeprefix(self.PATH),
                method=request["method"],
                data=request["body"].encode() or None,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            with opener.open(passed, timeout=10) as given:
                return Answer(given.status, given.read().decode())

        super().__init__(certificate, answer)
