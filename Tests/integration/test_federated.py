"""The application itself signs in, by assertions of another identity provider, from wherever they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
from azure.identity import AzurePipelinesCredential, ClientAssertionCredential
from binding import PACKAGE, daemon, defaults, memory_client, msauth
from conftest import Entra, Keyring
from metadata import IDENTITY, Metadata
from metadata import Answer as MetadataAnswer
from providers import AUDIENCE, SUBJECT, Answer, Certificate, GitHub, Pipelines, Provider, Server, claims
from test_peers import DIFFERENCES, SCOPE, differences

GRAPH = "https://graph.microsoft.com"
VARIABLES = ("ACTIONS_", "SYSTEM_", "AZURE", "IDENTITY_", "IMDS_", "MSI_")


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture
def trusted(entra: Entra, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Entra:
    """The demo daemon trusts the provider; nothing of a platform is set."""
    for name in list(os.environ):
        if name.startswith(VARIABLES):
            monkeypatch.delenv(name)
    provider.trusted(entra)
    return entra


def federated(entra: Entra, **options: Any) -> dict[str, Any]:
    return daemon(entra, grant="federated", client_secret=None, **options)


def connect(entra: Entra, client: msauth.Client | None = None, **options: Any) -> msauth.Token:
    token = (client or memory_client(entra)).connect("daemon", **federated(entra, **options))
    assert isinstance(token, msauth.Token)
    return token


def sent(entra: Entra) -> list[str]:
    return [request["form"]["client_assertion"] for request in entra.requests("token")]


def script(folder: Path, text: str) -> str:
    """A program, as the option `assertion_command` names it."""
    path = folder / "assertion"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return json.dumps([str(path)])


# ---- The request


def test_it_is_one_request_with_what_rfc_7523_asks_for(trusted: Entra, provider: Provider) -> None:
    assertion = provider.assertion()
    token = connect(trusted, client_assertion=assertion)
    assert token.source == "signed_in" and claims(token.access_token)["appidacr"] == "2"
    [request] = trusted.requests()
    assert request["form"] == {
        "client_id": trusted.confidential_client_id,
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }


def by_azure_identity(entra: Entra, assertion: str) -> None:
    credential = ClientAssertionCredential(
        entra.tenant,
        entra.confidential_client_id,
        lambda: assertion,
        authority=entra.base,
        connection_verify=entra.ca_file,
        disable_instance_discovery=True,
    )
    assert credential.get_token(SCOPE).token


# Where azure-identity does not go through MSAL.
WITHOUT_MSAL = {
    "header accept": "they take anything; it is JSON, so we say so",
    "header client-request-id, ours alone": "they send none",
    "header x-ms-lib-capability, ours alone": "they do not say what they do with a 429",
}


def by_msal(entra: Entra, assertion: str) -> None:
    application = msal.ConfidentialClientApplication(
        entra.confidential_client_id,
        client_credential={"client_assertion": lambda: assertion},
        authority=entra.authority,
        verify=entra.ca_file,
        instance_discovery=False,
    )
    assert "access_token" in application.acquire_token_for_client([SCOPE])


@pytest.mark.parametrize(("theirs", "more"), [(by_azure_identity, WITHOUT_MSAL), (by_msal, {})])
def test_we_send_what_they_send_but_for_the_differences_that_have_a_reason(
    trusted: Entra, provider: Provider, theirs: Callable[[Entra, str], None], more: dict[str, str]
) -> None:
    assertion = provider.assertion()
    theirs(trusted, assertion)
    by_them = trusted.requests()
    trusted.admin("DELETE", "/requests")
    connect(trusted, client_assertion=assertion)
    assert differences(trusted.requests(), by_them) - DIFFERENCES.keys() == more.keys()
    assert len(trusted.requests()) <= len(by_them)


# ---- Where it comes from


def test_a_file_is_read_again_for_each_request_and_its_links_are_followed(
    trusted: Entra, provider: Provider, tmp_path: Path
) -> None:
    # As Kubernetes does it: the file is a link into a folder that is a link, and the folder is replaced.
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "token").write_text(provider.assertion() + "\n")
    (tmp_path / "..data").symlink_to("1")
    (tmp_path / "token").symlink_to("..data/token")
    client = memory_client(trusted)
    connect(trusted, client, assertion_file=tmp_path / "token")
    (tmp_path / "new").symlink_to("2")
    (tmp_path / "new").rename(tmp_path / "..data")
    assert client.acquire("daemon").source == "held"
    assert client.acquire("daemon", refresh=True).source == "signed_in"
    assert sent(trusted) == [(tmp_path / version / "token").read_text().strip() for version in ("1", "2")]


def test_a_variable_is_read_again_too(
    trusted: Entra, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = memory_client(trusted)
    given = [provider.assertion(), provider.assertion()]
    monkeypatch.setenv("JOB_TOKEN", given[0])
    connect(trusted, client, assertion_variable="JOB_TOKEN")
    monkeypatch.setenv("JOB_TOKEN", given[1])
    client.acquire("daemon", refresh=True)
    assert sent(trusted) == given


def test_a_command_prints_it_with_our_environment_and_nothing_else_of_ours(
    trusted: Entra, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assertion = provider.assertion()
    monkeypatch.setenv("JOB_TOKEN", assertion)
    secret = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(secret, True)
    seen = tmp_path / "seen"
    text = f'{{ ls -l /proc/$$/fd; echo ids $(cut -d" " -f1,6 /proc/$$/stat); env; }} > {seen}\necho "  $JOB_TOKEN  "\nexec >&-'
    connect(trusted, assertion_command=script(tmp_path, text))
    os.close(secret)
    assert sent(trusted) == [assertion]
    lines = seen.read_text().splitlines()
    open_files = [line.split(" -> ")[1] for line in lines if " -> " in line]
    assert open_files.count("/dev/null") == 2 and len([name for name in open_files if "pipe:" in name]) <= 1
    [process, session] = next(line.split()[1:] for line in lines if line.startswith("ids "))
    assert session == process
    environment = {line.split("=")[0] for line in lines if "=" in line}
    # The shell's own, and what Python's readline sets behind its back.
    more = environment - os.environ.keys() - {"_", "PWD", "OLDPWD", "SHLVL", "LINES", "COLUMNS"}
    assert more == set()


def test_words_of_a_command_are_not_a_shells(trusted: Entra, provider: Provider, tmp_path: Path) -> None:
    assertion = provider.assertion()
    words = ["/usr/bin/printf", "%s.%s.%s", *assertion.split(".")]
    connect(trusted, assertion_command=json.dumps(words))
    hostile = json.dumps(["/bin/echo", f"$(touch {tmp_path}/made); `touch {tmp_path}/made`"])
    with pytest.raises(msauth.BadCredential):
        connect(trusted, assertion_command=hostile)
    assert sent(trusted) == [assertion] and list(tmp_path.iterdir()) == []


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path, "localhost")


@pytest.fixture
def bundle(trusted: Entra, certificate: Certificate, tmp_path: Path) -> Path:
    """Both the local Entra's authority and the platform's."""
    path = tmp_path / "bundle.pem"
    path.write_text(Path(trusted.ca_file).read_text() + certificate.pem)
    return path


@pytest.fixture
def servers(certificate: Certificate, provider: Provider) -> Iterator[dict[str, Server]]:
    made = {"github_actions": GitHub(certificate, provider), "azure_pipelines": Pipelines(certificate, provider)}
    yield made
    for server in made.values():
        server.close()


def in_job(servers: dict[str, Server], source: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    server: Any = servers[source]
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    return server


OPTIONS: dict[str, dict[str, Any]] = {
    "github_actions": {"assertion_source": "github_actions"},
    "azure_pipelines": {"service_connection_id": Pipelines.CONNECTION},
}


def test_github_actions_is_asked_as_its_documentation_says(
    trusted: Entra, bundle: Path, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    github = in_job(servers, "github_actions", monkeypatch)
    connect(trusted, memory_client(trusted, ca_file=bundle), **OPTIONS["github_actions"])
    [request] = github.requests
    assert (request["method"], request["path"]) == ("GET", "/idtoken/job")
    assert request["query"] == {"api-version": "2.0", "audience": AUDIENCE}
    assert request["headers"]["authorization"] == f"Bearer {GitHub.TOKEN}"
    [assertion] = sent(trusted)
    assert claims(assertion)["aud"] == AUDIENCE


@pytest.mark.parametrize(
    ("options", "audience"),
    [
        ({"cloud": "gcc_high"}, AUDIENCE + "USGov"),
        ({"cloud": "china"}, AUDIENCE + "China"),
        ({"cloud": "sovereign_fr"}, AUDIENCE + "France"),
        ({"cloud": "china", "assertion_audience": "api://other"}, "api://other"),
    ],
)
def test_each_cloud_has_its_audience(
    trusted: Entra,
    provider: Provider,
    bundle: Path,
    servers: dict[str, Server],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    audience: str,
) -> None:
    github = in_job(servers, "github_actions", monkeypatch)
    provider.trusted(trusted, audience=audience)
    connect(trusted, memory_client(trusted, ca_file=bundle), resource=GRAPH, **OPTIONS["github_actions"], **options)
    assert github.requests[0]["query"]["audience"] == audience


PIPELINE_DIFFERENCES = {
    "header user-agent": "each says who it is",
    "header accept": "they take anything; it is JSON, so we say so",
    "header accept-encoding, theirs alone": "answers are small, and one that is not compressed cannot be a bomb",
    "header connection, theirs alone": "what HTTP/1.1 means anyway",
    "header x-ms-client-request-id, theirs alone": "the Azure SDK's own ID",
}


def header_differences(ours: dict[str, str], theirs: dict[str, str]) -> set[str]:
    found = {f"header {name}" for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    found |= {f"header {name}, ours alone" for name in ours.keys() - theirs.keys()}
    return found | {f"header {name}, theirs alone" for name in theirs.keys() - ours.keys()}


def test_azure_pipelines_is_asked_as_azure_identity_asks(
    trusted: Entra, bundle: Path, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelines = in_job(servers, "azure_pipelines", monkeypatch)
    credential = AzurePipelinesCredential(
        tenant_id=trusted.tenant,
        client_id=trusted.confidential_client_id,
        service_connection_id=Pipelines.CONNECTION,
        system_access_token=Pipelines.TOKEN,
        authority=trusted.base,
        connection_verify=str(bundle),
        disable_instance_discovery=True,
    )
    assert credential.get_token(SCOPE).token
    connect(trusted, memory_client(trusted, ca_file=bundle), **OPTIONS["azure_pipelines"])
    theirs, ours = pipelines.requests
    for part in ("method", "path", "query", "body"):
        assert ours[part] == theirs[part]
    assert header_differences(ours["headers"], theirs["headers"]) == PIPELINE_DIFFERENCES.keys()


def test_the_job_token_may_be_given_and_is_never_kept(
    trusted: Entra, bundle: Path, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_job(servers, "azure_pipelines", monkeypatch)
    monkeypatch.delenv("SYSTEM_ACCESSTOKEN")
    # Tasks with a service connection of their own say which it is.
    monkeypatch.setenv("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", Pipelines.CONNECTION)
    client = memory_client(trusted, ca_file=bundle)
    connect(trusted, client, assertion_source="azure_pipelines", system_access_token=Pipelines.TOKEN)
    with pytest.raises(msauth.Unsupported, match="SYSTEM_ACCESSTOKEN is not set"):
        client.acquire("daemon", refresh=True)
    assert client.acquire("daemon", refresh=True, system_access_token=Pipelines.TOKEN).source == "signed_in"


@pytest.mark.parametrize("source", OPTIONS)
def test_a_job_without_its_variables_is_told_which(trusted: Entra, source: str) -> None:
    with pytest.raises(msauth.Unsupported, match="ACTIONS_ID_TOKEN_REQUEST_URL|SYSTEM_OIDCREQUESTURI") as failure:
        connect(trusted, **OPTIONS[source])
    assert "permissions" in str(failure.value.hint) or "System.AccessToken" in str(failure.value.hint)
    assert (" and " in failure.value.message) == ("are not set" in failure.value.message)
    assert trusted.requests() == []


REFUSALS = {
    401: (Answer(401, {"message": "denied to TOKEN"}), msauth.BadCredential),
    404: (Answer(404, ""), msauth.Configuration),
    302: (Answer(302, "", {"Location": "https://elsewhere.example/"}), msauth.Untrusted),
    429: (Answer(429, "", {"Retry-After": "7"}), msauth.Throttled),
    200: (Answer(200, {"other": "x"}), msauth.Untrusted),
    201: (Answer(200, {"value": "no.jwt", "oidcToken": "no.jwt"}), msauth.BadCredential),
}


@pytest.mark.parametrize("source", OPTIONS)
@pytest.mark.parametrize("status", REFUSALS)
def test_what_a_job_s_service_refuses_is_told_without_the_secret(
    trusted: Entra,
    bundle: Path,
    servers: dict[str, Server],
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    status: int,
) -> None:
    server = in_job(servers, source, monkeypatch)
    answer, kind = REFUSALS[status]
    body = answer.body
    if isinstance(body, dict):
        body = {name: value.replace("TOKEN", server.TOKEN) for name, value in body.items()}
    server.faults.append(Answer(answer.status, body, answer.headers))
    with pytest.raises(kind) as failure:
        connect(trusted, memory_client(trusted, ca_file=bundle), **OPTIONS[source])
    assert server.TOKEN not in f"{failure.value} {failure.value.hint}"
    assert trusted.requests() == [] and len(server.requests) == 1


def test_a_job_s_service_that_fails_is_asked_once_more(
    trusted: Entra, bundle: Path, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    github = in_job(servers, "github_actions", monkeypatch)
    github.faults += [Answer(503, "")]
    connect(trusted, memory_client(trusted, ca_file=bundle), **OPTIONS["github_actions"])
    github.faults += [Answer(503, ""), Answer(503, "")]
    with pytest.raises(msauth.Service):
        connect(trusted, memory_client(trusted, ca_file=bundle), **OPTIONS["github_actions"])
    assert len(github.requests) == 4


@pytest.mark.parametrize("named", [{}, {"managed_identity_client_id": IDENTITY["client_id"]}])
def test_a_managed_identity_vouches_for_the_application(
    trusted: Entra, provider: Provider, monkeypatch: pytest.MonkeyPatch, named: dict[str, Any]
) -> None:
    metadata = Metadata()
    for name, value in metadata.variables("imds").items():
        monkeypatch.setenv(name, value)
    assertion = provider.assertion()
    body = {"access_token": assertion, "expires_in": "3600", "resource": AUDIENCE, "token_type": "Bearer"}
    metadata.faults.append(MetadataAnswer(200, body))
    connect(trusted, assertion_source="managed_identity", **named)
    metadata.close()
    [request] = metadata.requests
    asked = {"api-version": "2018-02-01", "resource": AUDIENCE}
    assert request["query"] == asked | ({"client_id": IDENTITY["client_id"]} if named else {})
    assert sent(trusted) == [assertion]


# ---- From the program


def test_a_new_one_is_asked_for_when_none_is_given_or_the_kept_one_is_over(
    trusted: Entra, provider: Provider
) -> None:
    client = memory_client(trusted)
    with pytest.raises(msauth.AssertionRequired, match="none was given") as failure:
        connect(trusted, client)
    assert "client_assertion" in str(failure.value.hint)
    # It is kept, and used as long as it says itself.
    connect(trusted, client, client_assertion=provider.assertion(lifetime=3))
    assert client.acquire("daemon", refresh=True).source == "signed_in"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.acquire("daemon", refresh=True)
        except msauth.AssertionRequired as error:
            assert "expired" in error.message
            break
    # A token that is held costs none.
    assert client.acquire("daemon").source == "held"
    assert client.acquire("daemon", client_assertion=provider.assertion(), refresh=True).source == "signed_in"
    with pytest.raises(msauth.AssertionRequired):
        client.acquire("daemon", refresh=True, client_assertion=provider.assertion(lifetime=-1))


def test_what_is_not_kept_is_asked_for_each_time(trusted: Entra, provider: Provider) -> None:
    client = memory_client(trusted)
    connect(trusted, client, client_assertion=provider.assertion(), keep_credentials=False)
    assert client.acquire("daemon").source == "held"
    with pytest.raises(msauth.AssertionRequired):
        client.acquire("daemon", refresh=True)
    # The unnamed connection, as a service uses it.
    service = memory_client(trusted, **federated(trusted))
    with pytest.raises(msauth.AssertionRequired):
        service.acquire()
    assert service.acquire(client_assertion=provider.assertion()).source == "signed_in"
    assert service.acquire().source == "held"


def test_a_web_application_redeems_its_code_by_an_assertion(entra: Entra, provider: Provider) -> None:
    web = "c0de0000-0000-4000-8000-00000000a006"
    provider.trusted(entra, web)
    entra.settings(auto_sign_in=entra.user)
    client = memory_client(entra)
    prompts: list[Any] = []
    client.connect(
        "web",
        grant="authorization_code",
        client_id=web,
        tenant=entra.tenant,
        redirect_uri="https://localhost/myapp",
        assertion_source="program",
        on_prompt=prompts.append,
    )
    redirect = subprocess.run(
        ["curl", "-s", "--cacert", entra.ca_file, "-o", "/dev/null", "-w", "%{redirect_url}"]
        + [prompts[0].authorization_url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # The code works once: it is not spent while the assertion is missing.
    with pytest.raises(msauth.AssertionRequired):
        client.resume("web", redirect=redirect)
    token = client.resume("web", redirect=redirect, client_assertion=provider.assertion())
    assert token.username == entra.user
    [request] = entra.requests("token")
    assert request["form"]["grant_type"] == "authorization_code" and "client_assertion" in request["form"]
    with pytest.raises(msauth.AssertionRequired):
        client.acquire("web", refresh=True)
    assert client.acquire("web", refresh=True, client_assertion=provider.assertion()).source == "refreshed"


# ---- Refused


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"iss": "https://other.example"}, 700211),
        ({"aud": "api://other"}, 700212),
        ({"sub": "somebody"}, 700213),
        ({"sub": SUBJECT.lower()}, 7002138),
        ({"exp": 1_600_000_000}, 700024),
    ],
)
def test_a_mismatch_is_told_once_and_asked_again_only_by_the_next_call(
    trusted: Entra, provider: Provider, tmp_path: Path, said: dict[str, Any], number: int
) -> None:
    file = tmp_path / "token"
    file.write_text(provider.assertion())
    client = memory_client(trusted)
    connect(trusted, client, assertion_file=file)
    file.write_text(provider.assertion(**said))
    for count in (2, 3):
        with pytest.raises(msauth.BadCredential) as failure:
            client.acquire("daemon", refresh=True)
        assert failure.value.aadsts == number and failure.value.hint
        assert len(sent(trusted)) == count
        assert file.read_text() not in f"{failure.value} {failure.value.hint}"
    assert client.acquire("daemon").source == "held"
    file.write_text(provider.assertion())
    assert client.acquire("daemon", refresh=True).source == "signed_in"


def test_an_application_that_trusts_nobody_refuses(trusted: Entra, provider: Provider) -> None:
    trusted.admin("PUT", "/apps", {"client_id": trusted.confidential_client_id, "federated_credentials": []})
    with pytest.raises(msauth.BadCredential, match="No matching federated identity record") as failure:
        connect(trusted, client_assertion=provider.assertion())
    assert failure.value.aadsts == 70021
    provider.trusted(trusted)
    with pytest.raises(msauth.BadCredential) as failure:
        connect(trusted, client_assertion=Provider().assertion())
    assert failure.value.aadsts == 50013


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "is not there"),
        ("", "is empty"),
        ("not a token", "holds no assertion"),
        ("a.b.c.d", "holds no assertion"),
        ("x" * 65537, "longer than 64 KiB"),
        ("folder", "is not a regular file"),
        ("pipe", "is not a regular file"),
    ],
)
def test_a_file_that_holds_none_says_why(trusted: Entra, tmp_path: Path, content: str | None, reason: str) -> None:
    file = tmp_path / "token"
    if content == "folder":
        file.mkdir()
    elif content == "pipe":
        os.mkfifo(file)
    elif content is not None:
        file.write_text(content)
    with pytest.raises(msauth.MSAuthError, match=reason) as failure:
        connect(trusted, assertion_file=file)
    assert failure.value.status in ("unsupported", "bad_credential")
    assert trusted.requests() == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"assertion_command": "/usr/bin/tool token"}, "JSON array"),
        ({"assertion_command": '["tool"]'}, "whole path"),
        ({"assertion_command": "[]"}, "JSON array"),
        ({"assertion_command": '["/bin/echo", 1]'}, "JSON array"),
        ({"assertion_variable": "A=B"}, "name of a variable"),
        ({"assertion_file": "token"}, "begins with /"),
        ({"assertion_audience": "a b"}, "more than one"),
        ({"assertion_source": "file", "assertion_variable": "A"}, "exclude each other"),
        ({"assertion_file": "/x", "assertion_variable": "A"}, "exclude each other"),
        ({"assertion_source": "file"}, "assertion_file"),
        ({"assertion_source": "azure_pipelines"}, "SYSTEM_OIDCREQUESTURI"),
        ({"client_assertion": "no"}, "holds no assertion"),
        ({"assertion_variable": "NOT_SET"}, "is not set"),
        ({"tenant": "common", "assertion_file": "/x"}, "stands for many"),
    ],
)
def test_mistakes_are_told_before_anybody_is_asked(trusted: Entra, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(msauth.MSAuthError, match=reason):
        connect(trusted, **options)
    assert trusted.requests() == []


# ---- Commands that go wrong


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("exit 3", msauth.Service, "ended with status 3"),
        ("kill -SEGV $$", msauth.Service, "ended with signal 11"),
        ("true", msauth.BadCredential, "is empty"),
        ("head -c 70000 /dev/zero", msauth.BadCredential, "more than 64 KiB"),
        ("yes", msauth.BadCredential, "more than 64 KiB"),
    ],
)
def test_a_command_that_gives_none_says_why(
    trusted: Entra, tmp_path: Path, text: str, kind: type[msauth.MSAuthError], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        connect(trusted, assertion_command=script(tmp_path, text))
    assert trusted.requests() == []


def test_a_command_that_is_not_there_says_so(trusted: Entra) -> None:
    with pytest.raises(msauth.Unsupported, match="No such file"):
        connect(trusted, assertion_command='["/nowhere/tool"]')


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        # The second: it ended between open and read.
        return False


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(alive(pid) for pid in pids)


def pids(file: Path, count: int) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = file.read_text().split() if file.exists() else []
        if len(found) == count:
            return [int(pid) for pid in found]
        time.sleep(0.01)
    raise AssertionError(f"{file} has no {count} processes")


HANGS = "sleep 300 & echo $$ > {0}.new; echo $! >> {0}.new; mv {0}.new {0}; wait"


def test_a_command_that_hangs_ends_with_the_time_limit_and_its_children_with_it(
    trusted: Entra, tmp_path: Path
) -> None:
    command = script(tmp_path, HANGS.format(tmp_path / "pids"))
    began = time.monotonic()
    with pytest.raises(msauth.Expired):
        connect(trusted, assertion_command=command, timeout=2)
    assert time.monotonic() - began < 10
    assert gone(pids(tmp_path / "pids", 2))


def test_cancelling_ends_a_command_at_once(trusted: Entra, tmp_path: Path) -> None:
    command = script(tmp_path, HANGS.format(tmp_path / "pids"))
    client = memory_client(trusted)
    with client.start("connect", "daemon", **federated(trusted, assertion_command=command)) as operation:
        started = pids(tmp_path / "pids", 2)
        began = time.monotonic()
        threading.Timer(0, operation.cancel).start()
        with pytest.raises(msauth.Cancelled):
            operation.wait()
        assert time.monotonic() - began < 2
    assert gone(started)


def test_a_command_whose_child_lives_on_is_not_waited_for(
    trusted: Entra, provider: Provider, tmp_path: Path
) -> None:
    # It has our pipe as well, and would keep it open for five minutes.
    text = f"sleep 300 & echo $! > {tmp_path}/pids; echo {provider.assertion()}"
    began = time.monotonic()
    connect(trusted, assertion_command=script(tmp_path, text))
    assert time.monotonic() - began < 10
    [child] = pids(tmp_path / "pids", 1)
    assert alive(child)
    os.kill(child, signal.SIGKILL)


def test_a_forked_child_runs_commands_of_its_own_while_its_parents_runs(
    trusted: Entra, provider: Provider, tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    text = f"touch {tmp_path}/begun; while [ ! -e {tmp_path}/go ]; do sleep 0.01; done; echo {provider.assertion()}"
    slow = script(tmp_path / "slow", text)
    quick = script(tmp_path, f"echo {provider.assertion()}")
    client = memory_client(trusted)
    with client.start("connect", "daemon", **federated(trusted, assertion_command=slow)) as operation:
        deadline = time.monotonic() + 20
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                connect(trusted, client, assertion_command=quick)
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        (tmp_path / "go").touch()
        assert operation.wait() is not None
    assert len(sent(trusted)) == 2


HOST = """
import os, signal, sys, threading, time
import msauth
how = sys.argv[1]
if how == "ignores":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if how == "reaps":
    def reap():
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                time.sleep(0.0005)
    threading.Thread(target=reap, daemon=True).start()
if how == "closed":
    for descriptor in (0, 1):
        os.close(descriptor)
before = signal.getsignal(signal.SIGCHLD)
client = msauth.Client(store="memory", ca_file=sys.argv[2], authority=sys.argv[3])
for _ in range(20):
    client.connect(None, grant="federated", client_id=sys.argv[4], assertion_command=sys.argv[5])
assert signal.getsignal(signal.SIGCHLD) == before
left = 0
try:
    while os.waitpid(-1, os.WNOHANG)[0]:
        left += 1
except ChildProcessError:
    pass
assert left == 0, left
os.write(2, b"well")
"""


@pytest.mark.parametrize("how", ["usual", "ignores", "reaps", "closed"])
def test_a_host_may_treat_its_children_as_it_likes(
    trusted: Entra, provider: Provider, tmp_path: Path, how: str
) -> None:
    command = script(tmp_path, f"echo {provider.assertion()}")
    words = [sys.executable, "-c", HOST, how, trusted.ca_file, trusted.authority, trusted.confidential_client_id]
    ended = subprocess.run(
        [*words, command], capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": str(PACKAGE)}
    )
    assert ended.stderr == "well"


# ---- The shell


def test_the_shell_signs_in_by_a_command_and_says_when_the_program_must_help(
    trusted: Entra, keyring: Keyring, provider: Provider, tmp_path: Path, cli: Path
) -> None:
    environment = {**defaults(trusted, keyring), "MSAUTH_CLIENT_ID": trusted.confidential_client_id}
    (tmp_path / "handed").write_text(provider.assertion(lifetime=3) + "\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(cli), *words], capture_output=True, text=True, env=environment, timeout=30)

    def well(*words: str) -> str:
        ended = run(*words)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    command = script(tmp_path, f"echo {provider.assertion()}")
    # The option says which grant it is for.
    well("connect", "job", "--assertion-command", command)
    assert well("token", "job", "--refresh").count(".") == 2
    well("connect", "handed", "--grant", "federated", "--client-assertion", f"file:{tmp_path}/handed")
    deadline = time.monotonic() + 20
    while (ended := run("token", "handed", "--refresh")).returncode == 0 and time.monotonic() < deadline:
        pass
    assert ended.returncode == msauth.AssertionRequired.number
    assert "client_assertion" in ended.stderr or "--client-assertion" in ended.stderr


# ---- Not told to anybody


def test_the_assertion_is_in_no_log_and_no_record_but_the_programs_own(
    trusted: Entra, provider: Provider, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    client = memory_client(trusted, log=str(log))
    file = tmp_path / "token"
    file.write_text(provider.assertion())
    connect(trusted, client, assertion_file=file)
    handed = provider.assertion()
    client.acquire("daemon", refresh=True, client_assertion=handed)
    assert "assertion from file" in log.read_text() and "assertion from program" in log.read_text()
    for assertion in (file.read_text(), handed):
        assert assertion not in log.read_text()
        assert assertion.split(".")[2] not in log.read_text()


def test_a_new_source_takes_the_place_of_the_old_one(
    trusted: Entra, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(provider.assertion())
    client = memory_client(trusted)
    connect(trusted, client, assertion_file=file)
    given = provider.assertion()
    monkeypatch.setenv("JOB_TOKEN", given)
    client.connect("daemon", assertion_variable="JOB_TOKEN")
    client.acquire("daemon", refresh=True)
    assert sent(trusted)[1:] == [given, given]
