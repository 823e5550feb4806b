"""The Python package over the built library, and short ways to sign in with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import ROOT, Entra, Keyring

PACKAGE = ROOT / "bindings/python/src"
PROGRAMS = Path(__file__).parent / "programs"
SECRET_GRANT = "client_secret"
DEVICE_GRANT = "device_code"

# No default of the machine's may reach a test.
for name in list(os.environ):
    if name.startswith("MSAUTH_") and name not in ("MSAUTH_LIBRARY", "MSAUTH_CLI"):
        del os.environ[name]
os.environ["MSAUTH_LIBRARY"] = str(
    Path(os.environ.get("MSAUTH_LIBRARY", ROOT / ".build/release/libmsauth.so.0")).resolve(strict=True)
)
sys.path.insert(0, str(PACKAGE))

import msauth  # noqa: E402

__all__ = [
    "PACKAGE",
    "PROGRAMS",
    "begin",
    "daemon",
    "defaults",
    "ended",
    "go",
    "memory_client",
    "msauth",
    "namespace",
    "program",
    "sign_in",
    "sign_in_elsewhere",
    "started",
    "sum_up",
]


def memory_client(entra: Entra, **options: Any) -> msauth.Client:
    """A client of the local Entra whose connections live in memory."""
    given = {"store": "memory", "ca_file": entra.ca_file, "authority": entra.authority}
    return msauth.Client(**{**given, **options})


def daemon(entra: Entra, **options: Any) -> dict[str, Any]:
    """The options by which the demo daemon signs in."""
    given = {
        "grant": SECRET_GRANT,
        "tenant": entra.tenant,
        "client_id": entra.confidential_client_id,
        "client_secret": entra.client_secret,
    }
    return {**given, **options}


def begin(client: msauth.Client, entra: Entra, name: str | None = "work", **options: Any) -> msauth.Prompt:
    """A sign-in by device code up to its prompt."""
    prompts: list[msauth.Prompt] = []
    given = {"grant": DEVICE_GRANT, "client_id": entra.client_id}
    client.connect(name, wait=False, on_prompt=prompts.append, **{**given, **options})
    [prompt] = prompts
    return prompt


def sign_in(
    client: msauth.Client, entra: Entra, name: str | None = "work", user: str | None = None, **options: Any
) -> msauth.Token:
    """A whole sign-in by device code without a pause: it is approved before the first poll."""
    entra.approve(begin(client, entra, name, **options).user_code, user)
    return client.resume(name)


def defaults(entra: Entra, keyring: Keyring | None = None, **variables: str) -> dict[str, str]:
    """The environment from which a program's client takes its options."""
    return {
        **(os.environ if keyring is None else keyring.environment),
        "PYTHONPATH": str(PACKAGE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MSAUTH_CA_FILE": entra.ca_file,
        "MSAUTH_AUTHORITY": entra.authority,
        "MSAUTH_TENANT": entra.tenant,
        **variables,
    }


def program(name: str, *arguments: str, environment: dict[str, str], **how: Any) -> subprocess.Popen[str]:
    """Starts one of programs/ with pipes."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, str(PROGRAMS / f"{name}.py"), *arguments]
    return subprocess.Popen(command, env=environment, **{**pipes, **how})


def started(process: subprocess.Popen[str]) -> str:
    """The first line that a program prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> str:
    """All that is left of a program's output; it must have ended well."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output.strip()


def go(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Lets programs that wait for a line go on at once, and gives what each prints."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [ended(process) for process in processes]


def sign_in_elsewhere(entra: Entra, environment: dict[str, str], name: str = "work") -> str:
    """Begins a sign-in by device code in a process that is killed, and finishes it in another."""
    beginning = program("begin", name, environment=environment)
    user_code = started(beginning)
    assert started(beginning) == "begun"
    beginning.kill()
    beginning.communicate()
    entra.approve(user_code)
    finishing = program("resume", name, environment=environment)
    [answer] = go([finishing])
    return answer.removeprefix("ready").strip()


def namespace(*command: str) -> list[str]:
    """The command in a mount namespace of its own, and what more of unshare's options come first."""
    return ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), *command]


def sum_up(requests: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Which endpoints were asked, and for which grant."""
    return [(request["endpoint"], request["form"].get("grant_type")) for request in requests]
