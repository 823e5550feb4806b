"""The keyring: what is in it, and how its failures look. Each case runs in a program with an environment of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from binding import PROGRAMS, daemon, defaults, msauth, namespace, program
from conftest import Entra, Keyring

WAYS_OUT = ("memory", "keyring")


def ask(process: subprocess.Popen[str], call: str, name: str | None = None, **options: Any) -> dict[str, Any]:
    """One call in a program that runs programs/calls.py, as the fields of its token, its list or its error."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([call, name, options]) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, "the host died"
    return dict(json.loads(answer))


def host(entra: Entra, keyring: Keyring | None = None, **variables: str) -> subprocess.Popen[str]:
    return program("calls", environment=defaults(entra, keyring, **variables))


def end(process: subprocess.Popen[str]) -> None:
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output) == (0, ""), errors


def items(keyring: Keyring) -> str:
    found = keyring.secret_tool("search", "--all", "--unlock", "xdg:schema", "org.msauth.Connection")
    return found.stdout + found.stderr


def test_a_connection_is_an_item_that_secret_tool_shows(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    token = ask(process, "connect", "work", **daemon(entra))
    shown = items(keyring)
    assert shown.count("[/") == 1
    assert "label = msauth: work" in shown
    assert "schema = org.msauth.Connection" in shown
    assert token["access_token"] in shown
    [record] = [line.removeprefix("secret = ") for line in shown.splitlines() if line.startswith("secret = ")]
    assert isinstance(json.loads(record)["generation"], int)
    ask(process, "acquire", "work", refresh=True)
    assert items(keyring).count("[/") == 1
    ask(process, "connect", "other", **daemon(entra))
    assert items(keyring).count("[/") == 2
    ask(process, "disconnect", "work")
    assert "msauth: work" not in items(keyring)
    end(process)


def test_a_token_is_read_by_another_process_without_a_request(entra: Entra, keyring: Keyring) -> None:
    first = host(entra, keyring)
    token = ask(first, "connect", "work", **daemon(entra))
    end(first)
    entra.admin("DELETE", "/requests")
    second = host(entra, keyring)
    assert ask(second, "acquire", "work")["access_token"] == token["access_token"]
    assert [each["name"] for each in ask(second, "list")["connections"]] == ["work"]
    end(second)
    assert entra.requests() == []


def test_a_connection_without_a_name_is_never_stored(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    assert ask(process, "connect", None, **daemon(entra))["source"] == "signed_in"
    assert "[/" not in items(keyring)
    end(process)


def test_a_refresh_token_and_a_secret_are_kept(entra: Entra, keyring: Keyring) -> None:
    first = host(entra, keyring)
    ask(first, "connect", "daemon", **daemon(entra))
    end(first)
    second = host(entra, keyring)
    assert ask(second, "acquire", "daemon", refresh=True)["source"] == "signed_in"
    end(second)


def test_another_process_sees_what_was_written_and_what_was_forgotten(entra: Entra, keyring: Keyring) -> None:
    one, other = host(entra, keyring), host(entra, keyring)
    ask(one, "connect", "work", **daemon(entra))
    assert ask(other, "acquire", "work")["source"] == "held"
    renewed = ask(one, "acquire", "work", refresh=True)
    assert ask(other, "acquire", "work", refresh=True)["access_token"] != renewed["access_token"]
    ask(one, "disconnect", "work")
    assert ask(other, "acquire", "work", refresh=True)["status"] == "not_found"
    assert ask(other, "list", "work")["status"] == "not_found"
    assert "[/" not in items(keyring)
    end(one)
    end(other)


def test_a_record_that_cannot_be_read_is_reported_and_kept(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    ask(process, "connect", "work", **daemon(entra))
    [path] = [line for line in items(keyring).splitlines() if line.startswith("[/")]
    attributes = [line for line in items(keyring).splitlines() if line.startswith("attribute.")]
    pairs = [part for line in attributes for part in line.removeprefix("attribute.").split(" = ", 1)]
    stored = subprocess.run(
        ["secret-tool", "store", "--label", "msauth: work", *pairs, "xdg:schema", "org.msauth.Connection"],
        input="{broken",
        env=keyring.environment,
        text=True,
    )
    assert stored.returncode == 0
    assert path in items(keyring)
    other = host(entra, keyring)
    failure = ask(other, "acquire", "work")
    assert failure["status"] == "store_corrupt"
    assert "work" in failure["message"]
    assert failure["hint"]
    [listed] = ask(other, "list")["connections"]
    assert listed["name"] == "work"
    assert listed["problem"]
    assert "{broken" in items(keyring)
    # Signing in again is the way out, and what was there is set aside.
    assert ask(other, "connect", "work", **daemon(entra))["source"] == "signed_in"
    assert ask(other, "acquire", "work")["source"] == "held"
    end(process)
    end(other)


def test_a_locked_keyring_says_so_at_once_and_asks_nobody(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    ask(process, "connect", "work", **daemon(entra))
    end(process)
    keyring.lock()
    process = host(entra, keyring)
    begun = time.monotonic()
    for call in ("acquire", "disconnect", "list"):
        failure = ask(process, call, "work")
        assert failure["status"] == "store_locked", failure
        assert "nlock" in failure["hint"]
    failure = ask(process, "connect", "new", **daemon(entra))
    assert failure["status"] in ("store_locked", "not_kept")
    assert time.monotonic() - begun < 5
    end(process)
    keyring.unlock()
    process = host(entra, keyring)
    assert ask(process, "acquire", "work")["source"] == "held"
    end(process)


def assert_unavailable(failure: dict[str, Any]) -> None:
    assert failure["status"] == "store_unavailable", failure
    assert failure["message"].endswith(".")
    for word in WAYS_OUT:
        assert word in failure["hint"].lower(), failure["hint"]


def test_no_secret_service_on_the_bus_is_unavailable(entra: Entra, keyring: Keyring) -> None:
    keyring.stop_daemon()
    process = host(entra, keyring)
    begun = time.monotonic()
    for call in ("acquire", "list", "disconnect"):
        assert_unavailable(ask(process, call, "work"))
    assert time.monotonic() - begun < 3
    end(process)


@pytest.mark.parametrize("address", [None, "unix:path=/nowhere/bus", "nonsense", ""])
def test_no_bus_is_unavailable(entra: Entra, tmp_path: Path, address: str | None) -> None:
    environment = {**defaults(entra), "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    environment.pop("DISPLAY", None)
    if address is not None:
        environment["DBUS_SESSION_BUS_ADDRESS"] = address
    process = program("calls", environment=environment)
    begun = time.monotonic()
    assert_unavailable(ask(process, "acquire", "work"))
    assert time.monotonic() - begun < 3
    # What does not need the keyring works.
    assert ask(process, "connect", None, **daemon(entra))["source"] == "signed_in"
    end(process)


def test_a_bus_that_never_answers_is_unavailable_after_store_timeout(entra: Entra, tmp_path: Path) -> None:
    place = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        environment = {**defaults(entra), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={place}", "HOME": str(tmp_path)}
        process = program("calls", '{"store_timeout": 1}', environment=environment)
        begun = time.monotonic()
        assert ask(process, "acquire", "work")["status"] == "store_unavailable"
        assert 0.9 < time.monotonic() - begun < 3
        end(process)


def test_a_daemon_that_never_answers_is_unavailable_after_store_timeout(entra: Entra, keyring: Keyring) -> None:
    assert keyring._daemon is not None
    process = program("calls", '{"store_timeout": 1}', environment=defaults(entra, keyring))
    assert ask(process, "connect", "work", **daemon(entra))["source"] == "signed_in"
    keyring._daemon.send_signal(19)
    begun = time.monotonic()
    assert ask(process, "list")["status"] == "store_unavailable"
    assert time.monotonic() - begun < 3
    keyring._daemon.send_signal(18)
    assert [each["name"] for each in ask(process, "list")["connections"]] == ["work"]
    end(process)


def test_the_host_survives_its_bus_and_finds_the_next_one(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    token = ask(process, "connect", "work", **daemon(entra))
    bus = Path(keyring.address.split("path=")[1].split(",")[0])
    keyring._bus.kill()
    keyring._bus.wait(10)
    keyring.stop_daemon()
    # What is held needs no bus; what must be written says that it was not.
    assert ask(process, "acquire", "work")["access_token"] == token["access_token"]
    assert_unavailable(ask(process, "list"))
    bus.unlink(missing_ok=True)
    keyring._start_bus()
    os.symlink(keyring.address.split("path=")[1].split(",")[0], bus)
    keyring.unlock()
    assert [each["name"] for each in ask(process, "list")["connections"]] == ["work"]
    assert ask(process, "acquire", "work", refresh=True)["source"] == "signed_in"
    end(process)


def test_the_host_survives_a_restarted_daemon(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    ask(process, "connect", "work", **daemon(entra))
    keyring.unlock()
    assert [each["name"] for each in ask(process, "list")["connections"]] == ["work"]
    assert ask(process, "acquire", "work", refresh=True)["source"] == "signed_in"
    end(process)


def test_a_refresh_whose_record_is_refused_is_not_lost(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    ask(process, "connect", "work", **daemon(entra))
    keyring.stop_daemon()
    answer = ask(process, "acquire", "work", refresh=True)
    # Without the store the library does not know what is newest: it asks before it redeems.
    assert_unavailable(answer)
    assert len(entra.requests()) == 1
    failure = ask(process, "connect", "work", **daemon(entra))
    assert failure["status"] in ("store_unavailable", "not_kept")
    end(process)


HIDE = """
for name in libsecret-1 libgio-2.0 libgobject-2.0 libglib-2.0; do
    mount --bind /dev/null "$(readlink -f "$(ldconfig -p | sed -n "s/.* => \\(.*$name.so.0\\)/\\1/p")")"
done
mount -t tmpfs none /run
exec "$@"
"""


def without_libsecret(environment: dict[str, str], options: str = "{}") -> subprocess.Popen[str]:
    """programs/calls.py in a mount namespace that has neither libsecret, nor GLib, nor /run."""
    command = namespace("sh", "-ec", HIDE, "sh", sys.executable, str(PROGRAMS / "calls.py"), options)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def test_without_libsecret_and_bus_all_but_the_keyring_works(entra: Entra, tmp_path: Path) -> None:
    environment = {**defaults(entra), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    process = without_libsecret(environment, '{"store": "memory"}')
    assert ask(process, "connect", "work", **daemon(entra))["source"] == "signed_in"
    assert ask(process, "acquire", "work")["source"] == "held"
    end(process)
    process = without_libsecret(environment)
    assert_unavailable(ask(process, "acquire", "work"))
    assert ask(process, "connect", None, **daemon(entra))["source"] == "signed_in"
    end(process)


def test_without_libsecret_the_hint_says_what_to_install(entra: Entra, keyring: Keyring) -> None:
    process = without_libsecret(defaults(entra, keyring))
    failure = ask(process, "acquire", "work")
    assert_unavailable(failure)
    assert "libsecret-1-0" in failure["hint"]
    assert "libsecret-1.so.0" in failure["message"]
    end(process)


def test_a_forked_child_is_told_that_the_keyring_is_its_parents(entra: Entra, keyring: Keyring) -> None:
    process = host(entra, keyring)
    ask(process, "connect", "work", **daemon(entra))
    begun = time.monotonic()
    answers = ask(process, "fork", "work")
    assert time.monotonic() - begun < 3
    assert answers["held"]["source"] == "held"
    failure = answers["list"]
    assert failure["status"] == "store_unavailable"
    assert "spawn" in failure["hint"]
    assert ask(process, "list")["connections"]
    end(process)


def test_the_default_store_is_the_keyring_and_never_another(entra: Entra, tmp_path: Path) -> None:
    assert {option["name"]: option for option in msauth.describe()["options"]}["store"]["default"] == "secret-service"
    places = dict.fromkeys(["HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"], str(tmp_path))
    environment = {**defaults(entra), **places}
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    process = program("calls", environment=environment)
    failure = ask(process, "connect", "work", **daemon(entra))
    assert failure["status"] in ("store_unavailable", "not_kept")
    end(process)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]
    assert kept == []
