"""The directory an emulator starts with."""

from __future__ import annotations

from directory import GRAPH, App, Directory, Resource, Secret, Tenant, User

TENANT = "c0de0000-0000-4000-8000-000000000001"
OTHER_TENANT = "c0de0000-0000-4000-8000-000000000002"
USER = "alice@contoso.example"
PASSWORD = "demo-password-Alice-1"
FEDERATED_USER = "frank@adfs.example"
FEDERATED_PASSWORD = "demo-password-Frank-1"
PUBLIC_CLIENT = "c0de0000-0000-4000-8000-00000000a001"
DAEMON = "c0de0000-0000-4000-8000-00000000a002"
SECRET = "demo-secret-8Q~not.a.real-one"
UNCONSENTED = "c0de0000-0000-4000-8000-00000000a003"
EXPIRED_SECRET = "c0de0000-0000-4000-8000-00000000a004"
API = "c0de0000-0000-4000-8000-00000000a005"
WEB = "c0de0000-0000-4000-8000-00000000a006"
UNCONSENTED_DAEMON = "c0de0000-0000-4000-8000-00000000a007"
API_URI = "api://demo-api"

RESOURCES = (
    (GRAPH, "Microsoft Graph", ("https://graph.microsoft.com",), ("User.Read",)),
    ("00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory", ("https://graph.windows.net",),
     ("User.Read",)),
    ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API",
     ("https://management.azure.com", "https://management.core.windows.net"), ("user_impersonation",)),
    ("cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "Azure Key Vault", ("https://vault.azure.net",), ("user_impersonation",)),
    ("e406a681-f3d4-42a8-90b6-c2b029497af1", "Azure Storage", ("https://storage.azure.com",), ("user_impersonation",)),
    ("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online",
     ("https://outlook.office365.com", "https://outlook.office.com"), ("EWS.AccessAsUser.All",)),
    ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online", ("https://*.sharepoint.com",),
     ("AllSites.Read",)),
    ("c5393580-f805-4401-95e8-94b7a6ef2fc2", "Office 365 Management APIs", ("https://manage.office.com",),
     ("ActivityFeed.Read",)),
    ("8ee8fdad-f234-4243-8f3b-15c294843740", "Microsoft Threat Protection",
     ("https://api.security.microsoft.com", "https://security.microsoft.com/mtp"), ("Incident.Read",)),
)


def contoso() -> Directory:
    directory = Directory()
    directory.tenants += [
        Tenant(TENANT, "contoso.onmicrosoft.com", "Contoso"),
        Tenant(OTHER_TENANT, "fabrikam.onmicrosoft.com", "Fabrikam"),
    ]
    directory.users += [
        User("c0de0000-0000-4000-8000-00000000b001", TENANT, USER, "Alice Adams", PASSWORD),
        User("c0de0000-0000-4000-8000-00000000b002", TENANT, "bob@contoso.example", "Bob Brown",
             "demo-password-Bob-1"),
        User("c0de0000-0000-4000-8000-00000000b003", TENANT, "disabled@contoso.example", "Dora Disabled",
             "demo-password-Dora-1", disabled=True),
        User("c0de0000-0000-4000-8000-00000000b004", TENANT, "mfa@contoso.example", "Max Factor",
             "demo-password-Max-1", mfa=True),
        User("c0de0000-0000-4000-8000-00000000b005", TENANT, "locked@contoso.example", "Lou Locked",
             "demo-password-Lou-1", locked=True),
        User("c0de0000-0000-4000-8000-00000000b006", OTHER_TENANT, "carol@fabrikam.example", "Carol Clark",
             "demo-password-Carol-1"),
        User("c0de0000-0000-4000-8000-00000000b007", TENANT, FEDERATED_USER, "Frank Fischer",
             FEDERATED_PASSWORD, federated=True),
    ]
    loopback = ["http://localhost", "http://127.0.0.1"]
    directory.apps += [
        App(PUBLIC_CLIENT, TENANT, "demo public client", multi_tenant=True, redirect_uris=[
            *loopback, "https://login.microsoftonline.com/common/oauth2/nativeclient"]),
        App(DAEMON, TENANT, "demo daemon", public=False, secrets=[Secret(SECRET)], roles=["User.Read.All"]),
        App(UNCONSENTED, TENANT, "demo app without consent", consented=False, redirect_uris=loopback),
        App(EXPIRED_SECRET, TENANT, "demo daemon with an expired secret", public=False,
            secrets=[Secret(SECRET, expires=1_600_000_000)]),
        App(API, TENANT, "demo api", public=False, secrets=[Secret(SECRET)], uris=[API_URI, f"api://{API}"],
            scopes=["access_as_user", "Files.Read"]),
        App(WEB, TENANT, "demo web app", public=False, multi_tenant=True, secrets=[Secret(SECRET)],
            redirect_uris=["https://localhost/myapp", *loopback]),
        App(UNCONSENTED_DAEMON, TENANT, "demo daemon without consent", public=False, multi_tenant=True,
            consented=False, secrets=[Secret(SECRET)], redirect_uris=["https://localhost/onboarded"],
            roles=["User.Read.All"]),
    ]
    directory.resources += [Resource(id, name, uris, None, default) for id, name, uris, default in RESOURCES]
    return directory
