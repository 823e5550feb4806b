"""What the integration tests stand on: the built library, the local Entra, a real keyring on a bus of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The machine's own trust and proxies must not reach a test: each sets what it is about.
for name in list(os.environ):
    if name.upper().endswith("_PROXY") or name in (
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
    ):
        del os.environ[name]


class Entra:
    """The local Entra of Tests/entra, as a process. Its journal and switches are reached by its admin API."""

    def __init__(self, directory: Path, *hosts: str, port: int = 0) -> None:
        words = ["--port", str(port), *(word for host in hosts for word in ("--host", host))]
        self._process = subprocess.Popen(
            ["/usr/bin/python3", "-B", str(ROOT / "Tests/entra"), "--directory", str(directory), *words],
        )
        described = directory / "entra.json"
        deadline = time.monotonic() + 20
        while not described.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the local Entra did not start")
            time.sleep(0.02)
        about = json.loads(described.read_text())
        self.about: dict[str, Any] = about
        self.authority: str = about["authority"]
        self.base: str = about["base"]
        self.ca_file: str = about["ca_file"]
        self.tenant: str = about["tenant"]
        self.client_id: str = about["client_id"]
        self.confidential_client_id: str = about["confidential_client_id"]
        self.client_secret: str = about["client_secret"]
        self.user: str = about["user"]
        self.password: str = about["password"]
        self._tls = ssl.create_default_context(cafile=self.ca_file)

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            self.about["admin"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)
        )
        with opener.open(request, timeout=10) as answer:
            return dict(json.load(answer))

    def reset(self) -> None:
        """As it was at its start, but with one second between polls."""
        self.admin("POST", "/reset", {})
        self.admin("POST", "/settings", {"device_interval": 1})

    def settings(self, **values: Any) -> None:
        self.admin("POST", "/settings", values)

    def scenario(self, **values: Any) -> None:
        self.admin("POST", "/scenario", values)

    def approve(self, user_code: str | None = None, user: str | None = None) -> None:
        body = {"user_code": user_code, "user": user}
        self.admin("POST", "/device/approve", {k: v for k, v in body.items() if v is not None})

    def requests(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """What was asked since the last reset, oldest first."""
        found = self.admin("GET", "/requests")["requests"]
        return [r for r in found if endpoint is None or r["endpoint"] == endpoint]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


class Keyring:
    """A real gnome-keyring on a private session bus on which nothing can be activated."""

    PASSWORD = "keyring-password"
    BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        home = directory / "home"
        run = directory / "run"
        for folder in (home, run):
            folder.mkdir(mode=0o700)
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / ".local/share"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_STATE_HOME": str(home / ".local/state"),
            "XDG_RUNTIME_DIR": str(run),
        }
        self.environment.pop("DISPLAY", None)
        self._daemon: subprocess.Popen[bytes] | None = None
        self._start_bus()
        self.unlock()

    def _start_bus(self) -> None:
        configuration = self.directory / "bus.conf"
        configuration.write_text(self.BUS.format(directory=self.directory))
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--print-address", "--nofork"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        assert self._bus.stdout is not None
        self.address = self._bus.stdout.readline().decode().strip()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.address

    def unlock(self, password: str = PASSWORD) -> None:
        """Starts the daemon. A wrong password starts it locked."""
        self.stop_daemon()
        self._daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        assert self._daemon.stdin is not None
        self._daemon.stdin.write(password.encode())
        self._daemon.stdin.close()
        subprocess.run(
            ["gdbus", "wait", "--session", "--timeout", "10", "org.freedesktop.secrets"],
            env=self.environment,
            check=True,
        )

    def lock(self) -> None:
        """As after a login without the keyring's password: there, and locked."""
        self.unlock("not the password")

    def stop_daemon(self) -> None:
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait(10)
            self._daemon = None

    def stop(self) -> None:
        self.stop_daemon()
        self._bus.terminate()
        self._bus.wait(10)

    def secret_tool(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["secret-tool", *arguments], env=self.environment, capture_output=True, text=True)


@pytest.fixture(scope="session")
def library() -> Path:
    return Path(os.environ.get("MSAUTH_LIBRARY", ROOT / ".build/release/libmsauth.so.0")).resolve(strict=True)


@pytest.fixture(scope="session")
def cli() -> Path:
    return Path(os.environ.get("MSAUTH_CLI", ROOT / ".build/release/msauth-cli")).resolve(strict=True)


@pytest.fixture(scope="session")
def _entra() -> Iterator[Entra]:
    directory = Path(tempfile.mkdtemp(prefix="msauth-entra-"))
    entra = Entra(directory)
    yield entra
    entra.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def entra(_entra: Entra) -> Entra:
    _entra.reset()
    return _entra


@pytest.fixture
def keyring() -> Iterator[Keyring]:
    # Not tmp_path: a socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="msauth-"))
    keyring = Keyring(directory)
    yield keyring
    keyring.stop()
    shutil.rmtree(directory, ignore_errors=True)
