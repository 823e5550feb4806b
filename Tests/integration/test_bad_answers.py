"""Answers that no service should give: each has its status and a sentence that helps, and nothing held is lost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from binding import begin, daemon, memory_client, msauth, sign_in
from conftest import Entra


@dataclass
class Trouble:
    """What the service does, and how the call must fail."""

    name: str
    order: dict[str, Any]
    error: type[msauth.MSAuthError]
    says: str
    fields: dict[str, Any] = field(default_factory=dict)


def override(**values: Any) -> dict[str, Any]:
    return {"override": values}


def raw(text: str) -> dict[str, Any]:
    return override(expires_in={"raw": text})


TROUBLES = [
    Trouble("html", {"fault": "html"}, msauth.Untrusted, "not JSON.*captive portal"),
    Trouble("html 500", {"fault": "html", "status": 500}, msauth.Service, "HTTP 500", {"http_status": 500}),
    Trouble("html 404", {"fault": "html", "status": 404}, msauth.Configuration, "authority", {"http_status": 404}),
    Trouble("empty", {"fault": "empty"}, msauth.Untrusted, "empty"),
    Trouble("half json", {"fault": "half_json"}, msauth.Untrusted, "not JSON"),
    Trouble("cut body", {"fault": "cut_body"}, msauth.Network, "localhost"),
    Trouble("no access token", {"fault": "no_access_token"}, msauth.Untrusted, "access_token"),
    Trouble("access token removed", override(access_token=None), msauth.Untrusted, "access_token"),
    Trouble("access token empty", override(access_token=""), msauth.Untrusted, "access_token"),
    Trouble("access token a number", override(access_token=7), msauth.Untrusted, "access_token"),
    Trouble("access token with a newline", override(access_token="a\nb"), msauth.Untrusted, "RFC 6750"),
    Trouble("access token for a shell", override(access_token="$(id)"), msauth.Untrusted, "RFC 6750"),
    Trouble("redirect", {"fault": "redirect"}, msauth.Untrusted, "redirect", {"http_status": 302}),
    Trouble("redirect 307", {"fault": "redirect", "status": 307}, msauth.Untrusted, "redirect"),
    Trouble("reset", {"fault": "reset"}, msauth.Network, "localhost"),
    Trouble("close", {"fault": "close"}, msauth.Network, "localhost"),
    Trouble("big body", {"fault": "big_body"}, msauth.Untrusted, "1 MiB"),
    Trouble("big headers", {"fault": "big_headers"}, msauth.Untrusted, "64 KiB"),
    Trouble("deep json", {"fault": "deep_json"}, msauth.Untrusted, "not JSON"),
    Trouble("not json", {"fault": "not_json_200"}, msauth.Untrusted, "not JSON"),
    Trouble("not an object", {"fault": "not_object"}, msauth.Untrusted, "JSON"),
    Trouble("bad utf-8", {"fault": "bad_utf8"}, msauth.Untrusted, "JSON"),
    Trouble("nul bytes", {"fault": "nul_bytes"}, msauth.Untrusted, "usable"),
    Trouble("expires_in -1", raw("-1"), msauth.Untrusted, "expires_in"),
    Trouble("expires_in 1e400", raw("1e400"), msauth.Untrusted, "expires_in"),
    Trouble("expires_in 2^63", raw("9223372036854775808"), msauth.Untrusted, "expires_in"),
    Trouble("expires_in abc", raw('"abc"'), msauth.Untrusted, "expires_in"),
    Trouble("expires_in an object", raw("{}"), msauth.Untrusted, "expires_in"),
    Trouble("expires_in null", raw("null"), msauth.Untrusted, "expires_in"),
    Trouble("throttled", {"error": "busy", "status": 429}, msauth.Throttled, "minute", {"retry_after": None}),
    Trouble(
        "throttled with Retry-After",
        {"error": "busy", "status": 429, "retry_after": 7},
        msauth.Throttled,
        "7 seconds",
        {"retry_after": 7, "http_status": 429},
    ),
    Trouble(
        "throttled with a bad Retry-After",
        {"error": "busy", "status": 429, "headers": {"Retry-After": "99999999999999999999"}},
        msauth.Throttled,
        "minute",
        {"retry_after": None},
    ),
    Trouble("unavailable", {"aadsts": 90033, "status": 503}, msauth.Service, "again", {"aadsts": 90033}),
    Trouble(
        "error of a wrong kind", {"fault": "answer", "status": 400, "body": '{"error": 7}'}, msauth.Rejected, "400"
    ),
    Trouble(
        "error unheard of",
        {"fault": "answer", "status": 400, "body": '{"error": "brand_new"}'},
        msauth.Rejected,
        "brand_new",
        {"error_code": "brand_new", "http_status": 400},
    ),
]
BY_NAME = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)


def check(trouble: Trouble, failure: msauth.MSAuthError) -> None:
    assert type(failure) is trouble.error, failure
    assert failure.message.endswith("."), failure
    assert "\n" not in str(failure)
    assert len(str(failure)) < 2600
    for name, value in trouble.fields.items():
        assert getattr(failure, name) == value


@BY_NAME
def test_a_bad_answer_to_a_refresh_has_its_status_and_loses_nothing(entra: Entra, trouble: Trouble) -> None:
    client = memory_client(entra)
    held = sign_in(client, entra)
    entra.scenario(endpoint="token", times=2, **trouble.order)
    with pytest.raises(trouble.error, match=trouble.says) as failure:
        client.acquire("work", refresh=True)
    check(trouble, failure.value)
    assert client.acquire("work").access_token == held.access_token
    entra.admin("DELETE", "/scenario")
    if trouble.error is msauth.Throttled:
        # Not before its time: test_throttling.py says more.
        with pytest.raises(msauth.Throttled):
            client.acquire("work", refresh=True)
        return
    assert client.acquire("work", refresh=True).source == "refreshed"


@BY_NAME
def test_a_bad_answer_to_a_sign_in_again_leaves_the_old_connection(entra: Entra, trouble: Trouble) -> None:
    client = memory_client(entra)
    held = client.connect("daemon", **daemon(entra))
    entra.scenario(endpoint="token", times=2, **trouble.order)
    with pytest.raises(trouble.error, match=trouble.says) as failure:
        client.connect("daemon", **daemon(entra))
    check(trouble, failure.value)
    assert client.acquire("daemon").access_token == held.access_token


DEVICE_TROUBLES = [
    *(each for each in TROUBLES if "token" not in each.name and "expires_in" not in each.name),
    Trouble("no code", override(device_code=None), msauth.Untrusted, "device_code"),
    Trouble("no user code", override(user_code=None), msauth.Untrusted, "user_code"),
    Trouble("no address", override(verification_uri=None), msauth.Untrusted, "verification_uri"),
    Trouble("plain address", override(verification_uri="http://login.example"), msauth.Untrusted, "https"),
    Trouble("script address", override(verification_uri="javascript:alert(1)"), msauth.Untrusted, "https"),
    Trouble("no time", override(expires_in=0), msauth.Untrusted, "expires_in"),
    Trouble("negative time", raw("-1"), msauth.Untrusted, "expires_in"),
    Trouble("endless time", raw("1e400"), msauth.Untrusted, "expires_in"),
]


@pytest.mark.parametrize("trouble", DEVICE_TROUBLES, ids=lambda trouble: trouble.name)
def test_a_bad_answer_to_a_request_for_a_code_leaves_the_old_connection(entra: Entra, trouble: Trouble) -> None:
    client = memory_client(entra)
    held = sign_in(client, entra)
    entra.scenario(endpoint="devicecode", times=2, **trouble.order)
    with pytest.raises(trouble.error, match=trouble.says) as failure:
        begin(client, entra)
    check(trouble, failure.value)
    assert client.acquire("work").access_token == held.access_token
    assert not client.connection("work").pending


@pytest.mark.parametrize("seconds", ["9223372036854775807", "1e18", "7776001", '"7776001"'])
def test_a_lifetime_beyond_all_measure_is_cut_to_ninety_days(entra: Entra, seconds: str) -> None:
    entra.scenario(endpoint="token", **raw(seconds))
    token = memory_client(entra).connect("daemon", **daemon(entra))
    assert token.expires_on - token.acquired_on == 90 * 86400


def test_a_lifetime_as_text_is_taken(entra: Entra) -> None:
    entra.scenario(endpoint="token", **raw('"1800"'))
    token = memory_client(entra).connect("daemon", **daemon(entra))
    assert token.expires_on - token.acquired_on == 1800


def test_a_lifetime_that_is_absent_is_an_hour(entra: Entra) -> None:
    entra.scenario(endpoint="token", **override(expires_in=None))
    token = memory_client(entra).connect("daemon", **daemon(entra))
    assert token.expires_on - token.acquired_on == 3600


def test_a_strange_interval_is_kept_within_reason(entra: Entra) -> None:
    for interval, taken in ((0, 1), (-5, 1), ("x", 5), (10**18, 3600)):
        entra.scenario(endpoint="devicecode", **override(interval=interval))
        assert begin(memory_client(entra), entra).interval == taken


@pytest.mark.parametrize("fault", ["hang", "slow_headers", "slow_body"])
def test_a_service_that_hangs_ends_after_http_timeout(entra: Entra, fault: str) -> None:
    client = memory_client(entra, http_timeout=1)
    sign_in(client, entra)
    entra.scenario(endpoint="token", fault=fault)
    begun = time.monotonic()
    with pytest.raises(msauth.Network, match=r"did not answer in time.*http_timeout"):
        client.acquire("work", refresh=True)
    assert 0.9 < time.monotonic() - begun < 1.5
    assert client.acquire("work", refresh=True).source == "refreshed"


@pytest.mark.parametrize("which", ["wrong_name_base", "unknown_ca_base", "expired_base"])
def test_a_bad_certificate_is_untrusted_and_nothing_is_sent(entra: Entra, which: str) -> None:
    client = memory_client(entra, authority=entra.about[which])
    with pytest.raises(msauth.Untrusted, match=r"certificate of https://localhost:\d+ is not trusted.*ca_file"):
        client.connect("daemon", **daemon(entra))
    assert entra.requests() == []


def test_without_the_ca_file_the_certificate_is_untrusted(entra: Entra) -> None:
    with pytest.raises(msauth.Untrusted, match="ca_file"):
        memory_client(entra, ca_file=None).connect("daemon", **daemon(entra))


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_ca_file_that_cannot_be_read_is_named(entra: Entra, tmp_path: Any, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(msauth.InvalidArgument, match='"ca_file"'):
        memory_client(entra, ca_file=path).connect("daemon", **daemon(entra))


@pytest.mark.parametrize(
    ("authority", "says"),
    [("https://nobody.invalid", "cannot be resolved"), ("https://localhost:1", "No connection to https://localhost:1")],
)
def test_no_service_at_all_is_a_network_failure(entra: Entra, authority: str, says: str) -> None:
    client = memory_client(entra, authority=authority)
    with pytest.raises(msauth.Network, match=says):
        client.connect("daemon", **daemon(entra))


def test_a_text_of_the_service_is_cleaned_and_repeats_no_secret(entra: Entra) -> None:
    text = f"AADSTS7000215: bad \x1b[31m \u202e\r\n {entra.client_secret} " + "x" * 5000
    entra.scenario(endpoint="token", error="invalid_client", aadsts=7000215, description=text)
    with pytest.raises(msauth.BadCredential) as failure:
        memory_client(entra).connect("daemon", **daemon(entra))
    said = str(failure.value)
    assert said.isprintable()
    assert "[redacted]" in said
    assert entra.client_secret not in said
    assert len(said) < 2600


def test_a_refused_poll_ends_the_sign_in_and_an_unreadable_one_does_not(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, entra)
    # A captive portal has no say in it.
    entra.scenario(endpoint="token", fault="html")
    with pytest.raises(msauth.Untrusted):
        client.resume("work")
    assert client.connection("work").pending
    entra.approve(prompt.user_code)
    assert client.resume("work").username == entra.user
    begin(client, entra, "other")
    entra.scenario(endpoint="token", aadsts=53003)
    with pytest.raises(msauth.InteractionRequired):
        client.resume("other")
    assert [connection.name for connection in client.connections()] == ["work"]
