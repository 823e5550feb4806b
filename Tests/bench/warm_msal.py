"""A token that is held, by msal with its cache in a plain file: no keyring, no encryption."""

import os

import msal  # type: ignore[import-untyped]

cache = msal.SerializableTokenCache()
if os.path.exists(os.environ["CACHE"]):
    with open(os.environ["CACHE"]) as file:
        cache.deserialize(file.read())
application = msal.ConfidentialClientApplication(
    os.environ["CLIENT_ID"],
    authority=os.environ["AUTHORITY"],
    client_credential=os.environ["CLIENT_SECRET"],
    instance_discovery=False,
    verify=os.environ["CA_FILE"],
    token_cache=cache,
)
answer = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
if cache.has_state_changed:
    with open(os.environ["CACHE"], "w") as file:
        file.write(cache.serialize())
print(answer["access_token"])
