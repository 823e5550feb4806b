"""Sign in to the Microsoft identity platform (Entra ID), and stay signed in, by libmsauth.

client = msauth.Client()
client.connect("work", grant="device_code", client_id="...")
token = client.acquire("work")
"""

from __future__ import annotations

import json
from typing import Any

from . import _native, statuses
from .client import Client
from .connection import Connection
from .errors import MSAuthError
from .operation import Operation, Progress
from .prompt import Prompt, print_prompt
from .statuses import *  # noqa: F403  an exception for each status, under its own name
from .token import Token

__version__ = "0.1.0"

__all__ = [
    "Client",
    "Connection",
    "MSAuthError",
    "Operation",
    "Progress",
    "Prompt",
    "Token",
    "describe",
    "library_version",
    "print_prompt",
]
__all__ += statuses.__all__


def library_version() -> str:
    """The version of the library that was loaded."""
    return str(_native.version().decode())


def describe() -> dict[str, Any]:
    """The vocabulary: calls, options, fields, grants, clouds, stores and statuses."""
    return dict(json.loads(_native.describe()))
