"""A user signs in by name and password, at Entra or at the federation server of the user's domain."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from binding import PACKAGE, PROGRAMS, defaults, memory_client, msauth, sum_up
from conftest import Entra, Keyring
from test_peers import TELEMETRY, differences

WRONG = "not-the-password-at-all"
SAML11 = "urn:ietf:params:oauth:grant-type:saml1_1-bearer"
SAML20 = "urn:ietf:params:oauth:grant-type:saml2-bearer"
PASSWORD = "/s:Envelope/s:Header/wsse:Security/wsse:UsernameToken/wsse:Password"
USERNAME = "/s:Envelope/s:Header/wsse:Security/wsse:UsernameToken/wsse:Username"


def options(entra: Entra, user: str | None = None, password: str | None = None, **more: Any) -> dict[str, Any]:
    given = {
        "grant": "password",
        "client_id": entra.client_id,
        "username": user or entra.user,
        "password": password or entra.password,
    }
    return {**given, **more}


def federated(entra: Entra, password: str | None = None, **more: Any) -> dict[str, Any]:
    return options(
        entra, entra.about["federated_user"], password or entra.about["federated_password"], **more
    )


def connected(entra: Entra, **given: Any) -> msauth.Client:
    client = memory_client(entra)
    client.connect("work", **(given or options(entra)))
    return client


def user(entra: Entra, name: str) -> dict[str, Any]:
    [found] = [each for each in entra.admin("GET", "/users")["users"] if each["name"] == name]
    return dict(found)


# ---- Entra checks the password


def test_a_password_costs_the_question_who_checks_it_and_one_request(entra: Entra) -> None:
    client = memory_client(entra)
    token = client.connect("work", **options(entra))
    assert (token.source, token.username, token.tenant) == ("signed_in", entra.user, entra.tenant)
    realm, request = entra.requests()
    assert (realm["endpoint"], realm["path"]) == ("userrealm", f"/common/userrealm/{entra.user}")
    assert realm["query"] == {"api-version": "1.0"}
    assert request["form"] == {
        "grant_type": "password",
        "client_id": entra.client_id,
        "username": entra.user,
        "password": entra.password,
        "scope": "https://graph.microsoft.com/.default offline_access openid profile",
        "client_info": "1",
    }
    connection = client.connection("work")
    assert (connection.renewable, connection.grant, connection.username) == (True, "password", entra.user)
    assert client.acquire("work", refresh=True).source == "refreshed"


def test_common_becomes_organizations_and_personal_accounts_are_refused(entra: Entra) -> None:
    client = memory_client(entra, authority=entra.base)
    client.connect("work", **options(entra, tenant="common"))
    assert entra.requests("token")[0]["path"] == "/organizations/oauth2/v2.0/token"
    with pytest.raises(msauth.InvalidArgument, match="personal"):
        client.connect("work", **options(entra, tenant="consumers"))
    assert len(entra.requests()) == 2


def test_a_web_application_proves_itself_besides(entra: Entra) -> None:
    given = options(entra, client_secret=entra.client_secret)
    connected(entra, **{**given, "client_id": entra.about["web_client_id"]})
    assert entra.requests("token")[0]["form"]["client_secret"] == entra.client_secret


@pytest.mark.parametrize(
    ("name", "password", "status", "number"),
    [
        ("alice@contoso.example", WRONG, "bad_credential", 50126),
        ("disabled@contoso.example", "demo-password-Dora-1", "account", 50057),
        ("locked@contoso.example", "demo-password-Lou-1", "account", 50053),
        ("mfa@contoso.example", "demo-password-Max-1", "interaction_required", 50076),
        ("carol@fabrikam.example", "demo-password-Carol-1", "account", 50020),
    ],
)
def test_each_refusal_has_its_status(entra: Entra, name: str, password: str, status: str, number: int) -> None:
    with pytest.raises(msauth.MSAuthError) as failure:
        connected(entra, **options(entra, name, password))
    assert (failure.value.status, failure.value.aadsts) == (status, number)
    assert failure.value.hint and password not in str(failure.value)
    assert sum_up(entra.requests()) == [("userrealm", None), ("token", "password")]


@pytest.mark.parametrize(
    ("number", "status"),
    [(50055, "interaction_required"), (53003, "interaction_required"), (50034, "account"), (65001, "interaction_required")],
)
def test_what_else_entra_may_say(entra: Entra, number: int, status: str) -> None:
    entra.scenario(endpoint="token", aadsts=number)
    with pytest.raises(msauth.MSAuthError) as failure:
        connected(entra)
    assert (failure.value.status, failure.value.aadsts) == (status, number)


def test_the_password_of_somebody_unknown_stays_here(entra: Entra) -> None:
    with pytest.raises(msauth.Account, match="password was not sent"):
        connected(entra, **options(entra, "nobody@unknown.example"))
    body = json.dumps({"account_type": "Managed", "domain_name": "live.com"})
    entra.scenario(endpoint="userrealm", fault="answer", body=body, content_type="application/json")
    with pytest.raises(msauth.Account, match="personal"):
        connected(entra, **options(entra, "someone@outlook.example"))
    assert sum_up(entra.requests()) == [("userrealm", None)] * 2


# ---- Again, and never too often


@pytest.mark.parametrize("how", ["/revoke", "/expire"])
def test_a_dead_refresh_token_is_replaced_by_a_new_sign_in(entra: Entra, how: str) -> None:
    client = connected(entra)
    entra.admin("POST", how, {})
    token = client.acquire("work", refresh=True)
    assert (token.source, token.username) == ("signed_in", entra.user)
    assert client.acquire("work", refresh=True).source == "refreshed"


@pytest.mark.parametrize("kind", ["managed", "federated"])
def test_a_password_that_was_changed_is_tried_once_and_then_never(entra: Entra, kind: str) -> None:
    given = options(entra) if kind == "managed" else federated(entra)
    client = connected(entra, **given)
    # Which revokes the refresh tokens too.
    entra.admin("PUT", "/users", {"name": given["username"], "password": "changed-password"})
    with pytest.raises(msauth.BadCredential):
        client.acquire("work", refresh=True)
    assert user(entra, given["username"])["failures"] == 1
    asked = len(entra.requests())
    for _ in range(20):
        with pytest.raises(msauth.InteractionRequired) as failure:
            client.acquire("work", refresh=True)
        assert "connect" in str(failure.value.hint)
    assert len(entra.requests()) == asked
    assert client.connection("work").renewable is False
    token = client.connect("work", password="changed-password")
    assert token.source == "signed_in" and client.connection("work").renewable


def test_another_process_does_not_try_it_either(entra: Entra, keyring: Keyring, cli: Path) -> None:
    environment = defaults(entra, keyring, PW=entra.password, MSAUTH_CLIENT_ID=entra.client_id)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(cli), *words], env=environment, capture_output=True, text=True, timeout=60)

    done = run("connect", "work", "--grant", "password", "--username", entra.user, "--password", "env:PW")
    assert done.returncode == 0, done.stderr
    entra.admin("PUT", "/users", {"name": entra.user, "password": "changed-password"})
    assert run("token", "work", "--refresh").returncode == 31
    asked = len(entra.requests())
    done = run("token", "work", "--refresh")
    assert done.returncode == 12 and len(entra.requests()) == asked, done.stderr


def test_sixteen_processes_at_once_try_a_changed_password_once(entra: Entra, keyring: Keyring, cli: Path) -> None:
    environment = defaults(entra, keyring, PW=entra.password, MSAUTH_CLIENT_ID=entra.client_id)
    command = [str(cli), "connect", "work", "--username", entra.user, "--password", "env:PW"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    entra.admin("PUT", "/users", {"name": entra.user, "password": "changed-password"})
    command = [str(cli), "token", "work", "--refresh"]
    waiting = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(16)
    ]
    assert sorted(each.wait(60) for each in waiting) == [12] * 15 + [31]
    assert user(entra, entra.user)["failures"] == 1


def test_a_client_with_a_wrong_password_sends_it_once(entra: Entra) -> None:
    client = memory_client(entra, **options(entra, password=WRONG))
    for _ in range(20):
        with pytest.raises(msauth.BadCredential):
            client.acquire()
    assert user(entra, entra.user)["failures"] == 1


def test_a_second_factor_is_not_answered_by_the_password(entra: Entra) -> None:
    client = connected(entra)
    claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    entra.scenario(endpoint="token", aadsts=50076, claims=claims)
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.acquire("work", refresh=True)
    assert failure.value.claims == claims
    assert [form for _, form in sum_up(entra.requests("token"))] == ["password", "refresh_token"]
    # The refresh token is as good as before: for the same it is not sent again within a minute, for something else it is.
    assert client.acquire("work", resource="https://vault.azure.net").source == "refreshed"


def test_a_connection_stays_its_user_s(entra: Entra) -> None:
    client = connected(entra)
    with pytest.raises(msauth.Account, match="alice@contoso.example"):
        client.connect("work", username="bob@contoso.example", password="demo-password-Bob-1")
    assert client.acquire("work", refresh=True).username == entra.user


def test_a_password_that_is_not_kept_is_given_with_the_call(entra: Entra) -> None:
    client = connected(entra, **options(entra, keep_credentials=False))
    entra.admin("POST", "/revoke", {})
    with pytest.raises(msauth.InteractionRequired):
        client.acquire("work", refresh=True)
    assert client.acquire("work", refresh=True, password=entra.password).source == "signed_in"


# ---- A federation server checks it


@pytest.mark.parametrize(("ws_trust", "version"), [("13 2005", "13"), ("13", "13"), ("2005", "2005")])
def test_a_federated_password_goes_to_the_federation_server_alone(entra: Entra, ws_trust: str, version: str) -> None:
    entra.settings(ws_trust=ws_trust)
    given = federated(entra)
    token = memory_client(entra).connect("work", **given)
    assert token.username == given["username"]
    realm, mex, trust, bearer = entra.requests()
    assert [each["endpoint"] for each in (realm, mex, trust, bearer)] == ["userrealm", "mex", "usernamemixed", "token"]
    assert trust["path"] == f"/adfs/services/trust/{version}/usernamemixed"
    assert trust["headers"]["host"].startswith("127.0.0.1")
    assert (trust["soap"][USERNAME], trust["soap"][PASSWORD]) == (given["username"], given["password"])
    assert bearer["form"]["grant_type"] == SAML11
    for request in (realm, mex, bearer):
        assert given["password"] not in json.dumps(request)


def test_saml_2_has_a_grant_of_its_own(entra: Entra) -> None:
    entra.settings(saml="2.0")
    connected(entra, **federated(entra))
    assert entra.requests("token")[0]["form"]["grant_type"] == SAML20


def test_names_and_passwords_of_any_letters_arrive_as_they_are(entra: Entra) -> None:
    name, password = "o'brien&<sons>#1@adfs.example", "a&b<c>d\"e'f]]>g&amp;h ü€😀"
    entra.admin("PUT", "/users", {"name": name, "password": password, "federated": True})
    connected(entra, **federated(entra, username=name, password=password))
    [trust] = entra.requests("usernamemixed")
    assert (trust["soap"][USERNAME], trust["soap"][PASSWORD]) == (name, password)


def test_a_federated_user_signs_in_again_by_himself(entra: Entra) -> None:
    client = connected(entra, **federated(entra))
    entra.admin("POST", "/revoke", {})
    assert client.acquire("work", refresh=True).source == "signed_in"


def test_a_wrong_password_at_the_federation_server_is_tried_once(entra: Entra) -> None:
    with pytest.raises(msauth.BadCredential, match="ID3242") as failure:
        connected(entra, **federated(entra, password=WRONG))
    assert (failure.value.error_code, failure.value.http_status) == ("FailedAuthentication", 500)
    assert WRONG not in str(failure.value)
    assert user(entra, entra.about["federated_user"])["failures"] == 1


def test_a_federation_server_in_need_is_told_from_a_wrong_password(entra: Entra) -> None:
    for status in (500, 503):
        entra.scenario(endpoint="usernamemixed", fault="html", status=status)
        with pytest.raises(msauth.Service, match=f"HTTP {status}"):
            connected(entra, **federated(entra))
    assert len(entra.requests("usernamemixed")) == 2


def test_no_redirect_is_followed_with_a_password_or_before(entra: Entra) -> None:
    for endpoint in ("mex", "usernamemixed"):
        entra.scenario(endpoint=endpoint, fault="redirect", status=307, location=f"{entra.base}/elsewhere")
        with pytest.raises(msauth.Untrusted):
            connected(entra, **federated(entra))
    assert not entra.requests("none")


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">' + "".join(
    f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' if n else '<!ENTITY b0 "&b;">' for n in range(12)
)
DOCUMENTS = {
    "a bomb": BOMB + "]><a>&b11;</a>",
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "deep": "<a>" * 100_000,
    "many": "<a>" + "<b/>" * 100_000 + "</a>",
    "half": "<a><b>",
    "JSON": "{}",
    "nothing": "",
}


@pytest.mark.parametrize("what", DOCUMENTS)
@pytest.mark.parametrize("endpoint", ["mex", "usernamemixed"])
def test_documents_of_strangers_are_read_without_belief(entra: Entra, endpoint: str, what: str) -> None:
    entra.scenario(endpoint=endpoint, fault="answer", body=DOCUMENTS[what], content_type="text/xml")
    with pytest.raises(msauth.Untrusted):
        connected(entra, **federated(entra))


def test_metadata_without_an_endpoint_for_passwords_is_said(entra: Entra) -> None:
    entra.settings(ws_trust="")
    with pytest.raises(msauth.Configuration, match="takes no passwords"):
        connected(entra, **federated(entra))
    assert not entra.requests("usernamemixed")


@pytest.mark.parametrize("where", ["wrong_name_base", "unknown_ca_base", "expired_base"])
def test_a_federation_server_must_prove_itself(entra: Entra, where: str) -> None:
    body = {
        "account_type": "Federated",
        "domain_name": "adfs.example",
        "federation_active_auth_url": f"{entra.about[where]}/adfs/services/trust/13/usernamemixed",
    }
    entra.scenario(endpoint="userrealm", fault="answer", body=json.dumps(body), content_type="application/json")
    with pytest.raises(msauth.Untrusted, match="certificate"):
        connected(entra, **federated(entra))


def test_the_clock_of_this_machine_matters_to_it(entra: Entra) -> None:
    entra.settings(clock_offset=3600)
    with pytest.raises(msauth.Rejected) as failure:
        connected(entra, **federated(entra))
    assert "clock" in str(failure.value.hint)


# ---- The shell


def test_without_libexpat_the_password_does_not_leave(
    entra: Entra, keyring: Keyring, cli: Path, tmp_path: Path
) -> None:
    (tmp_path / "libexpat.so.1").write_bytes(b"")
    given = federated(entra)
    environment = defaults(entra, keyring, PW=given["password"], MSAUTH_CLIENT_ID=entra.client_id)
    words = ["connect", "work", "--grant", "password", "--username", given["username"], "--password", "env:PW"]
    done = subprocess.run(
        [str(cli), *words],
        env={**environment, "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3 and "Install libexpat1" in done.stderr
    assert [each["endpoint"] for each in entra.requests()] == ["userrealm", "mex"]


def test_the_shell_asks_for_the_password_without_echo(entra: Entra, keyring: Keyring, cli: Path) -> None:
    terminal, inside = pty.openpty()
    command = [str(cli), "connect", "work", "--username", entra.user, "--log", "stderr"]
    started = subprocess.Popen(
        ["setsid", "--ctty", *command],
        env=defaults(entra, keyring, MSAUTH_CLIENT_ID=entra.client_id),
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    shown = b""
    while b"password (not shown): " not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, entra.password.encode() + b"\n")
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break
    os.close(terminal)
    assert started.wait(30) == 0, shown
    assert f"Signed in as {entra.user}".encode() in shown
    # Neither on the screen nor in the log, which is on it as well.
    assert entra.password.encode() not in shown and b"/common/userrealm" in shown


# ---- The same by msal

REASONS = {
    "request configuration": "they discover the endpoints; those of an authority that is given follow from its shape",
    "field assertion, for saml1_1-bearer": "issued anew for each sign-in; both send base64url without padding",
    "header user-agent": "each says who it is",
    "header client-request-id": "random",
    "header content-length": "follows from the body",
    "header return-client-request-id, ours alone": "the answer repeats the ID, also where a gateway answered",
    "header accept-encoding, theirs alone": "answers are small, and one that is not compressed cannot be a bomb",
    "header connection, theirs alone": "what HTTP/1.1 means anyway",
    "header accept": "of a federation server they take anything; we say that it is XML that we read",
    "header x-client-sku, theirs alone": TELEMETRY,
    "header x-client-ver, theirs alone": TELEMETRY,
    "header x-client-os, theirs alone": TELEMETRY,
    "header x-client-current-telemetry, theirs alone": TELEMETRY,
    "header x-client-last-telemetry, theirs alone": TELEMETRY,
}
# Leaves of the SOAP request whose values are of one sign-in.
SIGN_IN = ("wsa:MessageID", "wsu:Created", "wsu:Expires")


@pytest.fixture(scope="module")
def pairs() -> dict[str, Any]:
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = 'ip link set lo up && exec "$0" "$@"'
    program = [sys.executable, str(PROGRAMS / "password_peers.py")]
    path = os.pathsep.join([str(PACKAGE), str(Path(__file__).parent)])
    ended = subprocess.run(
        ["unshare", "--net", *rights, "sh", "-c", script, *program],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout[ended.stdout.index("{") :])
    return found


def test_we_send_what_msal_sends_but_for_the_differences_that_have_a_reason(pairs: dict[str, Any]) -> None:
    found: set[str] = set()
    for ours, theirs in pairs.values():
        found |= differences(ours, theirs)
    assert sorted(found ^ REASONS.keys()) == []


def test_we_ask_the_federation_server_what_msal_asks(pairs: dict[str, Any]) -> None:
    compared = 0
    for ours, theirs in pairs.values():
        soap = [[request["soap"] for request in each if "soap" in request] for each in (ours, theirs)]
        for mine, its in zip(*soap, strict=True):
            assert mine.keys() == its.keys()
            differing = {path.rpartition("/")[2] for path in mine if mine[path] != its[path]}
            assert differing <= set(SIGN_IN)
            compared += 1
    assert compared == 2


def test_we_ask_no_more_often_than_msal(pairs: dict[str, Any]) -> None:
    for ours, theirs in pairs.values():
        assert [each["endpoint"] for each in ours] == [
            each["endpoint"] for each in theirs if each["endpoint"] != "configuration"
        ]
