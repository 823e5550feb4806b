"""calls [CLIENT-OPTIONS]: answers lines of JSON, [call, name, options], each by a line: a token, a list or an error."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import msauth

client = msauth.Client(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))


def answer(call: str, name: str | None, options: dict[str, Any]) -> dict[str, Any]:
    try:
        if call == "fork":
            return in_a_child(name)
        if call == "list":
            found = client.connections() if name is None else [client.connection(name)]
            return {"connections": [vars(each) for each in found]}
        result: msauth.Token | None = getattr(client, call)(name, **options)
        return {} if result is None else result.json()
    except msauth.MSAuthError as error:
        return {"hint": None, **vars(error)}


def in_a_child(name: str | None) -> dict[str, Any]:
    """The answers of a forked child to acquire and list."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        answers = {"held": answer("acquire", name, {}), "list": answer("list", None, {})}
        os.write(theirs, json.dumps(answers).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return dict(json.loads(text))


for line in sys.stdin:
    print(json.dumps(answer(*json.loads(line))), flush=True)
