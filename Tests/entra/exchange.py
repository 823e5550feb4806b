"""What happens around every request: the journal, scenarios, errors and Entra's headers."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from directory import is_guid
from entra import Entra
from errors import EntraError, refusal
from faults import Raw, faulty
from form import Form
from overrides import overridden
from page import html, page, text

log = logging.getLogger("entra")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PAGES = ("authorize", "deviceauth", "adminconsent")
HEADERS = {
    "Cache-Control": "no-store, no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "x-ms-ests-server": "2.1.0 - EMULATOR",
    "Server": "emulator",
}


def exchange(entra: Entra, names: dict[str, str]) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/admin/"):
            return await handler(request)
        resource = request.match_info.route.resource
        endpoint = names.get(resource.canonical, "none") if resource else "none"
        identify(request)
        problem = await read_form(request)
        entry = entra.journal.open(request, endpoint, request["form"].pairs)
        request["entry"] = entry
        try:
            if problem is not None:
                raise problem
            answer = await respond(entra, request, endpoint, entry["form"], handler)
        except EntraError as error:
            answer = shown(entra, request, endpoint, error)
        except web.HTTPException as other:
            answer = other
        except Exception:
            log.exception("%s %s", request.method, request.path)
            answer = shown(entra, request, endpoint, refusal(50000))
        entry["status"] = None if isinstance(answer, Raw) else answer.status
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        answer.headers["x-ms-request-id"] = request["trace_id"]
        if request.headers.get("return-client-request-id", "").lower() == "true":
            answer.headers["client-request-id"] = request["correlation_id"]
        return answer
    return middleware


def identify(request: web.Request) -> None:
    asked = request.headers.get("client-request-id", "").lower()
    request["trace_id"] = str(uuid.uuid4())
    request["correlation_id"] = asked if is_guid(asked) else str(uuid.uuid4())


async def read_form(request: web.Request) -> EntraError | None:
    request["form"] = Form(b"", "")
    try:
        request["form"] = Form(await request.read(), request.content_type)
    except web.HTTPRequestEntityTooLarge:
        return refusal(90015)
    return None


async def respond(entra: Entra, request: web.Request, endpoint: str, form: dict[str, object],
                  handler: Handler) -> web.StreamResponse:
    scenario = entra.scenarios.take(endpoint, form)
    if scenario is None:
        return await handler(request)
    await asyncio.sleep(scenario.order.get("delay_ms", 0) / 1000)
    if "fault" in scenario.order:
        return await faulty(request, scenario.order)
    error = scenario.error()
    if error is not None:
        raise error
    answer = await handler(request)
    if isinstance(answer, web.Response) and answer.content_type == "application/json":
        return overridden(answer, scenario.order, entra)
    return answer


def shown(entra: Entra, request: web.Request, endpoint: str, error: EntraError) -> web.StreamResponse:
    """The error as JSON for programs and as a page for people."""
    if endpoint not in PAGES:
        return error.answer(request["trace_id"], request["correlation_id"], entra.now())
    number = f"AADSTS{error.code}: " if error.code is not None else ""
    return html(page("Sorry, but we're having trouble signing you in.", f"""
<p>{text(number + error.text)}</p>
<p>Request Id: {request["trace_id"]}<br>Correlation Id: {request["correlation_id"]}</p>"""), error.status)
