"""The Python package itself: what it shows, what it frees, and how it lives with threads and forks."""

from __future__ import annotations

import copy
import gc
import io
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from binding import PACKAGE, begin, daemon, defaults, memory_client, msauth, sign_in
from conftest import ROOT, Entra
from msauth import options
from msauth.azure import Credential


def connected(entra: Entra) -> tuple[msauth.Client, msauth.Token]:
    client = memory_client(entra)
    return client, client.connect("daemon", **daemon(entra))


# ---- Secrets


def test_a_token_shows_no_secret_by_itself(entra: Entra) -> None:
    token = sign_in(memory_client(entra), entra)
    shown = f"{token} {token!r} {[token]}"
    assert "[redacted]" in shown
    assert entra.user in shown
    assert token.id_token is not None
    for secret in (token.access_token, token.id_token):
        assert secret not in shown
        assert secret[-20:] not in shown


def test_a_secret_may_be_text_bytes_or_a_bytearray_that_its_owner_wipes(entra: Entra) -> None:
    client = memory_client(entra)
    secret = bytearray(entra.client_secret.encode())
    for value in (entra.client_secret, entra.client_secret.encode(), secret):
        client.connect("daemon", **daemon(entra, client_secret=value))
    secret[:] = bytes(len(secret))
    # The library has a copy of its own.
    assert client.acquire("daemon", refresh=True).source == "signed_in"
    # A bytearray that C still looked into could not be resized.
    secret.clear()


def test_no_error_and_no_log_holds_a_secret(entra: Entra, tmp_path: Path) -> None:
    log = tmp_path / "log"
    client = memory_client(entra, log=log)
    token = sign_in(client, entra)
    client.connect("daemon", **daemon(entra))
    with pytest.raises(msauth.BadCredential) as failure:
        client.connect("other", **daemon(entra, client_secret="another-secret-value"))
    text = log.read_text() + repr(failure.value) + str(vars(failure.value))
    forms = [request["form"] for request in entra.requests()]
    names = ("client_secret", "device_code", "refresh_token")
    secrets = {form[name] for form in forms for name in names if name in form} | {token.access_token, token.id_token}
    assert len(secrets) == 5
    assert not [secret for secret in secrets if secret is not None and secret in text]
    assert "grant_type=client_credentials" in text


# ---- Values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, b"true"),
        (False, b"false"),
        (7, b"7"),
        ("ä", b"\xc3\xa4"),
        (b"x", b"x"),
        (["a", "b"], b"a b"),
        (("a",), b"a"),
        ([], b""),
        ({"a": [1]}, b'{"a": [1]}'),
        (Path("/x/y"), b"/x/y"),
        ("\ud800", b"\xed\xa0\x80"),
    ],
)
def test_values_become_text(value: Any, text: bytes) -> None:
    assert options.encoded("any", value) == text


@pytest.mark.parametrize("value", [1.5, object(), [1], [b"x"], 1j])
def test_values_of_other_kinds_are_refused_by_name(value: Any) -> None:
    with pytest.raises(TypeError, match="'any'"):
        options.encoded("any", value)


def test_none_leaves_an_option_away(entra: Entra) -> None:
    memory_client(entra, proxy=None, log=None)


def test_clients_take_their_defaults_from_the_vocabularys_variables(
    entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in defaults(entra, MSAUTH_STORE="memory", MSAUTH_CLIENT_ID=entra.client_id).items():
        monkeypatch.setenv(name, value)
    client = msauth.Client()
    prompt = begin(client, entra, client_id=None)
    assert entra.admin("GET", "/device")["pending"][0]["user_code"] == prompt.user_code
    monkeypatch.setenv("MSAUTH_STORE", "nonsense")
    assert msauth.Client(store="memory").connections() == []
    with pytest.raises(msauth.InvalidArgument, match='"store"'):
        msauth.Client()


def test_fields_come_as_pythons_own_kinds(entra: Entra) -> None:
    client = memory_client(entra)
    token = sign_in(client, entra, scopes=["https://graph.microsoft.com/User.Read"])
    assert "https://graph.microsoft.com/User.Read" in token.scopes
    assert abs(token.expires_on - time.time() - 3599) < 5
    assert token.expires_at == datetime.fromtimestamp(token.expires_on, UTC)
    assert token.refresh_on is None
    assert token.warning is None
    document = token.json()
    assert document["access_token"] == token.access_token
    assert document["expires_on"] == token.expires_on
    connection = client.connection("work")
    assert connection.expires_on == token.expires_on
    assert connection.expires_at == token.expires_at
    assert connection.scopes == ("https://graph.microsoft.com/User.Read",)
    assert (connection.renewable, connection.pending, connection.store) == (True, False, "memory")


def test_errors_carry_their_fields_and_travel_between_processes(entra: Entra) -> None:
    with pytest.raises(msauth.BadCredential) as failure:
        memory_client(entra).connect("daemon", **daemon(entra, client_secret="wrong-secret"))
    error = failure.value
    assert isinstance(error, msauth.MSAuthError)
    assert (error.status, error.number, error.aadsts, error.http_status) == ("bad_credential", 31, 7000215, 401)
    assert str(error) == f"{error.message} {error.hint}"
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is msauth.BadCredential
        assert vars(other) == vars(error)


def test_a_prompt_goes_to_standard_error_by_default(entra: Entra, capsys: pytest.CaptureFixture[str]) -> None:
    client = memory_client(entra)
    client.connect("work", grant="device_code", client_id=entra.client_id, wait=False)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "enter the code" in captured.err


# ---- Life and death


def test_context_managers_close(entra: Entra) -> None:
    with memory_client(entra) as client, client.connect("daemon", **daemon(entra)) as token:
        assert not token.closed
        assert token.access_token
    assert token.closed
    assert client.closed
    assert repr(token) == "<msauth.Token closed>"
    client.close()
    token.close()
    with pytest.raises(ValueError, match="this client is closed"):
        client.acquire("daemon")
    with pytest.raises(ValueError, match="this token is closed"):
        _ = token.access_token


def test_leaving_a_prompt_by_an_exception_cancels_the_sign_in(entra: Entra) -> None:
    client = memory_client(entra)

    def show(_: msauth.Prompt) -> None:
        raise io.UnsupportedOperation("no terminal")

    with pytest.raises(io.UnsupportedOperation):
        client.connect("work", grant="device_code", client_id=entra.client_id, on_prompt=show)
    assert entra.requests("token") == []


def test_objects_may_go_in_any_order(entra: Entra) -> None:
    for seed in range(20):
        client, token = connected(entra)
        operation = client.start("acquire", "daemon", refresh=True)
        listing = client.start("list")
        held = [client, token, operation, listing]
        del client, token, operation, listing
        random.Random(seed).shuffle(held)
        while held:
            held.pop()
            gc.collect()


def test_a_token_outlives_its_client(entra: Entra) -> None:
    client, token = connected(entra)
    text = token.access_token
    client.close()
    del client
    gc.collect()
    assert token.access_token == text


def test_an_operation_outlives_its_client(entra: Entra) -> None:
    client, _ = connected(entra)
    entra.scenario(endpoint="token", delay_ms=200, override={})
    operation = client.start("acquire", "daemon", refresh=True)
    client.close()
    token = operation.wait(5)
    assert token is not None
    assert token.source == "signed_in"
    # An ended operation answers the same again.
    again = operation.wait()
    assert again is not None
    assert again.access_token == token.access_token


def test_closing_while_another_thread_waits_cancels_it(entra: Entra) -> None:
    client, _ = connected(entra)
    entra.scenario(endpoint="token", fault="hang")
    operation = client.start("acquire", "daemon", refresh=True)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(operation.wait)
        time.sleep(0.05)
        operation.close()
        # Cancelled where it waited, or closed between two waits.
        with pytest.raises((msauth.Cancelled, ValueError)):
            waiting.result(1)


def test_a_wait_with_a_limit_says_that_it_has_not_ended(entra: Entra) -> None:
    client, _ = connected(entra)
    entra.scenario(endpoint="token", delay_ms=500, override={})
    with client.start("acquire", "daemon", refresh=True) as operation:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            operation.wait(0.1)
        assert 0.09 < time.monotonic() - begun < 0.3
        assert operation.step() is msauth.Progress.PENDING
        assert operation.wait(5) is not None
        assert operation.step() is msauth.Progress.OK


def test_a_program_may_end_in_the_middle_of_anything(entra: Entra) -> None:
    text = """
import msauth
client = msauth.Client(store="memory")
sign_in = client.start("connect", "work", grant="device_code")
while sign_in.step(0.2) is not msauth.Progress.PROMPT: pass
token = client.connect("daemon", grant="client_secret", client_id={id!r}, client_secret={secret!r})
hanging = client.start("acquire", "daemon", refresh=True)
everything = [client, sign_in, token, hanging]
everything.append(everything)
"""
    program = text.format(id=entra.confidential_client_id, secret=entra.client_secret)
    entra.scenario(endpoint="token", grant_type="client_credentials", after=1, fault="hang")
    environment = defaults(entra, MSAUTH_CLIENT_ID=entra.client_id)
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - begun < 5


# ---- Threads and forks


def test_many_threads_share_a_client_and_a_token(entra: Entra) -> None:
    client, token = connected(entra)
    text = token.access_token

    def work(_: int) -> bool:
        return all(client.acquire("daemon").access_token == token.access_token == text for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert len(entra.requests()) == 1


def test_ten_thousand_held_tokens_cost_no_memory(entra: Entra) -> None:
    client, _ = connected(entra)

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def acquire(times: int) -> None:
        for _ in range(times):
            client.acquire("daemon").json()

    acquire(2000)
    before = resident()
    acquire(10000)
    assert resident() - before < 2 << 20


def child(client: msauth.Client, name: str, answers: Any) -> None:
    try:
        held = client.acquire(name)
        answers.put((held.source, client.acquire(name, refresh=True).source, held.access_token))
    except BaseException as error:
        answers.put(error)


def test_a_forked_child_acquires_from_memory_and_from_the_network(entra: Entra) -> None:
    client, token = connected(entra)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    stop = threading.Event()

    def acquire() -> None:
        while not stop.is_set():
            client.acquire("daemon")

    threads = [threading.Thread(target=acquire) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        children = [context.Process(target=child, args=(client, "daemon", answers)) for _ in range(8)]
        for process in children:
            process.start()
        for process in children:
            process.join(20)
    finally:
        stop.set()
    assert [process.exitcode for process in children] == [0] * 8
    assert [answers.get() for _ in children] == [("held", "signed_in", token.access_token)] * 8
    numbers = [request["connection"] for request in entra.requests("token")]
    # No child talks on its parent's TLS connection.
    assert len(set(numbers)) == 9


def test_an_operation_of_the_parent_can_only_be_freed_in_a_child(entra: Entra) -> None:
    client, _ = connected(entra)
    entra.scenario(endpoint="token", delay_ms=300, override={})
    operation = client.start("acquire", "daemon", refresh=True)
    pid = os.fork()
    if pid == 0:
        try:
            operation.step()
        except msauth.InvalidArgument as error:
            if "forked" in str(error):
                operation.close()
                os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert operation.wait(5) is not None


# ---- The Azure SDK


def test_a_connection_is_a_credential_of_the_azure_sdk(entra: Entra) -> None:
    client, _ = connected(entra)
    credential = Credential(client, "daemon")
    vault = credential.get_token("https://vault.azure.net/.default")
    assert vault.token == client.acquire("daemon", resource="https://vault.azure.net").access_token
    assert abs(vault.expires_on - time.time() - 3599) < 5
    info = credential.get_token_info("https://vault.azure.net/.default", options={"enable_cae": True})
    assert info.token != vault.token
    assert (info.token_type, info.expires_on > time.time()) == ("Bearer", True)


def test_the_azure_sdk_gets_its_own_exception(entra: Entra) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    with pytest.raises(ClientAuthenticationError, match="no connection named"), memory_client(entra) as client:
        Credential(client, "absent").get_token("https://vault.azure.net/.default")


def test_the_azure_sdk_is_not_needed_to_import_the_package() -> None:
    text = "import sys, msauth, msauth.azure, msauth.aio; sys.exit('azure' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    assert subprocess.run([sys.executable, "-c", text], env=environment).returncode == 0


# ---- The package


def test_a_missing_library_is_said_in_one_sentence() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "MSAUTH_LIBRARY": "/nowhere/libmsauth.so.0"}
    done = subprocess.run([sys.executable, "-c", "import msauth"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ImportError: libmsauth cannot be loaded" in done.stderr
    assert "MSAUTH_LIBRARY" in done.stderr


def test_the_package_is_typed_for_its_users(tmp_path: Path) -> None:
    user = tmp_path / "user.py"
    user.write_text(
        "import msauth\n"
        "client = msauth.Client(store='memory')\n"
        "try:\n"
        "    text: str = client.acquire('work', resource='x').access_token\n"
        "    client.disconnect('work', keep='settings')\n"
        "except msauth.NotFound as error:\n"
        "    hint: str | None = error.hint\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(user)]
    environment = {**os.environ, "MYPYPATH": str(PACKAGE)}

    def check() -> str:
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True).stdout

    assert "Success" in check()
    user.write_text(user.read_text() + "client.acquire('work', scope='x')\nclient.connect(grant='passwort')\n")
    assert 'keyword argument "scope"' in check()
    assert "No overload variant" in check()
