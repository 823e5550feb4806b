"""Real proxies on ports of this machine, with what each wrote down of its clients."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PATIENCE = 20.0
USER = "proxy-user"
# With every sign that means something in an address.
PASSWORD = "p@ss/w%rd:1?#"
PLAIN_PASSWORD = "proxyPassword1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Proxies:
    """tinyproxy, open and with a password; squid by http and https with a password; microsocks, open and with one."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="msauth-proxies-"))
        # squid gives up root's rights.
        self.directory.chmod(0o777)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: dict[int, Path] = {}
        self.tiny = self._tinyproxy("tiny")
        self.locked_tiny = self._tinyproxy("locked-tiny", f"BasicAuth {USER} {PLAIN_PASSWORD}\n")
        self.ca_file = self.directory / "ca.pem"
        self._make_certificate()
        self.squid, self.squid_tls = self._squid()
        self.socks = self._microsocks()
        self.locked_socks = self._microsocks("-u", USER, "-P", PLAIN_PASSWORD)

    def _run(self, log: str, *command: str) -> None:
        with (self.directory / log).open("wb") as output:
            self._processes.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.directory)
            )

    def _ready(self, port: int, log: str) -> int:
        deadline = time.monotonic() + PATIENCE
        self._logs[port] = self.directory / log
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            said = [each.read_text(errors="replace") for each in self.directory.glob("*.out")]
            assert self._processes[-1].poll() is None and time.monotonic() < deadline, said
            time.sleep(0.02)

    def _tinyproxy(self, name: str, more: str = "") -> int:
        port = free_port()
        log = self.directory / f"{name}.log"
        configuration = self.directory / f"{name}.conf"
        configuration.write_text(
            f'Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 30\nLogFile "{log}"\nLogLevel Info\n{more}'
        )
        self._run(f"{name}.out", "tinyproxy", "-d", "-c", str(configuration))
        return self._ready(port, log.name)

    def _make_certificate(self) -> None:
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        key, days = self.directory / "key.pem", ["-days", "2", "-subj", "/CN=localhost", "-addext", names]
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key)]
        subprocess.run([*made, "-out", str(self.ca_file), *days], check=True, capture_output=True)
        key.chmod(0o644)

    def _squid(self) -> tuple[int, int]:
        plain, tls = free_port(), free_port()
        at = self.directory
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD, capture_output=True, text=True, check=True
        ).stdout
        (at / "passwords").write_text(f"{USER}:{hashed}")
        (at / "squid.conf").write_text(
            f"""
http_port 127.0.0.1:{plain}
https_port 127.0.0.1:{tls} tls-cert={self.ca_file} tls-key={at}/key.pem
pid_filename {at}/squid.pid
access_log stdio:{at}/squid.log
cache_log {at}/squid.out
cache deny all
coredump_dir {at}
auth_param basic program /usr/lib/squid/basic_ncsa_auth {at}/passwords
auth_param basic realm test
acl known proxy_auth REQUIRED
acl forbidden port 1
http_access deny forbidden
http_access allow known
http_access deny all
visible_hostname localhost
shutdown_lifetime 0 seconds
workers 1
pinger_enable off
"""
        )
        self._run("squid-start.out", "squid", "-N", "-f", str(at / "squid.conf"))
        return self._ready(plain, "squid.log"), self._ready(tls, "squid.log")

    def _microsocks(self, *more: str) -> int:
        port = free_port()
        log = f"socks-{port}.out"
        self._run(log, "microsocks", "-i", "127.0.0.1", "-p", str(port), *more)
        return self._ready(port, log)

    def log(self, port: int) -> str:
        """What the proxy behind a port wrote down."""
        path = self._logs[port]
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self) -> str:
        return "".join(self.log(port) for port in self._logs)

    def wait_for(self, port: int, text: str) -> None:
        """squid writes a tunnel down when it is closed."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.log(port):
            assert time.monotonic() < deadline, f"{text!r} is not in:\n{self.log(port)}"
            time.sleep(0.02)

    def forget(self) -> None:
        for path in set(self._logs.values()):
            if path.exists():
                os.truncate(path, 0)

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait(PATIENCE)
        shutil.rmtree(self.directory, ignore_errors=True)
