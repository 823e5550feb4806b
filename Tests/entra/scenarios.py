"""Answers that a test orders: errors, faults, altered fields, delays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from errors import KINDS, EntraError, refusal
from faults import FAULTS

ENDPOINTS = ("any", "token", "devicecode", "authorize", "deviceauth", "devicelogin", "configuration", "keys",
             "instance", "userrealm", "mex", "usernamemixed", "adminconsent")
FILTERS = ("endpoint", "grant_type", "client_id", "times", "after", "delay_ms")
ERROR = ("error", "aadsts", "suberror", "claims", "status", "retry_after", "description", "headers")
ORDERS = ("fault", "override", "claims_override")


@dataclass
class Scenario:
    """`times` None: for ever. `after`: how many matching requests pass before the first one is caught."""

    id: int
    order: dict[str, Any]
    times: int | None
    after: int

    def matches(self, endpoint: str, form: dict[str, Any]) -> bool:
        return (self.order.get("endpoint", "any") in ("any", endpoint)
                and all(self.order.get(name) in (None, form.get(name)) for name in ("grant_type", "client_id")))

    def json(self) -> dict[str, Any]:
        return self.order | {"id": self.id, "times": self.times, "after": self.after}

    def error(self) -> EntraError | None:
        code, name = self.order.get("aadsts"), self.order.get("error")
        if code is None and name is None:
            return None
        error = refusal(code) if code in KINDS else EntraError(code, "invalid_grant", "An ordered error.")
        error.error = name or error.error
        error.text = self.order.get("description", error.text)
        error.status = self.order.get("status", error.status)
        error.suberror = self.order.get("suberror", error.suberror)
        error.claims = self.order.get("claims", error.claims)
        error.headers = dict(self.order.get("headers", {}))
        if "retry_after" in self.order:
            error.headers["Retry-After"] = str(self.order["retry_after"])
        return error


class Scenarios:
    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []
        self.made = 0

    def add(self, order: dict[str, Any]) -> Scenario:
        check(order)
        self.made += 1
        scenario = Scenario(self.made, order, order.get("times", 1), order.get("after", 0))
        self.scenarios.append(scenario)
        return scenario

    def take(self, endpoint: str, form: dict[str, Any]) -> Scenario | None:
        """The first scenario that wants this request, used up by one."""
        for scenario in self.scenarios:
            if not scenario.matches(endpoint, form):
                continue
            if scenario.after > 0:
                scenario.after -= 1
                continue
            if scenario.times is not None:
                scenario.times -= 1
                if scenario.times <= 0:
                    self.scenarios.remove(scenario)
            return scenario
        return None

    def clear(self) -> None:
        self.scenarios.clear()


def check(order: dict[str, Any]) -> None:
    fault = order.get("fault")
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"no such fault: {fault}; there are {', '.join(FAULTS)}")
    allowed = {*FILTERS, *ORDERS, *(FAULTS[fault] if fault else ERROR)}
    unknown = sorted(set(order) - allowed)
    if unknown:
        raise ValueError(f"not understood: {', '.join(unknown)}")
    if order.get("endpoint", "any") not in ENDPOINTS:
        raise ValueError(f"no such endpoint: {order['endpoint']}; there are {', '.join(ENDPOINTS)}")
    for name in ("times", "after", "delay_ms", "aadsts", "status", "bytes", "depth"):
        value = order.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise ValueError(f"{name} is a whole number")
    for name in ("error", "suberror", "claims", "description", "location", "body", "content_type"):
        if not isinstance(order.get(name, ""), str):
            raise TypeError(f"{name} is a string")
    for name in ("override", "claims_override", "headers"):
        if not isinstance(order.get(name, {}), dict):
            raise TypeError(f"{name} is an object")
    for name, claims in order.get("claims_override", {}).items():
        if name not in ("access_token", "id_token") or not isinstance(claims, dict):
            raise ValueError("claims_override has an object for access_token or id_token")
