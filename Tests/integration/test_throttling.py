"""Told to slow down, acquire does not ask again before its time. MSAL for Python keeps the same rules, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
from binding import daemon, memory_client, msauth, sign_in
from conftest import Entra

SCOPE = "https://graph.microsoft.com/.default"
BUSY: dict[str, Any] = {"endpoint": "token", "error": "busy", "status": 429}


def refresh(client: msauth.Client, name: str = "work", **options: Any) -> msauth.Token:
    return client.acquire(name, refresh=True, **options)


def asked(entra: Entra) -> int:
    return len(entra.requests("token"))


@pytest.mark.parametrize("status", [429, 503, 400])
def test_retry_after_is_obeyed_without_a_request_and_then_it_works_again(entra: Entra, status: int) -> None:
    client = memory_client(entra)
    held = sign_in(client, entra)
    entra.scenario(**(BUSY | {"status": status, "retry_after": 2}))
    with pytest.raises(msauth.MSAuthError) as first:
        refresh(client)
    assert first.value.retry_after == 2
    before = asked(entra)
    with pytest.raises(msauth.Throttled, match="left alone for another [12] seconds") as second:
        refresh(client)
    assert second.value.retry_after in (1, 2)
    assert second.value.http_status == status
    assert client.acquire("work").access_token == held.access_token
    assert asked(entra) == before
    deadline = time.monotonic() + 10
    while True:
        try:
            token = refresh(client)
            break
        except msauth.Throttled as error:
            assert time.monotonic() < deadline
            assert error.retry_after is not None
            time.sleep(error.retry_after)
    assert token.source == "refreshed"
    assert asked(entra) == before + 1


def test_a_date_says_how_long_as_well(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.scenario(**BUSY, headers={"Retry-After": formatdate(time.time() + 100, usegmt=True)})
    with pytest.raises(msauth.Throttled) as failure:
        refresh(client)
    assert failure.value.retry_after is not None
    assert 97 <= failure.value.retry_after <= 101


def test_a_token_that_is_due_is_handed_out_all_the_same(entra: Entra) -> None:
    entra.settings(refresh_in=1)
    client = memory_client(entra)
    held = client.connect("daemon", **daemon(entra))
    entra.scenario(**BUSY, retry_after=100, times=None)
    with pytest.raises(msauth.Throttled):
        refresh(client, "daemon")
    time.sleep(1.1)
    assert client.acquire("daemon").access_token == held.access_token
    assert asked(entra) == 2


def test_who_connects_is_not_held_back_and_opens_the_way_for_others(entra: Entra) -> None:
    client = memory_client(entra)
    client.connect("daemon", **daemon(entra))
    entra.scenario(**BUSY, retry_after=100)
    with pytest.raises(msauth.Throttled):
        refresh(client, "daemon")
    assert client.connect("daemon", **daemon(entra)).source == "signed_in"
    assert refresh(client, "daemon").source == "signed_in"


def test_a_refusal_that_only_the_user_can_change_is_asked_for_once(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.admin("POST", "/revoke", {})
    before = asked(entra)
    failures = []
    for _ in range(5):
        with pytest.raises(msauth.InteractionRequired) as failure:
            refresh(client)
        failures.append(failure.value)
    assert asked(entra) == before + 1
    assert {each.aadsts for each in failures} == {50173}
    assert len({each.correlation_id for each in failures}) == 1
    assert "was not asked again" in str(failures[-1].hint)
    assert "was not asked again" not in str(failures[0].hint)
    sign_in(client, entra)
    assert refresh(client).source == "refreshed"


def test_a_request_loop_is_ended(entra: Entra) -> None:
    client = memory_client(entra)
    client.connect("daemon", **daemon(entra))
    entra.scenario(endpoint="token", aadsts=50196, times=None)
    for _ in range(3):
        with pytest.raises(msauth.Throttled) as failure:
            refresh(client, "daemon")
        assert failure.value.aadsts == 50196
    assert asked(entra) == 2


def test_another_purpose_is_not_held_back(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    sign_in(client, entra, "bob", "bob@contoso.example")
    entra.scenario(**BUSY, retry_after=100)
    with pytest.raises(msauth.Throttled):
        refresh(client)
    assert refresh(client, resource="https://vault.azure.net").source == "refreshed"
    assert refresh(client, "bob").source == "refreshed"
    assert refresh(client, tenant="contoso.onmicrosoft.com").source == "refreshed"


# ---- MSAL for Python under the same refusals: how many requests three calls cost.


def by_us(entra: Entra, order: dict[str, Any]) -> int:
    client = memory_client(entra)
    sign_in(client, entra)

    def call() -> None:
        with pytest.raises(msauth.MSAuthError):
            refresh(client)

    return requests(entra, order, call)


def by_msal(entra: Entra, order: dict[str, Any]) -> int:
    application = msal.PublicClientApplication(
        entra.client_id, authority=entra.authority, verify=entra.ca_file, instance_discovery=False
    )
    flow = application.initiate_device_flow([SCOPE])
    entra.approve(flow["user_code"])
    assert "access_token" in application.acquire_token_by_device_flow(flow)
    [account] = application.get_accounts()

    def call() -> None:
        try:
            answer = application.acquire_token_silent_with_error([SCOPE], account, force_refresh=True)
        except msal.exceptions.MsalServiceError:
            # What it makes of a 5xx.
            return
        # After the second failure it hands out the token that it has.
        assert answer is None or "error" in answer or answer["token_source"] == "cache"

    return requests(entra, order, call)


def requests(entra: Entra, order: dict[str, Any], call: Callable[[], None]) -> int:
    before = asked(entra)
    entra.scenario(endpoint="token", times=None, **order)
    for _ in range(3):
        call()
    return asked(entra) - before


# How many requests three calls cost us and MSAL; where the numbers differ, why.
COSTS: dict[str, tuple[dict[str, Any], int, int, str]] = {
    "429 with Retry-After": ({"error": "busy", "status": 429, "retry_after": 100}, 1, 1, ""),
    "429": ({"error": "busy", "status": 429}, 1, 1, ""),
    "503 with Retry-After": ({"error": "busy", "status": 503, "retry_after": 100}, 1, 1, ""),
    "invalid_grant": ({"aadsts": 50076}, 1, 1, ""),
    "400 of another kind": (
        {"error": "invalid_request", "status": 400},
        3,
        1,
        "MSAL remembers every 400; what an administrator can mend is asked again, so that nobody waits for the mending",
    ),
}


@pytest.mark.parametrize("refusal", COSTS)
def test_we_ask_as_often_as_msal_does_or_say_why_not(entra: Entra, refusal: str) -> None:
    order, ours, theirs, reason = COSTS[refusal]
    assert bool(reason) == (ours != theirs)
    assert by_us(entra, order) == ours
    entra.reset()
    assert by_msal(entra, order) == theirs
