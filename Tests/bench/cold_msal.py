"""The same token by msal, which is told not to discover what need not be discovered."""

import os

import msal  # type: ignore[import-untyped]

application = msal.ConfidentialClientApplication(
    os.environ["CLIENT_ID"],
    authority=os.environ["AUTHORITY"],
    client_credential=os.environ["CLIENT_SECRET"],
    instance_discovery=False,
    verify=os.environ["CA_FILE"],
)
answer = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
raise SystemExit("access_token" not in answer)
