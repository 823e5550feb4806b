"""The browser of this machine signs in and comes back to a port."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal  # type: ignore[import-untyped]
import pytest
from binding import defaults, memory_client, msauth, sum_up
from browser import Browser, asked, compare
from conftest import Entra, Keyring

GRANT = "interactive"
ADDRESSES = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]


class Signing:
    """A sign-in that waits for its browser."""

    def __init__(self, client: msauth.Client, entra: Entra, **options: Any) -> None:
        given = {"grant": GRANT, "client_id": entra.client_id, "browser": "none"}
        self.operation = client.start("connect", "work", **{**given, **options})
        assert self.operation.step(10) is msauth.Progress.PROMPT
        self.address = self.operation.prompt.authorization_url or ""
        self.state = self.operation.prompt.state or ""
        self.back = asked(self.address)["redirect_uri"]
        self.port = urlsplit(self.back).port or 0

    def token(self) -> msauth.Token:
        token = self.operation.wait(10)
        assert token is not None
        return token


def is_free(port: int) -> bool:
    """Whether nobody listens there, in either family."""
    for family, host in ADDRESSES:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if probe.connect_ex((host, port)) == 0:
                return False
    return True


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_the_browser_signs_in_and_comes_back(entra: Entra, mode: str) -> None:
    client = memory_client(entra)
    signing = Signing(client, entra, response_mode=mode)
    browser = Browser(entra)
    page = browser.come_back(browser.sign_in(signing.address))
    assert page.status == 200
    assert "You can close this page" in page.text
    assert not re.search(r"<script|https?://|src=|href=", page.text), "nothing from elsewhere"
    token = signing.token()
    assert (token.source, token.username, token.tenant) == ("signed_in", entra.user, entra.tenant)
    assert sum_up(entra.requests("token")) == [("token", "authorization_code")]
    assert is_free(signing.port)
    assert client.acquire("work", refresh=True).source == "refreshed"


def test_the_port_is_taken_on_both_addresses_of_localhost_before_the_prompt(entra: Entra) -> None:
    with memory_client(entra) as client:
        signing = Signing(client, entra)
        assert signing.back == f"http://localhost:{signing.port}"
        for family, host in ADDRESSES:
            with socket.create_connection((host, signing.port), timeout=5) as connection:
                assert connection.family is family
        signing.operation.close()


def test_who_cancels_on_the_page_is_told_of(entra: Entra) -> None:
    client = memory_client(entra)
    signing = Signing(client, entra)
    browser = Browser(entra)
    page = browser.come_back(browser.sign_in(signing.address, "cancel"))
    assert page.status == 200 and "You are not signed in" in page.text
    with pytest.raises(msauth.Denied) as failure:
        signing.token()
    assert failure.value.aadsts == 65004
    assert client.connections() == []


def test_what_else_arrives_is_answered_and_the_sign_in_goes_on(entra: Entra) -> None:
    signing = Signing(memory_client(entra), entra)
    browser = Browser(entra)
    right = urlencode({"code": "CODE", "state": signing.state})
    # A connection that is opened early and says nothing, as Chromium's.
    with socket.create_connection(("127.0.0.1", signing.port)), socket.create_connection(("::1", signing.port)):
        assert browser.open(f"{signing.back}/favicon.ico").status == 404
        assert browser.open(signing.back).status == 400
        assert browser.open(f"{signing.back}/?code=CODE&state=wrong").status == 400
        assert browser.open(f"{signing.back}/?error=access_denied").status == 400
        assert browser.open(f"{signing.back}/?{right}", Host="evil.example").status == 400
        assert browser.open(f"{signing.back}/other?{right}").status == 404
        assert browser.open(f"{signing.back}/?{right}&code=other").status == 400
        assert browser.open(f"{signing.back}/?x={'y' * 70000}").status in (400, 413)
        second_tab = browser.sign_in(signing.address)
        assert browser.come_back(browser.sign_in(signing.address)).status == 200
        assert signing.token().username == entra.user
    # The second tab comes too late.
    with pytest.raises(OSError):
        browser.come_back(second_tab)


def test_the_port_that_is_asked_for_is_taken_again_at_once(entra: Entra) -> None:
    client = memory_client(entra)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    browser = Browser(entra)
    for _ in range(2):
        signing = Signing(client, entra, port=port)
        assert signing.back == f"http://localhost:{port}"
        assert browser.come_back(browser.sign_in(signing.address)).status == 200
        assert signing.token().username == entra.user


@pytest.mark.parametrize(("family", "host"), ADDRESSES)
def test_a_port_that_somebody_else_has_is_refused(entra: Entra, family: int, host: str) -> None:
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(msauth.Unsupported, match=f"port {port} is taken"):
            memory_client(entra).connect(
                "work", grant="interactive", client_id=entra.client_id, port=port, browser="none"
            )


def test_a_cancelled_sign_in_ends_at_once_and_its_port_is_free(entra: Entra) -> None:
    signing = Signing(memory_client(entra), entra)
    begun = time.monotonic()
    signing.operation.cancel()
    assert is_free(signing.port)
    with pytest.raises(msauth.Cancelled):
        signing.operation.wait(5)
    assert time.monotonic() - begun < 0.1


def test_nobody_comes_and_the_time_is_over(entra: Entra) -> None:
    begun = time.monotonic()
    with pytest.raises(msauth.Expired):
        memory_client(entra).connect("work", grant="interactive", client_id=entra.client_id, timeout=1, browser="none")
    assert 0.9 < time.monotonic() - begun < 1.5


def test_somebody_else_than_the_login_hint_is_not_believed(entra: Entra) -> None:
    client = memory_client(entra)
    signing = Signing(client, entra, login_hint="bob@contoso.example")
    browser = Browser(entra)
    browser.come_back(browser.sign_in(signing.address))
    with pytest.raises(msauth.Untrusted, match="bob"):
        signing.token()
    assert client.connections() == []


def test_another_user_of_the_machine_is_refused(entra: Entra) -> None:
    if os.geteuid() != 0:
        pytest.fail("this test must begin as root, to become somebody else")
    signing = Signing(memory_client(entra), entra)
    script = "import sys, urllib.request as r, urllib.error as e\n"
    script += "try: r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=5)\n"
    script += "except e.HTTPError as answer: print(answer.code)\n"
    for host in ("127.0.0.1", "[::1]"):
        address = f"http://{host}:{signing.port}/?{urlencode({'code': 'HIS', 'state': signing.state})}"
        done = subprocess.run(
            ["/usr/bin/python3", "-c", script, address], user=65534, capture_output=True, text=True, timeout=20
        )
        assert done.stdout.strip() == "403", done
    browser = Browser(entra)
    assert browser.come_back(browser.sign_in(signing.address)).status == 200
    assert signing.token().username == entra.user


def program(path: Path, text: str) -> str:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


WRITES_DOWN = """import os, signal, sys
status = open("/proc/self/status").read().splitlines()
blocked = next(line.split()[1] for line in status if line.startswith("SigBlk"))
streams = [os.readlink(f"/proc/self/fd/{each}") for each in range(3)]
more = [each for each in os.listdir("/proc/self/fd") if int(each) > 3]
print(sys.argv[1:], blocked, streams, more, os.getsid(0) == os.getpid(), file=open(OUT + ".new", "w"))
os.rename(OUT + ".new", OUT)
"""


def test_the_browser_gets_the_address_and_nothing_else(entra: Entra, tmp_path: Path) -> None:
    out = tmp_path / "out"
    browser = program(tmp_path / "browser", f"OUT = {str(out)!r}\n{WRITES_DOWN}")
    signing = Signing(memory_client(entra), entra, browser=f"{browser} --new-window")
    wait_until(out.exists)
    streams = ["/dev/null"] * 3
    assert out.read_text() == f"{['--new-window', signing.address]} {'0' * 16} {streams} [] True\n"
    signing.operation.close()


def test_the_variable_browser_and_then_the_desktop_are_asked(
    entra: Entra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = memory_client(entra)
    program(tmp_path / "xdg-open", f"OUT = {str(tmp_path / 'desktop')!r}\n{WRITES_DOWN}")
    program(tmp_path / "mine", f"OUT = {str(tmp_path / 'variable')!r}\n{WRITES_DOWN}")
    monkeypatch.setenv("PATH", f".:{tmp_path}")
    monkeypatch.setenv("BROWSER", "no-such-browser:mine --x=%s")
    signing = Signing(client, entra, browser=None)
    wait_until((tmp_path / "variable").exists)
    assert (tmp_path / "variable").read_text().startswith(str([f"--x={signing.address}"]))
    signing.operation.close()
    monkeypatch.delenv("BROWSER")
    signing = Signing(client, entra, browser=None)
    wait_until((tmp_path / "desktop").exists)
    signing.operation.close()
    # No browser at all is no error: the address can be shown.
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    Signing(client, entra, browser=None).operation.close()


def test_a_browser_that_is_named_must_be_there(entra: Entra) -> None:
    with pytest.raises(msauth.Unsupported, match="no-such-browser"):
        memory_client(entra).connect("work", grant="interactive", client_id=entra.client_id, browser="no-such-browser")


def test_a_forked_child_does_not_hold_the_port(entra: Entra) -> None:
    signing = Signing(memory_client(entra), entra)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    signing.operation.cancel()
    with socket.socket() as next_one:
        next_one.bind(("127.0.0.1", signing.port))
    os.close(writing)
    os.waitpid(child, 0)


def test_the_command_shows_the_address_and_waits(entra: Entra, keyring: Keyring, cli: Path) -> None:
    environment = defaults(entra, keyring, MSAUTH_CLIENT_ID=entra.client_id)
    words = [str(cli), "connect", "work", "--grant", GRANT, "--browser", "none"]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True) as started:
        assert started.stderr is not None
        assert select.select([started.stderr], [], [], 20)[0]
        line = started.stderr.readline()
        found = re.fullmatch(r"To sign in, open (https://\S+)\n", line)
        assert found is not None, line
        browser = Browser(entra)
        assert browser.come_back(browser.sign_in(found[1])).status == 200
        assert f"Signed in as {entra.user}" in started.stderr.read()
        assert started.wait(20) == 0


def test_many_connections_do_not_keep_the_browser_out(entra: Entra) -> None:
    signing = Signing(memory_client(entra), entra)
    idle = [socket.create_connection(("127.0.0.1", signing.port)) for _ in range(100)]
    browser = Browser(entra)
    assert browser.come_back(browser.sign_in(signing.address)).status == 200
    assert signing.token().username == entra.user
    for connection in idle:
        connection.close()


def test_a_slow_request_does_not_hold_up_another(entra: Entra) -> None:
    signing = Signing(memory_client(entra), entra)
    stop = threading.Event()

    def drip() -> None:
        with socket.create_connection(("127.0.0.1", signing.port)) as slow:
            while not stop.wait(0.05):
                slow.sendall(b"G")

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    browser = Browser(entra)
    begun = time.monotonic()
    assert browser.come_back(browser.sign_in(signing.address)).status == 200
    assert time.monotonic() - begun < 2
    stop.set()
    assert signing.token().username == entra.user


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class MSALsBrowser:
    """What MSAL finds in the place of the desktop's browser: Python's webbrowser.open()."""

    def __init__(self, entra: Entra) -> None:
        self.entra = entra
        self.addresses: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.addresses.append(url)
        browser = Browser(self.entra)
        threading.Thread(target=lambda: browser.come_back(browser.sign_in(url))).start()
        return True


# What MSAL for Python does otherwise, and why we do not.
DIFFERENCES = {
    "address response_mode": "a code in an address is worth nothing without the verifier; response_mode=form_post is taken",
}


def test_our_requests_are_those_of_msal(entra: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    signing = Signing(memory_client(entra), entra, scopes="User.Read")
    browser = Browser(entra)
    browser.come_back(browser.sign_in(signing.address))
    signing.token()
    ours = entra.requests("token")[-1]["form"]

    theirs_opens = MSALsBrowser(entra)
    monkeypatch.setattr(webbrowser, "open", theirs_opens.open)
    application = msal.PublicClientApplication(
        entra.client_id, authority=entra.authority, verify=entra.ca_file, instance_discovery=False
    )
    assert "access_token" in application.acquire_token_interactive(["User.Read"], timeout=20)
    theirs = entra.requests("token")[-1]["form"]

    found = compare("address", asked(signing.address), asked(theirs_opens.addresses[0]))
    found |= compare("token", ours, theirs)
    # The port is any that is free, of both.
    assert found - {"address redirect_uri", "token redirect_uri"} == set(DIFFERENCES)
