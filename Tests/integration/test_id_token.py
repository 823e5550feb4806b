"""The signature of an ID token, checked by the keys that the authority publishes; rotation, and forgeries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from binding import begin, daemon, memory_client, msauth, sign_in
from conftest import Entra
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
SHORT_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
Signing = Callable[[bytes], bytes]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def rs256(message: bytes, key: rsa.RSAPrivateKey = KEY) -> bytes:
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def ps256(message: bytes) -> bytes:
    return KEY.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def jwk(key: rsa.RSAPrivateKey = KEY, **more: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    public = {"kty": "RSA", "use": "sig", "kid": "mine", "n": encode(numbers.n.to_bytes(size, "big")), "e": "AQAB"}
    return {**public, **more}


def token(entra: Entra, sign: Signing = rs256, claims: dict[str, Any] | None = None, **header: Any) -> str:
    """An ID token that is good but for what a test makes of it."""
    head = {"typ": "JWT", "alg": "RS256", "kid": "mine", **header}
    body = {
        "aud": entra.client_id,
        "iss": f"{entra.base}/{entra.tenant}/v2.0",
        "tid": entra.tenant,
        "sub": "somebody",
        "preferred_username": "somebody@contoso.example",
        "exp": int(time.time()) + 3600,
        **(claims or {}),
    }
    parts = [{name: value for name, value in each.items() if value is not None} for each in (head, body)]
    message = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{message}.{encode(sign(message.encode()))}"


def validating(entra: Entra) -> msauth.Client:
    return memory_client(entra, validate_id_token="signature")


def publish(entra: Entra, *keys: dict[str, Any]) -> None:
    entra.scenario(endpoint="keys", times=None, override={"keys": list(keys)})


def answer_with(entra: Entra, id_token: str) -> None:
    entra.scenario(endpoint="token", override={"id_token": id_token})


def test_a_good_signature_costs_two_requests_once(entra: Entra) -> None:
    client = validating(entra)
    assert sign_in(client, entra).username == entra.user
    for _ in range(3):
        client.acquire("work", refresh=True)
    found = [request for request in entra.requests() if request["endpoint"] in ("configuration", "keys")]
    assert [(request["endpoint"], request["method"]) for request in found] == [("configuration", "GET"), ("keys", "GET")]
    assert all(request["form"] == {} for request in found)


def test_without_being_asked_nobody_looks_for_keys(entra: Entra) -> None:
    client = memory_client(entra)
    answer_with(entra, token(entra, lambda _: b"no signature"))
    assert sign_in(client, entra).username == "somebody@contoso.example"
    assert entra.requests("keys") == []


def test_an_application_has_no_id_token_and_asks_for_no_keys(entra: Entra) -> None:
    validating(entra).connect("daemon", **daemon(entra))
    assert [request["endpoint"] for request in entra.requests()] == ["token"]


@pytest.mark.parametrize(("algorithm", "sign"), [("RS256", rs256), ("PS256", ps256)])
def test_both_algorithms_of_rsa_are_taken(entra: Entra, algorithm: str, sign: Signing) -> None:
    publish(entra, jwk())
    answer_with(entra, token(entra, sign, alg=algorithm))
    assert sign_in(validating(entra), entra).username == "somebody@contoso.example"


def public_key_as_secret(message: bytes) -> bytes:
    """The oldest trick: the verifier's public key as the secret of an HMAC."""
    numbers = KEY.public_key().public_numbers()
    return hmac.new(numbers.n.to_bytes(256, "big"), message, hashlib.sha256).digest()


FORGERIES: dict[str, tuple[dict[str, Any], Signing, dict[str, Any], str]] = {
    "another key": ({}, lambda message: rs256(message, OTHER_KEY), jwk(), "is wrong"),
    "no signature": ({}, lambda _: b"", jwk(), "is wrong"),
    "alg none": ({"alg": "none"}, lambda _: b"", jwk(), '"none"'),
    "HS256 by the public key": ({"alg": "HS256"}, public_key_as_secret, jwk(), '"HS256"'),
    "no alg": ({"alg": None}, rs256, jwk(), '"none"'),
    "no kid": ({"kid": None}, rs256, jwk(), "names no key"),
    "unknown kid": ({"kid": "other"}, rs256, jwk(), "does not have"),
    "PS256 said, RS256 signed": ({"alg": "PS256"}, rs256, jwk(), "is wrong"),
    "critical": ({"crit": ["b64"], "b64": True}, rs256, jwk(), "asks for more"),
    "a key for something else": ({}, rs256, jwk(use="enc"), "does not have"),
    "a key for another algorithm": ({}, rs256, jwk(alg="PS256"), "for something else"),
    "a key of another issuer": ({}, rs256, jwk(issuer="https://sts.windows.net/other/"), "for something else"),
    "a short key": ({}, lambda message: rs256(message, SHORT_KEY), jwk(SHORT_KEY), "does not have"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_id_token_signs_nobody_in(entra: Entra, name: str) -> None:
    header, sign, key, says = FORGERIES[name]
    publish(entra, key)
    client = validating(entra)
    prompt = begin(client, entra)
    entra.approve(prompt.user_code)
    forged = token(entra, sign, **header)
    answer_with(entra, forged)
    with pytest.raises(msauth.Untrusted, match=f"signature of the service's id_token.*{says}") as failure:
        client.resume("work")
    assert forged not in str(failure.value)
    with pytest.raises(msauth.InteractionRequired):
        client.acquire("work")


def test_an_answer_without_an_id_token_is_no_way_round(entra: Entra) -> None:
    client = validating(entra)
    entra.approve(begin(client, entra).user_code)
    entra.scenario(endpoint="token", override={"id_token": None})
    with pytest.raises(msauth.Untrusted, match="id_token"):
        client.resume("work")


def test_a_changed_claim_is_noticed(entra: Entra) -> None:
    publish(entra, jwk())
    good = token(entra).split(".")
    other = token(entra, claims={"preferred_username": "mallory@contoso.example"}).split(".")
    client = validating(entra)
    entra.approve(begin(client, entra).user_code)
    answer_with(entra, ".".join([good[0], other[1], good[2]]))
    with pytest.raises(msauth.Untrusted, match="is wrong"):
        client.resume("work")


def test_the_authority_changes_its_key(entra: Entra) -> None:
    client = validating(entra)
    sign_in(client, entra)
    for forget in (False, True):
        entra.admin("POST", "/keys/rotate", {"forget": forget})
        if forget:
            # Once in five minutes: what comes sooner is refused without a look.
            asked = len(entra.requests("keys"))
            with pytest.raises(msauth.Untrusted, match="does not have"):
                client.acquire("work", refresh=True)
            assert len(entra.requests("keys")) == asked
        else:
            assert client.acquire("work", refresh=True).source == "refreshed"
            assert client.acquire("work", refresh=True).source == "refreshed"
    assert len(entra.requests("keys")) == 2
    # A client that begins now has the new one.
    assert sign_in(validating(entra), entra).username == entra.user


@pytest.mark.parametrize("uri", ["https://evil.example/keys", "http://localhost/keys", "", None, 5])
def test_keys_that_are_elsewhere_are_not_asked_for(entra: Entra, uri: object) -> None:
    entra.scenario(endpoint="configuration", override={"jwks_uri": uri})
    client = validating(entra)
    prompt = begin(client, entra)
    entra.approve(prompt.user_code)
    with pytest.raises(msauth.Untrusted, match="no place of its own"):
        client.resume("work")
    # Nothing was spent: the same sign-in goes on.
    assert entra.requests("token") == []
    assert client.resume("work").username == entra.user


@pytest.mark.parametrize("endpoint", ["configuration", "keys"])
def test_a_refresh_token_is_not_spent_while_the_keys_cannot_be_had(entra: Entra, endpoint: str) -> None:
    entra.settings(rotate="strict")
    client = memory_client(entra)
    sign_in(client, entra)
    before = len(entra.requests("token"))
    orders: list[tuple[dict[str, Any], type[msauth.MSAuthError]]] = [
        ({"fault": "reset", "times": None}, msauth.Network),
        ({"fault": "html"}, msauth.Untrusted),
        ({"fault": "answer", "status": 503, "body": ""}, msauth.Service),
    ]
    for order, error in orders:
        entra.scenario(endpoint=endpoint, **order)
        with pytest.raises(error):
            client.acquire("work", refresh=True, validate_id_token="signature")
        entra.admin("DELETE", "/scenario")
    assert len(entra.requests("token")) == before
    assert client.acquire("work", refresh=True, validate_id_token="signature").source == "refreshed"
