"""Every kind of authority under its own name, and msal beside us wherever it knows the kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
import requests
from binding import msauth
from cryptography.hazmat.primitives import hashes
from metadata import Answer, Metadata
from test_certificate import Keys, keys  # noqa: F401
from test_peers import DIFFERENCES, differences
from world import World, world

SCOPE = "https://graph.microsoft.com/.default"
TENANT = "contoso.onmicrosoft.com"
POLICY = "B2C_1_sign_in"


@pytest.fixture(scope="module")
def _world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def here(_world: World) -> World:
    _world.reset()
    return _world


@dataclass
class Kind:
    """One kind of authority: how it is named to us and to msal, and what its endpoints begin with."""

    authority: str
    endpoints: str
    options: dict[str, str]
    theirs: dict[str, Any]


def kind(authority: str, endpoints: str, theirs: dict[str, Any] | None = None, **options: str) -> Kind:
    given: dict[str, Any] = {"authority": authority, "instance_discovery": False} if theirs is None else theirs
    return Kind(authority, endpoints, options, given)


B2C = f"https://contoso.b2clogin.com/{TENANT}/{POLICY}"
TFP = f"https://contoso.b2clogin.com/tfp/{TENANT}/{POLICY}"
CIAM = "https://contoso.ciamlogin.com"
CUSTOM = f"https://login.contoso.example/{TENANT}/v2.0"
ADFS = "https://sts.contoso.example/adfs"
DSTS = f"https://contoso.dsts.core.windows.net/dstsv2/{TENANT}"

KINDS = {
    "b2c": kind(B2C, f"{B2C}/oauth2/v2.0"),
    "b2c by tfp": kind(TFP, f"{TFP}/oauth2/v2.0"),
    "ciam without a path": kind(CIAM, f"{CIAM}/{TENANT}/oauth2/v2.0"),
    "ciam": kind(f"{CIAM}/{TENANT}", f"{CIAM}/{TENANT}/oauth2/v2.0"),
    "a name of an external tenant's own": kind(
        CUSTOM,
        f"https://login.contoso.example/{TENANT}/oauth2/v2.0",
        {"oidc_authority": CUSTOM},
        authority_type="oidc",
    ),
    "ad fs": kind(ADFS, f"{ADFS}/oauth2"),
    "dsts": kind(DSTS, f"{DSTS}/oauth2/v2.0"),
}


def daemon(here: World, **options: Any) -> dict[str, Any]:
    return {
        "grant": "client_secret",
        "client_id": here.entra.confidential_client_id,
        "client_secret": here.entra.client_secret,
        "scopes": SCOPE,
        **options,
    }


def msal_daemon(here: World, credential: Any = None, **options: Any) -> Any:
    return msal.ConfidentialClientApplication(
        here.entra.confidential_client_id,
        client_credential=credential or here.entra.client_secret,
        verify=here.entra.ca_file,
        proxies={"https": here.proxy.url},
        **options,
    )


def msal_user(here: World, **options: Any) -> Any:
    return msal.PublicClientApplication(
        here.entra.client_id, verify=here.entra.ca_file, proxies={"https": here.proxy.url}, **options
    )


def discovery(each: Kind) -> list[str]:
    """What we ask before: of the kinds whose address says all, nothing."""
    return [f"GET {each.authority}/.well-known/openid-configuration"] if each.options else []


def compared(here: World, ours: Callable[[], object], theirs: Callable[[], object]) -> set[str]:
    """What is not the same in our requests and theirs, but for the differences that have a reason."""
    here.reset()
    ours()
    mine = [request for request in here.entra.requests() if request["endpoint"] != "configuration"]
    here.reset()
    theirs()
    its = [request for request in here.entra.requests() if request["endpoint"] not in ("configuration", "instance")]
    return differences(mine, its) - DIFFERENCES.keys()


@pytest.mark.parametrize("name", KINDS)
def test_an_application_signs_in_at_each_kind_of_authority(here: World, name: str) -> None:
    each = KINDS[name]
    client = here.client(authority=each.authority, **each.options)
    token = client.connect("work", **daemon(here))
    assert token.access_token.count(".") == 2
    assert here.asked() == [*discovery(each), f"POST {each.endpoints}/token"]
    assert client.acquire("work").source == "held"
    # What was discovered is remembered.
    client.acquire("work", refresh=True)
    assert here.asked() == [*discovery(each), *[f"POST {each.endpoints}/token"] * 2]


@pytest.mark.parametrize("name", KINDS)
def test_an_application_sends_what_msal_sends_there(here: World, name: str) -> None:
    each = KINDS[name]

    def ours() -> None:
        here.client(authority=each.authority, **each.options).connect("work", **daemon(here))

    def theirs() -> None:
        assert "access_token" in msal_daemon(here, **each.theirs).acquire_token_for_client([SCOPE])

    assert compared(here, ours, theirs) == set()


@pytest.mark.parametrize("name", KINDS)
def test_a_user_signs_in_at_each_kind_and_refreshes(here: World, name: str) -> None:
    each = KINDS[name]
    client = here.client(authority=each.authority, **each.options)
    prompts: list[msauth.Prompt] = []
    client.connect(
        "work",
        grant="device_code",
        client_id=here.entra.client_id,
        scopes=SCOPE,
        wait=False,
        on_prompt=prompts.append,
    )
    here.entra.approve(prompts[0].user_code)
    token = client.resume("work")
    assert token.username == here.entra.user
    assert token.id_token is not None
    assert client.acquire("work", refresh=True).source == "refreshed"
    assert here.asked() == [
        *discovery(each),
        f"POST {each.endpoints}/devicecode",
        f"POST {each.endpoints}/token",
        f"POST {each.endpoints}/token",
    ]


@pytest.mark.parametrize("name", KINDS)
def test_a_user_s_sign_in_is_what_msal_makes_of_it(here: World, name: str) -> None:
    each = KINDS[name]

    def ours() -> None:
        prompts: list[msauth.Prompt] = []
        client = here.client(authority=each.authority, **each.options)
        given: dict[str, Any] = {"grant": "device_code", "client_id": here.entra.client_id, "scopes": SCOPE}
        client.connect("work", wait=False, on_prompt=prompts.append, **given)
        here.entra.approve(prompts[0].user_code)
        client.resume("work")

    def theirs() -> None:
        application = msal_user(here, **each.theirs)
        flow = application.initiate_device_flow([SCOPE])
        here.entra.approve(flow["user_code"])
        assert "access_token" in application.acquire_token_by_device_flow(flow)

    assert compared(here, ours, theirs) == set()


@pytest.mark.parametrize("name", KINDS)
def test_a_page_s_redirect_and_its_token_are_checked_by_what_each_kind_says(here: World, name: str) -> None:
    each = KINDS[name]
    here.entra.settings(auto_sign_in=here.entra.user)
    client = here.client(authority=each.authority, **each.options)
    prompts: list[msauth.Prompt] = []
    client.connect(
        "work",
        grant="authorization_code",
        client_id=here.entra.client_id,
        redirect_uri="http://localhost",
        scopes=SCOPE,
        on_prompt=prompts.append,
    )
    address = str(prompts[0].authorization_url)
    assert address.startswith(f"{each.endpoints}/authorize?")
    token = client.resume("work", redirect=visit(here, address))
    assert token.username == here.entra.user


def visit(here: World, address: str) -> str:
    """The redirect that a browser gets."""
    answer = requests.get(
        address,
        verify=here.entra.ca_file,
        proxies={"https": here.proxy.url},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302
    return str(answer.headers["Location"])


@pytest.mark.parametrize("name", KINDS)
def test_an_id_token_of_somebody_else_s_is_refused(here: World, name: str) -> None:
    each = KINDS[name]
    here.entra.scenario(
        endpoint="token", claims_override={"id_token": {"iss": "https://login.fabrikam.example/t/v2.0", "tid": "t"}}
    )
    client = here.client(authority=each.authority, **each.options)
    prompts: list[msauth.Prompt] = []
    given: dict[str, Any] = {"grant": "device_code", "client_id": here.entra.client_id, "scopes": SCOPE}
    client.connect("work", wait=False, on_prompt=prompts.append, **given)
    here.entra.approve(prompts[0].user_code)
    with pytest.raises(msauth.Untrusted, match="issued by somebody else"):
        client.resume("work")


def test_ad_fs_gets_the_assertion_that_msal_makes_for_it(here: World, keys: Keys) -> None:  # noqa: F811
    pem = keys.read("app.crt").decode()
    here.entra.admin("PUT", "/apps", {"client_id": here.entra.confidential_client_id, "certificates": [pem]})
    given: dict[str, Any] = {
        "grant": "certificate",
        "client_id": here.entra.confidential_client_id,
        "client_certificate": str(keys.pem),
        "scopes": SCOPE,
    }
    here.client(authority=ADFS).connect("work", **given)
    sha1 = keys.certificate.fingerprint(hashes.SHA1()).hex()
    credential = {"private_key": keys.read("app.key").decode(), "thumbprint": sha1}
    theirs = msal_daemon(here, credential, authority=ADFS, instance_discovery=False)
    assert "access_token" in theirs.acquire_token_for_client([SCOPE])
    mine, its = (assertion(request["form"]["client_assertion"]) for request in here.entra.requests("token"))
    assert mine["alg"] == its["alg"] == "RS256"
    # msal pads it.
    assert mine["x5t"] == its["x5t"].rstrip("=")
    assert mine["aud"] == its["aud"] == f"{ADFS}/oauth2/token"


def assertion(text: str) -> dict[str, Any]:
    header, claims, _ = text.split(".")
    return {name: value for part in (header, claims) for name, value in json.loads(unpadded(part)).items()}


def unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# Instance discovery


def test_a_host_that_is_not_known_is_asked_after_once_when_that_is_wanted(here: World) -> None:
    authority = f"https://login.contoso.example/{TENANT}"
    client = here.client(authority=authority, authority_validation="discovery")
    client.connect("work", **daemon(here))
    client.acquire("work", refresh=True)
    token = f"POST {authority}/oauth2/v2.0/token"
    asked = "GET https://login.microsoftonline.com/common/discovery/instance"
    assert here.asked() == [asked, token, token]
    [ours] = here.entra.requests("instance")
    here.reset()
    application = msal_daemon(here, authority=authority)
    assert "access_token" in application.acquire_token_for_client([SCOPE])
    theirs = here.entra.requests("instance")[0]
    assert ours["path"] == theirs["path"]
    assert ours["headers"]["host"] == theirs["headers"]["host"]
    # The older version of the document has no list of aliases, which nobody here needs.
    assert {**theirs["query"], "api-version": "1.1"} == ours["query"]


def test_a_host_that_microsoft_does_not_know_is_sent_no_secret(here: World) -> None:
    client = here.client(authority=f"https://login.fabrikam.example/{TENANT}", authority_validation="discovery")
    with pytest.raises(msauth.Untrusted, match="does not know the authority") as failure:
        client.connect("work", **daemon(here))
    assert "authority_validation" in (failure.value.hint or "")
    assert [request["endpoint"] for request in here.entra.requests()] == ["instance"]
    with pytest.raises(ValueError, match="invalid_instance"):
        msal_daemon(here, authority=f"https://login.fabrikam.example/{TENANT}")


def test_nobody_is_asked_about_a_known_host_or_when_nobody_wants_it(here: World) -> None:
    known = f"https://login.microsoftonline.com/{TENANT}"
    here.client(authority=known, authority_validation="discovery").connect("work", **daemon(here))
    unknown = f"https://login.contoso.example/{TENANT}"
    here.client(authority=unknown).connect("work", **daemon(here))
    assert here.asked() == [f"POST {known}/oauth2/v2.0/token", f"POST {unknown}/oauth2/v2.0/token"]


def test_endpoints_in_another_cloud_are_refused(here: World) -> None:
    here.entra.scenario(
        endpoint="configuration",
        override={"token_endpoint": "https://login.microsoftonline.us/common/oauth2/v2.0/token"},
    )
    client = here.client(authority=CUSTOM, authority_type="oidc")
    with pytest.raises(msauth.Untrusted, match="token_endpoint"):
        client.connect("work", **daemon(here))
    assert here.asked() == [f"GET {CUSTOM}/.well-known/openid-configuration"]


# Regions


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("login.microsoftonline.com", "westeurope.login.microsoft.com"),
        ("login.microsoftonline.us", "westeurope.login.microsoftonline.us"),
    ],
)
def test_a_region_s_own_service_is_asked_as_msal_asks_it(here: World, cloud: str, host: str) -> None:
    authority = f"https://{cloud}/{here.entra.tenant}"

    def ours() -> None:
        here.client(authority=authority, region="westeurope").connect("work", **daemon(here))

    def theirs() -> None:
        application = msal_daemon(here, authority=authority, azure_region="westeurope", instance_discovery=False)
        assert "access_token" in application.acquire_token_for_client([SCOPE])

    assert compared(here, ours, theirs) == set()
    here.reset()
    ours()
    assert here.asked() == [f"POST https://{host}/{here.entra.tenant}/oauth2/v2.0/token"]
    assert here.entra.requests("token")[0]["query"] == {}


def test_an_assertion_for_a_region_is_made_out_to_the_global_service_as_msal_does(
    here: World,
    keys: Keys,  # noqa: F811
) -> None:
    authority = f"https://login.microsoftonline.com/{here.entra.tenant}"
    pem = keys.read("app.crt").decode()
    here.entra.admin("PUT", "/apps", {"client_id": here.entra.confidential_client_id, "certificates": [pem]})
    given: dict[str, Any] = {
        "grant": "certificate",
        "client_id": here.entra.confidential_client_id,
        "client_certificate": str(keys.pem),
    }
    here.client(authority=authority, region="westeurope").connect("work", **given)
    credential = {"private_key": keys.read("app.key").decode(), "public_certificate": pem}
    theirs = msal_daemon(here, credential, authority=authority, azure_region="westeurope", instance_discovery=False)
    assert "access_token" in theirs.acquire_token_for_client([SCOPE])
    mine, its = here.entra.requests("token")
    assert mine["headers"]["host"] == its["headers"]["host"] == "westeurope.login.microsoft.com"
    audiences = {assertion(request["form"]["client_assertion"])["aud"] for request in (mine, its)}
    assert audiences == {f"{authority}/oauth2/v2.0/token"}


def test_the_region_is_found_out_from_imds_and_past_the_proxy(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = Metadata()
    try:
        metadata.faults = [Answer(200, {"location": "westeurope", "vmId": "x"})]
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.base)
        monkeypatch.delenv("REGION_NAME", raising=False)
        client = here.client(authority=f"https://login.microsoftonline.com/{TENANT}", region="auto")
        token = client.connect("work", **daemon(here))
        client.acquire("work", refresh=True)
    finally:
        metadata.close()
    assert [request["path"] for request in metadata.requests] == ["/metadata/instance/compute"]
    assert here.proxy.names == ["westeurope.login.microsoft.com:443"]
    assert token.authority == f"https://login.microsoftonline.com/{TENANT}"


def test_the_region_is_found_out_from_the_platform_s_variable(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGION_NAME", "West Europe")
    authority = f"https://login.microsoftonline.com/{TENANT}"
    here.client(authority=authority, region="auto").connect("work", **daemon(here))
    here.client(authority=authority).connect("work", **daemon(here))
    assert here.asked() == [
        f"POST https://westeurope.login.microsoft.com/{TENANT}/oauth2/v2.0/token",
        f"POST {authority}/oauth2/v2.0/token",
    ]


def test_a_user_s_grant_goes_to_the_global_service(here: World) -> None:
    authority = f"https://login.microsoftonline.com/{TENANT}"
    client = here.client(authority=authority, region="westeurope")
    prompts: list[msauth.Prompt] = []
    client.connect(
        "work",
        grant="device_code",
        client_id=here.entra.client_id,
        wait=False,
        on_prompt=prompts.append,
    )
    assert here.asked() == [f"POST {authority}/oauth2/v2.0/devicecode"]


# Tenants


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers"])
def test_an_application_is_told_to_name_its_tenant_before_anything_is_sent(here: World, tenant: str) -> None:
    client = here.client(authority="https://login.microsoftonline.com")
    with pytest.raises(msauth.InvalidArgument, match="stands for many"):
        client.connect("work", **daemon(here, tenant=tenant))
    assert here.asked() == []


@pytest.mark.parametrize("tenant", ["common", "organizations", TENANT, "c0de0000-0000-4000-8000-000000000001"])
def test_a_person_signs_in_at_any_tenant(here: World, tenant: str) -> None:
    client = here.client(authority="https://login.microsoftonline.com")
    prompts: list[msauth.Prompt] = []
    given: dict[str, Any] = {"grant": "device_code", "client_id": here.entra.client_id, "tenant": tenant}
    client.connect("work", wait=False, on_prompt=prompts.append, **given)
    here.entra.approve(prompts[0].user_code)
    # The local Entra issues as its first name, whichever is asked.
    here.entra.scenario(
        endpoint="token",
        claims_override={"id_token": {"iss": f"https://login.microsoftonline.com/{here.entra.tenant}/v2.0"}},
    )
    assert client.resume("work").tenant == here.entra.tenant


@pytest.mark.parametrize(
    ("authority", "says"),
    [
        ("https://contoso.b2clogin.com", "NAME.b2clogin.com/TENANT/POLICY"),
        ("https://contoso.ciamlogin.com/a/b", "NAME.ciamlogin.com"),
        ("https://sts.contoso.example/adfs/a", "https://HOST/adfs"),
        ("https://contoso.dsts.core.windows.net/dstsv2", "https://HOST/dstsv2/TENANT"),
        ("https://login.microsoftonline.com/a/b", "authority_type"),
    ],
)
def test_a_wrong_authority_is_answered_with_the_form_that_is_taken(here: World, authority: str, says: str) -> None:
    with pytest.raises(msauth.InvalidArgument, match=says):
        here.client(authority=authority).connect("work", **daemon(here))
    assert here.asked() == []


def test_the_kinds_keep_their_tokens_apart_in_one_client(here: World) -> None:
    client = here.client()
    for name in ("b2c", "ad fs", "ciam"):
        client.connect(name.replace(" ", "-"), **daemon(here, authority=KINDS[name].authority))
    tokens = {name: client.acquire(name) for name in ("b2c", "ad-fs", "ciam")}
    assert {name: token.authority for name, token in tokens.items()} == {
        "b2c": B2C,
        "ad-fs": ADFS,
        "ciam": f"{CIAM}/{TENANT}",
    }
    assert [tokens[name].tenant for name in ("b2c", "ad-fs", "ciam")] == [TENANT, None, TENANT]
