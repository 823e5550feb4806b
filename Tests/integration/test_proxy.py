"""Requests through real proxies and around them: tinyproxy, squid by http and https, microsocks."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from binding import daemon, defaults, memory_client, msauth
from browser import Browser
from conftest import Entra, Keyring
from metadata import Metadata
from proxies import PASSWORD, PLAIN_PASSWORD, USER, Proxies, free_port
from test_interactive import Signing

VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
ENCODED = quote(PASSWORD, safe="")


@pytest.fixture(scope="module")
def running() -> Iterator[Proxies]:
    proxies = Proxies()
    yield proxies
    proxies.stop()


@pytest.fixture
def proxies(running: Proxies) -> Proxies:
    running.forget()
    return running


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def sign_in(entra: Entra, **options: Any) -> None:
    """One request, over a connection of its own."""
    with memory_client(entra, **options) as client:
        assert client.connect("ci", **daemon(entra)).access_token


def refused(entra: Entra, **options: Any) -> msauth.MSAuthError:
    with pytest.raises(msauth.MSAuthError) as failure:
        sign_in(entra, **options)
    assert entra.requests("token") == []
    return failure.value


def target(entra: Entra) -> str:
    """As a proxy writes it down."""
    return urlsplit(entra.base).netloc


# ---- Through it


@pytest.mark.parametrize("name", VARIABLES)
def test_the_variables_name_the_proxy(
    entra: Entra, proxies: Proxies, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # As in curl, a scheme may be missing.
    monkeypatch.setenv(name, f"127.0.0.1:{proxies.tiny}")
    sign_in(entra)
    proxies.wait_for(proxies.tiny, f"CONNECT {target(entra)}")


def test_an_option_beats_the_variables(entra: Entra, proxies: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    sign_in(entra, proxy=f"http://127.0.0.1:{proxies.tiny}")
    proxies.wait_for(proxies.tiny, f"CONNECT {target(entra)}")
    # An empty one is none.
    proxies.forget()
    sign_in(entra, proxy="")
    assert "CONNECT" not in proxies.logs()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_with_a_password(entra: Entra, proxies: Proxies, tmp_path: Path, scheme: str) -> None:
    port = proxies.squid if scheme == "http" else proxies.squid_tls
    sign_in(entra, proxy=f"{scheme}://{USER}:{ENCODED}@localhost:{port}", ca_file=both(entra, proxies, tmp_path))
    proxies.wait_for(port, f"CONNECT {target(entra)} {USER}")
    assert "TCP_TUNNEL/200" in proxies.log(port)


def test_an_at_sign_in_the_password_need_not_be_written_otherwise(entra: Entra, proxies: Proxies) -> None:
    sign_in(entra, proxy=f"http://{USER}:{ENCODED.replace('%40', '@')}@localhost:{proxies.squid}")
    proxies.wait_for(proxies.squid, f"CONNECT {target(entra)} {USER}")


def both(entra: Entra, proxies: Proxies, folder: Path) -> str:
    """The authority of the local Entra and the proxy's certificate in one file."""
    bundle = folder / "both.pem"
    bundle.write_text(Path(entra.ca_file).read_text() + proxies.ca_file.read_text())
    return str(bundle)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("is_locked", [False, True])
def test_a_socks_proxy(entra: Entra, proxies: Proxies, scheme: str, is_locked: bool) -> None:
    user = f"{USER}:{PLAIN_PASSWORD}@" if is_locked else ""
    port = proxies.locked_socks if is_locked else proxies.socks
    sign_in(entra, proxy=f"{scheme}://{user}127.0.0.1:{port}")
    # The name is resolved by the proxy (socks5h), or by us.
    host, at = target(entra).split(":")
    proxies.wait_for(port, f"connected to {host if scheme == 'socks5h' else ''}")
    log = proxies.log(port)
    assert f":{at}" in log
    assert (f"connected to {host}" in log) == (scheme == "socks5h"), log


# ---- Around it


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("entry", ["localhost", ".localhost", "elsewhere.test, LOCALHOST", "*", "localhost:{port}"])
def test_hosts_that_are_reached_without_it(
    entra: Entra, proxies: Proxies, monkeypatch: pytest.MonkeyPatch, name: str, entry: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxies.tiny}")
    monkeypatch.setenv(name, entry.format(port=urlsplit(entra.base).port))
    sign_in(entra)
    assert "CONNECT" not in proxies.logs()
    # The option counts instead of the variable, an empty one too.
    sign_in(entra, no_proxy="elsewhere.test")
    proxies.wait_for(proxies.tiny, f"CONNECT {target(entra)}")
    proxies.forget()
    sign_in(entra, no_proxy="")
    proxies.wait_for(proxies.tiny, f"CONNECT {target(entra)}")


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "10.0.0.1,127.0.0.1:{port}"])
def test_addresses_that_are_reached_without_it(entra: Entra, proxies: Proxies, entry: str) -> None:
    port = urlsplit(entra.base).port
    authority = entra.authority.replace("localhost", "127.0.0.1")
    proxy = f"http://127.0.0.1:{proxies.tiny}"
    sign_in(entra, authority=authority, proxy=proxy, no_proxy=entry.format(port=port))
    assert "CONNECT" not in proxies.logs()
    for other in ("localhost", "127.0.0.2", "10.0.0.0/8", "127.0.0.1:1"):
        proxies.forget()
        sign_in(entra, authority=authority, proxy=proxy, no_proxy=other)
        proxies.wait_for(proxies.tiny, f"CONNECT 127.0.0.1:{port}")


def test_managed_identities_go_round_them_all(entra: Entra, proxies: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*VARIABLES, "http_proxy", "HTTP_PROXY"]:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxies.tiny}")
    platform = Metadata()
    try:
        for source in ("imds", "app_service"):
            with monkeypatch.context() as variables:
                for name, value in platform.variables(source).items():
                    variables.setenv(name, value)
                for scheme, port in (("http", proxies.tiny), ("https", proxies.squid_tls), ("socks5h", proxies.socks)):
                    with msauth.Client(store="memory", proxy=f"{scheme}://localhost:{port}") as client:
                        token = client.connect(None, grant="managed_identity", resource="https://vault.azure.net")
                    assert token.access_token.startswith(source)
    finally:
        platform.close()
    # Told apart from proxies that write nothing down.
    sign_in(entra)
    proxies.wait_for(proxies.tiny, f"CONNECT {target(entra)}")
    for port in (proxies.tiny, proxies.squid_tls, proxies.socks):
        assert str(urlsplit(platform.base).port) not in proxies.log(port)


def test_the_browsers_way_back_goes_round_it(entra: Entra, proxies: Proxies) -> None:
    signing = Signing(memory_client(entra, proxy=f"http://127.0.0.1:{proxies.tiny}"), entra)
    browser = Browser(entra)
    assert browser.come_back(browser.sign_in(signing.address)).status == 200
    assert signing.token().username == entra.user
    proxies.wait_for(proxies.tiny, f"CONNECT {target(entra)}")
    assert str(signing.port) not in proxies.log(proxies.tiny)


# ---- When it fails: the error names the proxy without its password, and says what to do


def check(error: msauth.MSAuthError, message: str, hint: str, cls: type[msauth.MSAuthError] = msauth.Network) -> None:
    assert type(error) is cls
    assert message in error.message
    assert hint in (error.hint or "")
    assert PASSWORD not in str(error) and ENCODED not in str(error) and PLAIN_PASSWORD not in str(error)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password(entra: Entra, proxies: Proxies, tmp_path: Path, scheme: str) -> None:
    port = proxies.squid if scheme == "http" else proxies.squid_tls
    ca_file = both(entra, proxies, tmp_path)
    at = f"localhost:{port}"
    error = refused(entra, proxy=f"{scheme}://{at}", ca_file=ca_file)
    check(
        error,
        f"The proxy {scheme}://{at} wants a user and a password",
        'Give them in the option "proxy", as in http://user',
    )
    error = refused(entra, proxy=f"{scheme}://{USER}:{PLAIN_PASSWORD}@{at}", ca_file=ca_file)
    check(error, f"The proxy {scheme}://{at} does not take the user and password", 'the option "proxy"')


def test_tinyproxy_says_it_otherwise(entra: Entra, proxies: Proxies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"http://localhost:{proxies.locked_tiny}")
    check(refused(entra), "wants a user and a password", "the variable ALL_PROXY")
    monkeypatch.setenv("ALL_PROXY", f"http://{USER}:{ENCODED}@localhost:{proxies.locked_tiny}")
    check(refused(entra), "does not take the user and password", "the variable ALL_PROXY")
    monkeypatch.setenv("ALL_PROXY", f"http://{USER}:{PLAIN_PASSWORD}@localhost:{proxies.locked_tiny}")
    sign_in(entra)
    proxies.wait_for(proxies.locked_tiny, f"CONNECT {target(entra)}")


def test_a_proxy_that_forbids_the_host(entra: Entra, proxies: Proxies) -> None:
    error = refused(entra, proxy=f"http://localhost:{proxies.squid}", authority="https://localhost:1")
    at = f"The proxy http://localhost:{proxies.squid} did not let the request to https://localhost:1 through (403)"
    check(error, at, "Ask those who run it to allow this host")


def test_a_proxy_that_does_not_reach_the_host(entra: Entra, proxies: Proxies) -> None:
    proxy = f"http://{USER}:{ENCODED}@localhost:{proxies.squid}"
    error = refused(entra, proxy=proxy, authority=f"https://localhost:{free_port()}")
    check(error, f"The proxy http://localhost:{proxies.squid} did not let", "It may not reach the host")
    assert "(503)" in error.message


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_that_is_not_there(entra: Entra, scheme: str) -> None:
    port = free_port()
    error = refused(entra, proxy=f"{scheme}://{USER}:{ENCODED}@127.0.0.1:{port}")
    check(error, f"No connection to the proxy {scheme}://127.0.0.1:{port}", 'Check the option "proxy"')


def test_a_proxy_whose_name_is_unknown(entra: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{ENCODED}@no-such-host.invalid:3128")
    check(refused(entra), "the proxy http://no-such-host.invalid:3128", "Check the variable HTTPS_PROXY")


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h"])
def test_a_proxy_that_hangs(entra: Entra, silent: int, scheme: str) -> None:
    begun = time.monotonic()
    error = refused(entra, proxy=f"{scheme}://{USER}:{ENCODED}@127.0.0.1:{silent}", connect_timeout=1, http_timeout=2)
    assert time.monotonic() - begun < 5
    check(error, f"he proxy {scheme}://127.0.0.1:{silent}", "")
    assert "in time" in error.message


def test_a_socks_proxy_that_wants_a_password(entra: Entra, proxies: Proxies) -> None:
    for user in ("", f"{USER}:wrong@"):
        error = refused(entra, proxy=f"socks5h://{user}127.0.0.1:{proxies.locked_socks}")
        check(error, f"at the proxy socks5h://127.0.0.1:{proxies.locked_socks}", "user:password@host")


def test_a_socks_proxy_that_does_not_reach_the_host(entra: Entra, proxies: Proxies) -> None:
    error = refused(entra, proxy=f"socks5h://127.0.0.1:{proxies.socks}", authority=f"https://localhost:{free_port()}")
    check(error, f"at the proxy socks5h://127.0.0.1:{proxies.socks}", 'Check the option "proxy"')


def test_an_https_proxy_is_checked_like_the_service(entra: Entra, proxies: Proxies) -> None:
    proxy = f"https://{USER}:{ENCODED}@localhost:{proxies.squid_tls}"
    error = refused(entra, proxy=proxy)
    at = f"The certificate of the proxy https://localhost:{proxies.squid_tls} is not trusted"
    check(error, at, '"ca_file"', msauth.Untrusted)
    # Through a proxy that is trusted, the service is checked as ever.
    error = refused(entra, proxy=proxy, ca_file=str(proxies.ca_file))
    # libcurl before 8 loses the reason when the one TLS is inside the other.
    assert type(error) in (msauth.Untrusted, msauth.Network)
    assert f"{entra.base} (through the proxy https://localhost:{proxies.squid_tls})" in error.message
    assert '"ca_file"' in (error.hint or "")


def test_https_to_a_proxy_of_plain_http(entra: Entra, proxies: Proxies) -> None:
    # tinyproxy waits for more; squid's answer is no TLS.
    for port in (proxies.tiny, proxies.squid):
        error = refused(entra, proxy=f"https://localhost:{port}", connect_timeout=1)
        check(error, f"he proxy https://localhost:{port}", "It may be one that is reached by http://")


def test_a_variable_that_names_no_proxy(entra: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"ftp://{USER}:{PLAIN_PASSWORD}@localhost")
    check(refused(entra), "What the variable https_proxy says is no address of a proxy", "", msauth.InvalidArgument)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_libcurls_words_break_off_before_the_password(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    # It repeats an address that it does not understand, as far as its 255 bytes go.
    monkeypatch.setenv("https_proxy", f"{scheme}://{USER}:p@{'secret' * 60}@localhost:99999")
    error = refused(entra)
    check(error, f"failed at the proxy {scheme}://localhost:99999", "the variable https_proxy")
    assert "secret" not in f"{error.message}{error.hint}"


def test_the_password_is_in_no_log_and_in_no_command(
    entra: Entra, proxies: Proxies, keyring: Keyring, cli: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    right = f"http://{USER}:{ENCODED}@localhost:{proxies.squid}"
    wrong = f"http://{USER}:{PLAIN_PASSWORD}@localhost:{proxies.squid}"
    words = ["connect", "ci", "--grant", "client_secret", "--client-id", entra.confidential_client_id]
    said = ""
    for proxy, status in ((right, 0), (wrong, None)):
        environment = {
            **defaults(entra, keyring, MSAUTH_LOG=str(log)),
            "SECRET": entra.client_secret,
            "HTTPS_PROXY": proxy,
        }
        done = subprocess.run(
            [cli, *words, "--client-secret", "env:SECRET"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )
        assert (done.returncode == 0) == (status == 0), done.stderr
        said += done.stdout + done.stderr
    assert f"The proxy http://localhost:{proxies.squid} does not take" in said
    # What stands on the command line is seen by every user of the machine.
    done = subprocess.run([cli, "list", "--proxy", right], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "HTTPS_PROXY" in done.stderr
    said += done.stdout + done.stderr
    said += log.read_text()
    for secret in (PASSWORD, ENCODED, PLAIN_PASSWORD):
        assert secret not in said
    proxies.wait_for(proxies.squid, f"CONNECT {target(entra)} {USER}")
