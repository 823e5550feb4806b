"""A connection as a credential of the Azure SDK: pass one where azure-identity's credentials are taken.

    client = msauth.Client()
    BlobServiceClient(url, credential=msauth.azure.Credential(client, "work"))

azure-core is imported when a token is asked for; who asks has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client import Client
from .errors import MSAuthError
from .token import Token

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions


class Credential:
    """Implements TokenCredential and SupportsTokenInfo of azure-core with one connection."""

    def __init__(self, client: Client, name: str | None = None) -> None:
        self._client = client
        self._name = name

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """A token for the scopes; other keywords are the SDK's own and mean nothing here."""
        from azure.core.credentials import AccessToken

        token = self._acquire(scopes, claims, tenant_id, enable_cae)
        return AccessToken(token.access_token, token.expires_on)

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """A token for the scopes, with its type and the time of its renewal."""
        from azure.core.credentials import AccessTokenInfo

        wishes = options or {}
        token = self._acquire(
            scopes, wishes.get("claims"), wishes.get("tenant_id"), bool(wishes.get("enable_cae", False))
        )
        return AccessTokenInfo(
            token.access_token, token.expires_on, token_type=token.token_type, refresh_on=token.refresh_on
        )

    def close(self) -> None:
        """Does nothing: the client is its owner's."""

    def __enter__(self) -> Credential:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _acquire(self, scopes: tuple[str, ...], claims: str | None, tenant: str | None, cae: bool) -> Token:
        from azure.core.exceptions import ClientAuthenticationError

        given: dict[str, Any] = {"claims": claims, "tenant": tenant, "cae": cae or None}
        try:
            return self._client.acquire(self._name, scopes=scopes, **given)
        except MSAuthError as error:
            # What the SDK's pipelines and chained credentials look for.
            raise ClientAuthenticationError(message=str(error)) from error
