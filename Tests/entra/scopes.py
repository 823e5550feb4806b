"""What a token is asked for: one resource, its permissions and the OpenID scopes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from directory import GRAPH, App, Directory, Realm, Resource
from errors import refusal

OPENID = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True)
class Scopes:
    resource: Resource
    audience: str
    permissions: tuple[str, ...]
    answered: tuple[str, ...]
    openid: frozenset[str]

    def text(self) -> str:
        return " ".join(self.answered)

    def claim(self) -> str:
        """The `scp` claim. Microsoft Graph is the one resource that shows the OpenID scopes in it."""
        shown = self.openid - {"offline_access"} if self.resource.id == GRAPH else frozenset()
        return " ".join(sorted({*self.permissions, *shown}, key=str.lower))


def user_scopes(text: str, app: App, directory: Directory, realm: Realm) -> Scopes:
    words = text.split()
    if not words:
        raise refusal(900144, parameter="scope")
    openid = frozenset(word for word in words if word in OPENID)
    wanted = [word for word in words if word not in OPENID]
    resource, audience = known(directory, GRAPH, realm), GRAPH
    permissions: list[str] = []
    answered = [word for word in dict.fromkeys(words) if word in OPENID and word != "offline_access"]
    for index, word in enumerate(wanted):
        prefix, name = split(word)
        found = known(directory, prefix, realm) if prefix else known(directory, GRAPH, realm)
        if index and found != resource:
            raise refusal(28000, scope=" ".join(wanted))
        resource, audience = found, prefix or GRAPH
        if name == ".default":
            if len(wanted) > 1:
                raise refusal(70011, scope=text, reason=".default scope can't be combined with resource-specific "
                                                        "scopes.")
            permissions += resource.default
            answered += [f"{prefix}/{each}" if prefix else each for each in resource.default]
        elif resource.scopes is not None and name not in resource.scopes:
            raise refusal(650053, app=app.name, scope=name, resource=resource.id)
        else:
            permissions.append(name)
        answered.append(word)
    return Scopes(resource, audience, tuple(permissions), tuple(answered), openid)


def app_scopes(text: str, directory: Directory, realm: Realm) -> Scopes:
    words = text.split()
    if not words:
        raise refusal(900144, parameter="scope")
    # offline_access means nothing to an app but is let pass, and integrations in the field send it.
    wanted = [word for word in words if word not in OPENID]
    if len(wanted) != 1 or not wanted[0].endswith("/.default"):
        raise refusal(1002012, scope=text)
    prefix, _ = split(wanted[0])
    resource = known(directory, prefix, realm)
    return Scopes(resource, prefix, (), (wanted[0],), frozenset())


def split(scope: str) -> tuple[str, str]:
    """`https://graph.microsoft.com/User.Read` is the resource and, after its last slash, the permission."""
    if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope):
        raise refusal(70011, scope=scope)
    prefix, _, name = scope.rpartition("/")
    if not name:
        raise refusal(70011, scope=scope)
    return prefix, name


def known(directory: Directory, uri: str, realm: Realm) -> Resource:
    resource = directory.resource(uri)
    if resource is None:
        raise refusal(500011, resource=uri, tenant=realm.tenant.name if realm.tenant else realm.segment)
    return resource
