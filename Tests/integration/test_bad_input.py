"""What a program hands in can only fail with a sentence: NULL, nothing, too much, no UTF-8, newlines."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from ctypes import byref, c_void_p
from functools import partial
from typing import Any

import pytest
from binding import daemon, memory_client, msauth
from conftest import Entra
from msauth import _native, errors, options

INVALID_ARGUMENT = 2
DESCRIBED = msauth.describe()
OPTIONS = {option["name"]: option for option in DESCRIBED["options"]}
STARTS: dict[str, Any] = {
    name: getattr(_native, name) for name in ("connect", "resume", "acquire", "disconnect", "list")
}
BAD_TEXTS = {
    "empty": b"",
    "1 MiB": b"a" * (1 << 20),
    "bad UTF-8": b"a\xff\xfe",
    "newline": b"a\nb",
    "NUL": b"a\0b",
    "DEL": b"a\x7f",
}
# What an option takes although it looks bad: an empty proxy or list says "none".
TAKEN = {("proxy", "empty"), ("no_proxy", "empty")}
# A key in a file of its own form may hold any byte.
TAKEN |= {
    (o["name"], how)
    for o in OPTIONS.values()
    if o["kind"] == "bytes"
    for how in BAD_TEXTS
    if how not in ("empty", "1 MiB")
}


@pytest.fixture
def client() -> Iterator[Any]:
    out, error = c_void_p(), c_void_p()
    given = options.Options({"store": "memory"})
    assert _native.client_new(given._native, byref(out), byref(error)) == 0
    yield out
    _native.client_free(out)


def said(error: c_void_p) -> str:
    """The message of an error, which is freed."""
    text: bytes = _native.error_message(error)
    assert _native.error_get(error, b"status") == b"invalid_argument"
    _native.error_free(error)
    return text.decode()


def failing(call: Callable[[Any], int]) -> str:
    """What a call says that must answer INVALID_ARGUMENT, with an error object and without."""
    error = c_void_p(0xDEAD)
    assert call(byref(error)) == INVALID_ARGUMENT
    assert call(None) == INVALID_ARGUMENT
    message = said(error)
    assert message.endswith(".")
    assert message.isprintable()
    assert len(message) < 2048
    return message


# ---- NULL


def test_null_for_every_object_is_an_error_or_nothing() -> None:
    out = c_void_p(0xDEAD)
    assert "options is NULL" in failing(lambda error: _native.options_set(None, b"store", b"memory", error))
    assert "options is NULL" in failing(lambda error: _native.options_set_bytes(None, b"store", b"memory", 6, error))
    assert "operation is NULL" in failing(lambda error: _native.operation_wait(None, 0, byref(out), error))
    assert out.value is None
    assert _native.operation_fd(None) == -1
    assert _native.operation_connections(None) is None
    assert _native.operation_get(None, b"message") is None
    assert _native.connections_count(None) == 0
    assert _native.connections_get(None, 0, b"name") is None
    assert _native.token_expires_on(None) == -1
    for function in (_native.error_message, _native.error_json, _native.token_json, _native.connections_json):
        assert function(None) is None
    for function in (_native.error_get, _native.token_get):
        assert function(None, b"status") is None
        assert function(None, None) is None
    _native.operation_cancel(None)
    for kind in ("error", "options", "client", "connections", "operation", "token"):
        getattr(_native, f"{kind}_free")(None)


def test_null_for_out_is_an_error() -> None:
    assert "out is NULL" in failing(lambda error: _native.client_new(None, None, error))


def test_null_options_make_a_client() -> None:
    out, error = c_void_p(), c_void_p(0xDEAD)
    assert _native.client_new(None, byref(out), byref(error)) == 0
    assert error.value is None
    _native.client_free(out)


@pytest.mark.parametrize("call", STARTS)
def test_null_for_client_or_out_fails_each_call(client: c_void_p, call: str) -> None:
    out = c_void_p(0xDEAD)
    assert "client is NULL" in failing(lambda error: STARTS[call](None, b"work", None, byref(out), error))
    assert out.value is None
    assert "out is NULL" in failing(lambda error: STARTS[call](client, b"work", None, None, error))


def test_null_for_a_name_or_a_value_of_an_option() -> None:
    made = _native.options_new()
    assert "name is NULL" in failing(lambda error: _native.options_set(made, None, b"memory", error))
    assert _native.options_set(made, b"store", None, None) == 0
    assert _native.options_set_bytes(made, b"store", None, 7, None) == 0
    _native.options_free(made)


# ---- Texts


@pytest.mark.parametrize("how", BAD_TEXTS)
@pytest.mark.parametrize("call", STARTS)
def test_a_bad_connection_name_fails_each_call(client: c_void_p, call: str, how: str) -> None:
    out = c_void_p(0xDEAD)
    name = BAD_TEXTS[how]
    if how == "NUL":
        with pytest.raises(ValueError, match="NUL"):
            options.c_string(name.decode())
        return
    message = failing(lambda error: STARTS[call](client, name, None, byref(out), error))
    assert "connection name" in message
    assert out.value is None


@pytest.mark.parametrize("name", ["-work", ".work", "a b", "a/b", "a$(id)", "ä", "a" * 129, "a;b", "a'b", '"'])
def test_a_connection_name_holds_letters_digits_and_a_few_signs(client: c_void_p, name: str) -> None:
    out = c_void_p()
    message = failing(lambda error: _native.acquire(client, name.encode(), None, byref(out), error))
    assert "name" in message


@pytest.mark.parametrize("how", ["empty", "1 MiB", "bad UTF-8", "newline"])
def test_a_bad_option_name_is_refused(how: str) -> None:
    made = _native.options_new()
    failing(lambda error: _native.options_set(made, BAD_TEXTS[how], b"value", error))
    failing(lambda error: _native.options_set_bytes(made, BAD_TEXTS[how], b"value", 5, error))
    _native.options_free(made)


@pytest.mark.parametrize("how", BAD_TEXTS)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_bad_value_is_refused_by_the_option_and_by_the_call(name: str, how: str) -> None:
    value = BAD_TEXTS[how]
    made = _native.options_new()
    if (name, how) in TAKEN:
        assert _native.options_set_bytes(made, name.encode(), value, len(value), None) == 0
        _native.options_free(made)
        return
    message = failing(lambda error: _native.options_set_bytes(made, name.encode(), value, len(value), error))
    assert f'"{name}"' in message
    assert "aaaaaaaa" not in message
    if b"\0" not in value:
        assert failing(lambda error: _native.options_set(made, name.encode(), value, error)) == message
    # The failed set is remembered, so its status need not be looked at.
    out = c_void_p(0xDEAD)
    call = OPTIONS[name]["calls"][0]
    if call == "client":
        assert failing(lambda error: _native.client_new(made, byref(out), error)) == message
    else:
        with memory_only() as client:
            start = STARTS[call]
            assert failing(lambda error: start(client._native, b"work", made, byref(out), error)) == message
    assert out.value is None
    _native.options_free(made)


def memory_only() -> msauth.Client:
    return msauth.Client(store="memory")


@pytest.mark.parametrize("length", [1 << 20, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_length_that_cannot_be_is_refused_unread(length: int) -> None:
    made = _native.options_new()
    # Behind the buffer there is nothing: the library must not look further than its own limit.
    data = ctypes.create_string_buffer(b"a" * ((1 << 16) + 1))
    for name in (b"client_secret", b"client_id"):
        assert _native.options_set_bytes(made, name, data, length, None) == INVALID_ARGUMENT
    _native.options_free(made)


@pytest.mark.parametrize(
    "name", [name for name, option in OPTIONS.items() if option["kind"] in ("flag", "word", "seconds")]
)
def test_a_value_of_the_wrong_kind_lists_what_is_taken(name: str) -> None:
    option = OPTIONS[name]
    wanted = {"flag": ["true", "false"], "word": option.get("words", []), "seconds": [str(option.get("maximum"))]}
    made = _native.options_new()
    for value in (b"perhaps", b"TRUE", b"1e3", b" 1", b"0x10", b"99999999999999999999", b"-1"):
        message = failing(partial(_native.options_set, made, name.encode(), value))
        assert f'"{name}"' in message
        for word in wanted[option["kind"]]:
            assert word in message
    _native.options_free(made)


def test_a_secret_is_in_no_message() -> None:
    made = _native.options_new()
    message = failing(lambda error: _native.options_set(made, b"client_secret", b"very-secret\n", error))
    assert "very-secret" not in message
    message = failing(lambda error: _native.options_set(made, b"proxy", b"ftp://user:very-secret@host", error))
    assert "very-secret" not in message
    _native.options_free(made)


@pytest.mark.parametrize("wrong", ["authority", "tenant", "claims", "correlation_id", "resource", "ca_file", "log"])
def test_a_value_without_meaning_is_refused(wrong: str) -> None:
    values = {
        "authority": [
            "http://login.example",
            "https://",
            "login.example",
            "https://a b",
            "https://u:p@host/",
            "file:///x",
        ],
        "tenant": ["a/b", "..", "a b", "a?b", "%2e"],
        "claims": ["[]", "{", "7", '"x"'],
        "correlation_id": ["a b", "x\u00e4"],
        "resource": ["a b"],
        "ca_file": ["~/ca.pem"],
        "log": ["fd:-1", "fd:x"],
    }
    made = _native.options_new()
    for value in values[wrong]:
        assert _native.options_set(made, wrong.encode(), value.encode(), None) == INVALID_ARGUMENT, value
    _native.options_free(made)


# ---- Options that are unknown or not this call's


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("clientid", "client_id"),
        ("scope", "scopes"),
        ("Tenant", "tenant"),
        ("tennant", "tenant"),
        ("min_validty", "min_validity"),
    ],
)
def test_an_unknown_option_names_the_nearest_and_lists_all(given: str, nearest: str) -> None:
    made = _native.options_new()
    message = failing(lambda error: _native.options_set(made, given.encode(), b"x", error))
    assert f'did you mean "{nearest}"' in message
    assert all(name in message for name in OPTIONS)
    _native.options_free(made)


def test_an_option_that_resembles_none_lists_all_without_a_guess() -> None:
    with pytest.raises(msauth.InvalidArgument, match="There are: access_token, .*application, .*authority") as failure:
        msauth.Client(store="memory").start("acquire", zzzzzzzzzzzzzzzz=1)
    assert "did you mean" not in str(failure.value)


@pytest.mark.parametrize("call", STARTS)
def test_an_option_of_another_call_is_refused_and_those_taken_are_listed(call: str) -> None:
    client = memory_only()
    values = {
        "flag": "true",
        "seconds": "60",
        "number": "1",
        "json": "{}",
        "url": "https://login.microsoftonline.com",
        "path": "/x",
    }
    for name, option in OPTIONS.items():
        if call in option["calls"]:
            continue
        value = option["words"][0] if option["kind"] == "word" else values.get(option["kind"], "x")
        fitting = {"proxy": "http://localhost:1", "certificate_thumbprint": "0" * 40, "resource_id": "/x"}
        fitting["client_certificate_key_uri"] = "handle:0x81000001"
        fitting["assertion_command"] = '["/x"]'
        value = fitting.get(name, value)
        with pytest.raises(msauth.InvalidArgument) as failure:
            client.start(call, "work", **{name: value})  # type: ignore[arg-type]
        assert f'{call} does not take the option "{name}"' in failure.value.message
        for other in OPTIONS.values():
            assert (call not in other["calls"]) or other["name"] in failure.value.message


# ---- Getters


@pytest.mark.parametrize("how", BAD_TEXTS)
def test_getters_answer_nothing_to_a_name_that_they_do_not_know(entra: Entra, how: str) -> None:
    client = memory_client(entra)
    token = client.connect("daemon", **daemon(entra))
    name = BAD_TEXTS[how]
    with client.start("list") as operation:
        operation.wait()
        found = _native.operation_connections(operation._native)
        for index in (0, 1, (1 << 64) - 1):
            assert _native.connections_get(found, index, name) is None
        assert _native.connections_get(found, 1 << 63, b"name") is None
        assert _native.connections_get(found, 0, None) is None
        assert _native.connections_get(found, 0, b"name") == b"daemon"
        _native.connections_free(found)
        assert _native.operation_get(operation._native, name) is None
        assert _native.operation_get(operation._native, b"message") is None
    assert _native.token_get(token._native, name) is None
    assert _native.token_get(token._native, None) is None
    error = c_void_p()
    _native.acquire(client._native, b"-", None, byref(c_void_p()), byref(error))
    assert _native.error_get(error, name) is None
    _native.error_free(error)


@pytest.mark.parametrize("number", [-(1 << 31), -3, 5, 100, (1 << 31) - 1])
def test_a_status_that_does_not_exist_has_a_name_all_the_same(number: int) -> None:
    assert _native.status_name(number) == b"unknown"
    with pytest.raises(errors.MSAuthError):
        errors.check(abs(number), c_void_p())
