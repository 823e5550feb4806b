"""The application itself signs in, by its secret."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from binding import daemon, memory_client, msauth
from conftest import Entra

GRAPH = "https://graph.microsoft.com"
VAULT = "https://vault.azure.net"
EXPIRED_SECRET_APP = "c0de0000-0000-4000-8000-00000000a004"


def connect(entra: Entra, **options: Any) -> msauth.Client:
    client = memory_client(entra)
    client.connect("daemon", **daemon(entra, **options))
    return client


def test_a_cold_token_costs_exactly_one_request(entra: Entra) -> None:
    client = memory_client(entra)
    token = client.connect("daemon", **daemon(entra))
    assert token.source == "signed_in"
    [request] = entra.requests()
    assert (request["method"], request["endpoint"]) == ("POST", "token")
    assert request["form"] == {
        "grant_type": "client_credentials",
        "client_id": entra.confidential_client_id,
        "client_secret": entra.client_secret,
        "scope": f"{GRAPH}/.default",
    }


def test_a_connection_without_a_name_signs_in_by_itself(entra: Entra) -> None:
    client = memory_client(entra, **daemon(entra))
    assert client.acquire().source == "signed_in"
    assert client.acquire().source == "held"
    assert len(entra.requests()) == 1


def test_a_held_token_costs_no_request(entra: Entra) -> None:
    client = memory_client(entra)
    fresh = client.connect("daemon", **daemon(entra))
    held = client.acquire("daemon")
    assert (held.source, held.access_token) == ("held", fresh.access_token)
    assert len(entra.requests()) == 1


def test_refresh_asks_the_service_whatever_is_held(entra: Entra) -> None:
    client = connect(entra)
    assert client.acquire("daemon", refresh=True).source == "signed_in"
    assert len(entra.requests()) == 2


def test_each_resource_has_a_token_of_its_own(entra: Entra) -> None:
    client = connect(entra)
    vault = client.acquire("daemon", resource=VAULT)
    assert vault.scopes == (f"{VAULT}/.default",)
    assert client.acquire("daemon", scopes=[f"{VAULT}/.default"]).access_token == vault.access_token
    assert client.acquire("daemon", resource=GRAPH).source == "held"
    assert client.acquire("daemon").access_token != vault.access_token
    assert [request["form"]["scope"] for request in entra.requests()] == [f"{GRAPH}/.default", f"{VAULT}/.default"]


def test_scopes_and_resource_exclude_each_other(entra: Entra) -> None:
    with pytest.raises(msauth.InvalidArgument, match='"scopes" and "resource" exclude each other'):
        connect(entra).acquire("daemon", scopes=[f"{GRAPH}/.default"], resource=VAULT)


def test_a_wrong_secret_is_a_bad_credential_and_is_not_repeated(entra: Entra) -> None:
    with pytest.raises(msauth.BadCredential) as failure:
        connect(entra, client_secret="not-the-secret-at-all")
    assert failure.value.aadsts == 7000215
    assert failure.value.http_status == 401
    assert "value, not its ID" in str(failure.value)
    assert "not-the-secret" not in str(failure.value)
    assert failure.value.correlation_id
    assert failure.value.trace_id


def test_an_expired_secret_says_so(entra: Entra) -> None:
    with pytest.raises(msauth.BadCredential, match="expired") as failure:
        connect(entra, client_id=EXPIRED_SECRET_APP)
    assert failure.value.aadsts == 7000222


def test_a_missing_secret_is_named(entra: Entra) -> None:
    with pytest.raises(msauth.InvalidArgument, match='needs the option "client_secret"'):
        connect(entra, client_secret=None)
    assert entra.requests() == []


def test_a_tenant_for_many_is_refused_before_the_secret_leaves(entra: Entra) -> None:
    client = memory_client(entra, authority=entra.base)
    with pytest.raises(msauth.InvalidArgument, match='"tenant"'):
        client.connect("daemon", **daemon(entra, tenant="organizations"))
    assert entra.requests() == []


def test_kept_credentials_sign_in_again(entra: Entra) -> None:
    entra.settings(token_lifetime=0)
    client = connect(entra)
    assert client.acquire("daemon").source == "signed_in"


def test_a_secret_that_is_not_kept_must_be_given_again(entra: Entra) -> None:
    client = connect(entra, keep_credentials=False)
    assert client.acquire("daemon").source == "held"
    with pytest.raises(msauth.InvalidArgument, match='needs the option "client_secret"'):
        client.acquire("daemon", refresh=True)
    assert client.acquire("daemon", refresh=True, client_secret=entra.client_secret).source == "signed_in"


def test_requests_share_one_tcp_connection(entra: Entra) -> None:
    client = connect(entra)
    for _ in range(3):
        client.acquire("daemon", refresh=True)
    assert len({request["connection"] for request in entra.requests()}) == 1


def test_requests_say_who_asks_and_how_to_find_them(entra: Entra) -> None:
    client = memory_client(entra, application="backup/2.1")
    client.connect("daemon", **daemon(entra, correlation_id="c0de0000-0000-4000-8000-0000000000cc"))
    client.acquire("daemon", refresh=True)
    first, second = (request["headers"] for request in entra.requests())
    assert first["user-agent"] == f"libmsauth/{msauth.library_version()} (Linux) backup/2.1"
    assert first["client-request-id"] == "c0de0000-0000-4000-8000-0000000000cc"
    assert second["client-request-id"] != first["client-request-id"]
    assert first["return-client-request-id"] == "true"
    assert first["accept"] == "application/json"
    assert first["content-type"] == "application/x-www-form-urlencoded"


def test_the_correlation_id_of_the_call_is_in_its_error(entra: Entra) -> None:
    wanted = "c0de0000-0000-4000-8000-0000000000cd"
    with pytest.raises(msauth.BadCredential) as failure:
        connect(entra, client_secret="wrong-secret", correlation_id=wanted)
    assert failure.value.correlation_id == wanted


def test_a_token_with_too_little_time_left_is_replaced(entra: Entra) -> None:
    entra.settings(token_lifetime=4000)
    client = connect(entra)
    assert client.acquire("daemon", min_validity=1000).source == "held"
    entra.settings(token_lifetime=200)
    client.acquire("daemon", refresh=True)
    # At most half its life counts: a token of 200 seconds is good for its first 100.
    assert client.acquire("daemon", min_validity=3600).source == "held"


def test_min_validity_decides_within_half_of_the_life(entra: Entra) -> None:
    entra.settings(token_lifetime=6)
    client = connect(entra)
    # Two of six seconds are left: too few for who wants three, enough for who wants none.
    time.sleep(client.acquire("daemon").expires_on - 1.9 - time.time())
    assert client.acquire("daemon", min_validity=0).source == "held"
    assert client.acquire("daemon", min_validity=3).source == "signed_in"


def test_a_token_past_its_renewal_time_is_renewed_early(entra: Entra) -> None:
    entra.settings(refresh_in=1)
    client = connect(entra)
    time.sleep(1.1)
    assert client.acquire("daemon").source == "signed_in"
    assert len(entra.requests()) == 2


@pytest.mark.parametrize(
    "trouble",
    [{"aadsts": 90033, "status": 503, "times": 2}, {"fault": "reset", "times": 2}, {"error": "slow", "status": 429}],
    ids=["service", "network", "throttled"],
)
def test_a_failing_early_renewal_hands_out_the_held_token(entra: Entra, trouble: dict[str, Any]) -> None:
    entra.settings(refresh_in=1)
    client = connect(entra)
    held = client.acquire("daemon").access_token
    time.sleep(1.1)
    entra.scenario(endpoint="token", **trouble)
    token = client.acquire("daemon")
    assert (token.source, token.access_token) == ("held", held)
    asked = len(entra.requests())
    # The next try is a minute away: nobody hammers a service that is down.
    assert client.acquire("daemon").access_token == held
    assert len(entra.requests()) == asked


def test_a_failing_service_gets_one_more_chance(entra: Entra) -> None:
    entra.scenario(endpoint="token", aadsts=90033, status=503)
    connect(entra)
    assert [request["status"] for request in entra.requests()] == [503, 200]


def test_a_failing_service_that_says_when_to_come_back_is_left_alone(entra: Entra) -> None:
    entra.scenario(endpoint="token", aadsts=90033, status=503, retry_after=7)
    with pytest.raises(msauth.Service) as failure:
        connect(entra)
    assert failure.value.retry_after == 7
    assert len(entra.requests()) == 1


def test_eight_threads_asking_at_once_cost_one_request(entra: Entra) -> None:
    client = connect(entra)
    entra.scenario(endpoint="token", delay_ms=300, override={})
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: client.acquire("daemon", resource=VAULT), range(8)))
    assert len({token.access_token for token in tokens}) == 1
    assert len(entra.requests()) == 2


def test_eight_threads_asking_at_once_share_a_failure(entra: Entra) -> None:
    client = connect(entra)
    entra.scenario(endpoint="token", delay_ms=300, aadsts=7000215)

    def acquire(_: int) -> str | None:
        with pytest.raises(msauth.BadCredential) as failure:
            client.acquire("daemon", resource=VAULT)
        return failure.value.status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(acquire, range(8))) == ["bad_credential"] * 8
    assert len(entra.requests()) == 2


def test_claims_force_a_new_token_and_are_sent(entra: Entra) -> None:
    client = connect(entra)
    challenge = {"access_token": {"nbf": {"essential": True, "value": "1604106651"}}}
    assert client.acquire("daemon", claims=challenge).source == "signed_in"
    assert '"1604106651"' in entra.requests()[-1]["form"]["claims"]


def test_cae_says_that_claims_challenges_are_answered(entra: Entra) -> None:
    connect(entra, cae=True)
    assert entra.requests()[-1]["form"]["claims"] == '{"access_token":{"xms_cc":{"values":["cp1"]}}}'


def test_disconnect_forgets_and_can_keep_settings(entra: Entra) -> None:
    client = connect(entra)
    client.disconnect("daemon", keep="settings")
    assert client.connection("daemon").renewable is False
    with pytest.raises(msauth.InvalidArgument, match='"client_secret"'):
        client.acquire("daemon")
    assert client.connect("daemon", client_secret=entra.client_secret).source == "signed_in"
    client.disconnect("daemon")
    assert client.connections() == []
    with pytest.raises(msauth.NotFound):
        client.disconnect("daemon")
