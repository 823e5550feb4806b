"""Microsoft's own libraries, unmodified, sign in against the local Entra, and what they send is compared with ours.

The local Entra is believed because they sign in against it. Every difference stands in DIFFERENCES with its reason;
one that does not fails, and so does a reason for a difference that is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msal  # type: ignore[import-untyped]
import pytest
from azure.identity import ClientSecretCredential, DeviceCodeCredential
from binding import begin, daemon, memory_client, sign_in
from conftest import Entra

SCOPE = "https://graph.microsoft.com/.default"
Request = dict[str, Any]

TELEMETRY = "telemetry for Microsoft: of no use to the user, and the service works without"
DIFFERENCES = {
    # What they ask besides.
    "request configuration": "they discover the endpoints; those of an authority that is given follow from its shape",
    # Fields.
    "field client_info, theirs alone, for client_credentials": "it asks who the user is: here is none",
    "field code, theirs alone, for device_code": "the name that device_code had in drafts of RFC 8628",
    # Headers that both send.
    "header user-agent": "each says who it is",
    "header client-request-id": "random: theirs is one for a sign-in, ours one for a request unless the caller says",
    "header content-length": "follows from the form",
    "header accept, for devicecode": "they take anything there; it is JSON too, so we say so",
    # Headers that we alone send.
    "header return-client-request-id, ours alone": "the answer repeats the ID, also where a gateway answered",
    # Headers that they alone send.
    "header accept-encoding, theirs alone": "answers are small, and one that is not compressed cannot be a bomb",
    "header connection, theirs alone": "what HTTP/1.1 means anyway",
    "header x-client-sku, theirs alone": TELEMETRY,
    "header x-client-ver, theirs alone": TELEMETRY,
    "header x-client-os, theirs alone": TELEMETRY,
    "header x-client-current-telemetry, theirs alone": TELEMETRY,
    "header x-client-last-telemetry, theirs alone": TELEMETRY,
    "header x-ms-client-request-id, theirs alone": "the Azure SDK's own ID, beside the one of the protocol",
}
# Fields whose values are secrets of one sign-in.
ONE_TIME = {"device_code", "refresh_token"}


def secret_by_us(entra: Entra) -> str:
    token = memory_client(entra).connect("work", **daemon(entra))
    return str(token.access_token)


def secret_by_msal(entra: Entra) -> str:
    application = msal.ConfidentialClientApplication(
        entra.confidential_client_id,
        client_credential=entra.client_secret,
        authority=entra.authority,
        verify=entra.ca_file,
        instance_discovery=False,
    )
    return str(application.acquire_token_for_client([SCOPE])["access_token"])


def secret_by_azure_identity(entra: Entra) -> str:
    credential = ClientSecretCredential(
        entra.tenant,
        entra.confidential_client_id,
        entra.client_secret,
        authority=entra.base,
        connection_verify=entra.ca_file,
        disable_instance_discovery=True,
    )
    return str(credential.get_token(SCOPE).token)


def device_by_us(entra: Entra) -> str:
    client = memory_client(entra)
    entra.approve(begin(client, entra).user_code)
    return client.resume("work").access_token


def msal_application(entra: Entra) -> Any:
    return msal.PublicClientApplication(
        entra.client_id, authority=entra.authority, verify=entra.ca_file, instance_discovery=False
    )


def msal_sign_in(entra: Entra, application: Any) -> str:
    flow = application.initiate_device_flow([SCOPE])
    entra.approve(flow["user_code"])
    return str(application.acquire_token_by_device_flow(flow)["access_token"])


def device_by_msal(entra: Entra) -> str:
    return msal_sign_in(entra, msal_application(entra))


def device_by_azure_identity(entra: Entra) -> str:
    credential = DeviceCodeCredential(
        entra.client_id,
        tenant_id=entra.tenant,
        authority=entra.base,
        connection_verify=entra.ca_file,
        disable_instance_discovery=True,
        prompt_callback=lambda _uri, user_code, _expires: entra.approve(user_code),
    )
    return str(credential.get_token(SCOPE).token)


def refresh_by_us(entra: Entra) -> str:
    client = memory_client(entra)
    sign_in(client, entra)
    entra.admin("DELETE", "/requests")
    return client.acquire("work", refresh=True).access_token


def refresh_by_msal(entra: Entra) -> str:
    application = msal_application(entra)
    msal_sign_in(entra, application)
    entra.admin("DELETE", "/requests")
    [account] = application.get_accounts()
    return str(application.acquire_token_silent([SCOPE], account, force_refresh=True)["access_token"])


def asked(entra: Entra, sign_in: Callable[[Entra], str]) -> list[Request]:
    entra.reset()
    token = sign_in(entra)
    assert token.count(".") == 2
    return entra.requests()


def kind(request: Request) -> str:
    """What a request is for: its grant, or its endpoint."""
    grant = request["form"].get("grant_type", request["endpoint"])
    return str(grant).rsplit(":", 1)[-1]


def shown(name: str, value: Any) -> Any:
    """What is compared of a field: of a secret that it is there, of scopes the set."""
    if name in ONE_TIME:
        return bool(value)
    return set(value.split()) if name == "scope" else value


def differences(ours: list[Request], theirs: list[Request]) -> set[str]:
    """What is not the same, in the words of DIFFERENCES."""
    found = set()
    by_kind = {kind(request): request for request in theirs}
    for request in ours:
        other = by_kind.pop(kind(request))
        what = kind(request)
        assert (request["method"], request["path"], request["query"]) == (
            other["method"],
            other["path"],
            other["query"],
        )
        for name in request["form"].keys() | other["form"].keys():
            if name not in other["form"]:
                found.add(f"field {name}, ours alone, for {what}")
            elif name not in request["form"]:
                found.add(f"field {name}, theirs alone, for {what}")
            elif shown(name, request["form"][name]) != shown(name, other["form"][name]):
                found.add(f"field {name}, for {what}")
        for name in request["headers"].keys() | other["headers"].keys():
            mine, its = request["headers"].get(name), other["headers"].get(name)
            if its is None:
                found.add(f"header {name}, ours alone")
            elif mine is None:
                found.add(f"header {name}, theirs alone")
            elif mine != its:
                for_one = f"header {name}, for {what}"
                found.add(for_one if for_one in DIFFERENCES else f"header {name}")
    return found | {f"request {name}" for name in by_kind}


PAIRS = {
    "secret, msal": (secret_by_us, secret_by_msal),
    "secret, azure-identity": (secret_by_us, secret_by_azure_identity),
    "device code, msal": (device_by_us, device_by_msal),
    "device code, azure-identity": (device_by_us, device_by_azure_identity),
    "refresh, msal": (refresh_by_us, refresh_by_msal),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_we_send_what_they_send_but_for_the_differences_that_have_a_reason(entra: Entra, pair: str) -> None:
    ours, theirs = (asked(entra, sign_in) for sign_in in PAIRS[pair])
    assert sorted(differences(ours, theirs) - DIFFERENCES.keys()) == []


def test_every_reason_is_for_a_difference_that_is_there(entra: Entra) -> None:
    found: set[str] = set()
    for pair in PAIRS.values():
        ours, theirs = (asked(entra, sign_in) for sign_in in pair)
        found |= differences(ours, theirs)
    assert sorted(DIFFERENCES.keys() - found) == []


@pytest.mark.parametrize("pair", PAIRS)
def test_we_never_ask_more_often_than_they_do(entra: Entra, pair: str) -> None:
    ours, theirs = (asked(entra, sign_in) for sign_in in PAIRS[pair])
    assert len(ours) <= len(theirs)
    assert {kind(request) for request in ours} <= {kind(request) for request in theirs}
