"""A code that is entered in a browser on another device, RFC 8628."""

from __future__ import annotations

import threading
import time
from functools import partial
from itertools import pairwise

import pytest
from binding import (
    begin,
    daemon,
    defaults,
    go,
    memory_client,
    msauth,
    program,
    sign_in,
    sign_in_elsewhere,
    started,
    sum_up,
)
from conftest import Entra, Keyring

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def polls(entra: Entra) -> list[float]:
    """The times at which the token endpoint was polled."""
    return [r["time"] for r in entra.requests("token") if r["form"]["grant_type"] == DEVICE_CODE]


def pauses(entra: Entra) -> list[float]:
    """The seconds between the answer with the code, the first poll, and each next one."""
    times = [entra.requests("devicecode")[-1]["time"], *polls(entra)]
    return [later - earlier for earlier, later in pairwise(times)]


def test_the_whole_sign_in_is_one_request_and_the_polls(entra: Entra) -> None:
    prompts: list[msauth.Prompt] = []
    client = memory_client(entra)

    def show(prompt: msauth.Prompt) -> None:
        prompts.append(prompt)
        entra.approve(prompt.user_code)

    token = client.connect("work", grant="device_code", client_id=entra.client_id, on_prompt=show)
    [prompt] = prompts
    assert prompt.user_code is not None
    assert prompt.user_code in prompt.message
    assert prompt.verification_uri == f"{entra.base}/devicelogin"
    assert prompt.interval == 1
    assert 890 < prompt.expires_on - time.time() <= 901
    assert (token.source, token.username, token.tenant) == ("signed_in", entra.user, entra.tenant)
    assert token.home_account_id == f"c0de0000-0000-4000-8000-00000000b001.{entra.tenant}"
    assert sum_up(entra.requests()) == [("devicecode", None), ("token", DEVICE_CODE)]
    assert client.acquire("work").source == "held"


def test_the_interval_is_honoured(entra: Entra) -> None:
    entra.settings(device_interval=1, auto_approve=2.5)
    memory_client(entra).connect("work", grant="device_code", client_id=entra.client_id, on_prompt=None)
    assert len(pauses(entra)) == 3
    assert all(0.95 <= pause < 1.5 for pause in pauses(entra)), pauses(entra)


def test_slow_down_adds_five_seconds_for_good(entra: Entra) -> None:
    entra.scenario(endpoint="token", error="slow_down", status=400)
    entra.scenario(endpoint="token", error="authorization_pending", status=400)
    entra.settings(auto_approve=0)
    memory_client(entra).connect("work", grant="device_code", client_id=entra.client_id, on_prompt=None)
    first, second, third = pauses(entra)
    assert first < 1.5
    assert 5.9 < second < 6.5
    assert 5.9 < third < 6.5


def test_a_failing_service_is_polled_less_often(entra: Entra) -> None:
    entra.scenario(endpoint="token", error="ordered", status=503, retry_after=2)
    entra.settings(auto_approve=0)
    memory_client(entra).connect("work", grant="device_code", client_id=entra.client_id, on_prompt=None)
    first, second = pauses(entra)
    assert first < 1.5
    assert 1.9 < second < 2.5


def test_a_code_that_expired_in_the_service_is_over(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, entra)
    entra.admin("POST", "/device/expire", {"user_code": prompt.user_code})
    with pytest.raises(msauth.Expired, match="again"):
        client.resume("work")
    with pytest.raises(msauth.NotFound):
        client.resume("work")
    assert client.connections() == []


def test_a_code_that_nobody_enters_expires_here(entra: Entra) -> None:
    entra.settings(device_lifetime=2)
    client = memory_client(entra)
    begun = time.monotonic()
    with pytest.raises(msauth.Expired):
        client.connect("work", grant="device_code", client_id=entra.client_id, on_prompt=None)
    assert 1.5 < time.monotonic() - begun < 4


def test_a_timeout_ends_the_wait_and_leaves_the_sign_in_pending(entra: Entra) -> None:
    client = memory_client(entra)
    prompts: list[msauth.Prompt] = []
    begun = time.monotonic()
    with pytest.raises(msauth.Expired, match='"timeout"'):
        client.connect("work", grant="device_code", client_id=entra.client_id, timeout=1, on_prompt=prompts.append)
    assert time.monotonic() - begun < 1.5
    entra.approve(prompts[0].user_code)
    assert client.resume("work").username == entra.user


def test_a_declined_code_is_denied(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, entra)
    entra.admin("POST", "/device/deny", {"user_code": prompt.user_code})
    with pytest.raises(msauth.Denied) as failure:
        client.resume("work")
    assert failure.value.error_code == "authorization_declined"
    assert client.connections() == []


def test_nothing_is_there_before_a_sign_in_is_finished(entra: Entra) -> None:
    client = memory_client(entra)
    begin(client, entra)
    [connection] = client.connections()
    assert (connection.name, connection.pending, connection.renewable) == ("work", True, False)
    with pytest.raises(msauth.InteractionRequired, match="pending"):
        client.acquire("work")


def test_tokens_of_before_work_while_a_sign_in_is_pending(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    prompt = begin(client, entra)
    assert client.acquire("work").source == "held"
    assert client.acquire("work", refresh=True).source == "refreshed"
    assert client.connection("work").pending
    entra.approve(prompt.user_code, "bob@contoso.example")
    assert client.resume("work").username == "bob@contoso.example"
    assert not client.connection("work").pending


def test_a_declined_second_sign_in_leaves_the_first(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    prompt = begin(client, entra)
    entra.admin("POST", "/device/deny", {"user_code": prompt.user_code})
    with pytest.raises(msauth.Denied):
        client.resume("work")
    assert client.acquire("work", refresh=True).username == entra.user


def test_connect_without_grant_signs_in_again_as_before(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra, tenant=entra.tenant, scopes="https://vault.azure.net/.default")
    assert sign_in(client, entra, grant=None, client_id=None).username == entra.user
    first, second = (request["form"] for request in entra.requests("devicecode"))
    assert first == second


def test_another_person_at_connect_without_grant_is_refused_and_the_old_connection_stays(entra: Entra) -> None:
    client = memory_client(entra)
    before = sign_in(client, entra)
    with pytest.raises(msauth.Account, match=r"bob@contoso\.example signed in.*alice@contoso\.example") as failure:
        sign_in(client, entra, user="bob@contoso.example", grant=None, client_id=None)
    assert "grant" in (failure.value.hint or "")
    assert client.acquire("work").access_token == before.access_token
    assert client.acquire("work", refresh=True).username == entra.user
    assert not client.connection("work").pending


def test_a_grant_that_is_named_makes_a_new_connection_of_the_name(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    assert sign_in(client, entra, user="bob@contoso.example").username == "bob@contoso.example"
    assert client.connect("work", **daemon(entra)).username is None
    assert client.connection("work").grant == "client_secret"


def test_a_second_prompt_makes_the_first_code_worthless(entra: Entra) -> None:
    client = memory_client(entra)
    first = begin(client, entra)
    second = begin(client, entra)
    entra.approve(first.user_code)
    with pytest.raises(msauth.Expired):
        client.resume("work", timeout=1)
    entra.approve(second.user_code)
    assert client.resume("work").username == entra.user


def test_resumers_take_turns_and_do_not_poll_faster_together(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, entra)
    tokens: list[str] = []
    resume = partial(client.resume, "work", timeout=15)
    threads = [threading.Thread(target=lambda: tokens.append(resume().access_token), daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(polls(entra)) < 2:
        time.sleep(0.05)
    entra.approve(prompt.user_code)
    for thread in threads:
        thread.join(20)
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert [request["status"] for request in entra.requests("token")].count(200) == 1
    assert all(pause > 0.9 for pause in pauses(entra)[1:])


def test_an_unknown_application_and_tenant_are_named(entra: Entra) -> None:
    client = memory_client(entra)
    with pytest.raises(msauth.Configuration, match="client_id") as failure:
        begin(client, entra, client_id="c0de0000-0000-4000-8000-00000000dead")
    assert failure.value.aadsts == 700016
    with pytest.raises(msauth.Configuration, match="tenant") as failure:
        begin(memory_client(entra, authority=entra.base), entra, tenant="nobody.example")
    assert failure.value.aadsts == 90002
    assert client.connections() == []


def test_a_disabled_user_is_an_account_failure(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, entra)
    entra.approve(prompt.user_code)
    entra.scenario(endpoint="token", aadsts=50057)
    with pytest.raises(msauth.Account, match="disabled"):
        client.resume("work")


def test_a_sign_in_begun_in_a_process_that_was_killed_is_finished_in_another(entra: Entra, keyring: Keyring) -> None:
    environment = defaults(entra, keyring, MSAUTH_CLIENT_ID=entra.client_id)
    assert sign_in_elsewhere(entra, environment).split()[0] == entra.user
    [answer] = go([program("acquire", "work", environment=environment)])
    assert "held" in answer
    assert sum_up(entra.requests()) == [("devicecode", None), ("token", DEVICE_CODE)]


def begun_elsewhere(entra: Entra, environment: dict[str, str]) -> str:
    """The code of a sign-in that a process has begun before it was killed."""
    beginning = program("begin", "work", environment=environment)
    user_code = started(beginning)
    assert started(beginning) == "begun"
    beginning.kill()
    beginning.communicate()
    return user_code


def test_two_processes_that_resume_at_once_get_the_same_token_from_one_redemption(
    entra: Entra, keyring: Keyring
) -> None:
    environment = defaults(entra, keyring, MSAUTH_CLIENT_ID=entra.client_id)
    entra.approve(begun_elsewhere(entra, environment))
    finishing = [program("resume", "work", environment=environment) for _ in range(2)]
    assert {started(each) for each in finishing} == {"ready"}
    first, second = go(finishing)
    assert first == second
    assert first.split()[0] == entra.user
    assert [request["status"] for request in entra.requests("token")] == [200]


def test_two_processes_that_poll_one_code_do_not_poll_faster_together(entra: Entra, keyring: Keyring) -> None:
    environment = defaults(entra, keyring, MSAUTH_CLIENT_ID=entra.client_id)
    user_code = begun_elsewhere(entra, environment)
    finishing = [program("resume", "work", "20", environment=environment) for _ in range(2)]
    assert {started(each) for each in finishing} == {"ready"}
    approval = threading.Timer(2.5, entra.approve, [user_code])
    approval.start()
    first, second = go(finishing)
    assert first == second
    assert first.split()[0] == entra.user
    assert all(pause > 0.9 for pause in pauses(entra)[1:]), pauses(entra)
