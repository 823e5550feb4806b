"""What a token is for: services by their names, APIs by their addresses, and what an API itself says when it is asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from binding import msauth
from conftest import ROOT
from world import World, world

TENANT = "contoso.onmicrosoft.com"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"


@pytest.fixture(scope="module")
def _world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def here(_world: World) -> World:
    _world.reset()
    return _world


def daemon(here: World, **options: Any) -> dict[str, Any]:
    return {
        "grant": "client_secret",
        "client_id": here.entra.confidential_client_id,
        "client_secret": here.entra.client_secret,
        "tenant": TENANT,
        **options,
    }


def scopes(here: World) -> list[str]:
    return [request["form"]["scope"] for request in here.entra.requests("token")]


def challenged(here: World, *challenges: str, status: int = 401) -> None:
    """The next request is answered as an API answers one without a token."""
    headers = {"WWW-Authenticate": list(challenges)}
    here.entra.scenario(fault="answer", status=status, headers=headers, body="")


def test_every_service_in_every_cloud_is_asked_for_as_the_table_has_it(here: World, cli: Path) -> None:
    described = json.loads(subprocess.run([cli, "describe"], capture_output=True, check=True).stdout)
    here.entra.scenario(
        endpoint="token",
        times=None,
        fault="answer",
        body=json.dumps({"token_type": "Bearer", "expires_in": 3599, "access_token": "a.b.c"}),
    )
    clouds = [cloud["name"] for cloud in described["clouds"]]
    asked: dict[tuple[str, str], str] = {}
    expected: dict[tuple[str, str], str] = {}
    for cloud in clouds:
        client = here.client(authority=AUTHORITY, cloud=cloud, sharepoint_host="contoso")
        for service in described["services"]:
            if resource := service["resources"].get(cloud):
                here.entra.admin("DELETE", "/requests")
                client.connect("work", **daemon(here, service=service["name"]))
                [asked[cloud, service["name"]]] = scopes(here)
                expected[cloud, service["name"]] = resource.replace("TENANT", "contoso") + "/.default"
            else:
                with pytest.raises(msauth.InvalidArgument):
                    client.connect("work", **daemon(here, service=service["name"]))
    assert asked == expected
    assert asked["public", "management"] == "https://management.core.windows.net//.default"


def test_the_page_s_table_is_what_the_library_says_of_itself(cli: Path) -> None:
    described = json.loads(subprocess.run([cli, "describe"], capture_output=True, check=True).stdout)
    clouds = [cloud["name"] for cloud in described["clouds"]]
    rows = []
    for service in described["services"]:
        where: dict[str, list[str]] = {}
        for cloud in clouds:
            if resource := service["resources"].get(cloud):
                where.setdefault(resource, []).append(cloud)
        names = [f"`{service['name']}`"] + [""] * len(where)
        for name, (resource, found) in zip(names, where.items(), strict=False):
            rows.append(f"| {name} | `{resource}` | {'all' if found == clouds else ', '.join(found)} |")
    page = (ROOT / "docs/services.md").read_text()
    table = page.partition("| service | resource | clouds |\n|---|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == rows


def test_a_refresh_token_switches_between_sites_and_their_administration(here: World) -> None:
    client = here.client(authority=here.entra.base, tenant=TENANT)
    prompts: list[msauth.Prompt] = []
    client.connect(
        "work",
        grant="device_code",
        client_id=here.entra.client_id,
        service="sharepoint",
        wait=False,
        on_prompt=prompts.append,
    )
    here.entra.approve(prompts[0].user_code)
    site = client.resume("work")
    admin = client.acquire("work", service="sharepoint_admin")
    other = client.acquire("work", url="https://contoso-my.sharepoint.com/personal/alice")
    assert client.acquire("work").access_token == site.access_token
    assert client.acquire("work", url="https://contoso.sharepoint.com/sites/it").access_token == site.access_token
    assert client.acquire("work", url="https://contoso-admin.sharepoint.com").access_token == admin.access_token
    assert len({site.access_token, admin.access_token, other.access_token}) == 3
    wanted = [request["form"]["scope"].split()[0] for request in here.entra.requests("token")[1:]]
    assert wanted == ["https://contoso-admin.sharepoint.com/.default", "https://contoso-my.sharepoint.com/.default"]


def test_sharepoint_without_a_host_says_what_is_missing(here: World) -> None:
    client = here.client(authority=AUTHORITY)
    with pytest.raises(msauth.InvalidArgument, match="sharepoint_host"):
        client.connect("work", **daemon(here, tenant="contoso.example", service="sharepoint"))
    assert here.asked() == []


CHALLENGES = {
    "key vault": (
        "https://kv1.vault.azure.net/secrets",
        ['Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'],
        "https://vault.azure.net",
    ),
    "storage": (
        "https://files.blob.core.windows.net/documents",
        [
            "Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize "
            "resource_id=https://storage.azure.com"
        ],
        "https://storage.azure.com",
    ),
    "sharepoint": (
        "https://contoso.sharepoint.com/sites/it",
        [
            'Bearer realm="t",client_id="00000003-0000-0ff1-ce00-000000000000",trusted_issuers="00000001-0000-0000-'
            'c000-000000000000@*,https://sts.windows.net/*/",authorization_uri="https://login.microsoftonline.com/x"'
        ],
        "https://contoso.sharepoint.com",
    ),
    "resource manager": (
        "https://management.azure.com/subscriptions",
        ['Bearer authorization_uri="https://login.windows.net/", error="invalid_token", error_description="a, b=c"'],
        "https://management.azure.com",
    ),
    "graph": (
        "https://graph.microsoft.com/v1.0/me",
        ['Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'],
        "https://graph.microsoft.com",
    ),
    "an api of one's own": (
        "https://api.contoso.example/v1",
        ['Bearer error="invalid_token", resource="https://api.contoso.example/app"'],
        "https://api.contoso.example/app",
    ),
    "several lines": (
        "https://api.contoso.example/v2",
        ["Negotiate", "NTLM", 'Bearer resource_id="https://api.contoso.example/"', 'Basic realm="x"'],
        "https://api.contoso.example/",
    ),
    "no challenge": ("https://graph.microsoft.com/v1.0", [], "https://graph.microsoft.com"),
}


@pytest.mark.parametrize("name", CHALLENGES)
def test_an_api_that_is_asked_says_what_a_token_is_for(here: World, name: str) -> None:
    url, challenges, resource = CHALLENGES[name]
    uris = ["https://api.contoso.example", "https://api.contoso.example/app"]
    here.entra.admin("PUT", "/apps", {"client_id": here.entra.about["api_client_id"], "uris": uris})
    challenged(here, *challenges)
    client = here.client(authority=AUTHORITY)
    client.connect("work", **daemon(here, url=url, probe=True))
    probe, token = here.entra.requests()
    assert (probe["method"], f"https://{probe['headers']['host']}{probe['path']}") == ("GET", url)
    # Named, so that SharePoint answers with its challenge; there is no token behind it.
    assert probe["headers"]["authorization"] == "Bearer"
    assert here.entra.client_secret not in json.dumps(probe)
    assert token["form"]["scope"] == f"{resource}/.default"
    # The client remembers.
    client.acquire("work", url=url, probe=True, refresh=True)
    assert len(here.entra.requests()) == 3


def test_an_api_cannot_ask_for_somebody_else_s_token(here: World) -> None:
    challenged(
        here, 'Bearer authorization_uri="https://login.fabrikam.example/t", resource="https://graph.microsoft.com"'
    )
    client = here.client(authority=AUTHORITY)
    with pytest.raises(msauth.Untrusted, match="not its own name"):
        client.connect("work", **daemon(here, url="https://api.contoso.example/v1", probe=True))
    assert len(here.entra.requests()) == 1


def test_the_place_that_a_challenge_names_for_signing_in_is_never_asked(here: World) -> None:
    challenged(here, 'Bearer authorization_uri="https://login.fabrikam.example/t", resource="https://vault.azure.net"')
    client = here.client(authority=AUTHORITY)
    client.connect("work", **daemon(here, url="https://kv1.vault.azure.net/", probe=True))
    assert here.asked()[1] == f"POST {AUTHORITY}/oauth2/v2.0/token"


def test_a_redirect_is_not_followed_and_the_address_decides(here: World) -> None:
    here.entra.scenario(fault="redirect", location="https://api.contoso.example/")
    client = here.client(authority=AUTHORITY)
    client.connect("work", **daemon(here, url="https://kv1.vault.azure.net/", probe=True))
    assert scopes(here) == ["https://vault.azure.net/.default"]
    assert len(here.entra.requests()) == 2


def test_without_the_option_nobody_is_asked(here: World) -> None:
    client = here.client(authority=AUTHORITY)
    client.connect("work", **daemon(here, url="https://kv1.vault.azure.net/"))
    assert len(here.entra.requests()) == 1


def test_a_probe_needs_an_address(here: World) -> None:
    with pytest.raises(msauth.InvalidArgument, match="url"):
        here.client(authority=AUTHORITY).connect("work", **daemon(here, probe=True))
