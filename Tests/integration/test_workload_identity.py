"""AKS: the pod's environment says all, and the token proxy stands where identity bindings want it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import WorkloadIdentityCredential
from binding import defaults, memory_client, msauth
from conftest import Entra, Keyring
from providers import AKSProxy, Certificate, Provider
from test_federated import WITHOUT_MSAL
from test_peers import DIFFERENCES, SCOPE, differences

Variables = dict[str, str]


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture
def pod(entra: Entra, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Variables:
    """What AKS's webhook puts into a pod, whose service account is one that the demo daemon trusts."""
    for name in list(os.environ):
        if name.startswith("AZURE_"):
            monkeypatch.delenv(name)
    provider.trusted(entra)
    file = tmp_path / "azure-identity-token"
    file.write_text(provider.assertion())
    variables = {
        "AZURE_CLIENT_ID": entra.confidential_client_id,
        "AZURE_TENANT_ID": entra.tenant,
        "AZURE_FEDERATED_TOKEN_FILE": str(file),
        "AZURE_AUTHORITY_HOST": entra.base + "/",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def client(entra: Entra, **options: Any) -> msauth.Client:
    return msauth.Client(store="memory", ca_file=entra.ca_file, grant="workload_identity", **options)


def token(entra: Entra, **options: Any) -> msauth.Token:
    return client(entra, **options).acquire()


def by_azure_identity(entra: Entra, **how: Any) -> str:
    trust = {} if how.get("enable_azure_proxy") else {"connection_verify": entra.ca_file}
    credential = WorkloadIdentityCredential(disable_instance_discovery=True, **trust, **how)
    return str(credential.get_token(SCOPE).token)


def test_the_environment_of_a_pod_is_enough(entra: Entra, pod: Variables) -> None:
    assert token(entra).source == "signed_in"
    [request] = entra.requests()
    assert request["path"] == f"/{entra.tenant}/oauth2/v2.0/token"
    assert request["form"]["client_assertion"] == Path(pod["AZURE_FEDERATED_TOKEN_FILE"]).read_text()


def test_we_send_what_azure_identity_sends(entra: Entra, pod: Variables) -> None:
    assert by_azure_identity(entra)
    theirs = entra.requests()
    entra.admin("DELETE", "/requests")
    token(entra)
    assert differences(entra.requests(), theirs) - DIFFERENCES.keys() == WITHOUT_MSAL.keys()


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("AZURE_CLIENT_ID", "client_id"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_FEDERATED_TOKEN_FILE", "assertion_file"),
        ("AZURE_AUTHORITY_HOST", "authority"),
    ],
)
def test_options_stand_above_the_environment(
    entra: Entra, pod: Variables, monkeypatch: pytest.MonkeyPatch, variable: str, option: str
) -> None:
    value = pod[variable]
    monkeypatch.setenv(variable, "not/for us")
    assert token(entra, **{option: value}).source == "signed_in"
    monkeypatch.delenv(variable)
    assert token(entra, **{option: value}).source == "signed_in"


def test_what_is_missing_is_named_in_one_sentence(
    entra: Entra, pod: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in pod:
        monkeypatch.delenv(name)
    with pytest.raises(msauth.Unsupported) as failure:
        token(entra)
    for name in pod:
        assert (name in failure.value.message) == (name != "AZURE_AUTHORITY_HOST")
    with pytest.raises(msauth.Unsupported) as failure:
        token(entra, client_id=entra.confidential_client_id, authority=entra.authority)
    assert "AZURE_CLIENT_ID" not in failure.value.message and "AZURE_TENANT_ID" not in failure.value.message
    assert "AZURE_FEDERATED_TOKEN_FILE" in failure.value.message
    assert entra.requests() == []


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("AZURE_CLIENT_ID", "no guid!", "AZURE_CLIENT_ID"),
        ("AZURE_TENANT_ID", "../admin", "AZURE_TENANT_ID"),
        ("AZURE_AUTHORITY_HOST", "http://login.example", "AZURE_AUTHORITY_HOST"),
        ("AZURE_FEDERATED_TOKEN_FILE", "relative", "AZURE_FEDERATED_TOKEN_FILE"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(
    entra: Entra, pod: Variables, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(msauth.Configuration, match=reason):
        token(entra)


def test_a_connection_goes_on_in_another_pod(
    entra: Entra, pod: Variables, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = memory_client(entra, authority=None)
    connected.connect("pod", grant="workload_identity")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(provider.assertion())
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(elsewhere))
    assert connected.acquire("pod").source == "held"
    assert connected.acquire("pod", refresh=True).source == "signed_in"
    assert entra.requests("token")[-1]["form"]["client_assertion"] == elsewhere.read_text()
    assert connected.connection("pod").grant == "workload_identity"


def test_the_shell_needs_nothing_but_the_pod(entra: Entra, keyring: Keyring, pod: Variables, cli: Path) -> None:
    environment = {**defaults(entra, keyring), **pod}
    for name in ("MSAUTH_AUTHORITY", "MSAUTH_TENANT"):
        del environment[name]

    def run(*words: str) -> str:
        ended = subprocess.run([str(cli), *words], capture_output=True, text=True, env=environment, timeout=30)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    run("connect", "pod", "--grant", "workload_identity")
    assert run("token", "pod", "--refresh").count(".") == 2
    assert len(entra.requests("token")) == 2


# ---- AKS's token proxy


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path, AKSProxy.NAME, "localhost")


@pytest.fixture
def proxy(entra: Entra, pod: Variables, certificate: Certificate) -> Iterator[AKSProxy]:
    server = AKSProxy(certificate, entra)
    yield server
    server.close()


@pytest.fixture
def bound(proxy: AKSProxy, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AKSProxy:
    """What AKS sets where identity bindings are used. The address is one that its certificate does not name."""
    (tmp_path / "ca.crt").write_text(certificate.pem)
    variables = {
        "TOKEN_PROXY": f"https://127.0.0.1:{proxy.port}{AKSProxy.PATH}",
        "SNI_NAME": AKSProxy.NAME,
        "CA_FILE": str(tmp_path / "ca.crt"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"AZURE_KUBERNETES_{name}", value)
    return proxy


def test_the_proxy_is_asked_only_when_that_is_wanted(entra: Entra, bound: AKSProxy) -> None:
    token(entra)
    assert bound.requests == []


def test_the_proxy_gets_what_azure_identity_sends_it(entra: Entra, bound: AKSProxy) -> None:
    assert by_azure_identity(entra, enable_azure_proxy=True)
    assert token(entra, aks_token_proxy=True).source == "signed_in"
    theirs, ours = bound.requests
    assert ours["path"] == f"{AKSProxy.PATH}/{entra.tenant}/oauth2/v2.0/token"
    for part in ("method", "path", "query"):
        assert ours[part] == theirs[part]
    assert dict(pair.split("=") for pair in ours["body"].split("&")) == dict(
        pair.split("=") for pair in theirs["body"].split("&")
    )
    assert ours["headers"]["host"] == theirs["headers"]["host"] == f"127.0.0.1:{bound.port}"
    assert bound.names == [AKSProxy.NAME, AKSProxy.NAME]


def test_the_proxy_is_the_clusters_own_and_not_reached_by_another(entra: Entra, bound: AKSProxy) -> None:
    with pytest.raises(msauth.Network):
        token(entra, proxy="http://127.0.0.1:9")
    assert token(entra, proxy="http://127.0.0.1:9", aks_token_proxy=True).source == "signed_in"


def test_who_cannot_reach_the_proxy_is_not_sent_to_look_for_another(
    entra: Entra, bound: AKSProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_KUBERNETES_TOKEN_PROXY", "https://127.0.0.1:9")
    with pytest.raises(msauth.Network, match="127.0.0.1 port 9") as failure:
        token(entra, aks_token_proxy=True)
    assert "HTTPS_PROXY" not in str(failure.value.hint) and "platform" in str(failure.value.hint)


def test_the_proxy_is_trusted_by_its_own_authority_alone(
    entra: Entra, bound: AKSProxy, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another authority, also where the client's ca_file knows the proxy's own.
    other = Certificate(tmp_path, AKSProxy.NAME)
    (tmp_path / "ca.crt").write_text(other.pem)
    known = tmp_path / "known.pem"
    known.write_text(certificate.pem)
    pod = msauth.Client(store="memory", ca_file=known, grant="workload_identity", aks_token_proxy=True)
    with pytest.raises(msauth.Untrusted, match="token proxy") as failure:
        pod.acquire()
    assert "AZURE_KUBERNETES_CA_FILE" in str(failure.value.hint)
    # Without an authority of its own it is as any other server.
    monkeypatch.delenv("AZURE_KUBERNETES_CA_FILE")
    assert pod.acquire().source == "signed_in"
    with pytest.raises(msauth.Untrusted):
        token(entra, aks_token_proxy=True)


def test_the_name_in_the_certificate_must_be_the_one_that_is_named(
    entra: Entra, bound: AKSProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_KUBERNETES_SNI_NAME", "another.ests.aks")
    with pytest.raises(msauth.Untrusted):
        token(entra, aks_token_proxy=True)
    # Without a name it is the address's.
    monkeypatch.delenv("AZURE_KUBERNETES_SNI_NAME")
    with pytest.raises(msauth.Untrusted):
        token(entra, aks_token_proxy=True)
    monkeypatch.setenv("AZURE_KUBERNETES_TOKEN_PROXY", f"https://localhost:{bound.port}{AKSProxy.PATH}/")
    assert token(entra, aks_token_proxy=True).source == "signed_in"
    assert bound.names[-1] == "localhost"


def test_the_authority_may_be_given_as_text(
    entra: Entra, bound: AKSProxy, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_KUBERNETES_CA_FILE")
    monkeypatch.setenv("AZURE_KUBERNETES_CA_DATA", certificate.pem)
    assert token(entra, aks_token_proxy=True).source == "signed_in"


def test_the_authority_s_file_is_read_again_and_may_be_empty_while_it_is_replaced(
    entra: Entra, bound: AKSProxy, certificate: Certificate, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    one = client(entra, aks_token_proxy=True)
    one.acquire()
    file.write_text("")
    assert one.acquire(refresh=True).source == "signed_in"
    file.unlink()
    assert one.acquire(refresh=True).source == "signed_in"
    file.write_text(Certificate(tmp_path, AKSProxy.NAME).pem)
    with pytest.raises(msauth.Untrusted):
        one.acquire(refresh=True)
    file.write_text(certificate.pem)
    assert one.acquire(refresh=True).source == "signed_in"
    # Who reads it for the first time has nothing to go on with.
    file.write_text("")
    with pytest.raises(msauth.Configuration, match="no PEM certificate"):
        token(entra, aks_token_proxy=True)
    file.unlink()
    with pytest.raises(msauth.Configuration, match="cannot be read"):
        token(entra, aks_token_proxy=True)


MISTAKES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "no address": (lambda set: set.delenv("AZURE_KUBERNETES_TOKEN_PROXY"), "TOKEN_PROXY is not"),
    "http": (lambda set: set.setenv("AZURE_KUBERNETES_TOKEN_PROXY", "http://10.0.0.1"), "no https address"),
    "a user": (lambda set: set.setenv("AZURE_KUBERNETES_TOKEN_PROXY", "https://a:b@10.0.0.1"), "no https address"),
    "a query": (lambda set: set.setenv("AZURE_KUBERNETES_TOKEN_PROXY", "https://10.0.0.1/?a=b"), "no https address"),
    "a fragment": (lambda set: set.setenv("AZURE_KUBERNETES_TOKEN_PROXY", "https://10.0.0.1/#a"), "no https address"),
    "a bad name": (lambda set: set.setenv("AZURE_KUBERNETES_SNI_NAME", "a:1:b"), "no host name"),
    "both": (lambda set: set.setenv("AZURE_KUBERNETES_CA_DATA", "x"), "both"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_its_variables_are_errors(
    entra: Entra, bound: AKSProxy, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    make, reason = MISTAKES[mistake]
    make(monkeypatch)
    with pytest.raises(msauth.Configuration, match=reason):
        token(entra, aks_token_proxy=True)
    assert entra.requests() == [] and bound.requests == []


def test_authorities_that_cannot_be_read_are_told(
    entra: Entra, bound: AKSProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_KUBERNETES_CA_FILE")
    monkeypatch.setenv("AZURE_KUBERNETES_CA_DATA", "nothing")
    with pytest.raises(msauth.Configuration, match="no PEM certificate"):
        token(entra, aks_token_proxy=True)
    monkeypatch.setenv("AZURE_KUBERNETES_CA_DATA", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----")
    with pytest.raises(msauth.MSAuthError) as failure:
        token(entra, aks_token_proxy=True)
    assert failure.value.status in ("configuration", "untrusted")
    assert "AZURE_KUBERNETES_CA_" in str(failure.value.hint)


def test_where_aks_sets_no_proxy_there_is_none(entra: Entra, pod: Variables) -> None:
    assert token(entra, aks_token_proxy=True).source == "signed_in"
    assert len(entra.requests("token")) == 1
