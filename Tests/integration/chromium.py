"""A real Chromium without a window, whose pages are read, filled in and clicked by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from websockets.sync.client import ClientConnection, connect

PATIENCE = 20.0
# No sandbox for root, whom Chromium refuses it; nothing is asked of anybody but what a test asks for.
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --no-default-browser-check "
    "--disable-background-networking --disable-component-update --disable-sync --disable-extensions "
    "--password-store=basic --remote-debugging-port=0 --remote-allow-origins=*"
)


class Chromium:
    """One browser with a folder of its own. Its authorities are the machine's and the local Entra's."""

    def __init__(self, directory: Path, ca_file: str) -> None:
        self.directory = directory
        self._profile = directory / "profile"
        self._connection: ClientConnection | None = None
        self._open = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0
        self._attached: set[str] = set()
        self.events: list[dict[str, Any]] = []
        trusted = directory / ".pki/nssdb"
        trusted.mkdir(parents=True)
        certutil = ["certutil", "-d", f"sql:{trusted}"]
        subprocess.run([*certutil, "-N", "--empty-password"], check=True)
        subprocess.run([*certutil, "-A", "-n", "local", "-t", "C,,", "-i", ca_file], check=True)
        # The commands for the option "browser": one starts it, the other opens a tab in the one that runs.
        self.start_command = self._script(
            "start",
            f'exec env HOME={directory} chromium {FLAGS} --user-data-dir={self._profile} "$@" 2> {directory}/log',
        )
        self.tab_command = self._script(
            "tab", f'exec curl --silent --request PUT --get --data-urlencode "=$1" --url "$(cat {directory}/new-tab)"'
        )

    def _script(self, name: str, line: str) -> str:
        path = self.directory / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return str(path)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self.start_command, "about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self.attach()

    def attach(self) -> None:
        """Waits until it runs, whoever started it."""
        written = self._profile / "DevToolsActivePort"
        self.wait("the browser to start", lambda: written.exists() and len(written.read_text().splitlines()) == 2)
        port, path = written.read_text().splitlines()
        # On a machine without 127.0.0.1 it listens on the other.
        host = "127.0.0.1" if answers("127.0.0.1", int(port)) else "[::1]"
        made = connect(f"ws://{host}:{port}{path}", proxy=None, max_size=None, open_timeout=PATIENCE)
        self._connection = self._open.enter_context(made)
        (self.directory / "new-tab").write_text(f"http://{host}:{port}/json/new")

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        assert self._connection is not None
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(request if session is None else {**request, "sessionId": session}))
        while True:
            answer = json.loads(self._connection.recv(PATIENCE))
            if answer.get("id") == self._number:
                break
            self.events.append(answer)
        if "error" in answer:
            raise DevToolsError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def pages(self) -> list[dict[str, Any]]:
        return [each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page"]

    def open(self, address: str) -> Tab:
        """Opens a tab as a person does who pastes an address."""
        return self._tab(self.call("Target.createTarget", url=address)["targetId"])

    def opened(self, start: str) -> Tab:
        """The tab that somebody else opened, at an address with this start."""
        found: list[str] = []

        def look() -> bool:
            found[:] = [
                page["targetId"]
                for page in self.pages()
                if page["url"].startswith(start) and page["targetId"] not in self._attached
            ]
            return bool(found)

        self.wait(f"a tab at {start}", look)
        return self._tab(found[0])

    def _tab(self, target: str) -> Tab:
        self._attached.add(target)
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable", session)
        return Tab(self, target, session)

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}\n{self.describe()}")
            time.sleep(0.02)

    def describe(self) -> str:
        """What it shows, for whoever reads a failure."""
        pages = [f"tab: {page['title']!r} {page['url']}" for page in self.pages()] if self._connection else []
        log = self.directory / "log"
        said = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join([*pages, *[line for line in said if "dbus/" not in line][-5:]])

    def close_tabs(self) -> None:
        """Leaves one empty tab: without any it would end."""
        self.call("Target.createTarget", url="about:blank")
        blank, *rest = sorted(self.pages(), key=lambda page: page["url"] != "about:blank")
        for page in rest:
            self.call("Target.closeTarget", targetId=page["targetId"])
        self.wait("the tabs to close", lambda: [page["targetId"] for page in self.pages()] == [blank["targetId"]])
        self.events.clear()

    def stop(self) -> None:
        if self._connection is not None:
            self.call("Browser.close")
            self._open.close()
            self._connection = None
        if self._process is not None:
            self._process.wait(PATIENCE)
            self._process = None


class Tab:
    def __init__(self, chromium: Chromium, target: str, session: str) -> None:
        self.chromium = chromium
        self.target = target
        self.session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.chromium.call(method, self.session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """A value of the page. A page that is just going away has none."""
        try:
            result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        except DevToolsError as error:
            if "context" in str(error) or "navigated" in str(error):
                return None
            raise
        return result["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Waits until it is true in whatever page is there then."""
        self.chromium.wait(
            f"{expression} in {self.address()}", lambda: bool(self.evaluate(f"document.readyState && ({expression})"))
        )
        return self.evaluate(expression)

    def wait_for_title(self, title: str) -> None:
        self.wait(f"document.readyState == 'complete' && document.title == {json.dumps(title)}")

    def address(self) -> str:
        return str(self.evaluate("location.href"))

    def text(self) -> str:
        return str(self.evaluate("document.body.innerText"))

    def fill(self, selector: str, text: str) -> None:
        """Types over what stands in a field."""
        field = f"document.querySelector({json.dumps(selector)})"
        self.wait(field + " != null")
        self.evaluate(f"{field}.focus(), {field}.select()")
        self.call("Input.insertText", text=text)
        assert self.evaluate(f"{field}.value") == text

    def click(self, text: str) -> None:
        """Clicks the button that says so, where it stands."""
        button = f"[...document.querySelectorAll('button')].find(each => each.innerText == {json.dumps(text)})"
        self.wait(f"document.readyState == 'complete' && {button} != null")
        x, y = self.evaluate(
            f"(() => {{ const box = {button}.getBoundingClientRect(); "
            "return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def go(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def close(self) -> None:
        self.chromium.call("Target.closeTarget", targetId=self.target)

    def names(self) -> list[tuple[str, str]]:
        """What a screen reader finds: roles and their names."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
            for node in nodes
            if not node["ignored"]
        ]

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def events(self, method: str) -> list[dict[str, Any]]:
        """What happened in this tab since it was attached."""
        # Events come with answers.
        self.evaluate("0")
        found = [each for each in self.chromium.events if each.get("sessionId") == self.session]
        return [dict(each["params"]) for each in found if each["method"] == method]


class DevToolsError(Exception):
    """Chromium refused a command."""


def answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def held_open(port: int) -> int:
    """How many connections to a port of this machine stand, as the kernel sees them from the side that called."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            for line in Path(table).read_text().splitlines()[1:]:
                _, _, remote, state, *_ = line.split()
                count += state == "01" and int(remote.rsplit(":", 1)[1], 16) == port
    return count


def data_page(html: str) -> str:
    return "data:text/html," + quote(html)
