#!/usr/bin/env python3
"""Writes what the module takes from the vocabulary: parameters and their help in MSAuth.psm1, names in MSAuth.cs.

The document is `msauth describe`'s, on standard input. What is written by hand stands around it and stays as it is. The
tests compare the files with what this would write.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

MODULE = Path(__file__).parent / "MSAuth"
CALLS = {
    "Connect-MSAuth": ["connect", "resume"],
    "Get-MSAuthToken": ["acquire"],
    "Disconnect-MSAuth": ["disconnect"],
}
"""The functions that have parameters for options, and the calls that take these."""
MARK = "        # The options, as generate.py writes them.\n"
"""What stands above it in a param() is written by hand. The end of the param() is the end of what is not."""
BEGIN = "        // Made by generate.py from msauth_describe(): do not edit.\n"
END = "        // The end of what generate.py makes.\n"

TYPES = {
    "flag": "switch",
    "seconds": "int",
    "number": "int",
    "list": "string[]",
    "secret": "securestring",
    # Bytes, but also a SecureString, as a vault gives it, or text.
    "bytes": "object",
}
# It is typed or pasted, and good for nothing without what the pending sign-in has kept.
IN_THE_OPEN = {"redirect"}
# By PowerShell: the parameters of every function with CmdletBinding, and variables of its own.
TAKEN = {
    *("verbose", "debug", "erroraction", "warningaction", "informationaction", "progressaction", "errorvariable"),
    *("warningvariable", "informationvariable", "outvariable", "outbuffer", "pipelinevariable", "whatif", "confirm"),
    *("args", "error", "false", "home", "host", "input", "matches", "null", "pid", "profile", "this", "true"),
}
KNOWN_HELP = {
    "Connect-MSAuth": {
        "Grant": "How to sign in. Without it a connection that is known signs in again as it did before, and a new one "
        "by device code.",
        "Scopes": "What the token is for, as scopes. Without any of -Scopes, -Resource, -Service and -Url it is "
        "Microsoft Graph.",
        "NoKeepCredentials": "Does not keep the secrets in the connection: Get-MSAuthToken then needs them to sign in "
        "again.",
        "NoWait": "Ends once the prompt has been shown. -Resume finishes the sign-in.",
    },
    "Get-MSAuthToken": {
        "Scopes": "What the token is for, as scopes. Without any of -Scopes, -Resource, -Service and -Url: what the "
        "connection signed in for.",
    },
}
"""Where the vocabulary's sentence would mislead in PowerShell."""


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def is_negated(option: dict[str, Any]) -> bool:
    """A switch can only turn on: a flag that is on by itself has one that turns it off."""
    return bool(option["kind"] == "flag" and option["default"] == "true")


def parameter(option: dict[str, Any]) -> str:
    return ("No" if is_negated(option) else "") + pascal(option["name"])


def taken(command: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    return [option for option in document["options"] if set(option["calls"]) & set(CALLS[command])]


# Help


def help_of(command: str, option: dict[str, Any], document: dict[str, Any]) -> str:
    known = KNOWN_HELP.get(command, {}).get(parameter(option))
    if known is not None:
        text = known
    else:
        text = option["help"]
        stated = re.match(r"(true|false): ", text)
        if stated:
            text = text[stated.end() :]
        elif is_negated(option):
            text = f"turns off: {text}"
        for other in document["options"]:
            if "_" in other["name"]:
                text = re.sub(rf"\b{other['name']}\b", f"-{parameter(other)}", text)
        text = text[0].upper() + text[1:] + "."
    if option["kind"] == "seconds":
        text += " In seconds."
    if option["kind"] == "bytes":
        text += " As bytes, a SecureString or text."
    if option["grants"]:
        text += f" For the grant{'s' if len(option['grants']) > 1 else ''} {listed(option['grants'])}."
    return text


def listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def filled(text: str, width: int, first: int, rest: int) -> str:
    lines = textwrap.TextWrapper(width, " " * first, " " * rest, break_on_hyphens=False, break_long_words=False)
    return lines.fill(text)


def indented(text: str) -> str:
    # To PowerShell a line that begins with a dot is a heading; with one that it does not know there is no help at all.
    return filled(text.replace(" .", "\0."), 128, 8, 8).replace("\0", " ") + "\n"


def helped(command: str, function: str, document: dict[str, Any], own: list[str]) -> str:
    """The function with the help of its options after that of its own parameters."""

    def kept(section: re.Match[str]) -> str:
        return section[0] if section[1] in own else ""

    function = re.sub(r"^    \.PARAMETER (\w+)\n(?:        .*\n|\n)*", kept, function, flags=re.MULTILINE)
    sections = "".join(
        f"    .PARAMETER {parameter(option)}\n{indented(help_of(command, option, document))}"
        for option in taken(command, document)
    )
    return function.replace("    .EXAMPLE\n", f"{sections}    .EXAMPLE\n", 1)


# Parameters


def sets(option: dict[str, Any]) -> list[str]:
    """The parameter sets of Connect-MSAuth that have an option; none if they all do."""
    found = []
    if "connect" in option["calls"]:
        found.append("Grant")
        if option["name"] != "grant" and (not option["grants"] or "device_code" in option["grants"]):
            found.append("DeviceCode")
    if "resume" in option["calls"]:
        found.append("Resume")
    return [] if len(found) == 3 else found


def declaration(command: str, option: dict[str, Any]) -> str:
    text = ""
    if command == "Connect-MSAuth":
        text += "".join(f"        [Parameter(ParameterSetName = '{name}')]\n" for name in sets(option))
    if option["kind"] == "word":
        words = ", ".join(f"'{word}'" for word in option["words"])
        text += "        [ValidateSet(" + filled(words, 104, 0, 12) + ")]\n"
    kind = "string" if option["name"] in IN_THE_OPEN else TYPES.get(option["kind"], "string")
    return f"{text}        [{kind}] ${parameter(option)}"


def function(command: str, text: str, document: dict[str, Any]) -> str:
    head, rest = text.split(MARK)
    body = rest[rest.index("\n    )\n") :]
    own = re.findall(r"^ +\[\w+\] \$(\w+)", head, re.MULTILINE)
    options = taken(command, document)
    clashes = {parameter(option).lower() for option in options} & (TAKEN | {name.lower() for name in own})
    if clashes:
        raise SystemExit(
            f"{command} has parameters or variables of its own that are called like options: {', '.join(clashes)}"
        )
    declared = ",\n\n".join(declaration(command, option) for option in options)
    return helped(command, head, document, own) + MARK + declared + body


def script(text: str, document: dict[str, Any]) -> str:
    """MSAuth.psm1 with the parameters of this vocabulary."""
    for command in CALLS:
        start = text.index(f"function {command} {{\n")
        end = text.index("\n}\n", start)
        text = text[:start] + function(command, text[start:end], document) + text[end:]
    return text


# The layer in C#


def quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def array(names: list[str]) -> str:
    lines = filled(quoted(names), 128, 12, 12)
    return f"        {{\n{lines}\n        }};\n"


def dictionary(entries: list[str]) -> str:
    return "        {\n" + "".join(f"            {{ {entry} }},\n" for entry in entries) + "        };\n"


def layer(text: str, document: dict[str, Any]) -> str:
    """MSAuth.cs with the names of this vocabulary."""
    options = document["options"]
    made = "        public static readonly string[] Names =\n"
    made += array([option["name"] for option in options])
    made += "\n        /// <summary>The environment variables that options come from.</summary>\n"
    made += "        public static readonly Dictionary<string, string> Variables = new Dictionary<string, string>\n"
    made += dictionary([quoted([o["name"], o["environment"]]) for o in options if "environment" in o])
    made += "\n        /// <summary>Those that are paths, which PowerShell means from its own location.</summary>\n"
    made += "        public static readonly string[] Paths =\n"
    made += array([option["name"] for option in options if option["kind"] == "path"])
    made += "\n        /// <summary>Words of options. The library cares for capitals, PowerShell does not.</summary>\n"
    made += "        public static readonly Dictionary<string, string[]> Words = new Dictionary<string, string[]>\n"
    made += dictionary(
        [f'"{o["name"]}", new[] {{ {quoted(o["words"])} }}' for o in options if o["kind"] == "word"],
    )
    return text[: text.index(BEGIN)] + BEGIN + made + text[text.index(END) :]


def main() -> None:
    document = json.load(sys.stdin)
    for path, made in ((MODULE / "MSAuth.psm1", script), (MODULE / "MSAuth.cs", layer)):
        path.write_text(made(path.read_text(), document))


if __name__ == "__main__":
    main()
