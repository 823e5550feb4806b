"""Measures what a user waits for, beside a bare C program and msal, all in one run: medians of whole processes.

Programs that are compared take turns, so that whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/integration"))
from conftest import Entra, Keyring  # noqa: E402

HERE = Path(__file__).parent
BUILD = ROOT / ".build/release"


def compile_c(place: Path, name: str, *flags: str) -> str:
    program = place / name
    subprocess.run(["cc", "-O2", f"-I{ROOT}/include", str(HERE / f"{name}.c"), "-o", str(program), *flags], check=True)
    return str(program)


def timed(command: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1000


def side_by_side(commands: dict[str, list[str]], environment: dict[str, str], rounds: int) -> dict[str, float]:
    """The median of each in milliseconds, with the programs taking turns."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        timed(command, environment)
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(timed(command, environment))
    return {name: statistics.median(values) for name, values in times.items()}


def numbers(command: list[str], environment: dict[str, str], rounds: int) -> list[float]:
    """The medians of the numbers that a program prints of itself."""
    rows = []
    for _ in range(rounds):
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        rows.append([float(word) for word in done.stdout.split()])
    return [statistics.median(column) for column in zip(*rows)]


class Report:
    def __init__(self) -> None:
        self.missed = 0

    def line(self, what: str, value: float, unit: str, limit: float | None = None) -> None:
        verdict = ""
        if limit is not None:
            verdict = f"at most {limit:g} {unit}: " + ("reached" if value <= limit else "MISSED")
            self.missed += value > limit
        print(f"  {what:<52} {value:10.2f} {unit:<4} {verdict}")


def main() -> int:
    report = Report()
    python = sys.executable
    with tempfile.TemporaryDirectory(prefix="msauth-bench-") as name:
        place = Path(name)
        entra = Entra(place)
        keyring_place = Path(tempfile.mkdtemp(prefix="msauth-"))
        keyring = Keyring(keyring_place)
        try:
            measure(report, place, entra, keyring, python)
        finally:
            keyring.stop()
            entra.stop()
    print(f"bench: {report.missed} of the targets missed")
    return 1 if report.missed else 0


def measure(report: Report, place: Path, entra: Entra, keyring: Keyring, python: str) -> None:
    environment = {
        **keyring.environment,
        "AUTHORITY": entra.authority,
        "CA_FILE": entra.ca_file,
        "CLIENT_ID": entra.confidential_client_id,
        "CLIENT_SECRET": entra.client_secret,
        "CACHE": str(place / "msal.json"),
        "MSAUTH_CA_FILE": entra.ca_file,
    }
    library = str(BUILD / "libmsauth.so.0")
    link = [library, f"-Wl,-rpath,{BUILD}"]
    bare = compile_c(place, "bare", "-lcurl")
    cold = compile_c(place, "cold", *link)
    held = compile_c(place, "held", *link)
    load = compile_c(place, "load", "-ldl")
    empty = place / "empty.c"
    empty.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-O2", str(empty), "-o", str(place / "empty")], check=True)

    print("size")
    stripped = place / "stripped.so"
    subprocess.run(["strip", "-o", str(stripped), library], check=True)
    report.line("libmsauth.so, stripped", stripped.stat().st_size / 1e6, "MB", 16)

    print("load")
    loaded, first = numbers([load, library], environment, 15)
    report.line("dlopen", loaded, "ms")
    report.line("dlopen and first call", first, "ms", 15)

    print("a held token, through the C ABI")
    report.line("acquire, wait, read, free", numbers([held], environment, 9)[0], "µs")

    print("a cold token by client secret, whole process")
    entra.reset()
    subprocess.run([cold], env=environment, check=True)
    report.line("requests that libmsauth makes", len(entra.requests()), "", 1)
    entra.reset()
    subprocess.run([python, str(HERE / "cold_msal.py")], env=environment, check=True)
    report.line("requests that msal makes", len(entra.requests()), "")
    times = side_by_side(
        {"bare libcurl": [bare], "libmsauth": [cold], "msal": [python, str(HERE / "cold_msal.py")]}, environment, 21
    )
    for who, value in times.items():
        report.line(who, value, "ms")
    report.line("libmsauth, times the bare program", times["libmsauth"] / times["bare libcurl"], "×")

    print("a kept token for the shell, whole process")
    command = str(BUILD / "msauth-cli")
    options = ["--authority", entra.authority, "--client-id", entra.confidential_client_id]
    subprocess.run(
        [command, "connect", "bench", "--grant", "client_secret", "--client-secret", "env:CLIENT_SECRET", *options],
        env=environment,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    times = side_by_side(
        {
            "an empty C program": [str(place / "empty")],
            "secret-tool lookup (the same item, unread)": ["secret-tool", "lookup", "name", "bench"],
            "msauth token": [command, "token", "bench"],
            "msal, from a plain file": [python, str(HERE / "warm_msal.py")],
        },
        environment,
        31,
    )
    for who, value in times.items():
        report.line(who, value, "ms", 20 if who == "msauth token" else None)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
