"""What another program has got goes on as a connection: a refresh token, or an access token as long as it lasts."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
from binding import defaults, memory_client, msauth
from conftest import Entra, Keyring
from test_peers import DIFFERENCES, asked, differences, msal_application, msal_sign_in

GRAPH = "https://graph.microsoft.com"
VAULT = "https://vault.azure.net"
SCOPE = f"{GRAPH}/.default"
BOB = "bob@contoso.example"


def refresh_token(entra: Entra) -> str:
    """One that msal got."""
    application = msal_application(entra)
    msal_sign_in(entra, application)
    [kept] = application.token_cache.search(msal.TokenCache.CredentialType.REFRESH_TOKEN)
    entra.admin("DELETE", "/requests")
    return str(kept["secret"])


def import_refresh(client: msauth.Client, entra: Entra, token: str, **options: Any) -> msauth.Token:
    given = {"grant": "refresh_token", "client_id": entra.client_id, "refresh_token": token, **options}
    answer: msauth.Token = client.connect("work", **given)
    return answer


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def test_a_refresh_token_of_another_program_becomes_a_users_connection(entra: Entra) -> None:
    entra.settings(rotate="strict")
    token = refresh_token(entra)
    client = memory_client(entra)
    first = import_refresh(client, entra, token)
    assert (first.source, first.username) == ("signed_in", entra.user)
    assert client.acquire("work").source == "held"
    # Theirs is spent: what came in its place is what goes on.
    second = client.acquire("work", resource=VAULT)
    assert (second.source, second.username, claims(second.access_token)["aud"]) == ("refreshed", entra.user, VAULT)
    sent = [request["form"]["refresh_token"] for request in entra.requests("token")]
    assert sent[0] == token
    assert sent[1] not in ("", token)
    assert client.connection("work").renewable is True


def test_one_that_is_revoked_asks_for_the_user(entra: Entra) -> None:
    client = memory_client(entra)
    token = refresh_token(entra)
    import_refresh(client, entra, token)
    entra.admin("POST", "/revoke", {})
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.acquire("work", refresh=True)
    assert failure.value.aadsts == 50173
    with pytest.raises(msauth.InteractionRequired):
        import_refresh(memory_client(entra), entra, token)


def test_another_persons_token_does_not_take_the_connection_over(entra: Entra) -> None:
    client = memory_client(entra)
    import_refresh(client, entra, refresh_token(entra))
    application = msal_application(entra)
    flow = application.initiate_device_flow([SCOPE])
    entra.approve(flow["user_code"], BOB)
    bobs = application.acquire_token_by_device_flow(flow)["refresh_token"]
    with pytest.raises(msauth.Account):
        client.connect("work", refresh_token=bobs)
    assert client.acquire("work").username == entra.user


def test_the_shell_reads_it_from_standard_input(entra: Entra, keyring: Keyring, cli: Path) -> None:
    token = refresh_token(entra)
    command = [str(cli), "connect", "work", "--grant", "refresh_token", "--client-id", entra.client_id]
    environment = defaults(entra, keyring)
    done = subprocess.run(
        [*command, "--refresh-token", "stdin"], env=environment, input=f"{token}\n", text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    shown = subprocess.run([str(cli), "token", "work"], env=environment, text=True, capture_output=True, check=True)
    assert claims(shown.stdout.strip())["upn"] == entra.user
    [request] = entra.requests("token")
    assert request["form"]["refresh_token"] == token


def refresh_by_us(entra: Entra) -> str:
    token = refresh_token(entra)
    return import_refresh(memory_client(entra), entra, token).access_token


def refresh_by_msal(entra: Entra) -> str:
    token = refresh_token(entra)
    answer = msal_application(entra).acquire_token_by_refresh_token(token, [SCOPE])
    return str(answer["access_token"])


def test_we_send_what_msal_sends_but_for_the_differences_that_have_a_reason(entra: Entra) -> None:
    ours, theirs = asked(entra, refresh_by_us), asked(entra, refresh_by_msal)
    assert sorted(differences(ours, theirs) - DIFFERENCES.keys()) == []


def access_token(entra: Entra, scope: str = SCOPE) -> str:
    return str(entra.admin("POST", "/tokens", {"scope": scope})["tokens"][0])


def test_an_access_token_is_kept_as_long_as_it_lasts_and_nobody_is_asked(entra: Entra) -> None:
    given = access_token(entra)
    client = memory_client(entra, authority=entra.base)
    token = client.connect("work", grant="access_token", access_token=given)
    said = claims(given)
    assert (token.access_token, token.username, token.tenant) == (given, entra.user, entra.tenant)
    assert (token.client_id, token.expires_on) == (entra.client_id, said["exp"])
    assert token.home_account_id == f"{said['oid']}.{entra.tenant}"
    wishes: list[dict[str, Any]] = [{}, {"service": "graph"}, {"scopes": ["User.Read"]}, {"resource": GRAPH}]
    for wish in wishes:
        held = client.acquire("work", **wish)
        assert (held.source, held.access_token) == ("held", given)
    connection = client.connection("work")
    assert (connection.username, connection.renewable, connection.client_id) == (entra.user, False, entra.client_id)
    with pytest.raises(msauth.InteractionRequired, match=f"for {GRAPH}, and none for {VAULT}"):
        client.acquire("work", service="keyvault")
    with pytest.raises(msauth.InteractionRequired, match="nothing can renew it"):
        client.acquire("work", refresh=True)
    assert entra.requests() == []


def test_an_access_token_without_a_user_has_none(entra: Entra) -> None:
    application = memory_client(entra).connect(
        grant="client_secret",
        client_id=entra.confidential_client_id,
        tenant=entra.tenant,
        client_secret=entra.client_secret,
    )
    token = memory_client(entra).connect(grant="access_token", access_token=application.access_token)
    assert (token.username, token.scopes, token.client_id) == (None, ("User.Read.All",), entra.confidential_client_id)


def test_an_access_token_that_is_over_or_cannot_be_read_is_refused(entra: Entra) -> None:
    client = memory_client(entra)
    entra.settings(token_lifetime=-1)
    with pytest.raises(msauth.Expired, match="seconds ago"):
        client.connect("work", grant="access_token", access_token=access_token(entra))
    with pytest.raises(msauth.InvalidArgument, match="no JWT"):
        client.connect("work", grant="access_token", access_token="EwBwA8l6BAAU")
    assert client.connections() == []


def test_the_shell_takes_the_users_credential_for_the_grant_beside_the_applications(
    entra: Entra, keyring: Keyring, cli: Path
) -> None:
    sent = {}
    for option in ("refresh-token", "user-assertion", "access-token"):
        entra.admin("DELETE", "/requests")
        words = ("--client-id", entra.confidential_client_id, "--client-secret", "env:SECRET", f"--{option}", "env:USER")
        environment = defaults(entra, keyring, SECRET=entra.client_secret, USER="of.the.user")
        subprocess.run([cli, "connect", "work", *words], env=environment, capture_output=True, timeout=60)
        sent[option] = [request["form"]["grant_type"] for request in entra.requests("token")]
    # An access token that cannot be read is sent to nobody.
    assert sent == {
        "refresh-token": ["refresh_token"],
        "user-assertion": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "access-token": [],
    }
