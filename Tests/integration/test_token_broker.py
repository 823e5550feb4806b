"""The Cortex XSOAR application signs in: ID, Token and Key, through a broker that rotates, refuses and talks nonsense."""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from binding import PACKAGE, msauth, program
from broker import MEMBERS, Answer, Broker, Registration
from conftest import Keyring
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GRAPH = "https://graph.microsoft.com"
ENTRA_ERROR = {
    "error": "invalid_grant",
    "error_description": "AADSTS50173: The grant was revoked. Trace ID: 1 Correlation ID: 2",
    "error_codes": [50173],
}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.stop()


def memory_client(broker: Broker, **options: Any) -> msauth.Client:
    return msauth.Client(**{"store": "memory", "ca_file": str(broker.ca_file), **options})


def registered(broker: Broker, **options: Any) -> dict[str, Any]:
    """The options by which the broker's application signs in."""
    known = broker.registration
    given = {
        "grant": "token_broker",
        "broker_id": known.id,
        "broker_token": known.token,
        "broker_key": known.key,
        "broker_app": known.app,
        "broker_url": broker.url,
    }
    return {**given, **options}


def connect(broker: Broker, **options: Any) -> msauth.Client:
    client = memory_client(broker)
    client.connect("calendar", **registered(broker, **options))
    return client


def host(broker: Broker, keyring: Keyring) -> subprocess.Popen[str]:
    environment = {
        **keyring.environment,
        "PYTHONPATH": str(PACKAGE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MSAUTH_CA_FILE": str(broker.ca_file),
    }
    return program("calls", environment=environment)


def ask(process: subprocess.Popen[str], call: str, **options: Any) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([call, "calendar", options]) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, "the host died"
    return dict(json.loads(answer))


def end(process: subprocess.Popen[str]) -> None:
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output) == (0, ""), errors


# The wire


VECTORS = [
    (range(16), "1700000000:tok-ABC.123", "oKGio6Slpqeoqaqrm7EIi065Azq6SI90KXmdIRGtDTmxJGU9Gw8mTjtc4D/Rsf/1PuM="),
    (range(32), "1700000000:tok-ABC.123", "oKGio6Slpqeoqaqr1y9MHXX7Mo9SVb2naBHtnzLvdyGghEjqX61oiGNFer38jfy5pCE="),
    (range(32), "1577196720:dummy_tenant", "oKGio6Slpqeoqaqr1y1LGnTyNIhQVb23chetpy/YPH7z2TZDLRzimsn4GYDverdWWoFY"),
]


@pytest.mark.parametrize(("key", "plaintext", "encrypted"), VECTORS)
def test_the_fake_opens_what_the_core_is_tested_to_seal(key: range, plaintext: str, encrypted: str) -> None:
    moment, content = Registration(key=base64.b64encode(bytes(key)).decode()).open(encrypted)
    assert f"{moment}:{content}" == plaintext


def as_xsoar_does(broker: Broker) -> None:
    """The request of MicrosoftApiModule, in Python."""
    known = broker.registration
    nonce = os.urandom(12)
    sealed = AESGCM(base64.b64decode(known.key)).encrypt(nonce, f"{int(time.time())}:{known.token}".encode(), None)
    body = {
        "app_name": known.app,
        "registration_id": known.id,
        "encrypted_token": base64.b64encode(nonce + sealed).decode(),
        "scope": None,
        "resource": "",
    }
    request = urllib.request.Request(
        broker.url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    handlers = [
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(broker.ca_file))),
    ]
    with urllib.request.build_opener(*handlers).open(request, timeout=10) as answer:
        assert json.load(answer)["access_token"]


def test_the_request_is_the_one_that_xsoar_sends(broker: Broker) -> None:
    as_xsoar_does(broker)
    token = memory_client(broker).connect("calendar", **registered(broker))
    theirs, ours = broker.requests
    assert (theirs.status, ours.status) == (200, 200)
    assert (ours.method, ours.path, ours.content) == (theirs.method, theirs.path, theirs.content)
    assert list(ours.body) == list(theirs.body) == MEMBERS
    # A new time and nonce each time; everything else is the same.
    sealed = [base64.b64decode(each.body.pop("encrypted_token"), validate=True) for each in (theirs, ours)]
    assert ours.body == theirs.body
    assert len(sealed[0]) == len(sealed[1])
    assert sealed[0][:12] != sealed[1][:12]
    # What differs says who asks, or is HTTP's own.
    assert set(ours.headers) ^ set(theirs.headers) == {"accept", "accept-encoding", "connection"}
    assert (token.source, token.access_token, token.username) == ("signed_in", "access.2", None)
    assert token.tenant is None
    assert 3590 < token.expires_on - time.time() < 3600


@pytest.mark.parametrize("length", [16, 24, 32])
def test_a_key_may_have_three_lengths(broker: Broker, length: int) -> None:
    broker.registration.key = base64.b64encode(os.urandom(length)).decode()
    connect(broker)
    assert broker.requests[0].content == broker.registration.token


@pytest.mark.parametrize("key", ["AAEC", "AAECAwQFBgcICQoLDA0ODw", "!!", "AAECAwQFBgcICQoLDA0ODxA="])
def test_a_key_of_another_length_is_refused_before_a_request(broker: Broker, key: str) -> None:
    with pytest.raises(msauth.InvalidArgument, match="16, 24 or 32 bytes") as failure:
        connect(broker, broker_key=key)
    assert key not in str(failure.value)
    assert broker.requests == []


def test_the_broker_may_be_named_in_the_id(broker: Broker) -> None:
    connect(broker, broker_id=f"{broker.registration.id}@{broker.url}", broker_url=None)
    assert broker.requests[0].body["registration_id"] == broker.registration.id


def test_each_resource_has_a_token_of_its_own_and_one_refresh_token_for_all(broker: Broker) -> None:
    client = connect(broker)
    vault = client.acquire("calendar", service="keyvault")
    mail = client.acquire("calendar", scopes=[f"{GRAPH}/Mail.Read"])
    assert client.acquire("calendar", resource="https://vault.azure.net").access_token == vault.access_token
    assert len({client.acquire("calendar").access_token, vault.access_token, mail.access_token}) == 3
    assert [(each.body["resource"], each.body["scope"]) for each in broker.requests] == [
        ("", None),
        ("https://vault.azure.net", None),
        ("", f"{GRAPH}/Mail.Read"),
    ]
    assert [each.content for each in broker.requests] == [broker.registration.token, "refresh:1", "refresh:2"]


# Rotation


def test_a_rotated_refresh_token_is_sent_the_next_time(broker: Broker) -> None:
    client = connect(broker)
    for _ in range(3):
        assert client.acquire("calendar", refresh=True).source == "refreshed"
    assert [each.content for each in broker.requests[1:]] == ["refresh:1", "refresh:2", "refresh:3"]


def test_an_application_without_refresh_tokens_sends_its_token(broker: Broker) -> None:
    broker.rotates = False
    client = connect(broker)
    assert client.acquire("calendar", refresh=True).source == "signed_in"
    assert [each.content for each in broker.requests] == [broker.registration.token] * 2


def test_a_forgotten_refresh_token_leads_to_one_request_with_the_token(broker: Broker) -> None:
    client = connect(broker)
    broker.registration.refresh_token = None
    assert client.acquire("calendar", refresh=True).source == "signed_in"
    assert [each.content for each in broker.requests[1:]] == ["refresh:1", broker.registration.token]
    assert client.acquire("calendar", refresh=True).source == "refreshed"


def test_a_revoked_consent_is_two_requests_and_not_one_more(broker: Broker) -> None:
    client = connect(broker)
    broker.orders.extend([Answer(ENTRA_ERROR, 400), Answer(ENTRA_ERROR, 400)])
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.acquire("calendar", refresh=True)
    assert (failure.value.aadsts, failure.value.retry_after) == (50173, 2)
    assert len(broker.requests) == 3


def test_processes_share_the_refresh_token_in_the_keyring(broker: Broker, keyring: Keyring) -> None:
    first, second = host(broker, keyring), host(broker, keyring)
    assert ask(first, "connect", **registered(broker))["source"] == "signed_in"
    for process in (second, first, second, second, first):
        assert ask(process, "acquire", refresh=True)["source"] == "refreshed"
    assert [each.content for each in broker.requests[1:]] == [f"refresh:{count}" for count in range(1, 6)]
    end(first)
    end(second)


def test_processes_that_ask_at_once_never_use_a_refresh_token_twice(broker: Broker, keyring: Keyring) -> None:
    processes = [host(broker, keyring) for _ in range(4)]
    ask(processes[0], "connect", **registered(broker))
    with ThreadPoolExecutor(len(processes)) as pool:
        for _ in range(3):
            answers = pool.map(lambda process: ask(process, "acquire", service="keyvault", refresh=True), processes)
            assert {answer.get("source") for answer in answers} <= {"refreshed", "held"}
    assert {each.status for each in broker.requests} == {200}
    for process in processes:
        end(process)


# The gate


def test_a_refusal_closes_the_gate_for_every_process(broker: Broker, keyring: Keyring) -> None:
    first = host(broker, keyring)
    token = ask(first, "connect", **registered(broker))
    broker.orders.append(Answer({"message": "busy"}, 503))
    assert ask(first, "acquire", refresh=True)["retry_after"] == 2
    broker.orders.append(Answer({"message": "busy"}, 503))
    end(first)
    second = host(broker, keyring)
    closed = ask(second, "acquire", refresh=True)
    assert closed["status"] == "throttled"
    assert 1 <= closed["retry_after"] <= 2
    assert len(broker.requests) == 2
    assert ask(second, "acquire")["access_token"] == token["access_token"]
    time.sleep(closed["retry_after"])
    again = ask(second, "acquire", refresh=True)
    assert (again["status"], again["retry_after"]) == ("service", 4)
    assert len(broker.requests) == 3
    end(second)
    third = host(broker, keyring)
    closed = ask(third, "acquire", refresh=True)
    assert closed["status"] == "throttled"
    time.sleep(closed["retry_after"])
    assert ask(third, "acquire", refresh=True)["source"] == "refreshed"
    # A success counts from the beginning again.
    broker.orders.append(Answer({"message": "busy"}, 503))
    assert ask(third, "acquire", refresh=True)["retry_after"] == 2
    end(third)


def test_retry_after_is_honoured_on_top(broker: Broker) -> None:
    client = connect(broker)
    broker.orders.append(Answer("", 429, headers={"Retry-After": "30"}))
    with pytest.raises(msauth.Throttled) as failure:
        client.acquire("calendar", refresh=True)
    assert failure.value.retry_after == 30
    with pytest.raises(msauth.Throttled) as closed:
        client.acquire("calendar", refresh=True)
    assert 28 <= (closed.value.retry_after or 0) <= 30
    assert len(broker.requests) == 2


# Refusals and nonsense


REFUSALS = [
    ("message", Answer({"message": "unknown registration"}, 400), msauth.Rejected, "unknown registration"),
    ("title", Answer({"title": "Oops", "detail": "No such key."}, 401), msauth.BadCredential, "Oops: No such key"),
    ("entra", Answer(ENTRA_ERROR, 400), msauth.InteractionRequired, "AADSTS50173"),
    ("entra in a message", Answer({"message": json.dumps(ENTRA_ERROR)}, 400), msauth.InteractionRequired, "AADSTS50"),
    (
        "entra in a text",
        Answer(f"400: {json.dumps(ENTRA_ERROR)}", 500, "text/plain"),
        msauth.InteractionRequired,
        "AADSTS50173",
    ),
    ("text", Answer("Forbidden", 403, "text/plain"), msauth.BadCredential, "Forbidden"),
    ("page", Answer("<html><b>Bad gateway</b>", 502, "text/html"), msauth.Service, "HTTP 502 and no reason"),
    ("nothing", Answer("", 500), msauth.Service, "HTTP 500 and no reason"),
    ("not there", Answer({"message": "?"}, 404), msauth.Configuration, "broker_url"),
    ("too many", Answer({"message": "slow down"}, 429), msauth.Throttled, "slow down"),
    ("a secret", Answer({"message": "you sent tok-ABC.123"}, 400), msauth.Rejected, r"you sent \[redacted\]"),
    ("redirect", Answer("", 302, headers={"Location": "https://evil.example"}), msauth.Untrusted, "redirect"),
]


@pytest.mark.parametrize(
    ("answer", "error", "says"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_each_refusal_is_told_in_one_sentence(
    broker: Broker, answer: Answer, error: type[msauth.MSAuthError], says: str
) -> None:
    broker.orders.append(answer)
    with pytest.raises(error, match=says) as failure:
        connect(broker)
    assert failure.value.http_status == answer.status
    assert len(broker.requests) == 1
    assert not re.search(r"tok-ABC|\n", str(failure.value.message))


NONSENSE = {
    "page": Answer("<html>Sign in to the hotel's network", content_type="text/html"),
    "text": Answer("ok", content_type="text/plain"),
    "empty": Answer(""),
    "list": Answer([]),
    "no token": Answer({"expires_in": 3599}),
    "empty token": Answer({"access_token": "", "expires_in": 3599}),
    "token for a shell": Answer({"access_token": "$(id)", "expires_in": 3599}),
    "lifetime in words": Answer({"access_token": "a", "expires_in": "an hour"}),
    "lifetime below zero": Answer({"access_token": "a", "expires_in": -1}),
    "lifetime null": Answer({"access_token": "a", "expires_in": None}),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_not_trusted_and_what_is_held_is_not_lost(broker: Broker, answer: Answer) -> None:
    client = connect(broker)
    held = client.acquire("calendar").access_token
    broker.orders.append(answer)
    with pytest.raises(msauth.Untrusted):
        client.acquire("calendar", refresh=True)
    assert client.acquire("calendar").access_token == held
    assert len(broker.requests) == 2


@pytest.mark.parametrize(("lifetime", "seconds"), [({}, 3595), ({"expires_in": "120"}, 120), ({"expires_in": 4}, 4)])
def test_a_lifetime_may_be_absent_a_string_or_short(broker: Broker, lifetime: dict[str, Any], seconds: int) -> None:
    broker.orders.append(Answer({"access_token": "a", **lifetime}))
    token = memory_client(broker).connect("calendar", **registered(broker))
    assert 0 <= token.acquired_on + seconds - token.expires_on <= 1


def test_a_wrong_key_is_a_bad_credential(broker: Broker) -> None:
    with pytest.raises(msauth.BadCredential, match="cannot be opened"):
        connect(broker, broker_key=base64.b64encode(os.urandom(32)).decode())


def test_a_broker_that_is_down_is_the_network(broker: Broker) -> None:
    with pytest.raises(msauth.Network):
        connect(broker, broker_url="https://127.0.0.1:9/obtain-token")


def test_nothing_secret_is_logged(broker: Broker, tmp_path: Path) -> None:
    log = tmp_path / "log"
    client = memory_client(broker, log=str(log))
    client.connect("calendar", **registered(broker))
    client.acquire("calendar", refresh=True)
    written = log.read_text()
    assert broker.url in written
    for secret in (broker.registration.token, broker.registration.key, "refresh:", "access.", "encrypted"):
        assert secret not in written


# The shell


def test_the_command_signs_in_and_goes_on(broker: Broker, keyring: Keyring, cli: Path, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(broker.registration.key)
    environment = {
        **keyring.environment,
        "MSAUTH_CA_FILE": str(broker.ca_file),
        "BROKER_TOKEN": broker.registration.token,
    }
    words = ["--broker-id", broker.registration.id, "--broker-url", broker.url, "--broker-app", broker.registration.app]
    secrets = ["--broker-token", "env:BROKER_TOKEN", "--broker-key", f"file:{key_file}"]

    def run(*arguments: str | Path) -> str:
        done = subprocess.run([cli, *arguments], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run("connect", "calendar", "--grant", "token_broker", *words, *secrets)
    assert run("token", "calendar") == "access.1"
    assert run("token", "calendar", "--refresh") == "access.2"
    assert [each.content for each in broker.requests] == [broker.registration.token, "refresh:1"]
    assert "token_broker" in run("list")
