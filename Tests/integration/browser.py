"""A browser of few lines: it signs somebody in on the local Entra's pages, and comes back to where it is sent."""

from __future__ import annotations

import html
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from conftest import Entra


@dataclass(frozen=True)
class Page:
    """What a page showed, or where it sends the browser."""

    address: str
    status: int
    text: str
    location: str | None = None


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Browser:
    def __init__(self, entra: Entra) -> None:
        self.entra = entra
        tls = ssl.create_default_context(cafile=entra.ca_file)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), _Stay
        )

    def open(self, address: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        """One request, without following where it leads."""
        data = None if form is None else urlencode(form).encode()
        request = urllib.request.Request(address, data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=10) as answer:
                return Page(address, answer.status, answer.read().decode())
        except urllib.error.HTTPError as answer:
            return Page(address, answer.code, answer.read().decode(), answer.headers.get("Location"))

    def sign_in(self, address: str, action: str = "sign_in") -> Page:
        """The demo user signs in or cancels; the page from which the browser goes back is given."""
        page = self.open(address)
        form = {**fields(page), "username": self.entra.user, "password": self.entra.password, "action": action}
        return self.open(urljoin(address, target(page)), form)

    def come_back(self, page: Page) -> Page:
        """Goes where the sign-in page sends the browser, by its redirect or by its form."""
        if page.location is not None:
            return self.open(page.location)
        return self.open(target(page), fields(page))


def target(page: Page) -> str:
    found = re.search(r'<form method="post" action="([^"]*)"', page.text)
    assert found is not None, page
    return html.unescape(found[1])


def fields(page: Page) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def asked(address: str) -> dict[str, str]:
    """The parameters of an address, each of which stands there once."""
    values = parse_qs(urlsplit(address).query, strict_parsing=True)
    assert all(len(each) == 1 for each in values.values())
    return {name: each[0] for name, each in values.items()}


def compare(what: str, ours: dict[str, str], theirs: dict[str, str]) -> set[str]:
    """What differs but for values that are of one sign-in."""
    once = {"state", "nonce", "code_challenge", "code", "code_verifier"}
    found = {f"{what} {name}, ours alone" for name in ours.keys() - theirs.keys()}
    found |= {f"{what} {name}, theirs alone" for name in theirs.keys() - ours.keys()}
    both = (ours.keys() & theirs.keys()) - once
    return found | {f"{what} {name}" for name in both if sorted(ours[name].split()) != sorted(theirs[name].split())}
