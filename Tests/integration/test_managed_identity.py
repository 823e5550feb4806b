"""Managed identities: azure-identity and the library ask the same platforms, and get the same."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential
from binding import PACKAGE, PROGRAMS, msauth
from metadata import IDENTITY, PATH, SECRET, TOKENS, Answer, Metadata, Request, self_signed

VAULT = "https://vault.azure.net"
SOURCES = ["imds", "app_service", "arc", "cloud_shell", "azure_ml", "service_fabric"]
# Which ways to name an identity a source takes.
NAMES = {
    "imds": ["client_id", "object_id", "resource_id"],
    "app_service": ["client_id", "object_id", "resource_id"],
    "arc": ["client_id", "object_id", "resource_id"],
    "cloud_shell": [],
    "azure_ml": ["client_id"],
    "service_fabric": [],
}
CASES = [(source, name) for source in SOURCES for name in [None, *NAMES[source]]]

TELEMETRY = "telemetry for Microsoft: of no use to the user, and the service works without"
DIFFERENCES = {
    "header user-agent": "each says who it is",
    "header accept": "they take anything; it is JSON, so we say so",
    "header accept-encoding, theirs alone": "answers are small, and one that is not compressed cannot be a bomb",
    "header connection, theirs alone": "what HTTP/1.1 means anyway",
    "header x-ms-client-request-id, theirs alone": TELEMETRY,
    "header x-client-sku, theirs alone": TELEMETRY,
    "header x-client-ver, theirs alone": TELEMETRY,
}


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metadata]:
    for name in list(os.environ):
        if name.startswith(("IDENTITY_", "IMDS_", "MSI_", "AZURE_")):
            monkeypatch.delenv(name)
    server = Metadata()
    yield server
    server.close()


@pytest.fixture
def arc_folder() -> Iterator[Path]:
    """The agent's real folder: nobody takes a key from another. What was not there before is removed."""
    made = [folder for folder in (TOKENS, *TOKENS.parents) if not folder.exists()]
    TOKENS.mkdir(mode=0o750, parents=True, exist_ok=True)
    yield TOKENS
    for folder in made:
        folder.rmdir()


@pytest.fixture
def platform(
    metadata: Metadata, arc_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Metadata]]:
    def on(source: str) -> Metadata:
        for name, value in metadata.variables(source).items():
            monkeypatch.setenv(name, value)
        return metadata

    yield on
    metadata.withdraw_keys()


def by_us(name: str | None = None, **options: Any) -> msauth.Token:
    named = {name: IDENTITY[name]} if name else {}
    given: dict[str, Any] = {"grant": "managed_identity", "resource": VAULT, **named, **options}
    token: msauth.Token = msauth.Client(store="memory").connect(None, **given)
    return token


def by_azure_identity(name: str | None = None) -> str:
    named: dict[str, Any] = {}
    if name == "client_id":
        named["client_id"] = IDENTITY[name]
    elif name:
        named["identity_config"] = {name: IDENTITY[name]}
    return str(ManagedIdentityCredential(**named).get_token(VAULT + "/.default").token)


def differences(ours: list[Request], theirs: list[Request]) -> set[str]:
    """What is not the same of two rounds of requests, in the words of DIFFERENCES."""
    assert len(ours) == len(theirs)
    found = set()
    for mine, other in zip(ours, theirs):
        for part in ("method", "path", "query", "form"):
            if mine[part] != other[part]:
                found.add(part)
        for name in mine["headers"].keys() | other["headers"].keys():
            if name not in other["headers"]:
                found.add(f"header {name}, ours alone")
            elif name not in mine["headers"]:
                found.add(f"header {name}, theirs alone")
            elif name == "authorization":
                # A key that is good once.
                assert mine["headers"][name].split(" ")[0] == other["headers"][name].split(" ")[0] == "Basic"
            elif mine["headers"][name] != other["headers"][name]:
                found.add(f"header {name}")
    return found


def rounds(server: Metadata, name: str | None) -> tuple[list[Request], list[Request]]:
    theirs = by_azure_identity(name)
    asked_by_them = server.requests[:]
    server.requests.clear()
    ours = by_us(name).access_token
    # The same platform gave both the same identity's token.
    assert ours.split(".")[:2] == theirs.split(".")[:2]
    assert ours.split(".")[1] == ("user" if name else "system")
    return server.requests[:], asked_by_them


@pytest.mark.parametrize(("source", "name"), CASES)
def test_we_ask_what_azure_identity_asks(platform: Callable[[str], Metadata], source: str, name: str | None) -> None:
    ours, theirs = rounds(platform(source), name)
    assert sorted(differences(ours, theirs) - DIFFERENCES.keys()) == []


def test_every_reason_is_for_a_difference_that_is_there(
    metadata: Metadata, arc_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: set[str] = set()
    for source, name in CASES:
        with monkeypatch.context() as variables:
            for variable, value in metadata.variables(source).items():
                variables.setenv(variable, value)
            metadata.requests.clear()
            ours, theirs = rounds(metadata, name)
            found |= differences(ours, theirs)
    assert sorted(DIFFERENCES.keys() - found) == []


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source in SOURCES for name in IDENTITY if name not in NAMES[source]]
)
def test_a_name_that_the_source_does_not_take_is_refused_before_it_is_asked(
    platform: Callable[[str], Metadata], source: str, name: str
) -> None:
    server = platform(source)
    with pytest.raises(msauth.InvalidArgument, match=f'"{name}"'):
        by_us(name)
    assert server.requests == []


def test_the_expiry_is_read_in_each_platforms_form(platform: Callable[[str], Metadata]) -> None:
    server = platform("app_service")
    server.lifetime = 7000
    token = by_us()
    assert abs(token.expires_on - time.time() - 7000) < 5
    assert token.refresh_on is None
    server.lifetime = 86400
    token = by_us()
    assert abs((token.refresh_on or 0) - time.time() - 43200) < 5
    assert token.authority is None and token.client_id is None and "of a managed identity" in repr(token)


def test_no_proxy_is_asked(platform: Callable[[str], Metadata], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, address)
        platform("imds")
        assert by_us().access_token.startswith("imds.system.")
        client = msauth.Client(store="memory", proxy=address)
        token = client.connect(None, grant="managed_identity", resource=VAULT)
        assert token.access_token.startswith("imds.system.")
        proxy.settimeout(0)
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_a_platform_that_fails_is_asked_again_after_a_second(platform: Callable[[str], Metadata]) -> None:
    server = platform("app_service")
    server.faults = [Answer(503, "")]
    begun = time.monotonic()
    assert by_us().access_token.startswith("app_service.")
    assert len(server.requests) == 2 and time.monotonic() - begun >= 1


def test_a_time_limit_ends_the_wait_for_an_imds_that_is_being_updated(platform: Callable[[str], Metadata]) -> None:
    server = platform("imds")
    server.faults = [Answer(410, "")] * 8
    begun = time.monotonic()
    with pytest.raises(msauth.Expired):
        by_us(timeout=1)
    assert len(server.requests) == 1 and time.monotonic() - begun < 3


def test_an_identity_that_is_not_there_is_told_in_the_platforms_words(platform: Callable[[str], Metadata]) -> None:
    platform("imds")
    with pytest.raises(msauth.Configuration, match="Identity not found") as caught:
        by_us(client_id="c11e0000-0000-4000-8000-0000000000ff")
    assert caught.value.hint and caught.value.error_code == "invalid_request"


def test_a_redirect_is_not_followed(platform: Callable[[str], Metadata]) -> None:
    server = platform("app_service")
    server.faults = [Answer(302, "", {"Location": server.base + "/msi/token/"})]
    with pytest.raises(msauth.Untrusted):
        by_us()
    assert len(server.requests) == 1


def test_arc_answers_for_another_identity_and_is_not_believed(platform: Callable[[str], Metadata]) -> None:
    server = platform("arc")
    server.confirms = False
    with pytest.raises(msauth.Untrusted, match="did not confirm"):
        by_us("client_id")
    assert by_us().access_token.startswith("arc.system.")


@pytest.mark.parametrize("kind", ["link", "long", "elsewhere", "pipe", "absent"])
def test_arcs_key_is_a_small_file_in_its_folder(
    platform: Callable[[str], Metadata], arc_folder: Path, tmp_path: Path, kind: str
) -> None:
    server = platform("arc")
    key = arc_folder / "test-of-msauth.key"
    outside = tmp_path / "outside.key"
    outside.write_text("a-secret-of-somebody-else")
    if kind == "link":
        key.symlink_to(outside)
    elif kind == "long":
        key.write_text("k" * 4097)
    elif kind == "pipe":
        os.mkfifo(key)
    path = outside if kind == "elsewhere" else key
    try:
        server.faults = [Answer(401, "", {"WWW-Authenticate": f"Basic realm={path}"})]
        with pytest.raises(msauth.Untrusted):
            by_us()
    finally:
        key.unlink(missing_ok=True)
    assert ["authorization" in request["headers"] for request in server.requests] == [False]


def as_nobody(call: Callable[[], object]) -> str:
    """What a call says in a child of another user."""
    answer, end = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            said = str(call())
        except msauth.MSAuthError as error:
            said = f"{error.status}: {error}"
        os.write(end, said.encode())
        os._exit(0)
    os.close(end)
    os.waitpid(child, 0)
    with os.fdopen(answer) as pipe:
        return pipe.read()


def test_who_may_not_read_arcs_key_learns_of_the_group_himds(platform: Callable[[str], Metadata]) -> None:
    platform("arc")
    said = as_nobody(by_us)
    assert said.startswith("unsupported: This user may not read /var/opt/azcmagent/tokens/") and "group himds" in said


# ---- Service Fabric's certificate


def test_the_thumbprint_is_read_with_colons_spaces_and_small_letters(
    platform: Callable[[str], Metadata], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform("service_fabric")
    digits = self_signed()[1]
    pairs = [digits[index : index + 2] for index in range(0, 40, 2)]
    for text in (digits.lower(), ":".join(pairs), " ".join(pairs).lower()):
        monkeypatch.setenv("IDENTITY_SERVER_THUMBPRINT", text)
        assert by_us().access_token.startswith("service_fabric.system.")


def test_another_certificate_gets_nothing_from_us_nor_from_azure_identity(
    platform: Callable[[str], Metadata], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = platform("service_fabric")
    monkeypatch.setenv("IDENTITY_SERVER_THUMBPRINT", self_signed("another")[1])
    with pytest.raises(msauth.Untrusted, match="not the one that the platform has named") as failure:
        by_us()
    assert failure.value.hint
    with pytest.raises(OSError, match="thumbprint does not match"):
        by_azure_identity()
    assert server.requests == []


def test_the_secret_does_not_reach_a_server_with_another_certificate(
    platform: Callable[[str], Metadata], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform("service_fabric")
    context, _ = self_signed("another")
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        accepted.settimeout(10)
        try:
            with context.wrap_socket(accepted, server_side=True) as secure:
                while data := secure.recv(65536):
                    received.append(data)
        except ssl.SSLError as error:
            received.append(str(error.reason).encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"https://127.0.0.1:{listener.getsockname()[1]}{PATH}")
        with pytest.raises(msauth.Untrusted):
            by_us()
        thread.join(10)
    # The client's alert, and nothing else.
    assert len(received) == 1 and SECRET.encode() not in received[0] and b"ALERT" in received[0]


def test_a_pin_is_for_service_fabric_alone(
    platform: Callable[[str], Metadata], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = platform("service_fabric")
    client = msauth.Client(store="memory")
    given: dict[str, Any] = {"grant": "managed_identity", "resource": VAULT}
    assert client.connect("fabric", **given).access_token.startswith("service_fabric.")
    # The same client and server, without the pin: neither its connection nor its session is used again.
    monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT")
    server.requests.clear()
    with pytest.raises(msauth.Untrusted, match="is not trusted"):
        client.connect("app", **given)
    assert server.requests == []
    # Nor is one that was made for another thumbprint.
    monkeypatch.setenv("IDENTITY_SERVER_THUMBPRINT", self_signed("another")[1])
    with pytest.raises(msauth.Untrusted, match="has named"):
        client.connect("fabric", **given)
    assert server.requests == []


@pytest.mark.parametrize(
    ("variable", "value", "kind"),
    [
        ("IDENTITY_SERVER_THUMBPRINT", "AB" * 19, msauth.Configuration),
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:1" + PATH, msauth.Untrusted),
    ],
)
def test_service_fabric_is_not_asked_without_a_pin_that_can_be_checked(
    platform: Callable[[str], Metadata],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    kind: type[msauth.MSAuthError],
) -> None:
    server = platform("service_fabric")
    monkeypatch.setenv(variable, value)
    with pytest.raises(kind):
        by_us()
    assert server.requests == []


def test_service_fabrics_404_is_not_asked_again_and_a_redirect_is_not_followed(
    platform: Callable[[str], Metadata],
) -> None:
    server = platform("service_fabric")
    message = "The specified application has no managed identity."
    server.faults = [Answer(404, {"error": {"code": "ManagedIdentityNotFound", "message": message}})]
    with pytest.raises(msauth.Configuration, match=message) as failure:
        by_us()
    assert failure.value.error_code == "ManagedIdentityNotFound"
    server.faults = [Answer(302, "", {"Location": server.fabric + PATH})]
    with pytest.raises(msauth.Untrusted):
        by_us()
    assert len(server.requests) == 2


def test_a_connection_is_renewed_without_anybody(platform: Callable[[str], Metadata]) -> None:
    server = platform("cloud_shell")
    client = msauth.Client(store="memory")
    first = client.connect("shell", grant="managed_identity", resource=VAULT)
    assert client.acquire("shell").source == "held" and len(server.requests) == 1
    assert client.acquire("shell", refresh=True).access_token != first.access_token
    connection = client.connection("shell")
    assert connection.renewable and connection.grant == "managed_identity"


def test_a_client_without_a_connection_has_a_token_for_each_identity(platform: Callable[[str], Metadata]) -> None:
    server = platform("imds")
    client = msauth.Client(store="memory", grant="managed_identity", resource=VAULT)
    for name in [None, *IDENTITY]:
        named: dict[str, Any] = {name: IDENTITY[name]} if name else {}
        first, again = client.acquire(**named), client.acquire(**named)
        assert (first.source, again.source) == ("signed_in", "held")
        assert first.access_token.startswith("imds.user." if name else "imds.system.")
    assert len(server.requests) == 1 + len(IDENTITY)


def test_the_shell_command_signs_in_as_the_machine(platform: Callable[[str], Metadata], cli: Path) -> None:
    platform("app_service")
    command = [str(cli), "connect", "vm", "--grant", "managed_identity", "--resource", VAULT, "--store", "memory"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "Signed in as the managed identity" in ended.stderr


# ---- IMDS at its real address, in a network of its own


def in_a_network(setup: str, where: str) -> dict[str, Any]:
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = f'ip link set lo up && {setup} && exec "$0" "$@"'
    command = ["unshare", "--net", *rights, "sh", "-c", script, sys.executable, str(PROGRAMS / "imds.py"), where]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IDENTITY_", "MSI_", "AZURE_"))}
    path = os.pathsep.join([str(PACKAGE), str(Path(__file__).parent)])
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**kept, "PYTHONPATH": path})
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_imds_is_found_at_its_address_by_one_probe_for_a_process() -> None:
    found = in_a_network("ip address add 169.254.169.254/32 dev lo", "here")
    # Their probe comes without the header too.
    assert found["theirs"] == [["imds", "system"], [None, "true"]]
    assert found["ours"] == ["imds", "system"]
    asked = {"api-version": "2018-02-01", "resource": VAULT}
    assert found["asked"] == [[{"api-version": "2018-02-01"}, None], [asked, "true"], [asked, "true"]]


def test_an_imds_that_is_silent_costs_a_second_once() -> None:
    found = in_a_network("ip address add 169.254.169.254/32 dev lo", "silent")
    assert [status for status, _ in found["errors"]] == ["no_managed_identity"] * 2
    assert "container" in found["errors"][0][1]
    first, second = found["seconds"]
    assert 0.9 < first < 2.5 and second < 0.5


def test_a_machine_without_a_network_has_no_managed_identity() -> None:
    found = in_a_network("true", "nowhere")
    assert [status for status, _ in found["errors"]] == ["no_managed_identity"] * 2
    assert max(found["seconds"]) < 1
