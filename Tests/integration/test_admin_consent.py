"""An administrator consents to a daemon for a whole tenant: the address out, the answer in, and a token."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from binding import defaults, memory_client, msauth, sum_up
from browser import Browser, asked, fields, target
from conftest import Entra, Keyring

DAEMON = "c0de0000-0000-4000-8000-00000000a007"
FABRIKAM = "c0de0000-0000-4000-8000-000000000002"
CAROL = ("carol@fabrikam.example", "demo-password-Carol-1")
REDIRECT_URI = "https://localhost/onboarded"


def onboarding(entra: Entra, **options: Any) -> dict[str, Any]:
    given = {
        "grant": "client_secret",
        "client_id": DAEMON,
        "client_secret": entra.client_secret,
        "tenant": "organizations",
        "admin_consent": True,
        "redirect_uri": REDIRECT_URI,
    }
    return {**given, **options}


def client_of(entra: Entra, **options: Any) -> msauth.Client:
    """One whose authority names no tenant."""
    return memory_client(entra, authority=entra.base, **options)


def begin(client: msauth.Client, name: str = "fabrikam", **options: Any) -> msauth.Prompt:
    prompts: list[msauth.Prompt] = []
    assert client.connect(name, wait=False, on_prompt=prompts.append, **options) is None
    [prompt] = prompts
    return prompt


def consent(entra: Entra, address: str | None, who: tuple[str, str] = CAROL, action: str = "accept") -> str:
    """What the administrator does on the page; the address that the browser comes back to."""
    assert address is not None
    browser = Browser(entra)
    page = browser.open(address)
    assert "User" in page.text or "graph.microsoft.com" in page.text
    form = {**fields(page), "username": who[0], "password": who[1], "action": action}
    location = browser.open(urljoin(address, target(page)), form).location
    assert location is not None and location.startswith(REDIRECT_URI + "?")
    return location


def test_a_tenant_is_onboarded(entra: Entra) -> None:
    client = client_of(entra)
    with pytest.raises(msauth.Configuration, match="admin_consent") as failure:
        client.connect("fabrikam", **onboarding(entra, tenant=FABRIKAM, admin_consent=False))
    assert failure.value.aadsts == 7000229
    prompt = begin(client, **onboarding(entra))
    assert prompt.authorization_url is not None and prompt.authorization_url in prompt.message
    assert asked(prompt.authorization_url) == {
        "client_id": DAEMON,
        "scope": "https://graph.microsoft.com/.default",
        "redirect_uri": REDIRECT_URI,
        "state": prompt.state,
    }
    assert client.connection("fabrikam").pending
    token = client.resume("fabrikam", redirect=consent(entra, prompt.authorization_url))
    assert (token.source, token.tenant) == ("signed_in", FABRIKAM)
    assert entra.admin("GET", "/consents")["admin"] == [{"tenant": FABRIKAM, "client_id": DAEMON}]
    assert entra.requests("token")[-1]["path"] == f"/{FABRIKAM}/oauth2/v2.0/token"
    connection = client.connection("fabrikam")
    assert (connection.pending, connection.tenant, connection.renewable) == (False, FABRIKAM, True)
    assert client.acquire("fabrikam", refresh=True).source == "signed_in"
    # Connecting again does not ask for consent again.
    assert client.connect("fabrikam").tenant == FABRIKAM


def test_by_certificate(entra: Entra, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=daemon"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    entra.admin("PUT", "/apps", {"client_id": DAEMON, "certificates": [certificate.read_text()]})
    client = client_of(entra)
    options = onboarding(
        entra,
        grant="certificate",
        client_secret=None,
        client_certificate=str(certificate),
        client_certificate_key=str(key),
    )
    prompt = begin(client, **options)
    assert client.resume("fabrikam", redirect=consent(entra, prompt.authorization_url)).tenant == FABRIKAM
    assert "client_assertion" in entra.requests("token")[-1]["form"]


def test_who_cancels_is_told_of_and_nothing_stays(entra: Entra) -> None:
    client = client_of(entra)
    prompt = begin(client, **onboarding(entra))
    location = consent(entra, prompt.authorization_url, action="cancel")
    assert asked(location)["admin_consent"] == "True"
    with pytest.raises(msauth.Denied) as failure:
        client.resume("fabrikam", redirect=location)
    assert (failure.value.aadsts, failure.value.suberror) == (65004, "cancel")
    assert client.connections() == []
    assert entra.requests("token") == []


def test_a_tenant_that_was_named_cannot_be_answered_by_another(entra: Entra) -> None:
    client = client_of(entra)
    mine = begin(client, "contoso", **onboarding(entra, tenant=entra.tenant))
    location = consent(entra, mine.authorization_url, (entra.user, entra.password))
    with pytest.raises(msauth.Untrusted, match="not in"):
        client.resume("contoso", redirect=location.replace(entra.tenant, FABRIKAM))
    assert client.resume("contoso", redirect=location).tenant == entra.tenant


def test_an_answer_to_another_question_is_refused_and_costs_nothing(entra: Entra) -> None:
    client = client_of(entra)
    mine = begin(client, "mine", **onboarding(entra))
    other = begin(client, "other", **onboarding(entra))
    location = consent(entra, mine.authorization_url)
    with pytest.raises(msauth.Untrusted, match="state"):
        client.resume("other", redirect=location)
    with pytest.raises(msauth.Untrusted, match="redirect_uri"):
        client.resume("mine", redirect=location.replace("/onboarded", "/elsewhere"))
    with pytest.raises(msauth.Untrusted, match="twice"):
        client.resume("mine", redirect=location + "&tenant=" + entra.tenant)
    with pytest.raises(msauth.Untrusted, match="has consented"):
        client.resume("mine", redirect=location.replace("admin_consent=True", "admin_consent=False"))
    assert sum_up(entra.requests("token")) == []
    assert client.resume("mine", redirect=location).tenant == FABRIKAM
    assert asked(str(other.authorization_url))["state"] != mine.state


def test_until_the_application_has_signed_in_the_answer_may_be_brought_again(entra: Entra) -> None:
    client = client_of(entra)
    location = consent(entra, begin(client, **onboarding(entra)).authorization_url)
    entra.scenario(endpoint="token", aadsts=7000229)
    with pytest.raises(msauth.Configuration, match="consent"):
        client.resume("fabrikam", redirect=location)
    assert client.resume("fabrikam", redirect=location).tenant == FABRIKAM


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"redirect_uri": None}, '"redirect_uri"'),
        ({"client_secret": None}, '"client_secret"'),
        ({"tenant": "consumers"}, "administrators"),
    ],
)
def test_what_is_missing_is_told_before_an_administrator_is_asked(
    entra: Entra, changed: dict[str, Any], says: str
) -> None:
    with pytest.raises(msauth.InvalidArgument, match=says):
        begin(client_of(entra), **onboarding(entra, **changed))
    assert entra.requests() == []


def test_the_address_is_printed_by_one_command_and_the_answer_pasted_into_another(
    entra: Entra, keyring: Keyring, cli: Path
) -> None:
    environment = defaults(entra, keyring, MSAUTH_CLIENT_ID=DAEMON, MSAUTH_AUTHORITY=entra.base)
    environment = {**environment, "MSAUTH_TENANT": "organizations", "SECRET": entra.client_secret}
    words = ["--grant", "client_secret", "--admin-consent", "--redirect-uri", REDIRECT_URI]
    begun = run(cli, "connect", "acme", *words, "--client-secret", "env:SECRET", environment=environment)
    assert begun.returncode == 0, begun.stderr
    found = re.match(r"For an administrator to consent, open (https://\S+)\n", begun.stderr)
    assert found is not None, begun.stderr
    assert "Then go on with: msauth resume acme --redirect stdin" in begun.stderr
    location = consent(entra, found[1])
    missing = run(cli, "resume", "acme", environment=environment)
    assert missing.returncode == 2 and '"redirect"' in missing.stderr
    done = run(cli, "resume", "acme", "--redirect", "stdin", environment=environment, typed=location + "\n")
    assert done.returncode == 0, done.stderr
    assert f"the application {DAEMON}" in done.stderr
    assert run(cli, "token", "acme", environment=environment).returncode == 0
    again = run(cli, "resume", "acme", "--redirect", "stdin", environment=environment, typed=location + "\n")
    assert again.returncode == 43


def run(cli: Path, *words: str, environment: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [cli, *words], env=environment, input=typed, capture_output=True, text=True, timeout=60, start_new_session=True
    )
