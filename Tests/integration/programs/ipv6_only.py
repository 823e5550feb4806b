"""In a network namespace of its own: takes 127.0.0.1 away, and somebody signs in in Chromium over ::1 alone."""

import socket
import subprocess
import sys
from pathlib import Path

from binding import memory_client
from chromium import Chromium
from conftest import Entra
from test_interactive import Signing

directory = Path(sys.argv[1])
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
entra = Entra(directory)
# It listens on both; nobody reaches the one any more.
subprocess.run(["ip", "address", "delete", "127.0.0.1/8", "dev", "lo"], check=True)
chromium = Chromium(directory / "browser", entra.ca_file)
try:
    chromium.start()
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 0))
        except OSError as error:
            print(error.strerror)
    signing = Signing(memory_client(entra), entra, browser=chromium.tab_command)
    tab = chromium.opened(entra.base)
    tab.fill("#username", entra.user)
    tab.fill("#password", entra.password)
    tab.click("Sign in")
    tab.wait_for_title("You can close this page")
    [shown] = [each for each in tab.events("Network.responseReceived") if each["response"]["url"].startswith("http:")]
    print(shown["response"]["remoteIPAddress"])
    print(signing.back.rsplit(":", 1)[0], signing.token().username)
finally:
    chromium.stop()
    entra.stop()
