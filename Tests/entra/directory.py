"""Tenants, users, apps, resources and consent: what Entra ID knows."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from errors import refusal
from federation import FederatedCredential

SHARED = ("common", "organizations", "consumers")
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
GRAPH = "00000003-0000-0000-c000-000000000000"


@dataclass
class Tenant:
    id: str
    domain: str
    name: str


@dataclass
class User:
    id: str
    tenant: str
    name: str
    display_name: str
    password: str
    disabled: bool = False
    locked: bool = False
    mfa: bool = False
    federated: bool = False
    failures: int = 0


@dataclass
class Secret:
    value: str
    expires: float | None = None


@dataclass
class App:
    client_id: str
    tenant: str
    name: str
    public: bool = True
    multi_tenant: bool = False
    consented: bool = True
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    federated_credentials: list[FederatedCredential] = field(default_factory=list)
    redirect_uris: list[str] = field(default_factory=list)
    grants: list[str] | None = None
    roles: list[str] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Resource:
    """An API that tokens are for. `scopes` None: every permission name is known."""

    id: str
    name: str
    uris: tuple[str, ...]
    scopes: tuple[str, ...] | None
    default: tuple[str, ...]
    version: int = 1


@dataclass(frozen=True)
class Realm:
    """The tenant segment of an address: one tenant, or `common` and its like."""

    segment: str
    tenant: Tenant | None

    @property
    def name(self) -> str:
        return self.tenant.id if self.tenant else self.segment


class Directory:
    def __init__(self) -> None:
        self.tenants: list[Tenant] = []
        self.users: list[User] = []
        self.apps: list[App] = []
        self.resources: list[Resource] = []
        self.consents: set[tuple[str, str]] = set()
        self.admin_consents: set[tuple[str, str]] = set()

    def realm(self, segment: str) -> Realm:
        key = segment.lower()
        for tenant in self.tenants:
            if key in (tenant.id, tenant.domain):
                return Realm(key, tenant)
        if key in SHARED or key == CONSUMERS:
            return Realm("consumers" if key == CONSUMERS else key, None)
        if not is_guid(key) and "." not in key:
            raise refusal(900023, tenant=segment)
        raise refusal(90002, tenant=segment)

    def tenant(self, id: str) -> Tenant:
        return next(tenant for tenant in self.tenants if tenant.id == id)

    def user(self, name: str) -> User | None:
        return next((user for user in self.users if name.lower() in (user.name.lower(), user.id)), None)

    def find_app(self, client_id: str) -> App | None:
        return next((app for app in self.apps if app.client_id == client_id.lower()), None)

    def app(self, client_id: str, realm: Realm) -> App:
        app = self.find_app(client_id)
        if app is None or realm.segment == "consumers":
            raise refusal(700016, app=client_id, tenant=realm.name)
        if not app.multi_tenant:
            if realm.tenant is None:
                raise refusal(50194, app=app.client_id, name=app.name, segment=realm.segment)
            if realm.tenant.id != app.tenant:
                raise refusal(700016, app=client_id, tenant=realm.tenant.name)
        return app

    def resource(self, uri: str) -> Resource | None:
        """The resource with this identifier; a trailing slash makes no difference to who it is."""
        key = uri.lower().rstrip("/")
        for resource in self.resources:
            if key == resource.id or any(key == known or is_site(key, known) for known in resource.uris):
                return resource
        for app in self.apps:
            if app.uris and (key == app.client_id or key in (known.lower() for known in app.uris)):
                scopes = tuple(app.scopes)
                return Resource(app.client_id, app.name, tuple(app.uris), scopes, scopes, version=2)
        return None

    def has_consent(self, user: User, app: App) -> bool:
        return app.consented or (user.id, app.client_id) in self.consents

    def consent(self, user: User, app: App) -> None:
        self.consents.add((user.id, app.client_id))

    def has_admin_consent(self, tenant: Tenant, app: App) -> bool:
        return app.consented or (tenant.id, app.client_id) in self.admin_consents

    def admin_consent(self, tenant: Tenant, app: App) -> None:
        self.admin_consents.add((tenant.id, app.client_id))

    def service_principal(self, app: App, tenant: Tenant) -> str:
        return str(uuid.uuid5(uuid.UUID(tenant.id), app.client_id))


def is_guid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


def is_site(uri: str, known: str) -> bool:
    """Whether `known` is a pattern such as https://*.sharepoint.com and this is one of its hosts."""
    if "*" not in known:
        return False
    return re.fullmatch(re.escape(known).replace(r"\*", "[a-z0-9-]+"), uri) is not None
