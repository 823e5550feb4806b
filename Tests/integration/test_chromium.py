"""People sign in in a real Chromium: the pages are filled in and clicked, and it comes back by itself."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from binding import PACKAGE, PROGRAMS, begin, memory_client, msauth, sum_up
from chromium import Chromium, Tab, data_page, held_open
from conftest import Entra
from test_interactive import ADDRESSES, Signing, is_free

SIGNED_IN = "You can close this page"
WEB_APP = "c0de0000-0000-4000-8000-00000000a006"


@pytest.fixture(scope="module")
def running(_entra: Entra) -> Iterator[Chromium]:
    directory = Path(tempfile.mkdtemp(prefix="msauth-chromium-"))
    chromium = Chromium(directory, _entra.ca_file)
    try:
        chromium.start()
        yield chromium
    finally:
        chromium.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def chromium(running: Chromium) -> Iterator[Chromium]:
    """The browser with one empty tab."""
    running.close_tabs()
    yield running
    # pytest shows it beside a failure.
    print(running.describe())


def sign_in(tab: Tab, entra: Entra) -> None:
    tab.fill("#username", entra.user)
    tab.fill("#password", entra.password)
    tab.click("Sign in")


def to_the_end(tab: Tab, entra: Entra) -> None:
    sign_in(tab, entra)
    tab.wait_for_title(SIGNED_IN)


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_person_signs_in(entra: Entra, chromium: Chromium, mode: str) -> None:
    client = memory_client(entra)
    signing = Signing(client, entra, browser=chromium.tab_command, response_mode=mode)
    tab = chromium.opened(entra.base)
    tab.fill("#username", entra.user)
    tab.fill("#password", "not her password")
    tab.click("Sign in")
    tab.wait("document.querySelector('[role=alert]')?.innerText.includes('AADSTS50126')")
    to_the_end(tab, entra)
    token = signing.token()
    assert (token.source, token.username, token.tenant) == ("signed_in", entra.user, entra.tenant)
    assert sum_up(entra.requests("token")) == [("token", "authorization_code")]
    assert is_free(signing.port)
    assert client.acquire("work", refresh=True).source == "refreshed"
    # Sent by the browser: the answer is in the address, or not.
    assert ("code=" in tab.address()) == (mode == "query")


def test_the_page_at_the_end_is_for_everybody(entra: Entra, chromium: Chromium) -> None:
    signing = Signing(memory_client(entra), entra, browser=chromium.tab_command)
    tab = chromium.opened(entra.base)
    to_the_end(tab, entra)
    signing.token()

    assert tab.evaluate("document.documentElement.lang") == "en"
    roles = [(role, name) for role, name in tab.names() if role in ("RootWebArea", "main", "heading", "alert")]
    assert roles == [("RootWebArea", SIGNED_IN), ("main", ""), ("heading", SIGNED_IN)]
    assert "Go back to the program" in tab.text()

    # Black on white, or white on black, whichever the person likes; and on a phone nothing must be moved sideways.
    for scheme in ("light", "dark"):
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        assert contrast(tab) >= 7
    tab.call("Emulation.setDeviceMetricsOverride", width=320, height=480, deviceScaleFactor=1, mobile=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320

    # Nothing from elsewhere, and nothing that its own policy refused.
    asked = [each["request"]["url"] for each in tab.events("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith((entra.base, signing.back))] == []
    answers = [each["response"] for each in tab.events("Network.responseReceived")]
    [answer] = [each for each in answers if each["url"].startswith(signing.back)]
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert [each["entry"]["text"] for each in tab.events("Log.entryAdded")] == []


def contrast(tab: Tab) -> float:
    """WCAG 2.2: the lighter one's luminance to the darker one's."""
    tab.evaluate("document.body.style.background = 'Canvas'")
    colours = tab.evaluate("(style => [style.color, style.backgroundColor])(getComputedStyle(document.body))")
    bright, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_library_starts_the_browser_and_does_not_wait_for_its_end(entra: Entra, tmp_path: Path) -> None:
    chromium = Chromium(tmp_path / "browser", entra.ca_file)
    signing = Signing(memory_client(entra), entra, browser=chromium.start_command)
    try:
        chromium.attach()
        to_the_end(chromium.opened(entra.base), entra)
        assert signing.token().username == entra.user
        assert chromium.pages()
    finally:
        chromium.stop()


def test_who_cancels_reads_it_there_and_the_program_is_told(entra: Entra, chromium: Chromium) -> None:
    client = memory_client(entra)
    signing = Signing(client, entra, browser=chromium.tab_command)
    tab = chromium.opened(entra.base)
    tab.click("Cancel")
    tab.wait_for_title("You are not signed in")
    with pytest.raises(msauth.Denied) as failure:
        signing.token()
    assert failure.value.aadsts == 65004
    # What happened, and what to do.
    assert failure.value.hint and str(failure.value) in tab.text()
    assert client.connections() == []


def test_a_tab_that_is_closed_is_given_up_when_the_time_is_over(entra: Entra, chromium: Chromium) -> None:
    signing = Signing(memory_client(entra), entra, browser=chromium.tab_command, timeout=2)
    tab = chromium.opened(entra.base)
    tab.wait("document.querySelector('#username') != null")
    tab.close()
    with pytest.raises(msauth.Expired, match="Nobody signed in in time"):
        signing.token()
    assert is_free(signing.port)


def test_an_answer_with_another_state_is_refused_and_the_sign_in_goes_on(entra: Entra, chromium: Chromium) -> None:
    signing = Signing(memory_client(entra), entra, browser=chromium.tab_command)
    tab = chromium.opened(entra.base)
    forged = {"code": "CODE", "state": "wrong"}
    other = chromium.open(f"{signing.back}/?{urlencode(forged)}")
    other.wait_for_title("Not here")
    assert '"state" is another' in other.text()
    # As a page elsewhere would send it.
    fields = "".join(f'<input name="{name}" value="{value}">' for name, value in forged.items())
    other.go(data_page(f'<title>elsewhere</title><form method="post" action="{signing.back}/">{fields}</form>'))
    other.wait_for_title("elsewhere")
    other.evaluate("document.forms[0].submit()")
    other.wait_for_title("Not here")
    assert '"state" is another' in other.text()
    to_the_end(tab, entra)
    assert signing.token().username == entra.user


def test_a_second_tab_is_as_good_and_comes_too_late_after_the_first(entra: Entra, chromium: Chromium) -> None:
    signing = Signing(memory_client(entra), entra, browser=chromium.tab_command)
    first = chromium.opened(entra.base)
    second = chromium.open(signing.address)
    to_the_end(second, entra)
    assert signing.token().username == entra.user
    sign_in(first, entra)
    first.wait("location.protocol == 'chrome-error:'")
    assert sum_up(entra.requests("token")) == [("token", "authorization_code")]


def test_what_the_browser_asks_besides_does_not_disturb(entra: Entra, chromium: Chromium) -> None:
    signing = Signing(memory_client(entra), entra, browser=chromium.tab_command)
    tab = chromium.opened(entra.base)
    other = chromium.open(f"{signing.back}/favicon.ico")
    other.wait_for_title("Not here")
    # An address without an answer in it; Chromium then asks for the page's icon by itself.
    other.go(signing.back)
    other.wait("document.title == 'Not here' && location.pathname == '/'")
    other.go(data_page(f'<title>early</title><link rel="preconnect" href="{signing.back}">'))
    chromium.wait("a connection that says nothing", lambda: held_open(signing.port) > 0)
    to_the_end(tab, entra)
    assert signing.token().username == entra.user


@pytest.mark.parametrize(("family", "host"), ADDRESSES)
def test_no_page_opens_when_the_port_is_taken(entra: Entra, chromium: Chromium, family: int, host: str) -> None:
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        client = memory_client(entra)
        given: dict[str, Any] = {
            "grant": "interactive",
            "client_id": entra.client_id,
            "browser": chromium.tab_command,
        }
        with pytest.raises(msauth.Unsupported, match=f"port {port} is taken"):
            client.connect("work", port=port, **given)
        # The one that comes back to another port is the only one that opened a page.
        signing = Signing(client, entra, browser=chromium.tab_command)
        to_the_end(chromium.opened(entra.base), entra)
        assert signing.token().username == entra.user
        assert len(entra.requests("authorize")) == 2


def test_a_machine_without_ipv4(chromium: Chromium) -> None:
    directory = tempfile.mkdtemp(prefix="msauth-ipv6-")
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        ["unshare", "--net", *mapped, sys.executable, "-B", str(PROGRAMS / "ipv6_only.py"), directory],
        env={**os.environ, "PYTHONPATH": f"{PACKAGE}:{PROGRAMS.parent}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()[-3:]
    assert said == ["Cannot assign requested address", "[::1]", "http://localhost alice@contoso.example"]
    shutil.rmtree(directory, ignore_errors=True)


def test_without_a_browser_the_address_is_pasted_into_one(
    entra: Entra, chromium: Chromium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER", raising=False)
    signing = Signing(memory_client(entra), entra, browser=None)
    assert "opens" not in signing.operation.prompt.message
    to_the_end(chromium.open(signing.address), entra)
    assert signing.token().username == entra.user


# ---- The other grants with a page


class Program:
    """A program that owns its redirect: it writes down what a browser brings."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.changed = threading.Condition()
        program = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                with program.changed:
                    program.asked.append((self.command, self.path, body))
                    program.changed.notify_all()
                page = b"<!DOCTYPE html><title>Welcome back</title>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, method: str, path: str) -> tuple[str, str]:
        """The path and the body of the first such request."""

        def found() -> tuple[str, str] | None:
            return next((each[1:] for each in self.asked if each[0] == method and each[1].startswith(path)), None)

        with self.changed:
            arrived = self.changed.wait_for(found, 10)
        assert arrived is not None, self.asked
        return arrived


@pytest.fixture
def web_program() -> Iterator[Program]:
    program = Program()
    yield program
    program.server.shutdown()
    program.server.server_close()


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_program_owns_the_redirect(entra: Entra, chromium: Chromium, web_program: Program, mode: str) -> None:
    client = memory_client(entra)
    prompts: list[msauth.Prompt] = []
    client.connect(
        "work",
        grant="authorization_code",
        client_id=WEB_APP,
        client_secret=entra.client_secret,
        redirect_uri=web_program.address,
        response_mode="query" if mode == "query" else "form_post",
        wait=False,
        on_prompt=prompts.append,
    )
    tab = chromium.open(prompts[0].authorization_url or "")
    sign_in(tab, entra)
    tab.wait_for_title("Welcome back")
    path, body = web_program.wait("GET" if mode == "query" else "POST", "/")
    token = client.resume("work", redirect=body if body else web_program.address + path)
    assert (bool(body), token.username) == (mode == "form_post", entra.user)
    # What our own port is asked for too: Chromium wants an icon of every page.
    web_program.wait("GET", "/favicon.ico")


def test_the_device_code_is_typed_on_the_page(entra: Entra, chromium: Chromium) -> None:
    client = memory_client(entra)
    prompt = begin(client, entra)
    tab = chromium.open(prompt.verification_uri or "")
    tab.fill("#otc", "WRONG")
    tab.click("Next")
    tab.wait("document.querySelector('[role=alert]') != null")
    tab.fill("#otc", prompt.user_code or "")
    tab.click("Next")
    sign_in(tab, entra)
    tab.wait("document.body.innerText.includes('You have signed in to demo public client on your device')")
    assert client.resume("work").username == entra.user
