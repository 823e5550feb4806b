"""In a network of its own: gets a token from IMDS at its real address, by azure-identity and by the library.

With "here" the fake listens there, with "silent" somebody who never answers, else nobody. Prints what happened.
"""

from __future__ import annotations

import json
import socket
import sys
import time

from azure.identity import ManagedIdentityCredential
from binding import msauth
from metadata import IMDS_ADDRESS, Metadata

VAULT = "https://vault.azure.net"

found: dict[str, object] = {}
silent = socket.create_server((IMDS_ADDRESS, 80)) if sys.argv[1] == "silent" else None
server = Metadata(IMDS_ADDRESS, 80) if sys.argv[1] == "here" else None
if server is not None:
    theirs = ManagedIdentityCredential(_enable_imds_probe=True).get_token(VAULT + "/.default").token
    found["theirs"] = [theirs.split(".")[:2], [request["headers"].get("metadata") for request in server.requests]]
    server.requests.clear()
for _ in range(2):
    begun = time.monotonic()
    try:
        token = msauth.Client(store="memory").connect(None, grant="managed_identity", resource=VAULT)
        found["ours"] = token.access_token.split(".")[:2]
    except msauth.MSAuthError as error:
        found.setdefault("errors", []).append([error.status, error.hint])  # type: ignore[attr-defined]
    found.setdefault("seconds", []).append(time.monotonic() - begun)  # type: ignore[attr-defined]
if server is not None:
    found["asked"] = [[request["query"], request["headers"].get("metadata")] for request in server.requests]
print(json.dumps(found))
