#!/usr/bin/env python3
"""Writes what the package takes from the vocabulary: src/msauth/vocabulary.py and src/msauth/statuses.py.

The document is `msauth describe`'s, on standard input or from the library. The tests compare the files with it.
"""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent / "src/msauth"

VOCABULARY = '''\
"""The options of each call, as msauth_describe() has them. Made by generate.py: do not edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict, Union

Secret = Union[str, bytes, bytearray]
"""Only a bytearray can be wiped by who gives it; the library wipes its own copy."""
List = Union[str, Iterable[str]]
"""Separated by spaces, or one by one."""
Path = Union[str, "os.PathLike[str]"]
JSON = Union[str, Mapping[str, Any]]

ENVIRONMENT = {
%s}
"""The variables that a client takes its options from, where it is not given them."""
'''
STATUSES = '''\
"""An exception for each status that is a failure. Made by generate.py from msauth_describe(): do not edit."""

from __future__ import annotations

from typing import ClassVar

from .errors import MSAuthError

__all__ = [
%s]
'''
KINDS = {
    "text": "str",
    "url": "str",
    "secret": "Secret",
    "bytes": "Secret",
    "flag": "bool",
    "seconds": "int",
    "number": "int",
    "list": "List",
    "path": "Path",
    "json": "JSON",
}
# Written out in the method's signature, because it decides what the method returns.
APART = {("connect", "wait")}


def sentence(help: str) -> str:
    return help[0].upper() + help[1:] + "."


def class_name(status: str) -> str:
    return "".join(word.capitalize() for word in status.split("_"))


def comment(text: str, indent: str) -> str:
    return "\n".join(textwrap.wrap(text, 120, initial_indent=indent, subsequent_indent=indent)) + "\n"


def hint(option: dict[str, Any]) -> str:
    if option["kind"] == "word":
        words = ", ".join(f'"{word}"' for word in option["words"])
        if len(words) <= 80:
            return f"Literal[{words}]"
        lines = textwrap.wrap(words, 110, initial_indent=" " * 8, subsequent_indent=" " * 8)
        return "Literal[\n" + "\n".join(lines) + ",\n    ]"
    return KINDS[option["kind"]]


def vocabulary(document: dict[str, Any]) -> str:
    options = document["options"]
    text = VOCABULARY % "".join(f'    "{o["name"]}": "{o["environment"]}",\n' for o in options if "environment" in o)
    for call in document["calls"]:
        name = call["name"]
        taken = [o for o in options if name in o["calls"] and (name, o["name"]) not in APART]
        text += f"\n\nclass {name.capitalize()}Options(TypedDict, total=False):\n"
        text += f'    """What {name} takes: it {call["help"]}."""\n'
        for option in taken:
            text += f"\n    {option['name']}: {hint(option)}\n"
            text += comment(f'"""{sentence(option["help"])}"""', "    ")
    return text


def statuses(document: dict[str, Any]) -> str:
    failures = [status for status in document["statuses"] if status["number"] > 0]
    text = STATUSES % "".join(f'    "{name}",\n' for name in sorted(class_name(each["name"]) for each in failures))
    for status in failures:
        text += f"\n\nclass {class_name(status['name'])}(MSAuthError):\n"
        text += f'    """{sentence(status["help"])}"""\n\n'
        text += f"    number: ClassVar[int] = {status['number']}\n"
    return text


def main() -> None:
    if sys.stdin.isatty():
        sys.path.insert(0, str(PACKAGE.parent))
        from msauth import describe

        document = describe()
    else:
        document = json.load(sys.stdin)
    (PACKAGE / "vocabulary.py").write_text(vocabulary(document))
    (PACKAGE / "statuses.py").write_text(statuses(document))


if __name__ == "__main__":
    main()
