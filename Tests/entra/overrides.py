"""Changes to a good answer before it is sent."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from answer import dumps
from entra import Entra
from signing_key import Jwt


def overridden(answer: web.Response, order: dict[str, Any], entra: Entra) -> web.Response:
    """The answer with other fields: null takes one away, {"raw": "…"} is JSON text sent as it is."""
    try:
        body = json.loads(answer.text or "")
    except ValueError:
        return answer
    for name, claims in order.get("claims_override", {}).items():
        if isinstance(body.get(name), str):
            body[name] = entra.key.sign(changed(Jwt(body[name]).claims, claims))
    fields = changed(body, order.get("override", {}))
    text = ",".join(f"{dumps(name)}:{value_text(value)}" for name, value in fields.items())
    return web.Response(text=f"{{{text}}}", status=answer.status, content_type="application/json", charset="utf-8")


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (body | changes).items() if value is not None or name not in changes}


def value_text(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"raw"}:
        return str(value["raw"])
    return dumps(value)
