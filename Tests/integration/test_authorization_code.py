"""A sign-in in two halves: the address out, the redirect in. Also side by side with MSAL for Python."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msal  # type: ignore[import-untyped]
import pytest
from binding import defaults, memory_client, msauth, sum_up
from browser import Browser, asked, compare
from conftest import Entra, Keyring

REDIRECT_URI = "https://localhost/myapp"
WEB_APP = "c0de0000-0000-4000-8000-00000000a006"
GRANT = "authorization_code"


def web_app(entra: Entra, **options: Any) -> dict[str, Any]:
    """The options by which the demo web application signs somebody in."""
    given = {
        "grant": GRANT,
        "client_id": WEB_APP,
        "client_secret": entra.client_secret,
        "redirect_uri": REDIRECT_URI,
    }
    return {**given, **options}


def begin(client: msauth.Client, name: str | None = "work", **options: Any) -> msauth.Prompt:
    prompts: list[msauth.Prompt] = []
    assert client.connect(name, wait=False, on_prompt=prompts.append, **options) is None
    [prompt] = prompts
    return prompt


def redirected(entra: Entra, prompt: msauth.Prompt, action: str = "sign_in") -> str:
    """The address that a browser comes back to."""
    assert prompt.authorization_url is not None
    location = Browser(entra).sign_in(prompt.authorization_url, action).location
    assert location is not None and location.startswith(REDIRECT_URI + "?")
    return location


def test_a_web_application_signs_somebody_in(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, **web_app(entra))
    assert prompt.authorization_url is not None and prompt.authorization_url in prompt.message
    assert asked(prompt.authorization_url)["state"] == prompt.state
    assert client.connection("work").pending
    token = client.resume("work", redirect=redirected(entra, prompt))
    assert (token.source, token.username, token.tenant) == ("signed_in", entra.user, entra.tenant)
    assert client.acquire("work", refresh=True).source == "refreshed"
    redeemed, refreshed = (request["form"] for request in entra.requests("token"))
    assert redeemed["client_secret"] == refreshed["client_secret"] == entra.client_secret
    assert sum_up(entra.requests("token")) == [("token", GRANT), ("token", "refresh_token")]


@pytest.mark.parametrize("how", ["query", "form", "code"])
def test_a_public_client_takes_what_a_person_pastes(entra: Entra, how: str) -> None:
    entra.admin("PUT", "/apps", {"client_id": entra.client_id, "redirect_uris": [REDIRECT_URI]})
    client = memory_client(entra)
    prompt = begin(client, grant=GRANT, client_id=entra.client_id, redirect_uri=REDIRECT_URI)
    query = urlsplit(redirected(entra, prompt)).query
    pasted = {"query": f"?{query}", "form": query, "code": asked(f"?{query}")["code"]}[how]
    assert client.resume("work", redirect=pasted).username == entra.user
    assert "client_secret" not in entra.requests("token")[-1]["form"]


def test_who_cancels_is_told_of_and_nothing_stays(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, **web_app(entra))
    with pytest.raises(msauth.Denied) as failure:
        client.resume("work", redirect=redirected(entra, prompt, "cancel"))
    assert (failure.value.error_code, failure.value.suberror, failure.value.aadsts) == (
        "access_denied",
        "cancel",
        65004,
    )
    assert client.connections() == []
    assert entra.requests("token") == []


def test_a_redirect_of_another_sign_in_is_refused_and_costs_nothing(entra: Entra) -> None:
    client = memory_client(entra)
    mine = begin(client, "mine", **web_app(entra))
    other = begin(client, "other", **web_app(entra))
    with pytest.raises(msauth.Untrusted, match="state"):
        client.resume("mine", redirect=redirected(entra, other))
    # A code alone says nothing of its sign-in, and is of no use without that one's proof key.
    with pytest.raises(msauth.MSAuthError) as failure:
        client.resume("other", redirect=asked(redirected(entra, mine))["code"])
    assert failure.value.aadsts == 501481
    assert client.resume("mine", redirect=redirected(entra, mine)).username == entra.user


def test_a_code_is_redeemed_once_however_many_bring_it(entra: Entra) -> None:
    client = memory_client(entra)
    redirect = redirected(entra, begin(client, **web_app(entra)))
    ended: list[str] = []

    def resume() -> None:
        try:
            client.resume("work", redirect=redirect)
            ended.append("signed in")
        except msauth.NotFound:
            ended.append("not found")

    threads = [threading.Thread(target=resume, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(ended) == ["not found"] * 7 + ["signed in"]
    assert len(entra.requests("token")) == 1


def test_an_id_token_with_another_nonce_is_refused(entra: Entra) -> None:
    client = memory_client(entra)
    redirect = redirected(entra, begin(client, **web_app(entra)))
    entra.scenario(endpoint="token", claims_override={"id_token": {"nonce": "another"}})
    with pytest.raises(msauth.Untrusted, match="nonce"):
        client.resume("work", redirect=redirect)
    assert client.connections() == []


def test_neither_the_code_nor_the_verifier_is_in_an_error_or_the_log(entra: Entra, tmp_path: Path) -> None:
    log = tmp_path / "log"
    client = memory_client(entra, log=str(log))
    redirect = redirected(entra, begin(client, **web_app(entra)))
    code = asked(redirect)["code"]
    entra.scenario(endpoint="token", error="invalid_grant", status=400, description=f"The code {code} is bad.")
    with pytest.raises(msauth.InteractionRequired) as failure:
        client.resume("work", redirect=redirect)
    assert code not in str(failure.value) and "[redacted]" in str(failure.value)
    assert code not in log.read_text()
    assert entra.requests("token")[-1]["form"]["code_verifier"] not in log.read_text()


def test_a_thousand_pending_sign_ins_hold_no_thread_and_no_descriptor(entra: Entra) -> None:
    client = memory_client(entra)
    begin(client, "first", **web_app(entra))
    before = (len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")))
    prompts = [begin(client, f"user{number}", **web_app(entra)) for number in range(1000)]
    assert (len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))) <= before
    assert len({prompt.state for prompt in prompts}) == 1000
    assert client.resume("user500", redirect=redirected(entra, prompts[500])).username == entra.user


def test_the_address_is_printed_by_one_command_and_pasted_into_another(
    entra: Entra, keyring: Keyring, cli: Path
) -> None:
    environment = {**defaults(entra, keyring, MSAUTH_CLIENT_ID=WEB_APP), "SECRET": entra.client_secret}
    words = ["--grant", GRANT, "--redirect-uri", REDIRECT_URI, "--client-secret", "env:SECRET"]
    begun = run(cli, "connect", "work", *words, environment=environment)
    assert begun.returncode == 0, begun.stderr
    found = re.match(r"To sign in, open (https://\S+)\nThen go on with: msauth resume work --redirect", begun.stderr)
    assert found is not None, begun.stderr
    location = Browser(entra).sign_in(found[1]).location
    assert location is not None
    missing = run(cli, "resume", "work", environment=environment)
    assert missing.returncode == 2 and '"redirect"' in missing.stderr
    done = run(cli, "resume", "work", "--redirect", "stdin", environment=environment, typed=location + "\n")
    assert done.returncode == 0, done.stderr
    assert f"Signed in as {entra.user}" in done.stderr
    assert run(cli, "token", "work", environment=environment).returncode == 0
    again = run(cli, "resume", "work", "--redirect", "stdin", environment=environment, typed=location + "\n")
    assert again.returncode == 43


def run(cli: Path, *words: str, environment: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [cli, *words], env=environment, input=typed, capture_output=True, text=True, timeout=60, start_new_session=True
    )


# What MSAL for Python does otherwise, and why we do not.
DIFFERENCES = {
    "address response_mode, ours alone": "said although it is the default: an authority may have another",
}


def test_our_requests_are_those_of_msal(entra: Entra) -> None:
    client = memory_client(entra)
    prompt = begin(client, **web_app(entra), scopes="User.Read")
    client.resume("work", redirect=redirected(entra, prompt))
    ours, headers = (entra.requests("token")[-1][each] for each in ("form", "headers"))

    application = msal.ConfidentialClientApplication(
        WEB_APP,
        client_credential=entra.client_secret,
        authority=entra.authority,
        verify=entra.ca_file,
        instance_discovery=False,
    )
    flow = application.initiate_auth_code_flow(["User.Read"], redirect_uri=REDIRECT_URI)
    location = Browser(entra).sign_in(flow["auth_uri"]).location
    assert location is not None
    assert "access_token" in application.acquire_token_by_auth_code_flow(flow, asked(location))
    theirs, their_headers = (entra.requests("token")[-1][each] for each in ("form", "headers"))
    assert headers["x-anchormailbox"] == their_headers["x-anchormailbox"]

    assert prompt.authorization_url is not None
    found = compare("address", asked(prompt.authorization_url), asked(flow["auth_uri"]))
    found |= compare("token", ours, theirs)
    assert found == set(DIFFERENCES)
