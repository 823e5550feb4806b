"""Refusals in Entra ID's own words and shape."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from aiohttp import web

from answer import json_answer


@dataclass(frozen=True)
class Kind:
    error: str
    text: str
    status: int = 400
    suberror: str | None = None


# Texts as the service words them; names in braces are filled in by whoever raises the error.
KINDS: dict[int, Kind] = {
    16000: Kind("interaction_required", "User account '{user}' does not exist in tenant '{tenant}'."),
    28000: Kind("invalid_request", "Provided value for the input parameter scope is not valid because it contains more "
                "than one resource. Scope {scope} is not valid."),
    50000: Kind("server_error", "There was an error issuing a token or an issue with our sign-in service.", 500),
    50008: Kind("invalid_grant", "Unable to validate the SAML assertion. {reason}"),
    50011: Kind("invalid_request", "The redirect URI '{redirect_uri}' specified in the request does not match the "
                "redirect URIs configured for the application '{app}'."),
    50013: Kind("invalid_grant", "Assertion failed signature validation. [Reason - {reason}]"),
    50020: Kind("invalid_grant", "User account '{user}' from another directory does not exist in tenant '{tenant}' and "
                "cannot access the application '{app}' in that tenant."),
    50027: Kind("invalid_request", "JWT token is invalid or malformed."),
    50034: Kind("invalid_grant", "The user account {{EUII Hidden}} does not exist in the {tenant} directory. "
                "To sign into this application, the account must be added to the directory."),
    50049: Kind("invalid_instance", "Unknown or invalid instance."),
    50053: Kind("invalid_grant", "The account is locked, you've tried to sign in too many times with an incorrect user "
                "ID or password."),
    50057: Kind("invalid_grant", "The user account is disabled."),
    50058: Kind("login_required", "A silent sign-in request was sent but no user is signed in."),
    50059: Kind("invalid_request", "No tenant-identifying information found in either the request or implied by any "
                "provided credentials."),
    50076: Kind("invalid_grant", "Due to a configuration change made by your administrator, or because you moved to a "
                "new location, you must use multi-factor authentication to access '{resource}'.",
                suberror="basic_action"),
    50126: Kind("invalid_grant", "Error validating credentials due to invalid username or password."),
    50173: Kind("invalid_grant", "The provided grant has expired due to it being revoked, a fresh auth token is "
                "needed. The user might have changed or reset their password.", suberror="bad_token"),
    50194: Kind("invalid_request", "Application '{app}'({name}) is not configured as a multi-tenant application. Usage "
                "of the /{segment} endpoint is not supported for such apps created after '10/15/2018'. Use a "
                "tenant-specific endpoint or configure the application to be multi-tenant."),
    54005: Kind("invalid_grant", "OAuth2 Authorization code was already redeemed, please retry with a new valid code "
                "or use an existing refresh token."),
    65001: Kind("invalid_grant", "The user or administrator has not consented to use the application with ID '{app}' "
                "named '{name}'. Send an interactive authorization request for this user and resource.",
                suberror="consent_required"),
    65004: Kind("access_denied", "User declined to consent to access the app."),
    70000: Kind("invalid_grant", "The provided value for the '{parameter}' parameter is not valid.",
                suberror="bad_token"),
    70001: Kind("unauthorized_client", "The application '{app}' is not permitted to use the grant '{grant}'."),
    70003: Kind("unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    70008: Kind("invalid_grant", "The provided authorization code or refresh token has expired due to inactivity. "
                "Send a new interactive authorization request for this user and resource."),
    70011: Kind("invalid_scope", "The provided request must include a 'scope' input parameter. The provided value for "
                "the input parameter 'scope' is not valid. The scope {scope} is not valid. {reason}"),
    70016: Kind("authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70018: Kind("bad_verification_code", "Invalid verification code due to User typing in wrong user code for device "
                "code flow. Authorization is not approved."),
    70020: Kind("expired_token", "The provided value for the input parameter 'device_code' is not valid. This device "
                "code has expired."),
    70021: Kind("invalid_request", "No matching federated identity record found for presented assertion. Assertion "
                "Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'."),
    90002: Kind("invalid_request", "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and "
                "are signing into the correct cloud. Check with your subscription administrator, this may happen if "
                "there are no active subscriptions for the tenant."),
    90015: Kind("invalid_request", "The request is too long.", 413),
    90033: Kind("temporarily_unavailable", "A transient error has occurred. Please try again.", 503),
    90055: Kind("invalid_request", "Too many requests, the request has been throttled.", 429),
    500011: Kind("invalid_resource", "The resource principal named {resource} was not found in the tenant named "
                 "{tenant}. This can happen if the application has not been installed by the administrator of the "
                 "tenant or consented to by any user in the tenant. You might have sent your authentication request "
                 "to the wrong tenant."),
    500112: Kind("invalid_client", "The reply address '{redirect_uri}' does not match the reply address '{expected}' "
                 "provided when requesting Authorization code."),
    500131: Kind("invalid_grant", "Assertion audience does not match the Client app presenting the assertion. The "
                 "audience in the assertion was '{audience}' and the expected audience is '{app}'."),
    500133: Kind("invalid_grant", "Assertion is not within its valid time range. Ensure that the access token is not "
                 "expired before using it for user assertion, or request a new token."),
    501481: Kind("invalid_grant", "The Code_Verifier does not match the code_challenge supplied in the authorization "
                 "request."),
    501491: Kind("invalid_grant", "Invalid size of Code_Verifier parameter."),
    650053: Kind("invalid_client", "The application '{app}' asked for scope '{scope}' that doesn't exist on the "
                 "resource '{resource}'. Contact the app vendor."),
    700016: Kind("unauthorized_client", "Application with identifier '{app}' was not found in the directory '{tenant}'."
                 " This can happen if the application has not been installed by the administrator of the tenant or "
                 "consented to by any user in the tenant. You may have sent your authentication request to the wrong "
                 "tenant."),
    700021: Kind("invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter.", 401),
    700023: Kind("invalid_client", "Client assertion audience claim does not match Realm issuer.", 401),
    700024: Kind("invalid_client", "Client assertion is not within its valid time range.", 401),
    700025: Kind("invalid_client", "Client is public so neither 'client_assertion' nor 'client_secret' should be "
                 "presented.", 401),
    700027: Kind("invalid_client", "The certificate with identifier used to sign the client assertion is not "
                 "registered on application. [Reason - {reason}]", 401),
    700082: Kind("invalid_grant", "The refresh token has expired due to inactivity. The token was issued on {issued} "
                 "and was inactive for {inactive}.", suberror="token_expired"),
    700211: Kind("invalid_client", "No matching federated identity record found for presented assertion issuer "
                 "'{issuer}'. Please check your federated identity credential Subject, Audience and Issuer against the "
                 "presented assertion.", 401),
    700212: Kind("invalid_client", "No matching federated identity record found for presented assertion audience "
                 "'{audience}'. Please check your federated identity credential Subject, Audience and Issuer against "
                 "the presented assertion.", 401),
    700213: Kind("invalid_client", "No matching federated identity record found for presented assertion subject "
                 "'{subject}'. Please check your federated identity credential Subject, Audience and Issuer against "
                 "the presented assertion.", 401),
    900023: Kind("invalid_request", "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid "
                 "external domain."),
    900144: Kind("invalid_request", "The request body must contain the following parameter: '{parameter}'."),
    900561: Kind("invalid_request", "The endpoint only accepts POST requests. Received a {method} request."),
    900971: Kind("invalid_request", "No reply address provided."),
    1002012: Kind("invalid_scope", "The provided value for scope {scope} is not valid. Client credential flows must "
                  "have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
    7000215: Kind("invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is "
                  "the client secret value, not the client secret ID, for a secret added to app '{app}'.", 401),
    7000218: Kind("invalid_client", "The request body must contain the following parameter: 'client_assertion' or "
                  "'client_secret'.", 401),
    7000222: Kind("invalid_client", "The provided client secret keys for app '{app}' are expired. Visit the Azure "
                  "portal to create new keys for your app.", 401),
    7002138: Kind("invalid_client", "No matching federated identity record found for presented assertion subject "
                  "'{subject}'. The subject matches one of the application's federated identity credentials but for "
                  "the case of its letters.", 401),
    7000229: Kind("invalid_client", "The client application {app} is missing service principal in the tenant {tenant}. "
                  "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", 401),
    9001023: Kind("invalid_request", "The grant type is not supported over the /common or /consumers endpoints. Please "
                  "use the /organizations or tenant-specific endpoint."),
    9002313: Kind("invalid_request", "Invalid request. Request is malformed or invalid."),
}


class Blank(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


@dataclass
class EntraError(Exception):
    """One refusal. `code` is None for the OAuth errors to which Entra gives no number."""

    code: int | None
    error: str
    text: str
    status: int = 400
    suberror: str | None = None
    claims: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, trace_id: str, correlation_id: str, now: float) -> web.Response:
        timestamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now))
        number = f"AADSTS{self.code}: " if self.code is not None else ""
        body: dict[str, object] = {
            "error": self.error,
            "error_description": f"{number}{self.text} Trace ID: {trace_id} Correlation ID: {correlation_id} "
                                 f"Timestamp: {timestamp}",
            "error_codes": [] if self.code is None else [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
        }
        if self.code is not None:
            body["error_uri"] = f"https://login.microsoftonline.com/error?code={self.code}"
        if self.suberror is not None:
            body["suberror"] = self.suberror
        if self.claims is not None:
            body["claims"] = self.claims
        return json_answer(body, self.status, self.headers)


def refusal(code: int, *, error: str | None = None, status: int | None = None, claims: str | None = None,
            **details: str) -> EntraError:
    """The error with this AADSTS number; `error` and `status` for the places where Entra differs from itself."""
    kind = KINDS[code]
    text = kind.text.format_map(Blank(details)).strip()
    return EntraError(code, error or kind.error, text, status or kind.status, kind.suberror, claims)
