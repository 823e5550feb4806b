"""The web application and the ports it listens on."""

from __future__ import annotations

import asyncio
import socket
import ssl

from aiohttp import web

from adfs import Adfs
from admin import Admin
from admin_consent_endpoint import AdminConsentEndpoint
from authorities import Authorities
from authorize_endpoint import AuthorizeEndpoint
from device_endpoint import DeviceEndpoint
from discovery import Discovery
from entra import Entra
from errors import refusal
from exchange import Handler, exchange
from token_endpoint import TokenEndpoint

LARGEST_BODY = 4 << 20


def application(entra: Entra) -> web.Application:
    token, device = TokenEndpoint(entra), DeviceEndpoint(entra)
    authorize, discovery = AuthorizeEndpoint(entra), Discovery(entra)
    consent = AdminConsentEndpoint(entra)
    adfs = Adfs(entra)
    others = Authorities(entra)
    routes: list[tuple[str, str, dict[str, Handler]]] = [
        *others.routes(token.v2, device.start, authorize.any),
        ("instance", "/common/discovery/instance", {"GET": discovery.instance}),
        ("userrealm", "/common/userrealm/{user}", {"GET": discovery.user_realm}),
        ("devicelogin", "/devicelogin", {"GET": device.short}),
        ("deviceauth", "/common/oauth2/deviceauth", {"GET": device.show, "POST": device.enter}),
        ("configuration", "/{tenant}/v2.0/.well-known/openid-configuration", {"GET": others.or_entra(discovery.configuration)}),
        ("keys", "/{tenant}/discovery/v2.0/keys", {"GET": discovery.keys}),
        ("token", "/{tenant}/oauth2/v2.0/token", {"POST": others.issued(token.v2), "*": only_post}),
        ("token", "/{tenant}/oauth2/token", {"POST": token.v1, "*": only_post}),
        ("devicecode", "/{tenant}/oauth2/v2.0/devicecode", {"POST": device.start, "*": only_post}),
        ("devicecode", "/{tenant}/oauth2/devicecode", {"POST": device.start, "*": only_post}),
        ("authorize", "/{tenant}/oauth2/v2.0/authorize", {"GET": authorize.get, "POST": authorize.post}),
        ("adminconsent", "/{tenant}/v2.0/adminconsent", {"GET": consent.get, "POST": consent.post}),
        ("mex", "/adfs/services/trust/mex", {"GET": adfs.mex}),
        ("usernamemixed", "/adfs/services/trust/{version}/usernamemixed", {"POST": adfs.sign_in}),
    ]
    names = {path: name for name, path, _ in routes}
    app = web.Application(middlewares=[exchange(entra, names)], client_max_size=LARGEST_BODY)
    app.add_routes(Admin(entra).routes())
    for _, path, methods in routes:
        for method, handle in methods.items():
            app.router.add_route(method, path, handle)
    return app


async def only_post(request: web.Request) -> web.Response:
    raise refusal(900561, method=request.method)


class Ports:
    """The listening sockets of one run: IPv4 and, where there is one, IPv6 loopback under one port number."""

    def __init__(self, entra: Entra) -> None:
        self.entra = entra
        self.runner = web.AppRunner(application(entra), access_log=None, handle_signals=False)
        self.servers: list[asyncio.Server] = []

    async def open(self, tls: ssl.SSLContext, port: int = 0) -> int:
        if self.runner.server is None:
            await self.runner.setup()
        assert self.runner.server is not None
        loop = asyncio.get_running_loop()
        sockets = loopback(port)
        for each in sockets:
            make = self.entra.journal.counting(self.runner.server)
            self.servers.append(await loop.create_server(make, sock=each, ssl=tls))
        return int(sockets[0].getsockname()[1])

    async def close(self) -> None:
        for server in self.servers:
            server.close()
        if self.runner.server is not None:
            # A hanging scenario must not hold up the end.
            await self.runner.server.shutdown(0.2)
        await self.runner.cleanup()


def loopback(port: int) -> list[socket.socket]:
    for _ in range(20):
        first = bound(socket.AF_INET, "127.0.0.1", port)
        if not has_ipv6():
            return [first]
        try:
            return [first, bound(socket.AF_INET6, "::1", first.getsockname()[1])]
        except OSError:
            first.close()
            if port:
                raise
    raise OSError("no port is free on both 127.0.0.1 and ::1")


def bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(128)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def has_ipv6() -> bool:
    try:
        bound(socket.AF_INET6, "::1", 0).close()
    except OSError:
        return False
    return True


def base(host: str, port: int) -> str:
    """The https address of this host, which may be an IPv6 address."""
    name = f"[{host}]" if ":" in host else host
    return f"https://{name}:{port}"
