"""The application itself signs in, by a certificate and its key, in every file that openssl makes."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
from azure.identity import CertificateCredential
from binding import daemon, defaults, memory_client, msauth, program
from conftest import Entra, Keyring
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SCOPE = "https://graph.microsoft.com/.default"
PASSWORD = "pass wörd"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Keys:
    """Files made by openssl: an application's certificate that an authority of its own has issued."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, subject in (("root", "/CN=root"), ("issuing", "/CN=issuing"), ("app", "/CN=app"), ("other", "/CN=o")):
            self.openssl("genrsa", "-traditional", "-out", f"{name}.key", "2048")
            self.openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        (folder / "ca.cnf").write_text("basicConstraints=critical,CA:TRUE\n")
        sign = ("x509", "-req", "-days", "30")
        for name in ("root", "other"):
            self.openssl(
                *sign, "-in", f"{name}.csr", "-signkey", f"{name}.key", "-extfile", "ca.cnf", "-out", f"{name}.crt"
            )
        by_root = ("-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial")
        self.openssl(*sign, "-in", "issuing.csr", *by_root, "-extfile", "ca.cnf", "-out", "issuing.crt")
        by_issuing = ("-CA", "issuing.crt", "-CAkey", "issuing.key", "-CAcreateserial")
        self.openssl(*sign, "-in", "app.csr", *by_issuing, "-out", "app.crt")
        self.certificate = x509.load_pem_x509_certificate(self.read("app.crt"))

    def openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, *parts: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(parts))
        return path

    @property
    def pem(self) -> Path:
        return self.write("app.pem", self.read("app.crt"), self.read("app.key"))

    def pkcs8(self, name: str, *encryption: str) -> bytes:
        self.openssl("pkcs8", "-topk8", "-in", "app.key", "-out", name, *encryption)
        return self.read(name)

    def pkcs12(self, name: str, *how: str, password: str = PASSWORD) -> Path:
        words = ("-export", "-in", "app.crt", "-inkey", "app.key", "-passout", f"pass:{password}", "-out", name)
        self.openssl("pkcs12", *words, *how)
        return self.folder / name


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def registered(entra: Entra, keys: Keys) -> Entra:
    """The demo daemon has the certificate in its registration."""
    app = {"client_id": entra.confidential_client_id, "certificates": [keys.read("app.crt").decode()]}
    entra.admin("PUT", "/apps", app)
    return entra


def by_certificate(entra: Entra, **options: Any) -> dict[str, Any]:
    return daemon(entra, grant="certificate", client_secret=None, **options)


def connect(entra: Entra, **options: Any) -> msauth.Token:
    token = memory_client(entra).connect("daemon", **by_certificate(entra, **options))
    assert isinstance(token, msauth.Token)
    return token


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def opened(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = assertion.split(".")
    return json.loads(decoded(header)), json.loads(decoded(claims))


def sent(entra: Entra) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the last assertion that arrived."""
    return opened(entra.requests("token")[-1]["form"]["client_assertion"])


# ---- The assertion


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_the_assertion_is_one_that_an_independent_library_verifies(
    registered: Entra, keys: Keys, algorithm: str
) -> None:
    assert connect(registered, client_certificate=keys.pem, certificate_algorithm=algorithm).source == "signed_in"
    [request] = registered.requests()
    form = dict(request["form"])
    assertion = form.pop("client_assertion")
    assert form == {
        "grant_type": "client_credentials",
        "client_id": registered.confidential_client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "scope": SCOPE,
    }
    signed, _, signature = assertion.rpartition(".")
    public = keys.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    # The salt is as long as the hash: with another one PS256 does not verify.
    salted = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    scheme = salted if algorithm == "PS256" else padding.PKCS1v15()
    public.verify(decoded(signature), signed.encode(), scheme, hashes.SHA256())


def test_the_assertion_says_what_entra_asks_for(registered: Entra, keys: Keys) -> None:
    connect(registered, client_certificate=keys.pem)
    header, claims = sent(registered)
    der = keys.certificate.public_bytes(serialization.Encoding.DER)
    digits = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert header == {"alg": "PS256", "typ": "JWT", "x5t#S256": digits}
    assert set(claims) == {"aud", "iss", "sub", "jti", "nbf", "exp"}
    assert claims["aud"] == f"{registered.authority}/oauth2/v2.0/token"
    assert claims["iss"] == claims["sub"] == registered.confidential_client_id
    assert claims["exp"] == claims["nbf"] + 600


def test_the_chain_goes_along_leaf_first_whatever_its_order_in_the_file(registered: Entra, keys: Keys) -> None:
    parts = [keys.read(name) for name in ("other.crt", "root.crt", "app.key", "issuing.crt", "app.crt")]
    connect(registered, client_certificate=keys.write("chain.pem", *parts), send_certificate_chain=True)
    chain = [x509.load_der_x509_certificate(base64.b64decode(der)) for der in sent(registered)[0]["x5c"]]
    assert [one.subject.rfc4514_string() for one in chain] == ["CN=app", "CN=issuing", "CN=root"]


def test_an_assertion_is_used_again_for_its_audience_alone(registered: Entra, keys: Keys) -> None:
    client = memory_client(registered)
    client.connect("daemon", **by_certificate(registered, client_certificate=keys.pem))
    client.acquire("daemon", resource="https://vault.azure.net")
    client.connect(
        "domain", **by_certificate(registered, tenant="contoso.onmicrosoft.com", client_certificate=keys.pem)
    )
    first, second, third = (request["form"]["client_assertion"] for request in registered.requests("token"))
    assert first == second != third


# ---- Beside Microsoft's own


def signs_in_by_msal(entra: Entra, keys: Keys, **credential: Any) -> str:
    application = msal.ConfidentialClientApplication(
        entra.confidential_client_id,
        client_credential=credential,
        authority=entra.authority,
        verify=entra.ca_file,
        instance_discovery=False,
    )
    return str(application.acquire_token_for_client([SCOPE])["access_token"])


def by_msal(entra: Entra, keys: Keys) -> str:
    # From a PKCS#12 file: from PEM it would send the certificate along in any case.
    path = str(keys.pkcs12("msal.pfx"))
    return signs_in_by_msal(entra, keys, private_key_pfx_path=path, passphrase=PASSWORD)


def by_msal_with_a_thumbprint(entra: Entra, keys: Keys) -> str:
    thumbprint = keys.certificate.fingerprint(hashes.SHA1()).hex()
    return signs_in_by_msal(entra, keys, private_key=keys.read("app.key").decode(), thumbprint=thumbprint)


def by_azure_identity(entra: Entra, keys: Keys) -> str:
    credential = CertificateCredential(
        entra.tenant,
        entra.confidential_client_id,
        str(keys.pem),
        send_certificate_chain=True,
        authority=entra.base,
        connection_verify=entra.ca_file,
        disable_instance_discovery=True,
    )
    return str(credential.get_token(SCOPE).token)


def by_us(entra: Entra, keys: Keys) -> str:
    return connect(entra, client_certificate=keys.pem).access_token


def by_us_with_a_thumbprint(entra: Entra, keys: Keys) -> str:
    thumbprint = keys.certificate.fingerprint(hashes.SHA1()).hex()
    key = keys.folder / "app.key"
    return connect(entra, client_certificate=key, certificate_thumbprint=thumbprint).access_token


def by_us_with_the_chain(entra: Entra, keys: Keys) -> str:
    return connect(entra, client_certificate=keys.pem, send_certificate_chain=True).access_token


# What our assertions have otherwise than theirs, and why.
DIFFERENT = {
    "claim nbf, ours alone": "as Microsoft documents it and MSAL.NET sends it; msal for Python has none",
    "claim iat, theirs alone": "not among the claims that Microsoft documents; nbf says the same",
    "field client_info, theirs alone": "it asks who the user is: here is none",
    "header x5t": "theirs is padded, which RFC 7515 does not allow",
    "header x5t#S256": "theirs is padded, which RFC 7515 does not allow",
    "header alg": "azure-identity gives its msal the SHA-1 thumbprint, which makes it fall back to RS256",
    "header x5t, theirs alone": "of RS256, as above",
    "header x5t#S256, ours alone": "of PS256, as above",
}
PAIRS: dict[str, tuple[Callable[[Entra, Keys], str], Callable[[Entra, Keys], str]]] = {
    "certificate, msal": (by_us, by_msal),
    "key and thumbprint, msal": (by_us_with_a_thumbprint, by_msal_with_a_thumbprint),
    "chain, azure-identity": (by_us_with_the_chain, by_azure_identity),
}


def compared(entra: Entra, keys: Keys, pair: str) -> set[str]:
    forms = []
    for signs_in in PAIRS[pair]:
        entra.admin("DELETE", "/requests")
        assert signs_in(entra, keys)
        [request] = entra.requests("token")
        forms.append(dict(request["form"]))
    assertions = [opened(form.pop("client_assertion")) for form in forms]
    found = unlike("field", *forms) | unlike("header", *(header for header, _ in assertions))
    claims = [dict(claims) for _, claims in assertions]
    for each in claims:
        # One lives as long as the other, each from its own beginning.
        each["exp"] = round(each["exp"] - each.get("nbf", each.get("iat", 0)))
        each["jti"] = len(each["jti"])
    return found | {name for name in unlike("claim", *claims) if name not in ("claim nbf", "claim iat")}


def unlike(kind: str, ours: dict[str, Any], theirs: dict[str, Any]) -> set[str]:
    shared = {f"{kind} {name}" for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    alone = {f"{kind} {name}, ours alone" for name in ours.keys() - theirs.keys()}
    return shared | alone | {f"{kind} {name}, theirs alone" for name in theirs.keys() - ours.keys()}


@pytest.mark.parametrize("pair", PAIRS)
def test_our_assertion_is_theirs_but_for_the_differences_that_have_a_reason(
    registered: Entra, keys: Keys, pair: str
) -> None:
    assert sorted(compared(registered, keys, pair) - DIFFERENT.keys()) == []


def test_every_reason_is_for_a_difference_that_is_there(registered: Entra, keys: Keys) -> None:
    found = set().union(*(compared(registered, keys, pair) for pair in PAIRS))
    assert sorted(DIFFERENT.keys() - found) == []


# ---- Files


def pem(keys: Keys, *parts: bytes, newline: bytes = b"\n") -> dict[str, Any]:
    return {"client_certificate": keys.write("made.pem", b"".join(parts).replace(b"\n", newline))}


def encrypted(keys: Keys, *how: str) -> dict[str, Any]:
    key = keys.pkcs8("encrypted.key", *how, "-passout", f"pass:{PASSWORD}")
    return {**pem(keys, keys.read("app.crt"), key), "client_certificate_password": PASSWORD}


def encrypted_pkcs1(keys: Keys, newline: bytes) -> dict[str, Any]:
    words = ("-in", "app.key", "-traditional", "-aes256", "-passout", f"pass:{PASSWORD}", "-out", "encrypted.key")
    keys.openssl("rsa", *words)
    made = pem(keys, keys.read("app.crt"), keys.read("encrypted.key"), newline=newline)
    return {**made, "client_certificate_password": PASSWORD}


def pfx(keys: Keys, *how: str) -> dict[str, Any]:
    return {"client_certificate": keys.pkcs12("made.pfx", *how), "client_certificate_password": PASSWORD}


def whole(keys: Keys) -> bytes:
    return keys.read("app.crt") + keys.read("app.key")


FILES: dict[str, Callable[[Keys], dict[str, Any]]] = {
    "the certificate first": lambda keys: pem(keys, keys.read("app.crt"), keys.read("app.key")),
    "the key first": lambda keys: pem(keys, keys.read("app.key"), keys.read("app.crt")),
    "PKCS#8": lambda keys: pem(keys, keys.pkcs8("plain.key", "-nocrypt"), keys.read("app.crt")),
    "PKCS#8, encrypted": encrypted,
    "PKCS#8, encrypted with scrypt": lambda keys: encrypted(keys, "-scrypt"),
    "PKCS#8, encrypted with 3DES": lambda keys: encrypted(keys, "-v1", "PBE-SHA1-3DES"),
    "PKCS#1, encrypted": lambda keys: encrypted_pkcs1(keys, b"\n"),
    "PKCS#1, encrypted, on one line": lambda keys: encrypted_pkcs1(keys, b" "),
    "two files": lambda keys: {
        "client_certificate": keys.folder / "app.crt",
        "client_certificate_key": keys.folder / "app.key",
    },
    "CRLF": lambda keys: pem(keys, whole(keys), newline=b"\r\n"),
    "spaces where newlines were": lambda keys: pem(keys, whole(keys), newline=b" "),
    "backslash and n where newlines were": lambda keys: pem(keys, whole(keys), newline=b"\\n"),
    "a byte order mark": lambda keys: pem(keys, b"\xef\xbb\xbf", whole(keys)),
    "other certificates before its own": lambda keys: pem(
        keys, keys.read("other.crt"), keys.read("root.crt"), whole(keys)
    ),
    "PKCS#12": pfx,
    "PKCS#12 without a password": lambda keys: {
        "client_certificate": keys.pkcs12("bare.pfx", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac", password="")
    },
    "PKCS#12 with an empty password": lambda keys: {"client_certificate": keys.pkcs12("empty.pfx", password="")},
    "PKCS#12 with a chain": lambda keys: pfx(keys, "-certfile", "issuing.crt"),
    "PKCS#12 with 3DES": lambda keys: pfx(
        keys, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"
    ),
    "PKCS#12 with RC2": lambda keys: pfx(keys, "-legacy"),
    "bytes of PEM": lambda keys: {"client_certificate_data": whole(keys)},
    "bytes of PKCS#12": lambda keys: {
        "client_certificate_data": pfx(keys)["client_certificate"].read_bytes(),
        "client_certificate_password": PASSWORD,
    },
    "PKCS#12 in base64": lambda keys: {
        "client_certificate_data": base64.encodebytes(pfx(keys)["client_certificate"].read_bytes()),
        "client_certificate_password": PASSWORD,
    },
    "PEM in base64": lambda keys: {"client_certificate_data": base64.b64encode(whole(keys)).decode()},
    "bytes and a key file": lambda keys: {
        "client_certificate_data": keys.read("app.crt"),
        "client_certificate_key": keys.folder / "app.key",
    },
    "a key and a SHA-1 thumbprint": lambda keys: {
        "client_certificate": keys.folder / "app.key",
        "certificate_thumbprint": keys.certificate.fingerprint(hashes.SHA1()).hex().upper(),
    },
    "a key and a SHA-256 thumbprint": lambda keys: {
        "client_certificate": keys.folder / "app.key",
        "certificate_thumbprint": keys.certificate.fingerprint(hashes.SHA256()).hex(":"),
    },
}


@pytest.mark.parametrize("file", FILES)
def test_it_signs_in_with(registered: Entra, keys: Keys, file: str) -> None:
    assert connect(registered, **FILES[file](keys)).source == "signed_in"


def elliptic(keys: Keys) -> dict[str, Any]:
    keys.openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "ec.key")
    keys.openssl("req", "-x509", "-new", "-key", "ec.key", "-subj", "/CN=ec", "-out", "ec.crt")
    return pem(keys, keys.read("ec.crt"), keys.read("ec.key"))


def short(keys: Keys) -> dict[str, Any]:
    keys.openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=s", "-keyout", "s.key", "-out", "s.crt")
    return pem(keys, keys.read("s.crt"), keys.read("s.key"))


REFUSED: dict[str, tuple[Callable[[Keys], dict[str, Any]], str]] = {
    "an EC key": (elliptic, "of the type EC, which Entra ID takes from no application"),
    "a short key": (short, "less than 2048 bits"),
    "another's key": (lambda keys: pem(keys, keys.read("app.crt"), keys.read("other.key")), "belongs to"),
    "a certificate alone": (lambda keys: {"client_certificate": keys.folder / "app.crt"}, "no private key"),
    "a key alone": (lambda keys: {"client_certificate": keys.folder / "app.key"}, "no certificate"),
    "no password": (lambda keys: {**pfx(keys), "client_certificate_password": None}, "is encrypted"),
    "no password for PEM": (lambda keys: {**encrypted(keys), "client_certificate_password": None}, "is encrypted"),
    "a wrong password": (lambda keys: {**pfx(keys), "client_certificate_password": "x"}, "with this password"),
    "a wrong password for PEM": (lambda keys: {**encrypted(keys), "client_certificate_password": "x"}, "this password"),
    "nonsense": (lambda keys: pem(keys, b"nonsense"), "PKCS#12"),
    "a request": (lambda keys: {"client_certificate": keys.folder / "app.csr"}, "no private key"),
    "half a PKCS#12": (
        lambda keys: {"client_certificate_data": pfx(keys)["client_certificate"].read_bytes()[:500]},
        "nothing that can be read",
    ),
    "another thumbprint": (
        lambda keys: {"client_certificate": keys.pem, "certificate_thumbprint": "00" * 20},
        "another certificate",
    ),
}


@pytest.mark.parametrize("file", REFUSED)
def test_it_says_why_it_cannot_use(registered: Entra, keys: Keys, file: str) -> None:
    make, says = REFUSED[file]
    with pytest.raises(msauth.UnusableKey) as failure:
        connect(registered, **make(keys))
    assert says in f"{failure.value.message} {failure.value.hint}"
    assert failure.value.hint
    assert registered.requests() == []


@pytest.mark.parametrize("option", ["client_certificate", "client_certificate_key"])
def test_a_file_that_is_not_there_is_named_with_its_option(registered: Entra, keys: Keys, option: str) -> None:
    with pytest.raises(msauth.InvalidArgument, match=f'"{option}" names "/not/there".*No such file'):
        connect(registered, **{"client_certificate": keys.pem, option: "/not/there"})
    with pytest.raises(msauth.InvalidArgument, match="whole path"):
        connect(registered, **{"client_certificate": keys.pem, option: "relative.pem"})


def test_a_file_of_old_is_told_where_openssl_has_no_legacy_provider(
    registered: Entra, keys: Keys, tmp_path: Path
) -> None:
    process = program("calls", environment=defaults(registered, OPENSSL_MODULES=str(tmp_path), MSAUTH_STORE="memory"))
    options = by_certificate(registered, **pfx(keys, "-legacy"))
    answer = ask(process, "connect", "daemon", **{name: str(value) for name, value in options.items() if value})
    assert "legacy provider" in answer["message"]
    assert "openssl pkcs12" in answer["hint"]
    process.communicate(timeout=10)


# ---- Refused, kept, logged


def test_another_certificate_is_a_bad_credential(registered: Entra, keys: Keys) -> None:
    other = keys.write("other.pem", keys.read("other.crt"), keys.read("other.key"))
    with pytest.raises(msauth.BadCredential) as failure:
        connect(registered, client_certificate=other)
    assert failure.value.aadsts == 700027
    assert len(registered.requests()) == 1


def ask(process: subprocess.Popen[str], call: str, name: str, **options: Any) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([call, name, options]) + "\n")
    process.stdin.flush()
    return dict(json.loads(process.stdout.readline()))


def elsewhere(entra: Entra, keyring: Keyring, call: str, **options: Any) -> dict[str, Any]:
    """One call in a process of its own."""
    process = program("calls", environment=defaults(entra, keyring))
    given = {
        name: value if isinstance(value, bool) else str(value) for name, value in options.items() if value is not None
    }
    answer = ask(process, call, "daemon", **given)
    process.communicate(timeout=10)
    return answer


@pytest.mark.parametrize("kind", ["path", "data"])
def test_another_process_signs_in_again_from_the_keyring(
    registered: Entra, keyring: Keyring, keys: Keys, kind: str
) -> None:
    file = keys.pkcs12("kept.pfx")
    data = {"client_certificate_data": base64.b64encode(file.read_bytes()).decode()}
    given: dict[str, Any] = {"client_certificate": file} if kind == "path" else data
    options = by_certificate(registered, **given, client_certificate_password=PASSWORD)
    assert elsewhere(registered, keyring, "connect", **options)["source"] == "signed_in"
    assert elsewhere(registered, keyring, "acquire", refresh=True)["source"] == "signed_in"


def test_bytes_that_are_not_kept_must_be_given_again(registered: Entra, keyring: Keyring, keys: Keys) -> None:
    data = whole(keys).decode()
    options = by_certificate(registered, client_certificate_data=data, keep_credentials=False)
    assert elsewhere(registered, keyring, "connect", **options)["source"] == "signed_in"
    assert "PRIVATE KEY" not in keyring.secret_tool("search", "--all", "xdg:schema", "org.msauth.Connection").stdout
    refusal = elsewhere(registered, keyring, "acquire", refresh=True)
    assert 'needs the option "client_certificate"' in refusal["message"]
    again = elsewhere(registered, keyring, "acquire", refresh=True, client_certificate_data=data)
    assert again["source"] == "signed_in"


def test_a_renewed_file_is_used_by_the_next_sign_in(registered: Entra, keys: Keys) -> None:
    client = memory_client(registered)
    path = keys.write("renewed.pem", keys.read("other.crt"), keys.read("other.key"))
    options = by_certificate(registered, client_certificate=path)
    with pytest.raises(msauth.BadCredential):
        client.connect("daemon", **options)
    keys.write("renewed.pem", whole(keys))
    assert client.connect("daemon", **options).source == "signed_in"


def test_the_log_has_a_warning_for_an_expired_certificate_and_no_secret(
    registered: Entra, keys: Keys, tmp_path: Path
) -> None:
    keys.openssl("x509", "-req", "-in", "app.csr", "-signkey", "app.key", "-days", "-1", "-out", "expired.crt")
    log = tmp_path / "log"
    client = memory_client(registered, log=log)
    expired = keys.write("expired.pem", keys.read("expired.crt"), keys.pkcs8("e.key", "-passout", f"pass:{PASSWORD}"))
    connecting = partial(client.connect, "daemon", **by_certificate(registered))
    with pytest.raises(msauth.BadCredential) as failure:
        connecting(client_certificate=expired, client_certificate_password=PASSWORD)
    said = log.read_text()
    assert "expired.pem" in said
    assert "has expired" in said
    for secret in (PASSWORD, "eyJ", "PRIVATE KEY"):
        assert secret not in said + str(failure.value)


def test_the_shell_takes_a_file_from_where_it_stands_and_bytes_from_a_file(
    registered: Entra, keyring: Keyring, keys: Keys, cli: Path
) -> None:
    def shell(*words: str) -> str:
        environment = {**defaults(registered, keyring), "PASSWORD": PASSWORD}
        done = subprocess.run([cli, *words], env=environment, cwd=keys.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert keys.pem.name == "app.pem"
    app = ("--client-id", registered.confidential_client_id)
    keys.pkcs12("made.pfx")
    shell("connect", "a", *app, "--client-certificate", "app.pem")
    shell(
        "connect",
        "b",
        *app,
        "--client-certificate-data",
        "file:made.pfx",
        "--client-certificate-password",
        "env:PASSWORD",
    )
    for name in ("a", "b"):
        assert shell("token", name, "--refresh").count(".") == 2
