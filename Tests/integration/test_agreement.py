"""One vocabulary: the header, the exports, msauth_describe() and the bindings say the same."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import subprocess
import typing
from pathlib import Path
from typing import Any

import pytest
from binding import PACKAGE, msauth
from conftest import ROOT
from msauth import _native, connection, errors, field, prompt, token, vocabulary

HEADER = (ROOT / "include/msauth.h").read_text()
CODE = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL)
PROTOTYPE = re.compile(r"^((?:const )?\w+ \**)(msauth_\w+)\(([^;]*)\);", re.MULTILINE)
POWERSHELL = ROOT / "bindings/powershell"
DESCRIBED = msauth.describe()
OPTIONS = {option["name"]: option for option in DESCRIBED["options"]}
CALLS = [call["name"] for call in DESCRIBED["calls"]]


def one_line(text: str) -> str:
    return " ".join(text.split())


def prototypes(text: str) -> dict[str, str]:
    return {match[2]: one_line(match[0]) for match in PROTOTYPE.finditer(text)}


DECLARED = prototypes(CODE)


def test_every_function_of_the_header_was_read() -> None:
    assert sorted(DECLARED) == sorted(re.findall(r"\b(msauth_\w+)\(", CODE))


def test_the_exports_are_the_functions_of_the_header_and_nothing_else(library: Path) -> None:
    output = subprocess.run(["nm", "-D", "--defined-only", str(library)], capture_output=True, text=True, check=True)
    symbols = [line.split()[1:] for line in output.stdout.splitlines()]
    exported = {name.split("@")[0]: kind for kind, name in symbols if kind.isupper() and kind != "A"}
    assert exported == dict.fromkeys(DECLARED, "T")
    versions = {name.split("@@")[1] for kind, name in symbols if kind == "T"}
    assert versions == {"MSAUTH_0"}


def test_the_library_needs_nothing_that_it_should_open_when_it_is_used(library: Path) -> None:
    output = subprocess.run(["readelf", "-d", str(library)], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"NEEDED.*\[(.*)\]", output)
    assert not [name for name in needed if re.match(r"lib(swift|Foundation|secret|glib|gio|gobject)", name)]
    # Nothing of the machine that it was built on.
    assert set(re.findall(r"R(?:UN)?PATH.*\[(.*)\]", output)) <= {"$ORIGIN"}


def test_the_version_is_one(library: Path) -> None:
    version = msauth.library_version()
    source = (ROOT / "Sources/MSAuth/Library.swift").read_text()
    assert re.search(r'version = "(.*)"', source)[1] == version  # type: ignore[index]
    assert msauth.__version__ == version
    assert DESCRIBED["version"] == version
    output = subprocess.run(["readelf", "-d", str(library)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"SONAME.*\[(.*)\]", output)[1] == f"libmsauth.so.{version.split('.')[0]}" == _native.SONAME  # type: ignore[index]


# ---- Python's declarations


def test_python_has_every_prototype_above_its_declaration() -> None:
    text = (PACKAGE / "msauth/_native.py").read_text()
    comments = prototypes("\n".join(line[2:].strip() for line in text.splitlines() if line.startswith("# ")))
    assert comments == DECLARED
    for name in DECLARED:
        below = re.search(rf"{name}\([^;]*;\n(\w+) = _declare\(\"(\w+)\"", text)
        assert below is not None, name
        assert below.groups() == (name.removeprefix("msauth_"), name)


def ctypes_of(parameter: str) -> Any:
    """The ctypes type for one C type, named or not."""
    kind = one_line(re.sub(r"\s*\*\s*", "*", parameter.replace("const ", "")))
    kind = re.sub(r"(?<=[ *])\w+$", "", kind).strip()
    known = {
        "char*": ctypes.c_char_p,
        "void*": ctypes.c_void_p,
        "size_t": ctypes.c_size_t,
        "int32_t": ctypes.c_int32,
        "int64_t": ctypes.c_int64,
        "msauth_status": ctypes.c_int32,
    }
    if kind in known:
        return known[kind]
    if re.fullmatch(r"msauth_\w+\*\*", kind):
        return ctypes.POINTER(ctypes.c_void_p)
    assert re.fullmatch(r"msauth_\w+\*", kind), parameter
    return ctypes.c_void_p


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_python_declares_the_types_of_the_header(name: str) -> None:
    match = PROTOTYPE.search(DECLARED[name])
    assert match is not None
    result, parameters = match[1].strip(), match[3]
    function = getattr(_native, name.removeprefix("msauth_"))
    wanted = None if result == "void" else ctypes_of(f"{result} x" if not result.endswith("*") else f"{result}x")
    assert function.restype is wanted
    assert function.argtypes == tuple(ctypes_of(each) for each in parameters.split(", ") if each != "void")


def test_powershell_imports_the_functions_of_the_header() -> None:
    sources = [*POWERSHELL.rglob("*.cs")]
    imported = {name for source in sources for name in re.findall(r"\bmsauth_\w+(?=\()", source.read_text())}
    assert imported <= set(DECLARED)
    assert bool(imported) == bool(sources)


# ---- Statuses


def test_statuses_of_header_document_and_python_are_the_same() -> None:
    header = {name.lower(): int(number) for name, number in re.findall(r"MSAUTH_([A-Z_]+) = (-?\d+)", CODE)}
    described = {status["name"]: status["number"] for status in DESCRIBED["statuses"]}
    assert header == described
    classes = {number: cls.__name__ for number, cls in errors.MSAuthError._classes.items()}
    assert classes == {number: camel(name) for name, number in described.items() if number > 0}
    assert {each.name.lower(): each.value for each in msauth.Progress} == {
        name: number for name, number in described.items() if number <= 0
    }
    for number in range(-10, 100):
        name = next((name for name, value in described.items() if value == number), "unknown")
        assert _native.status_name(number).decode() == name


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_every_exception_is_in_the_package_under_its_own_name() -> None:
    for cls in errors.MSAuthError._classes.values():
        assert getattr(msauth, cls.__name__) is cls
        assert cls.__name__ in msauth.__all__


# ---- Options and fields


def generated() -> Any:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "bindings/python/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["vocabulary", "statuses"])
def test_the_generated_files_are_those_of_this_vocabulary(name: str) -> None:
    assert getattr(generated(), name)(DESCRIBED) == (PACKAGE / f"msauth/{name}.py").read_text()


@pytest.mark.parametrize("call", [call for call in CALLS if call != "list"])
def test_pythons_keywords_are_the_options_of_the_call(call: str) -> None:
    hints = getattr(vocabulary, f"{call.capitalize()}Options").__annotations__
    taken = {name for name, option in OPTIONS.items() if call in option["calls"]}
    # connect has "wait" in its signature, where it decides about the result's type.
    assert set(hints) | ({"wait"} if call == "connect" else set()) == taken


def test_words_are_literals() -> None:
    hints = typing.get_type_hints(vocabulary.ClientOptions)
    for name, option in OPTIONS.items():
        if option["kind"] == "word" and name in hints:
            assert list(typing.get_args(hints[name])) == option["words"]


def test_variables_are_those_of_the_vocabulary() -> None:
    assert {n: o["environment"] for n, o in OPTIONS.items() if "environment" in o} == vocabulary.ENVIRONMENT


def fields(kind: str) -> dict[str, str]:
    return {each["name"]: each["kind"] for each in DESCRIBED["fields"][kind]}


def test_a_token_has_the_fields_of_the_vocabulary() -> None:
    texts: set[Any] = {field.text, field.optional_text}
    times: set[Any] = {field.number, field.optional_number}
    converters = {"time": times, "list": {field.words}, "text": texts, "url": texts, "secret": texts}
    found = {name: value.convert for name, value in vars(token.Token).items() if isinstance(value, field.Field)}
    assert set(found) == set(fields("token"))
    for name, kind in fields("token").items():
        assert found[name] in converters[kind]


def python_type(kind: str) -> str:
    return {"time": "int", "number": "int", "flag": "bool", "list": "tuple[str, ...]"}.get(kind, "str")


@pytest.mark.parametrize(
    ("kind", "cls"),
    [("connection", connection.Connection), ("prompt", prompt.Prompt), ("error", errors.MSAuthError)],
)
def test_other_objects_have_the_fields_of_the_vocabulary(kind: str, cls: type) -> None:
    hints: dict[str, str] = {name: hint for name, hint in cls.__annotations__.items() if "ClassVar" not in hint}
    assert {name: hint.removesuffix(" | None") for name, hint in hints.items()} == {
        name: python_type(each) for name, each in fields(kind).items()
    }


@pytest.mark.parametrize("kind", ["token", "error", "prompt", "connection"])
def test_fields_that_the_header_names_exist(kind: str) -> None:
    function = {
        "token": "msauth_token_get",
        "error": "msauth_error_get",
        "prompt": "msauth_operation_get",
        "connection": "msauth_connections_get",
    }[kind]
    before = HEADER[: HEADER.index(f"*{function}(")]
    comment = before[before.rindex("/**") :]
    named = set(re.findall(r'"([a-z_]+)"', comment)) - {"claims"}
    assert named
    assert named <= set(fields(kind))


def test_options_and_grants_that_the_header_names_exist() -> None:
    named = set(re.findall(r'"([a-z_]+)"(?: = "[a-z]+")?', HEADER[HEADER.index("---- Connections") :]))
    known = set(OPTIONS) | {"true", "false", "settings"} | {grant["name"] for grant in DESCRIBED["grants"]}
    for kind in ("token", "prompt", "connection"):
        known |= set(fields(kind))
    assert named <= known


def test_every_option_is_taken_by_a_call_that_exists() -> None:
    for option in OPTIONS.values():
        assert option["calls"]
        assert set(option["calls"]) <= set(CALLS)
        assert option["help"]
        assert set(option["grants"]) <= {grant["name"] for grant in DESCRIBED["grants"]}


def test_the_grant_option_takes_the_grants() -> None:
    assert OPTIONS["grant"]["words"] == [grant["name"] for grant in DESCRIBED["grants"]]
    assert OPTIONS["store"]["words"] == DESCRIBED["stores"]
    assert OPTIONS["cloud"]["words"] == [cloud["name"] for cloud in DESCRIBED["clouds"]]
