"""Refresh tokens: kept, rotated, revoked, and redeemed once however many ask."""

from __future__ import annotations

from pathlib import Path

import pytest
from binding import defaults, go, memory_client, msauth, program, sign_in, sign_in_elsewhere, started, sum_up
from conftest import Entra, Keyring

VAULT = "https://vault.azure.net"


def refresh_tokens(entra: Entra) -> list[str]:
    """The refresh tokens that were redeemed, in order."""
    return [r["form"]["refresh_token"] for r in entra.requests("token") if r["form"]["grant_type"] == "refresh_token"]


def test_an_expired_token_is_refreshed(entra: Entra) -> None:
    entra.settings(token_lifetime=0)
    client = memory_client(entra)
    first = sign_in(client, entra)
    token = client.acquire("work")
    assert (token.source, token.username) == ("refreshed", entra.user)
    assert token.access_token != first.access_token
    form = entra.requests("token")[-1]["form"]
    assert form.pop("refresh_token")
    assert form == {
        "grant_type": "refresh_token",
        "client_id": entra.client_id,
        "scope": "https://graph.microsoft.com/.default offline_access openid profile",
        "client_info": "1",
    }


def test_one_refresh_token_gets_tokens_for_every_resource(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    assert client.acquire("work", resource=VAULT).source == "refreshed"
    assert client.acquire("work", resource=VAULT).source == "held"
    assert client.acquire("work").source == "held"


def test_a_rotated_refresh_token_is_kept(entra: Entra) -> None:
    entra.settings(rotate="strict")
    client = memory_client(entra)
    sign_in(client, entra)
    for _ in range(3):
        assert client.acquire("work", refresh=True).source == "refreshed"
    assert len(set(refresh_tokens(entra))) == 3


def test_an_answer_without_a_refresh_token_keeps_the_old_one(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.scenario(endpoint="token", override={"refresh_token": None})
    client.acquire("work", refresh=True)
    client.acquire("work", refresh=True)
    first, second = refresh_tokens(entra)
    assert first == second


@pytest.mark.parametrize(("how", "number"), [("/revoke", 50173), ("/expire", 700082)])
def test_a_dead_refresh_token_needs_the_user(entra: Entra, how: str, number: int) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.admin("POST", how, {})
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.acquire("work", refresh=True)
    assert failure.value.aadsts == number
    assert failure.value.hint
    # What was held and still is good goes on working.
    assert client.acquire("work").source == "held"
    assert sign_in(client, entra, grant=None, client_id=None).username == entra.user


def test_a_dead_refresh_token_is_tried_once(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.admin("POST", "/revoke", {})
    with pytest.raises(msauth.InteractionRequired):
        client.acquire("work", refresh=True)
    assert len(refresh_tokens(entra)) == 1


def test_claims_of_a_refusal_can_be_passed_on(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    wanted = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    entra.scenario(endpoint="token", aadsts=50076, claims=wanted)
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.acquire("work", refresh=True)
    assert failure.value.claims == wanted
    assert "factor" in str(failure.value)
    sign_in(client, entra, claims=failure.value.claims)
    assert entra.requests("token")[-1]["form"]["claims"] == wanted


def test_a_refreshed_token_of_another_person_is_not_taken(entra: Entra) -> None:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.scenario(endpoint="token", claims_override={"id_token": {"aud": "another-application"}})
    with pytest.raises(msauth.Untrusted):
        client.acquire("work", refresh=True)
    assert client.acquire("work", refresh=True).source == "refreshed"


def test_entra_is_told_whose_refresh_token_it_is_and_the_log_is_not(entra: Entra, tmp_path: Path) -> None:
    log = tmp_path / "log"
    client = memory_client(entra, log=str(log))
    account = sign_in(client, entra).home_account_id
    assert account is not None
    client.acquire("work", refresh=True)
    polled, refreshed = (request["headers"] for request in entra.requests("token"))
    assert refreshed["x-anchormailbox"] == f"Oid:{account.replace('.', '@')}"
    # Nobody is known before the first sign-in.
    assert "x-anchormailbox" not in polled
    written = log.read_text().lower()
    assert "refresh_token" in written and "anchor" not in written and account.split(".")[0] not in written


@pytest.mark.parametrize("rotate", ["lenient", "strict"])
def test_sixteen_processes_on_one_expired_connection_refresh_once(entra: Entra, keyring: Keyring, rotate: str) -> None:
    environment = defaults(entra, keyring, MSAUTH_CLIENT_ID=entra.client_id)
    entra.settings(token_lifetime=0, rotate=rotate)
    sign_in_elsewhere(entra, environment)
    entra.settings(token_lifetime=3599)
    waiting = [program("acquire", "work", environment=environment) for _ in range(16)]
    assert {started(each) for each in waiting} == {"ready"}
    entra.admin("DELETE", "/requests")
    answers = [line.split() for line in go(waiting)]
    assert len({token for _, token in answers}) == 1
    assert [source for source, _ in answers].count("refreshed") == 1
    assert sum_up(entra.requests()) == [("token", "refresh_token")]
