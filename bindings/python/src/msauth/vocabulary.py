"""The options of each call, as msauth_describe() has them. Made by generate.py: do not edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict, Union

Secret = Union[str, bytes, bytearray]
"""Only a bytearray can be wiped by who gives it; the library wipes its own copy."""
List = Union[str, Iterable[str]]
"""Separated by spaces, or one by one."""
Path = Union[str, "os.PathLike[str]"]
JSON = Union[str, Mapping[str, Any]]

ENVIRONMENT = {
    "client_id": "MSAUTH_CLIENT_ID",
    "tenant": "MSAUTH_TENANT",
    "authority": "MSAUTH_AUTHORITY",
    "cloud": "MSAUTH_CLOUD",
    "store": "MSAUTH_STORE",
    "ca_file": "MSAUTH_CA_FILE",
    "log": "MSAUTH_LOG",
}
"""The variables that a client takes its options from, where it is not given them."""


class ClientOptions(TypedDict, total=False):
    """What client takes: it makes a client: transport, store, and defaults for the other calls."""

    grant: Literal[
        "interactive", "authorization_code", "device_code", "client_secret", "token_broker", "certificate",
        "managed_identity", "federated", "workload_identity", "password", "on_behalf_of", "refresh_token",
        "access_token",
    ]
    """How to sign in; connect without it signs in again as the connection did."""

    client_id: str
    """The application (client) ID, a GUID from its registration."""

    tenant: str
    """The tenant: its GUID, one of its domains, or for users organizations, common or consumers."""

    authority: str
    """Where to sign in instead of the cloud's own host: https://HOST/TENANT, or a B2C, CIAM, AD FS or dSTS
    authority."""

    cloud: Literal[
        "public", "gcc", "gcc_high", "dod", "china", "germany", "sovereign_fr", "sovereign_de", "sovereign_sg",
    ]
    """The Microsoft cloud that the tenant lives in."""

    scopes: List
    """What the token is for, as scopes; without any of scopes, resource, service and url it is Microsoft Graph."""

    resource: str
    """What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default."""

    service: Literal[
        "graph", "azure", "management", "keyvault", "storage", "sql", "exchange", "powerbi", "loganalytics",
        "activity", "defender", "defender_endpoint", "teams", "devops", "aad", "sharepoint",
        "sharepoint_admin",
    ]
    """What the token is for, as the name of a service: the connection's cloud says which resource that is."""

    url: str
    """What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it."""

    client_secret: Secret
    """The application's secret (its value, not its ID)."""

    keep_credentials: bool
    """Keep the secrets in the connection, so that acquire can sign in again by itself."""

    cae: bool
    """Ask for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims
    challenges."""

    broker_id: str
    """The ID that the token broker's consent page gave; also ID@ADDRESS, with the broker's address."""

    broker_token: Secret
    """The Token that the token broker's consent page gave."""

    broker_key: Secret
    """The Key that the token broker's consent page gave: base64 of 16, 24 or 32 bytes."""

    broker_app: str
    """The broker's name of its application, such as ms-graph-calendar or ms-graph-mail."""

    broker_url: str
    """Where the token broker is; counts more than an address in broker_id."""

    client_certificate: Path
    """The file of the application's certificate and its RSA key: PEM, in any order, or PKCS#12."""

    client_certificate_key: Path
    """The PEM file of the private key, where it is not in the certificate's."""

    client_certificate_data: Secret
    """What else would be in the file client_certificate: PEM, PKCS#12, or either in base64."""

    client_certificate_password: Secret
    """The password of the private key or of the PKCS#12 file, or the PIN of the key's device."""

    certificate_thumbprint: str
    """The certificate's SHA-1 or SHA-256 thumbprint: must be the certificate's, or stands for it beside a key alone."""

    certificate_algorithm: Literal["PS256", "RS256"]
    """How to sign instead of with PS256; with RS256 the certificate is named by its SHA-1 thumbprint."""

    send_certificate_chain: bool
    """Send the certificate and its issuers along (x5c), for applications that trust by subject name and issuer."""

    client_certificate_key_uri: str
    """Where the private key is, when it stays in a device: pkcs11:token=NAME;object=NAME, or handle:0x81... in a
    TPM."""

    object_id: str
    """The user-assigned identity, by the object ID of its service principal instead of client_id."""

    resource_id: str
    """The user-assigned identity, by its Azure resource ID (/subscriptions/...) instead of client_id."""

    managed_identity_source: Literal[
        "auto", "imds", "app_service", "arc", "cloud_shell", "azure_ml", "service_fabric",
    ]
    """Who gives the identity; auto: whom this process's variables name, else IMDS if it answers."""

    redirect_uri: str
    """Where the browser goes after the sign-in, as registered; for interactive on this machine:
    http://localhost/PATH."""

    port: int
    """The port that the browser comes back to; without it any that is free."""

    response_mode: Literal["query", "form_post"]
    """How the browser brings the answer: in the address, or as a form."""

    domain_hint: str
    """The domain of the user, to go past the page that asks for the account."""

    validate_id_token: Literal["claims", "signature"]
    """How an ID token is checked: its claims, or its signature too, by the keys that the authority publishes."""

    authority_type: Literal["auto", "b2c", "oidc"]
    """What stands at authority; auto: its address says it; b2c: B2C under a name of its own; oidc: any OpenID
    provider."""

    authority_validation: Literal["none", "discovery"]
    """Discovery: ask Microsoft once whether an authority that is not known is one of its hosts; none: trust what is
    named."""

    region: str
    """The Azure region whose own token service is asked, such as westeurope; auto: the one that this runs in."""

    sharepoint_host: str
    """The tenant's name in SharePoint for the services sharepoint and sharepoint_admin, such as contoso."""

    assertion_source: Literal[
        "program", "file", "command", "variable", "github_actions", "azure_pipelines", "managed_identity",
    ]
    """Where the assertion comes from; each other option of a source implies it, github_actions is said by this one."""

    assertion_file: Path
    """The file that holds the assertion, read again for each request."""

    assertion_command: str
    """The command that prints the assertion, run for each request: a JSON array, ["/usr/bin/tool", "token"]."""

    assertion_variable: str
    """The name of the environment variable that holds the assertion."""

    assertion_audience: str
    """The audience to ask GitHub Actions or the managed identity for; without it api://AzureADTokenExchange or its
    cloud's."""

    client_assertion: Secret
    """The assertion itself, from the program; a fresh one when it is asked for."""

    service_connection_id: str
    """The service connection of Azure Pipelines whose assertion it is: the resourceId in its page's address."""

    system_access_token: Secret
    """The System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept."""

    managed_identity_client_id: str
    """The user-assigned managed identity whose token is the assertion, by its client ID."""

    aks_token_proxy: bool
    """Ask through AKS's token proxy (identity bindings) where the pod's environment names one."""

    username: str
    """The user who signs in by a password, such as alice@contoso.com."""

    password: Secret
    """The user's password; it goes to the service, or to the federation server of the user's domain."""

    wait: bool
    """False: end once the prompt has been given; resume finishes the sign-in."""

    timeout: int
    """How long the whole operation may take; 0: as long as the sign-in itself allows."""

    min_validity: int
    """How long a held token must still be good, at most half its life."""

    browser: str
    """The command that opens the address, instead of $BROWSER or the desktop's; none: open nothing."""

    store: Literal["secret-service", "memory"]
    """Where connections are kept: the user's keyring, or this process's memory."""

    store_prompt: bool
    """Let the keyring ask the user to unlock it."""

    store_plain_session: bool
    """Accept a keyring that only talks in clear over the session bus."""

    store_timeout: int
    """How long the store may take to answer."""

    ca_file: Path
    """A PEM file of certificate authorities to trust besides the system's."""

    proxy: str
    """The proxy instead of HTTPS_PROXY and ALL_PROXY, such as http://host:3128; an empty one: none."""

    no_proxy: List
    """Hosts that are reached without the proxy, instead of NO_PROXY; * for all."""

    connect_timeout: int
    """How long a connection may take to be made."""

    http_timeout: int
    """How long one request may take from first to last."""

    application: str
    """The name and version of your program for the User-Agent, such as backup/2.1."""

    log: str
    """Where to write what is done, without secrets: a path, stderr or fd:N."""


class ConnectOptions(TypedDict, total=False):
    """What connect takes: it signs in and keeps the connection."""

    grant: Literal[
        "interactive", "authorization_code", "device_code", "client_secret", "token_broker", "certificate",
        "managed_identity", "federated", "workload_identity", "password", "on_behalf_of", "refresh_token",
        "access_token",
    ]
    """How to sign in; connect without it signs in again as the connection did."""

    client_id: str
    """The application (client) ID, a GUID from its registration."""

    tenant: str
    """The tenant: its GUID, one of its domains, or for users organizations, common or consumers."""

    authority: str
    """Where to sign in instead of the cloud's own host: https://HOST/TENANT, or a B2C, CIAM, AD FS or dSTS
    authority."""

    cloud: Literal[
        "public", "gcc", "gcc_high", "dod", "china", "germany", "sovereign_fr", "sovereign_de", "sovereign_sg",
    ]
    """The Microsoft cloud that the tenant lives in."""

    scopes: List
    """What the token is for, as scopes; without any of scopes, resource, service and url it is Microsoft Graph."""

    resource: str
    """What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default."""

    service: Literal[
        "graph", "azure", "management", "keyvault", "storage", "sql", "exchange", "powerbi", "loganalytics",
        "activity", "defender", "defender_endpoint", "teams", "devops", "aad", "sharepoint",
        "sharepoint_admin",
    ]
    """What the token is for, as the name of a service: the connection's cloud says which resource that is."""

    url: str
    """What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it."""

    client_secret: Secret
    """The application's secret (its value, not its ID)."""

    keep_credentials: bool
    """Keep the secrets in the connection, so that acquire can sign in again by itself."""

    cae: bool
    """Ask for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims
    challenges."""

    broker_id: str
    """The ID that the token broker's consent page gave; also ID@ADDRESS, with the broker's address."""

    broker_token: Secret
    """The Token that the token broker's consent page gave."""

    broker_key: Secret
    """The Key that the token broker's consent page gave: base64 of 16, 24 or 32 bytes."""

    broker_app: str
    """The broker's name of its application, such as ms-graph-calendar or ms-graph-mail."""

    broker_url: str
    """Where the token broker is; counts more than an address in broker_id."""

    client_certificate: Path
    """The file of the application's certificate and its RSA key: PEM, in any order, or PKCS#12."""

    client_certificate_key: Path
    """The PEM file of the private key, where it is not in the certificate's."""

    client_certificate_data: Secret
    """What else would be in the file client_certificate: PEM, PKCS#12, or either in base64."""

    client_certificate_password: Secret
    """The password of the private key or of the PKCS#12 file, or the PIN of the key's device."""

    certificate_thumbprint: str
    """The certificate's SHA-1 or SHA-256 thumbprint: must be the certificate's, or stands for it beside a key alone."""

    certificate_algorithm: Literal["PS256", "RS256"]
    """How to sign instead of with PS256; with RS256 the certificate is named by its SHA-1 thumbprint."""

    send_certificate_chain: bool
    """Send the certificate and its issuers along (x5c), for applications that trust by subject name and issuer."""

    client_certificate_key_uri: str
    """Where the private key is, when it stays in a device: pkcs11:token=NAME;object=NAME, or handle:0x81... in a
    TPM."""

    object_id: str
    """The user-assigned identity, by the object ID of its service principal instead of client_id."""

    resource_id: str
    """The user-assigned identity, by its Azure resource ID (/subscriptions/...) instead of client_id."""

    managed_identity_source: Literal[
        "auto", "imds", "app_service", "arc", "cloud_shell", "azure_ml", "service_fabric",
    ]
    """Who gives the identity; auto: whom this process's variables name, else IMDS if it answers."""

    redirect_uri: str
    """Where the browser goes after the sign-in, as registered; for interactive on this machine:
    http://localhost/PATH."""

    port: int
    """The port that the browser comes back to; without it any that is free."""

    response_mode: Literal["query", "form_post"]
    """How the browser brings the answer: in the address, or as a form."""

    domain_hint: str
    """The domain of the user, to go past the page that asks for the account."""

    validate_id_token: Literal["claims", "signature"]
    """How an ID token is checked: its claims, or its signature too, by the keys that the authority publishes."""

    authority_type: Literal["auto", "b2c", "oidc"]
    """What stands at authority; auto: its address says it; b2c: B2C under a name of its own; oidc: any OpenID
    provider."""

    authority_validation: Literal["none", "discovery"]
    """Discovery: ask Microsoft once whether an authority that is not known is one of its hosts; none: trust what is
    named."""

    region: str
    """The Azure region whose own token service is asked, such as westeurope; auto: the one that this runs in."""

    sharepoint_host: str
    """The tenant's name in SharePoint for the services sharepoint and sharepoint_admin, such as contoso."""

    assertion_source: Literal[
        "program", "file", "command", "variable", "github_actions", "azure_pipelines", "managed_identity",
    ]
    """Where the assertion comes from; each other option of a source implies it, github_actions is said by this one."""

    assertion_file: Path
    """The file that holds the assertion, read again for each request."""

    assertion_command: str
    """The command that prints the assertion, run for each request: a JSON array, ["/usr/bin/tool", "token"]."""

    assertion_variable: str
    """The name of the environment variable that holds the assertion."""

    assertion_audience: str
    """The audience to ask GitHub Actions or the managed identity for; without it api://AzureADTokenExchange or its
    cloud's."""

    client_assertion: Secret
    """The assertion itself, from the program; a fresh one when it is asked for."""

    service_connection_id: str
    """The service connection of Azure Pipelines whose assertion it is: the resourceId in its page's address."""

    system_access_token: Secret
    """The System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept."""

    managed_identity_client_id: str
    """The user-assigned managed identity whose token is the assertion, by its client ID."""

    aks_token_proxy: bool
    """Ask through AKS's token proxy (identity bindings) where the pod's environment names one."""

    username: str
    """The user who signs in by a password, such as alice@contoso.com."""

    password: Secret
    """The user's password; it goes to the service, or to the federation server of the user's domain."""

    refresh_token: Secret
    """The refresh token to go on with; it is redeemed at once."""

    access_token: Secret
    """The access token to go on with, a JWT without "Bearer " before it."""

    timeout: int
    """How long the whole operation may take; 0: as long as the sign-in itself allows."""

    claims: JSON
    """The claims of a challenge (an error's claims, or decoded from WWW-Authenticate), at most 8 KiB: forces a new
    token."""

    correlation_id: str
    """A GUID to find the requests by in the service's sign-in log; one is made for each request otherwise."""

    prompt: Literal["login", "select_account", "consent", "create", "none"]
    """What the sign-in page must ask for; without it only for what it does not know."""

    login_hint: str
    """The user name to begin with; interactive takes nobody else."""

    browser: str
    """The command that opens the address, instead of $BROWSER or the desktop's; none: open nothing."""

    admin_consent: bool
    """First give the address where an administrator consents to the application; resume takes the answer and signs
    in."""

    probe: bool
    """Ask the address of url once, without a token, what a token for it is made out to."""

    user_assertion: Secret
    """The access token that the caller of this service presented: whose user the new token is for."""


class ResumeOptions(TypedDict, total=False):
    """What resume takes: it finishes a sign-in that is pending."""

    client_secret: Secret
    """The application's secret (its value, not its ID)."""

    client_certificate_data: Secret
    """What else would be in the file client_certificate: PEM, PKCS#12, or either in base64."""

    client_certificate_password: Secret
    """The password of the private key or of the PKCS#12 file, or the PIN of the key's device."""

    client_assertion: Secret
    """The assertion itself, from the program; a fresh one when it is asked for."""

    system_access_token: Secret
    """The System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept."""

    timeout: int
    """How long the whole operation may take; 0: as long as the sign-in itself allows."""

    correlation_id: str
    """A GUID to find the requests by in the service's sign-in log; one is made for each request otherwise."""

    redirect: Secret
    """What the browser came back with: the whole address, its query, the form, or the code alone."""


class AcquireOptions(TypedDict, total=False):
    """What acquire takes: it gets a token, never asks the user."""

    client_id: str
    """The application (client) ID, a GUID from its registration."""

    tenant: str
    """The tenant: its GUID, one of its domains, or for users organizations, common or consumers."""

    authority: str
    """Where to sign in instead of the cloud's own host: https://HOST/TENANT, or a B2C, CIAM, AD FS or dSTS
    authority."""

    scopes: List
    """What the token is for, as scopes; without any of scopes, resource, service and url it is Microsoft Graph."""

    resource: str
    """What the token is for, as one resource, such as https://graph.microsoft.com: its scope is RESOURCE/.default."""

    service: Literal[
        "graph", "azure", "management", "keyvault", "storage", "sql", "exchange", "powerbi", "loganalytics",
        "activity", "defender", "defender_endpoint", "teams", "devops", "aad", "sharepoint",
        "sharepoint_admin",
    ]
    """What the token is for, as the name of a service: the connection's cloud says which resource that is."""

    url: str
    """What the token is for, as the address of an API, such as https://contoso.sharepoint.com/sites/it."""

    client_secret: Secret
    """The application's secret (its value, not its ID)."""

    cae: bool
    """Ask for tokens that can be revoked at once (continuous access evaluation); their holder must answer claims
    challenges."""

    broker_token: Secret
    """The Token that the token broker's consent page gave."""

    broker_key: Secret
    """The Key that the token broker's consent page gave: base64 of 16, 24 or 32 bytes."""

    client_certificate: Path
    """The file of the application's certificate and its RSA key: PEM, in any order, or PKCS#12."""

    client_certificate_key: Path
    """The PEM file of the private key, where it is not in the certificate's."""

    client_certificate_data: Secret
    """What else would be in the file client_certificate: PEM, PKCS#12, or either in base64."""

    client_certificate_password: Secret
    """The password of the private key or of the PKCS#12 file, or the PIN of the key's device."""

    certificate_thumbprint: str
    """The certificate's SHA-1 or SHA-256 thumbprint: must be the certificate's, or stands for it beside a key alone."""

    certificate_algorithm: Literal["PS256", "RS256"]
    """How to sign instead of with PS256; with RS256 the certificate is named by its SHA-1 thumbprint."""

    send_certificate_chain: bool
    """Send the certificate and its issuers along (x5c), for applications that trust by subject name and issuer."""

    client_certificate_key_uri: str
    """Where the private key is, when it stays in a device: pkcs11:token=NAME;object=NAME, or handle:0x81... in a
    TPM."""

    object_id: str
    """The user-assigned identity, by the object ID of its service principal instead of client_id."""

    resource_id: str
    """The user-assigned identity, by its Azure resource ID (/subscriptions/...) instead of client_id."""

    validate_id_token: Literal["claims", "signature"]
    """How an ID token is checked: its claims, or its signature too, by the keys that the authority publishes."""

    authority_type: Literal["auto", "b2c", "oidc"]
    """What stands at authority; auto: its address says it; b2c: B2C under a name of its own; oidc: any OpenID
    provider."""

    authority_validation: Literal["none", "discovery"]
    """Discovery: ask Microsoft once whether an authority that is not known is one of its hosts; none: trust what is
    named."""

    region: str
    """The Azure region whose own token service is asked, such as westeurope; auto: the one that this runs in."""

    sharepoint_host: str
    """The tenant's name in SharePoint for the services sharepoint and sharepoint_admin, such as contoso."""

    assertion_source: Literal[
        "program", "file", "command", "variable", "github_actions", "azure_pipelines", "managed_identity",
    ]
    """Where the assertion comes from; each other option of a source implies it, github_actions is said by this one."""

    assertion_file: Path
    """The file that holds the assertion, read again for each request."""

    assertion_command: str
    """The command that prints the assertion, run for each request: a JSON array, ["/usr/bin/tool", "token"]."""

    assertion_variable: str
    """The name of the environment variable that holds the assertion."""

    assertion_audience: str
    """The audience to ask GitHub Actions or the managed identity for; without it api://AzureADTokenExchange or its
    cloud's."""

    client_assertion: Secret
    """The assertion itself, from the program; a fresh one when it is asked for."""

    service_connection_id: str
    """The service connection of Azure Pipelines whose assertion it is: the resourceId in its page's address."""

    system_access_token: Secret
    """The System.AccessToken of the Azure Pipelines job, instead of the variable SYSTEM_ACCESSTOKEN; never kept."""

    managed_identity_client_id: str
    """The user-assigned managed identity whose token is the assertion, by its client ID."""

    aks_token_proxy: bool
    """Ask through AKS's token proxy (identity bindings) where the pod's environment names one."""

    password: Secret
    """The user's password; it goes to the service, or to the federation server of the user's domain."""

    timeout: int
    """How long the whole operation may take; 0: as long as the sign-in itself allows."""

    claims: JSON
    """The claims of a challenge (an error's claims, or decoded from WWW-Authenticate), at most 8 KiB: forces a new
    token."""

    min_validity: int
    """How long a held token must still be good, at most half its life."""

    refresh: bool
    """True: a new token, whatever is held."""

    correlation_id: str
    """A GUID to find the requests by in the service's sign-in log; one is made for each request otherwise."""

    probe: bool
    """Ask the address of url once, without a token, what a token for it is made out to."""

    user_assertion: Secret
    """The access token that the caller of this service presented: whose user the new token is for."""


class DisconnectOptions(TypedDict, total=False):
    """What disconnect takes: it forgets a connection."""

    keep: Literal["nothing", "settings"]
    """Settings: forget tokens and credentials, keep how to sign in."""


class ListOptions(TypedDict, total=False):
    """What list takes: it lists connections."""
