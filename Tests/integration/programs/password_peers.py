"""In a network of its own: signs in by password against a local Entra at port 443, by msal and by the library.

MSAL asks for the user realm without the port. Prints what each was answered, and what it asked.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]
from binding import memory_client
from conftest import Entra

SCOPE = "https://graph.microsoft.com/.default"


def by_msal(entra: Entra, username: str, password: str) -> str:
    application = msal.PublicClientApplication(
        entra.client_id, authority=entra.authority, verify=entra.ca_file, instance_discovery=False
    )
    return str(application.acquire_token_by_username_password(username, password, [SCOPE])["access_token"])


def by_us(entra: Entra, username: str, password: str) -> str:
    return (
        memory_client(entra)
        .connect("work", grant="password", client_id=entra.client_id, username=username, password=password)
        .access_token
    )


def asked(entra: Entra, sign_in: Callable[[Entra, str, str], str], kind: str, ws_trust: str) -> list[dict[str, Any]]:
    entra.reset()
    entra.settings(ws_trust=ws_trust)
    users = {
        "managed": (entra.user, entra.password),
        "federated": (entra.about["federated_user"], entra.about["federated_password"]),
    }
    assert sign_in(entra, *users[kind]).count(".") == 2
    return entra.requests()


with tempfile.TemporaryDirectory() as directory:
    entra = Entra(Path(directory), port=443)
    try:
        pairs = {
            name: [asked(entra, sign_in, kind, ws_trust) for sign_in in (by_us, by_msal)]
            for name, kind, ws_trust in (
                ("managed", "managed", "13 2005"),
                ("federated, WS-Trust 1.3", "federated", "13 2005"),
                ("federated, WS-Trust 2005", "federated", "2005"),
            )
        }
    finally:
        entra.stop()
json.dump(pairs, sys.stdout)
