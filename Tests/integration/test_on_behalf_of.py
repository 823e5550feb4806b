"""A service acts for the users who called it: one client for all of them, and nobody gets another's token."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
from azure.identity import OnBehalfOfCredential
from binding import defaults, memory_client, msauth, program
from conftest import Entra, Keyring
from msauth import aio
from test_peers import DIFFERENCES, asked, differences

GRANT = "on_behalf_of"
API = "c0de0000-0000-4000-8000-00000000a005"
API_SCOPE = "api://demo-api/access_as_user"
GRAPH = "https://graph.microsoft.com"
VAULT = "https://vault.azure.net"
BOB = "bob@contoso.example"


def assertions(entra: Entra, user: str | None = None, count: int = 1) -> list[str]:
    """Tokens with which a user calls the demo api."""
    body = {"scope": API_SCOPE, "count": count, **({"user": user} if user else {})}
    tokens: list[str] = entra.admin("POST", "/tokens", body)["tokens"]
    return tokens


def api(entra: Entra, **options: Any) -> dict[str, Any]:
    """The options of the demo api."""
    given = {"grant": GRANT, "tenant": entra.tenant, "client_id": API, "client_secret": entra.client_secret}
    return {**given, **options}


def service(entra: Entra, **options: Any) -> msauth.Client:
    return memory_client(entra, **api(entra, **options))


def elsewhere(entra: Entra, keyring: Keyring, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls in a process of its own, on one connection."""
    lines = "".join(json.dumps([call, "api", options]) + "\n" for call, options in calls)
    process = program("calls", environment=defaults(entra, keyring))
    output, errors = process.communicate(lines, timeout=60)
    assert process.returncode == 0, errors
    return [json.loads(line) for line in output.splitlines()]


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def test_a_users_token_costs_one_request_and_is_held_for_that_user(entra: Entra) -> None:
    client = service(entra)
    [assertion] = assertions(entra)
    token = client.acquire(user_assertion=assertion)
    assert (token.source, token.username) == ("signed_in", entra.user)
    assert claims(token.access_token)["upn"] == entra.user
    held = client.acquire(user_assertion=assertion)
    assert (held.source, held.access_token, held.username) == ("held", token.access_token, entra.user)
    [request] = entra.requests()
    assert request["form"] == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": API,
        "client_secret": entra.client_secret,
        "assertion": assertion,
        "requested_token_use": "on_behalf_of",
        "scope": f"{GRAPH}/.default offline_access openid profile",
        "client_info": "1",
    }


def test_resources_are_told_apart_for_each_user(entra: Entra) -> None:
    client = service(entra)
    [alice], [bob] = assertions(entra), assertions(entra, BOB)
    for assertion, user in ((alice, entra.user), (bob, BOB)):
        for resource in (GRAPH, VAULT):
            token = client.acquire(user_assertion=assertion, resource=resource)
            assert (token.source, token.username) == ("signed_in", user)
            seen = claims(token.access_token)
            assert (seen["aud"], seen["upn"]) == (resource, user)
    for assertion, user in ((bob, BOB), (alice, entra.user)):
        held = client.acquire(user_assertion=assertion, resource=VAULT)
        assert (held.source, held.username, claims(held.access_token)["upn"]) == ("held", user, user)
    assert len(entra.requests()) == 4


def test_a_thousand_callers_get_their_own_tokens(entra: Entra) -> None:
    users = [entra.user, *(f"user{number}@contoso.example" for number in range(99))]
    for user in users[1:]:
        entra.admin("PUT", "/users", {"name": user, "password": "p"})
    callers = [(user, assertion) for user in users for assertion in assertions(entra, user, 10)]
    client = service(entra)

    def call(caller: tuple[str, str]) -> tuple[str, str | None, str, str]:
        token = client.acquire(user_assertion=caller[1])
        return caller[0], token.username, claims(token.access_token)["upn"], token.source

    with ThreadPoolExecutor(64) as pool:
        first = list(pool.map(call, callers))
        second = list(pool.map(call, reversed(callers)))
    assert [answer for answer in first if answer != (answer[0], answer[0], answer[0], "signed_in")] == []
    assert [answer for answer in second if answer != (answer[0], answer[0], answer[0], "held")] == []
    assert len(entra.requests("token")) == len(callers) == 1000


def test_requests_run_side_by_side(entra: Entra) -> None:
    entra.scenario(endpoint="token", delay_ms=500, times=None, override={})
    callers = assertions(entra, count=48)

    async def main() -> list[msauth.Token]:
        async with aio.Client(store="memory", ca_file=entra.ca_file, authority=entra.authority, **api(entra)) as client:
            return await asyncio.gather(*(client.acquire(user_assertion=caller) for caller in callers))

    begun = time.monotonic()
    tokens = asyncio.run(main())
    took = time.monotonic() - begun
    assert len({token.access_token for token in tokens}) == 48
    # One after another they would take 24 seconds.
    assert took < 8, f"{took:.1f} s"


def test_three_hundred_operations_at_once_keep_to_sixty_four_connections(entra: Entra) -> None:
    callers = assertions(entra, count=300)
    before = entra.admin("GET", "/requests")["connections"]

    async def main() -> list[msauth.Token]:
        async with aio.Client(store="memory", ca_file=entra.ca_file, authority=entra.authority, **api(entra)) as client:
            return await asyncio.gather(*(client.acquire(user_assertion=caller) for caller in callers))

    assert len({token.access_token for token in asyncio.run(main())}) == 300
    assert len({request["connection"] for request in entra.requests("token")}) <= 64
    # And the admin's own one.
    assert entra.admin("GET", "/requests")["connections"] - before <= 66


def test_a_service_that_hangs_keeps_nobody_beyond_his_own_limit(entra: Entra) -> None:
    entra.scenario(endpoint="token", fault="hang", times=None)
    client = service(entra)
    callers = assertions(entra, count=90)

    def call(assertion: str) -> str:
        with pytest.raises(msauth.Expired) as failure:
            client.acquire(user_assertion=assertion, timeout=2)
        return failure.value.message

    begun = time.monotonic()
    with ThreadPoolExecutor(len(callers)) as pool:
        answers = set(pool.map(call, callers))
    took = time.monotonic() - begun
    assert answers == {'The operation did not end within its "timeout".'}
    assert took < 8, f"{took:.1f} s"
    # Twenty-six of them stood in line to the end: all places are free again.
    entra.admin("DELETE", "/scenario")
    with ThreadPoolExecutor(len(callers)) as pool:
        assert len(set(pool.map(lambda caller: client.acquire(user_assertion=caller).access_token, callers))) == 90


def test_one_user_who_calls_from_many_threads_costs_one_request(entra: Entra) -> None:
    client = service(entra)
    [assertion] = assertions(entra)
    start = threading.Barrier(32)

    def call(_: int) -> str:
        start.wait()
        return client.acquire(user_assertion=assertion).access_token

    with ThreadPoolExecutor(32) as pool:
        assert len(set(pool.map(call, range(32)))) == 1
    assert len(entra.requests()) == 1


def test_an_application_asks_for_different_resources_side_by_side(entra: Entra) -> None:
    resources = [GRAPH, VAULT, "https://management.azure.com", "https://storage.azure.com"]
    client = memory_client(
        entra,
        grant="client_secret",
        client_id=entra.confidential_client_id,
        tenant=entra.tenant,
        client_secret=entra.client_secret,
    )
    entra.scenario(endpoint="token", delay_ms=1000, times=None, override={})
    begun = time.monotonic()
    with ThreadPoolExecutor(len(resources)) as pool:
        tokens = list(pool.map(lambda resource: client.acquire(resource=resource), resources))
    assert time.monotonic() - begun < 3
    assert [claims(token.access_token)["aud"] for token in tokens] == resources


def test_a_refresh_token_is_not_kept_and_the_assertion_is_redeemed_again(entra: Entra) -> None:
    client = service(entra)
    [assertion] = assertions(entra)
    client.acquire(user_assertion=assertion)
    assert client.acquire(user_assertion=assertion, refresh=True).source == "signed_in"
    assert {request["form"]["grant_type"].rsplit(":", 1)[-1] for request in entra.requests()} == {"jwt-bearer"}


def test_an_expired_assertion_asks_for_a_new_one_without_a_request(entra: Entra) -> None:
    entra.settings(token_lifetime=-301)
    [assertion] = assertions(entra)
    with pytest.raises(msauth.AssertionRequired, match="expired 30[1-9] seconds ago") as failure:
        service(entra).acquire(user_assertion=assertion)
    assert "new token" in (failure.value.hint or "")
    assert entra.requests() == []


def test_what_the_service_says_of_the_assertion_asks_for_a_new_one(entra: Entra) -> None:
    entra.settings(token_lifetime=-10)
    [late] = assertions(entra)
    entra.settings(token_lifetime=3599)
    other = entra.admin("POST", "/tokens", {"scope": "User.Read"})["tokens"][0]
    head, payload, signature = assertions(entra)[0].split(".")
    forged = ".".join((head, payload, "A" * 8 + signature[8:]))
    for assertion, number in ((late, 500133), (other, 500131), (forged, 50013), ("no.token.at-all", 50027)):
        with pytest.raises(msauth.AssertionRequired) as failure:
            service(entra).acquire(user_assertion=assertion)
        assert failure.value.aadsts == number
        assert assertion not in str(failure.value)


def test_a_challenge_goes_back_to_the_caller_with_its_claims(entra: Entra) -> None:
    wanted = json.dumps({"access_token": {"capolids": {"essential": True}}})
    entra.scenario(endpoint="token", aadsts=50076, claims=wanted)
    client = service(entra, cae=True)
    [assertion] = assertions(entra)
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.acquire(user_assertion=assertion)
    assert failure.value.claims == wanted
    # The same is not asked again within a minute, but what meets the challenge is.
    with pytest.raises(msauth.InteractionRequired, match="not asked again"):
        client.acquire(user_assertion=assertion)
    assert client.acquire(user_assertion=assertion, claims=wanted).source == "signed_in"
    asked_for = [json.loads(request["form"]["claims"])["access_token"] for request in entra.requests()]
    assert [sorted(each) for each in asked_for] == [["xms_cc"], ["capolids", "xms_cc"]]


def test_mistakes_are_sentences_and_no_request(entra: Entra) -> None:
    [assertion] = assertions(entra)
    with pytest.raises(msauth.AssertionRequired, match='"user_assertion"'):
        service(entra).acquire()
    with pytest.raises(msauth.InvalidArgument, match='without "Bearer"'):
        service(entra).acquire(user_assertion=f"Bearer {assertion}")
    for tenant in ("common", "organizations"):
        client = msauth.Client(store="memory", ca_file=entra.ca_file, authority=entra.base, **api(entra, tenant=tenant))
        with pytest.raises(msauth.InvalidArgument, match=f'"{tenant}" stands for many'):
            client.acquire(user_assertion=assertion)
    with pytest.raises(msauth.InvalidArgument, match='"client_secret", "client_certificate"'):
        service(entra, client_secret=None).acquire(user_assertion=assertion)
    assert entra.requests() == []


def test_a_stored_connection_keeps_the_service_and_none_of_its_users(entra: Entra, keyring: Keyring) -> None:
    [alice], [bob] = assertions(entra), assertions(entra, BOB)
    calls = [
        ("connect", api(entra, user_assertion=alice)),
        ("acquire", {"user_assertion": alice}),
        ("acquire", {"user_assertion": bob}),
    ]
    answers = elsewhere(entra, keyring, *calls)
    assert [(answer["source"], answer["username"]) for answer in answers] == [
        ("signed_in", entra.user),
        ("held", entra.user),
        ("signed_in", BOB),
    ]
    # Another program of the service: its credential is there, its users must call.
    listed, refused, token = elsewhere(
        entra, keyring, ("list", {}), ("acquire", {}), ("acquire", {"user_assertion": bob})
    )
    [connection] = listed["connections"]
    assert (connection["grant"], connection["username"], connection["renewable"]) == (GRANT, None, False)
    assert '"user_assertion"' in refused["message"]
    assert (token["source"], token["username"]) == ("signed_in", BOB)
    kept = keyring.secret_tool("search", "--all", "--unlock", "xdg:schema", "org.msauth.Connection").stdout
    assert entra.client_secret in kept
    assert not any(secret in kept for secret in (alice, bob, token["access_token"]))


def by_us(entra: Entra) -> str:
    return service(entra).acquire(user_assertion=assertions(entra)[0]).access_token


def by_msal(entra: Entra) -> str:
    application = msal.ConfidentialClientApplication(
        API,
        client_credential=entra.client_secret,
        authority=entra.authority,
        verify=entra.ca_file,
        instance_discovery=False,
    )
    answer = application.acquire_token_on_behalf_of(assertions(entra)[0], [f"{GRAPH}/.default"])
    return str(answer["access_token"])


def by_azure_identity(entra: Entra) -> str:
    credential = OnBehalfOfCredential(
        entra.tenant,
        API,
        client_secret=entra.client_secret,
        user_assertion=assertions(entra)[0],
        authority=entra.base,
        connection_verify=entra.ca_file,
        disable_instance_discovery=True,
    )
    return str(credential.get_token(f"{GRAPH}/.default").token)


# Besides those that test_peers.py has for every grant.
OWN_DIFFERENCES = {
    "field assertion, for jwt-bearer": "each run has another one",
}


@pytest.mark.parametrize("theirs", [by_msal, by_azure_identity])
def test_we_send_what_they_send_but_for_the_differences_that_have_a_reason(
    entra: Entra, theirs: Callable[[Entra], str]
) -> None:
    found = differences(asked(entra, by_us), asked(entra, theirs))
    assert sorted(found - DIFFERENCES.keys() - OWN_DIFFERENCES.keys()) == []
    assert found >= OWN_DIFFERENCES.keys()
