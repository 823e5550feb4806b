"""Certificates whose keys stay in a device: behind PKCS#11 (softhsm2), in a TPM (swtpm), or behind a module with ways
of its own, which signs PSS otherwise than it is told."""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from binding import PROGRAMS, daemon, defaults, memory_client, msauth, program
from conftest import Entra, Keyring
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PIN = "24681357"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def register(entra: Entra, certificate: Path) -> None:
    app = {"client_id": entra.confidential_client_id, "certificates": [certificate.read_text()]}
    entra.admin("PUT", "/apps", app)


def in_a_child(call: Callable[[], object]) -> None:
    """The whole rest of a child's life."""
    try:
        call()
        os._exit(0)
    except BaseException:  # What it raised stays in it.
        os._exit(1)


def connect(entra: Entra, client: msauth.Client | None = None, **options: Any) -> msauth.Token:
    given = daemon(entra, grant="certificate", client_secret=None, **options)
    token = (client or memory_client(entra)).connect("daemon", **given)
    assert isinstance(token, msauth.Token)
    return token


def verified(entra: Entra, certificate: Path) -> str:
    """By which algorithm the last assertion is signed, and the certificate's key has signed it."""
    assertion = entra.requests("token")[-1]["form"]["client_assertion"]
    signed, _, signature = assertion.rpartition(".")
    public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    header = base64.urlsafe_b64decode(assertion.partition(".")[0] + "==").decode()
    if '"PS256"' in header:
        public.verify(given, signed.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        return "PS256"
    public.verify(given, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert '"x5t"' in header
    return "RS256"


# ---- PKCS#11


class Token:
    """A token of softhsm2 with an RSA key that was made in it, and a certificate that the key has signed itself."""

    uri = "pkcs11:token=msauth;object=app"

    def __init__(self, folder: Path) -> None:
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
        self.environment = {"SOFTHSM2_CONF": str(configuration), "PKCS11_MODULE_PATH": SOFTHSM}
        self.certificate = folder / "app.crt"
        initialize = ("--init-token", "--free", "--label", "msauth", "--so-pin", "86427531", "--pin", PIN)
        run("softhsm2-util", *initialize, folder=folder, **self.environment)
        tool = ("pkcs11-tool", "--module", SOFTHSM, "--login", "--pin", PIN, "--keypairgen", "--id", "01")
        run(*tool, "--key-type", "rsa:2048", "--label", "app", folder=folder, **self.environment)
        key = ("-engine", "pkcs11", "-keyform", "engine", "-key", f"{self.uri};type=private?pin-value={PIN}")
        request = ("req", "-x509", "-new", "-subj", "/CN=app", "-days", "30", *key, "-out", "app.crt")
        run("openssl", *request, folder=folder, **self.environment)
        run("openssl", "x509", "-in", "app.crt", "-outform", "DER", "-out", "app.der", folder=folder)
        write = ("--write-object", "app.der", "--type", "cert", "--id", "01", "--label", "app")
        run("pkcs11-tool", "--module", SOFTHSM, "--login", "--pin", PIN, *write, folder=folder, **self.environment)


@pytest.fixture(scope="session")
def made_token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    return Token(tmp_path_factory.mktemp("token"))


@pytest.fixture
def token(made_token: Token, entra: Entra, monkeypatch: pytest.MonkeyPatch) -> Token:
    for name, value in made_token.environment.items():
        monkeypatch.setenv(name, value)
    register(entra, made_token.certificate)
    return made_token


def by_token(token: Token, **options: Any) -> dict[str, Any]:
    given = {"client_certificate": token.certificate, "client_certificate_key_uri": token.uri}
    return {**given, "client_certificate_password": PIN, **options}


@pytest.mark.parametrize("algorithm", [None, "PS256", "RS256"])
def test_a_key_behind_pkcs11_signs(entra: Entra, token: Token, algorithm: str | None) -> None:
    assert connect(entra, **by_token(token, certificate_algorithm=algorithm)).source == "signed_in"
    assert verified(entra, token.certificate) == (algorithm or "PS256")


def test_a_thumbprint_stands_for_the_certificate_beside_a_uri(entra: Entra, token: Token) -> None:
    certificate = x509.load_pem_x509_certificate(token.certificate.read_bytes())
    digits = certificate.fingerprint(hashes.SHA256()).hex()
    options = by_token(token, client_certificate=None, certificate_thumbprint=digits)
    assert connect(entra, **options).source == "signed_in"
    assert verified(entra, token.certificate) == "PS256"


def test_a_certificate_in_the_token_need_not_be_given(entra: Entra, token: Token) -> None:
    assert connect(entra, **by_token(token, client_certificate=None)).source == "signed_in"
    assert verified(entra, token.certificate) == "PS256"


def test_p11_kit_finds_the_token_without_a_word(
    entra: Entra, token: Token, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PKCS11_MODULE_PATH")
    assert connect(entra, **by_token(token)).source == "signed_in"
    with pytest.raises(msauth.UnusableKey):
        connect(entra, **by_token(token, client_certificate_key_uri="pkcs11:token=msauth;object=other"))
    assert capfd.readouterr() == ("", "")


DEVICE_REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "no PIN": ({"client_certificate_password": None}, "asks for a PIN"),
    "a wrong PIN": ({"client_certificate_password": "13572468"}, "PIN incorrect"),
    "another object": ({"client_certificate_key_uri": "pkcs11:token=msauth;object=other"}, "object not found"),
    "another token": ({"client_certificate_key_uri": "pkcs11:token=other;object=app"}, "cannot be opened"),
}


@pytest.mark.parametrize("case", DEVICE_REFUSALS)
def test_it_is_said_why_a_key_cannot_be_opened(entra: Entra, token: Token, case: str) -> None:
    options, says = DEVICE_REFUSALS[case]
    with pytest.raises(msauth.UnusableKey) as failure:
        connect(entra, **by_token(token, **options))
    assert says in failure.value.message
    assert failure.value.hint
    assert PIN not in str(failure.value)
    assert entra.requests() == []
    # It has not broken what works.
    assert connect(entra, **by_token(token)).source == "signed_in"


def test_a_certificate_of_another_key_is_told(entra: Entra, token: Token, tmp_path: Path) -> None:
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout", "k", "-out", "other.crt")
    run("openssl", *words, folder=tmp_path)
    with pytest.raises(msauth.UnusableKey, match="does not belong to the certificate"):
        connect(entra, **by_token(token, client_certificate=tmp_path / "other.crt"))


def test_another_process_signs_in_again_with_what_the_connection_keeps(
    entra: Entra, token: Token, keyring: Keyring
) -> None:
    environment = defaults(entra, keyring, **token.environment)
    given = {**daemon(entra, grant="certificate", client_secret=None), **by_token(token)}
    options = {name: str(value) for name, value in given.items() if value is not None}
    for call, sent in (("connect", options), ("acquire", {"refresh": True})):
        process = program("calls", environment=environment)
        output, errors = process.communicate(json.dumps([call, "daemon", sent]) + "\n", timeout=60)
        assert json.loads(output)["source"] == "signed_in", output
        # It ends well, with a device's module in it, and has said nothing.
        assert (process.returncode, errors) == (0, "")
    assert verified(entra, token.certificate) == "PS256"


def test_a_process_may_end_while_a_device_is_at_work(entra: Entra, token: Token) -> None:
    # softhsm2 is C++: what it destroys at the end is what it works with.
    environment = defaults(entra, None, **token.environment)
    given = {**daemon(entra, grant="certificate", client_secret=None), **by_token(token)}
    options = json.dumps({name: str(value) for name, value in given.items() if value is not None})
    ends = []
    lasted = []
    for thousandths in range(12):
        began = time.monotonic()
        process = program("exit_at_work", options, str(thousandths / 1000), environment=environment)
        _, errors = process.communicate(timeout=60)
        lasted.append(time.monotonic() - began)
        ends.append((process.returncode, errors))
    assert ends == [(0, "")] * 12
    # A second is for devices that hang: one that answers holds nobody up so long.
    assert min(lasted) < 1


def test_a_module_may_start_a_program(entra: Entra, token: Token, keyring: Keyring, tmp_path: Path) -> None:
    flags = ("-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", "forking.so")
    run("gcc", *flags, PROGRAMS / "forking_module.c", folder=tmp_path)
    module = {"PKCS11_MODULE_PATH": str(tmp_path / "forking.so")}
    environment = defaults(entra, keyring, **{**token.environment, **module})
    given = {**daemon(entra, grant="certificate", client_secret=None), **by_token(token)}
    options = {name: str(value) for name, value in given.items() if value is not None}
    process = program("calls", environment=environment)
    output, errors = process.communicate(json.dumps(["connect", "daemon", options]) + "\n", timeout=60)
    assert json.loads(output)["source"] == "signed_in", output
    assert (process.returncode, errors) == (0, "")


def test_the_shell_takes_a_uri_and_a_pin_from_a_file(
    entra: Entra, token: Token, keyring: Keyring, cli: Path, tmp_path: Path
) -> None:
    environment = defaults(entra, keyring, **token.environment)
    (tmp_path / "pin").write_text(PIN + "\n")
    words = ("--client-id", entra.confidential_client_id, "--client-certificate-key-uri", token.uri)
    run(cli, "connect", "hsm", *words, "--client-certificate-password", "file:pin", folder=tmp_path, **environment)
    assert run(cli, "token", "hsm", "--refresh", folder=tmp_path, **environment).count(".") == 2
    assert len(entra.requests("token")) == 2


def test_threads_with_a_device_each_get_their_token(entra: Entra, token: Token) -> None:
    operations = []
    clients = [memory_client(entra) for _ in range(8)]
    for client in clients:
        given = daemon(entra, grant="certificate", client_secret=None, **by_token(token))
        operations.append(client.start("connect", "daemon", **given))
    for operation in operations:
        operation.wait()
        operation.close()
    assert len(entra.requests("token")) == 8


def test_a_forked_child_signs_too(entra: Entra, token: Token) -> None:
    connect(entra, **by_token(token))
    child = os.fork()
    if child == 0:
        in_a_child(lambda: connect(entra, **by_token(token)))
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("pkcs11:object=app?pin-value=1234", "holds the PIN"),
        ("file:/etc/key.pem", "pkcs11:"),
        ("nonsense", "pkcs11:"),
    ],
)
def test_a_uri_is_checked_when_it_is_given(entra: Entra, token: Token, uri: str, says: str) -> None:
    with pytest.raises(msauth.InvalidArgument, match=says) as failure:
        connect(entra, **by_token(token, client_certificate_key_uri=uri))
    assert "1234" not in str(failure.value)


def test_a_machine_without_a_module_is_told_what_to_install(
    entra: Entra, token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSSL_ENGINES", str(tmp_path))
    monkeypatch.setenv("OPENSSL_MODULES", str(tmp_path))
    with pytest.raises(msauth.Unsupported) as failure:
        connect(entra, **by_token(token))
    assert "libengine-pkcs11-openssl" in (failure.value.hint or "")
    with pytest.raises(msauth.Unsupported) as failure:
        connect(entra, **by_token(token, client_certificate_key_uri="handle:0x81000001"))
    assert "tpm2-openssl" in (failure.value.hint or "")


# ---- A TPM


class TPM:
    """swtpm with three keys: one wrapped in a file, and two that are persistent, of which one has a password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        port = free_pair()
        server = ("--server", f"type=tcp,port={port},bindaddr=127.0.0.1")
        control = ("--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1")
        state = ("--tpmstate", f"dir={folder}/state", "--flags", "startup-clear")
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", *server, *control, *state])
        wait_for(port)
        tcti = f"swtpm:host=127.0.0.1,port={port}"
        self.environment = {"TPM2OPENSSL_TCTI": tcti, "TPM2TOOLS_TCTI": tcti}
        self.openssl("genpkey", "-provider", "tpm2", "-provider", "base", "-algorithm", "RSA", "-out", "wrapped.pem")
        self.certify("wrapped.pem", "wrapped.crt")
        self.keep("0x81000001", "persistent.crt")
        self.keep("0x81000002", "locked.crt", PIN)

    def keep(self, handle: str, certificate: str, password: str | None = None) -> None:
        """A key that is made in the TPM and stays in it."""
        locked = ("-p", password) if password else ()
        self.tool("tpm2_createprimary", "-c", "primary.ctx")
        self.tool("tpm2_create", "-C", "primary.ctx", "-G", "rsa2048", "-u", "k.pub", "-r", "k.priv", *locked)
        self.tool("tpm2_flushcontext", "-t")
        self.tool("tpm2_load", "-C", "primary.ctx", "-u", "k.pub", "-r", "k.priv", "-c", "k.ctx")
        self.tool("tpm2_evictcontrol", "-c", "k.ctx", handle)
        self.tool("tpm2_flushcontext", "-t")
        self.certify(f"handle:{handle}" + ("?pass" if password else ""), certificate, password)

    def certify(self, key: str, certificate: str, password: str | None = None) -> None:
        modules = ("-provider", "tpm2", "-provider", "default", "-provider", "base", "-propquery", "?provider=tpm2")
        opening = ("-passin", f"pass:{password}") if password else ()
        self.openssl("req", "-x509", "-new", "-subj", "/CN=tpm", *modules, "-key", key, *opening, "-out", certificate)

    def openssl(self, *words: str) -> None:
        run("openssl", *words, folder=self.folder, **self.environment)

    def tool(self, *words: str) -> None:
        run(*words, folder=self.folder, **self.environment)

    @property
    def failures(self) -> int:
        """How many wrong passwords the TPM has counted: some more, and it locks itself."""
        said = run("tpm2_getcap", "properties-variable", folder=self.folder, **self.environment)
        return int(said.partition("LOCKOUT_COUNTER:")[2].split()[0], 16)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def free_pair() -> int:
    """A port that is free, with the one after it."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as one:
            port: int = one.getsockname()[1]
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port
            except OSError:
                continue


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "swtpm did not start"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def made_tpm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TPM]:
    tpm = TPM(tmp_path_factory.mktemp("tpm"))
    yield tpm
    tpm.stop()


@pytest.fixture
def tpm(made_tpm: TPM, monkeypatch: pytest.MonkeyPatch) -> TPM:
    for name, value in made_tpm.environment.items():
        monkeypatch.setenv(name, value)
    return made_tpm


TPM_KEYS: dict[str, tuple[str, dict[str, Any]]] = {
    "wrapped": ("wrapped.crt", {"client_certificate_key": "wrapped.pem"}),
    "persistent": ("persistent.crt", {"client_certificate_key_uri": "handle:0x81000001"}),
    "persistent, with a password": (
        "locked.crt",
        {"client_certificate_key_uri": "handle:0x81000002?pass", "client_certificate_password": PIN},
    ),
}


@pytest.mark.parametrize("algorithm", [None, "RS256"])
@pytest.mark.parametrize("kind", TPM_KEYS)
def test_a_key_in_a_tpm_signs(entra: Entra, tpm: TPM, kind: str, algorithm: str | None) -> None:
    name, given = TPM_KEYS[kind]
    certificate = tpm.folder / name
    register(entra, certificate)
    options = dict(given)
    if "client_certificate_key" in options:
        options["client_certificate_key"] = tpm.folder / options["client_certificate_key"]
    token = connect(entra, client_certificate=certificate, certificate_algorithm=algorithm, **options)
    assert token.source == "signed_in"
    # swtpm takes the salt that it is told, which not every TPM does.
    assert verified(entra, certificate) == (algorithm or "PS256")


def test_a_tpms_key_and_its_certificate_may_be_in_one_file(entra: Entra, tpm: TPM) -> None:
    certificate = tpm.folder / "wrapped.crt"
    both = tpm.folder / "both.pem"
    both.write_bytes((tpm.folder / "wrapped.pem").read_bytes() + certificate.read_bytes())
    register(entra, certificate)
    assert connect(entra, client_certificate=both).source == "signed_in"
    assert verified(entra, certificate) == "PS256"


def test_a_tpm_has_no_certificate_beside_its_key(entra: Entra, tpm: TPM) -> None:
    with pytest.raises(msauth.UnusableKey, match="holds no certificate") as failure:
        connect(entra, client_certificate_key_uri="handle:0x81000001")
    assert '"client_certificate"' in (failure.value.hint or "")


def test_a_wrong_password_of_a_tpms_key_is_told_and_tried_once(entra: Entra, tpm: TPM) -> None:
    _, options = TPM_KEYS["persistent, with a password"]
    before = tpm.failures
    with pytest.raises(msauth.UnusableKey, match="authorization") as failure:
        connect(
            entra,
            client_certificate=tpm.folder / "locked.crt",
            **{**options, "client_certificate_password": "13572468"},
        )
    assert "client_certificate_password" in (failure.value.hint or "")
    assert PIN not in str(failure.value)
    assert tpm.failures == before + 1


# ---- A device with ways of its own


class Device:
    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "app.crt"
        words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=device", "-days", "30")
        run("openssl", *words, "-keyout", "app.key", "-out", "app.crt", folder=folder)
        source = PROGRAMS / "device_provider.c"
        flags = ("-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
        run("gcc", *flags, "-o", "pkcs11.so", source, "-lcrypto", folder=folder)
        self.log = folder / "log"
        self.environment = {
            "OPENSSL_MODULES": str(folder),
            "TEST_DEVICE_KEY": str(folder / "app.key"),
            "TEST_DEVICE_CERTIFICATE": str(self.certificate),
            "TEST_DEVICE_LOG": str(self.log),
        }

    @property
    def made(self) -> list[str]:
        """The signatures since the last look."""
        made = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return made


@pytest.fixture(scope="session")
def made_device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(tmp_path_factory.mktemp("device"))


@pytest.fixture
def device(made_device: Device, entra: Entra, monkeypatch: pytest.MonkeyPatch) -> Device:
    for name, value in made_device.environment.items():
        monkeypatch.setenv(name, value)
    register(entra, made_device.certificate)
    assert made_device.made is not None
    return made_device


def by_device(device: Device, way: str, **options: Any) -> dict[str, Any]:
    given = {"client_certificate": device.certificate, "client_certificate_key_uri": f"pkcs11:object={way}"}
    return {**given, "client_certificate_password": PIN, **options}


def test_a_provider_is_asked_before_an_engine(entra: Entra, device: Device) -> None:
    connect(entra, **by_device(device, "exact"))
    assert verified(entra, device.certificate) == "PS256"
    assert device.made == ["PSS"]


@pytest.mark.parametrize(("way", "first"), [("longest", ["PSS", "PKCS1"]), ("plain", ["PKCS1"])])
def test_a_key_that_cannot_sign_ps256_signs_rs256_and_is_not_asked_again(
    entra: Entra, device: Device, way: str, first: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    client = memory_client(entra, log=log)
    connect(entra, client, **by_device(device, way))
    assert verified(entra, device.certificate) == "RS256"
    assert device.made == first
    # Another audience: a new assertion, by one signature.
    connect(entra, client, **by_device(device, way, tenant="contoso.onmicrosoft.com"))
    assert verified(entra, device.certificate) == "RS256"
    assert device.made == ["PKCS1"]
    said = log.read_text()
    assert said.count("cannot sign by PS256: signing by RS256") == 1
    assert PIN not in said


@pytest.mark.parametrize("way", ["longest", "plain"])
def test_ps256_that_was_asked_for_is_not_replaced(entra: Entra, device: Device, way: str) -> None:
    with pytest.raises(msauth.UnusableKey, match="PS256 with a salt of 32 bytes") as failure:
        connect(entra, **by_device(device, way, certificate_algorithm="PS256"))
    assert "certificate_algorithm" in (failure.value.hint or "")
    assert entra.requests() == []


def test_children_that_are_forked_while_threads_sign_sign_too(entra: Entra, device: Device) -> None:
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            connect(entra, **by_device(device, "exact"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    ends = []
    try:
        for _ in range(30):
            child = os.fork()
            if child == 0:
                signal.alarm(20)
                in_a_child(lambda: connect(entra, **by_device(device, "exact")))
            ends.append(os.waitpid(child, 0)[1])
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert ends == [0] * 30


def test_a_certificate_beside_the_key_need_not_be_given(entra: Entra, device: Device) -> None:
    assert connect(entra, **by_device(device, "exact", client_certificate=None)).source == "signed_in"
    assert verified(entra, device.certificate) == "PS256"


def test_a_provider_gets_the_pin_and_says_no_to_another(entra: Entra, device: Device) -> None:
    for pin, says in ((None, "asks for a PIN"), ("13572468", "cannot be opened")):
        with pytest.raises(msauth.UnusableKey, match=says):
            connect(entra, **by_device(device, "exact", client_certificate_password=pin))


def test_a_wrong_pin_is_tried_once_until_somebody_connects(entra: Entra, device: Device) -> None:
    client = memory_client(entra)
    given = by_device(device, "exact", client_certificate_password="13572468")
    options = daemon(entra, grant="certificate", client_secret=None, **given)
    with pytest.raises(msauth.UnusableKey) as first:
        client.connect("daemon", **options)
    assert "not tried again" not in (first.value.hint or "")
    connect(entra, client, **by_device(device, "exact"))
    for hint in ("A PIN that is wrong too often", "not tried again"):
        with pytest.raises(msauth.UnusableKey) as failure:
            client.acquire("daemon", tenant="contoso.onmicrosoft.com", client_certificate_password="13572468")
        assert (failure.value.hint or "").find(hint) >= 0, failure.value.hint
    # Another PIN is.
    token = client.acquire("daemon", tenant="contoso.onmicrosoft.com", client_certificate_password=PIN)
    assert token.source == "signed_in"


def engines() -> list[bytes]:
    """Those of the process that its host can find."""
    crypto = ctypes.CDLL("libcrypto.so.3")
    for name in ("ENGINE_get_first", "ENGINE_get_next"):
        getattr(crypto, name).restype = ctypes.c_void_p
    crypto.ENGINE_get_next.argtypes = crypto.ENGINE_get_id.argtypes = [ctypes.c_void_p]
    crypto.ENGINE_get_id.restype = ctypes.c_char_p
    names = []
    engine = crypto.ENGINE_get_first()
    while engine:
        names.append(crypto.ENGINE_get_id(engine))
        engine = crypto.ENGINE_get_next(engine)
    return names


@pytest.mark.parametrize("kind", ["provider", "engine"])
def test_the_hosts_openssl_sees_nothing_of_it(entra: Entra, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "provider":
        connect(entra, **by_device(request.getfixturevalue("device"), "exact"))
    else:
        connect(entra, **by_token(request.getfixturevalue("token")))
    assert ctypes.CDLL("libcrypto.so.3").OSSL_PROVIDER_available(None, b"pkcs11") == 0
    assert b"pkcs11" not in engines()


def test_nothing_stays_open(entra: Entra, tpm: TPM) -> None:
    register(entra, tpm.folder / "persistent.crt")
    client = memory_client(entra)

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    def renew(tenant: str) -> None:
        given = {"client_certificate": tpm.folder / "persistent.crt", "tenant": tenant}
        connect(entra, client, **given, client_certificate_key_uri="handle:0x81000001")

    renew(entra.tenant)
    before = descriptors()
    renew("contoso.onmicrosoft.com")
    assert len(entra.requests("token")) == 2
    assert descriptors() == before
