"""The library from C: each program of Tests/c, compiled and run as a user of the header would."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ROOT, Entra, Keyring

SOURCES = ROOT / "Tests/c"
EXAMPLE = ROOT / "bindings/c/examples/device_code.c"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# -Weverything warns of what C++98 lacks too; the header is C++11 and says so.
EVERYTHING = ["-Weverything", "-Werror", "-Wno-c++98-compat", "-Wno-c++98-compat-pedantic"]
UNSUPPORTED, STORE_UNAVAILABLE = 3, 40

Build = Callable[..., Path]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def clang() -> str:
    """Swift's own, which is newer than Debian's."""
    swift = shutil.which("swift")
    assert swift is not None
    return str(Path(swift).resolve().with_name("clang"))


@pytest.fixture(scope="session")
def linkable(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library under the name that -lmsauth looks for, which every user may read."""
    folder = tmp_path_factory.mktemp("lib")
    shutil.copy(library, folder / "libmsauth.so.0")
    (folder / "libmsauth.so").symlink_to("libmsauth.so.0")
    for parent in [folder, *folder.parents[:2]]:
        parent.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def build(linkable: Path) -> Build:
    def build(name: str, *sources: Path, compiler: str = "gcc", flags: list[str], link: bool = True) -> Path:
        program = linkable / name
        library = [f"-L{linkable}", "-lmsauth", f"-Wl,-rpath,{linkable}"] if link else ["-ldl"]
        command = [compiler, *flags, f"-I{ROOT / 'include'}", *map(str, sources), "-o", str(program), *library]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return program

    return build


@pytest.fixture
def environment(entra: Entra) -> dict[str, str]:
    """What Tests/c/entra.h reads."""
    facts = {f"ENTRA_{name.upper()}": str(value) for name, value in entra.about.items()}
    return {**os.environ, **facts}


@pytest.fixture
def run(build: Build, environment: dict[str, str]) -> Run:
    """Compiles a program of Tests/c and runs it to a good end."""

    def run(
        name: str,
        *arguments: str,
        link: bool = True,
        stack: int | None = None,
        extra: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        flags = ["-std=gnu11", "-D_GNU_SOURCE", "-g", "-pthread", "-Wall", "-Wextra", "-Werror"]
        program = build(name, SOURCES / f"{name}.c", SOURCES / "entra.c", flags=flags, link=link)

        def limit_stack() -> None:
            if stack is not None:
                resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))

        done = subprocess.run(
            [str(program), *arguments],
            env={**environment, **(extra or {})},
            capture_output=True,
            text=True,
            timeout=300,
            preexec_fn=limit_stack,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


# ---- The header -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_header_is_c99_without_a_warning(build: Build, compiler: str) -> None:
    flags, command = (WARNINGS, "gcc") if compiler == "gcc" else (EVERYTHING, clang())
    program = build(f"c99-{compiler}", SOURCES / "header_c99.c", compiler=command, flags=["-std=c99", *flags])
    assert subprocess.run([program]).returncode == 0


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_header_is_cxx11_without_a_warning(build: Build, compiler: str) -> None:
    flags, command = (WARNINGS, "g++") if compiler == "gcc" else (EVERYTHING, clang() + "++")
    program = build(f"cxx11-{compiler}", SOURCES / "header_cxx11.cpp", compiler=command, flags=["-std=c++11", *flags])
    assert subprocess.run([program]).returncode == 0


# ---- One subject a program ------------------------------------------------------------------------------------------


def test_null_is_answered_in_every_argument_of_every_function(run: Run) -> None:
    run("nulls")


def test_bad_strings_are_refused_in_every_argument(run: Run) -> None:
    run("bad_strings")


def test_objects_are_freed_in_any_order_and_texts_live_as_long_as_they(run: Run) -> None:
    run("ownership")


def test_every_status_is_reached_and_explained(run: Run) -> None:
    run("statuses")


def test_eight_threads_share_a_client_and_cancel_within_100_ms(run: Run) -> None:
    run("threads")


def test_descriptor_is_readable_as_long_as_wait_would_not_answer_pending(run: Run) -> None:
    run("operation_fd")


def test_fifty_sign_ins_in_one_edge_triggered_loop_cost_no_busy_loop(run: Run) -> None:
    run("epoll_edge")


def test_forked_child_goes_on_while_eight_threads_acquire(run: Run) -> None:
    run("fork")


def test_500_exits_in_the_middle_of_a_handshake_end_with_0(run: Run) -> None:
    run("exit")


def test_host_with_a_signalfd_gets_100_of_100_signals(run: Run) -> None:
    run("signals")


def test_library_is_opened_and_closed_100_times_with_use_between(run: Run, linkable: Path) -> None:
    run("dlopen", str(linkable / "libmsauth.so.0"), link=False)


def test_nothing_of_the_host_changes_and_nothing_is_printed(run: Run) -> None:
    assert run("guest").stdout == ""


def test_what_the_library_owns_is_wiped_before_it_is_freed(run: Run) -> None:
    run("secrets")


@pytest.mark.parametrize("program", ["threads", "ownership", "statuses"])
def test_small_stacks_of_the_host_are_not_ours(run: Run, program: str) -> None:
    """As after `ulimit -s 256`: threads made without a size would get 256 KiB."""
    run(program, stack=256 << 10)


# ---- The example ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def example(build: Build) -> Path:
    return build("device_code", EXAMPLE, flags=["-std=c99", "-D_POSIX_C_SOURCE=200809L", *WARNINGS])


def test_example_is_at_most_40_lines() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 40


def test_example_prints_the_prompt_then_the_token(example: Path, entra: Entra) -> None:
    variables = {"MSAUTH_STORE": "memory", "MSAUTH_CA_FILE": entra.ca_file, "MSAUTH_AUTHORITY": entra.authority}
    with subprocess.Popen(
        [example, entra.client_id],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr is not None
        prompt = program.stderr.readline()
        code = entra.admin("GET", "/device")["pending"][0]["user_code"]
        assert code in prompt
        entra.approve(code)
        token, errors = program.communicate(timeout=20)
    assert (program.returncode, errors) == (0, "")
    assert token.count(".") == 2
    assert token.count("\n") == 1


def test_example_says_what_is_wrong_and_what_to_do(example: Path, entra: Entra) -> None:
    done = subprocess.run(
        [example, entra.client_id],
        env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == STORE_UNAVAILABLE
    message, hint = done.stderr.splitlines()
    assert len(message) > 20
    assert "memory" in hint
    assert done.stdout == ""


def test_example_finds_its_connection_in_the_keyring_again(example: Path, entra: Entra, keyring: Keyring) -> None:
    entra.settings(auto_approve=0)
    variables = {"MSAUTH_CA_FILE": entra.ca_file, "MSAUTH_AUTHORITY": entra.authority}
    environment = {**keyring.environment, **variables}
    command = [str(example), entra.client_id, "from-c"]
    first = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    assert first.returncode == 0, first.stderr
    asked = len(entra.requests())
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")
    assert len(entra.requests()) == asked


@pytest.fixture
def elevated(example: Path) -> Iterator[list[str]]:
    """A command that runs the example with more rights than its caller: setuid root, called by nobody; or, where the
    tests are not root, setgid to another group of the user's."""
    program = example.with_name("elevated")
    shutil.copy(example, program)
    if os.geteuid() == 0:
        os.chown(program, 0, 0)
        program.chmod(0o4755)
        yield ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", str(program)]
    else:
        groups = [group for group in os.getgroups() if group != os.getegid()]
        assert groups, "as a user without a second group, AT_SECURE cannot be had: run as root"
        os.chown(program, -1, groups[0])
        program.chmod(0o2755)
        yield [str(program)]
    program.unlink()


def test_setuid_copy_is_refused_before_any_file_is_touched(elevated: list[str], entra: Entra) -> None:
    program = Path(elevated[-1])
    assert program.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)
    # Where root and nobody may write: a file that is not there after all is one that nobody tried to make.
    place = program.parent / "place"
    place.mkdir(mode=0o777, exist_ok=True)
    place.chmod(0o777)
    variables = {
        "MSAUTH_STORE": "memory",
        "MSAUTH_CA_FILE": entra.ca_file,
        "MSAUTH_AUTHORITY": entra.authority,
        "SSLKEYLOGFILE": str(place / "keys"),
        "OPENSSL_CONF": str(place / "openssl.cnf"),
    }
    done = subprocess.run(
        [*elevated, entra.client_id], env={**os.environ, **variables}, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == UNSUPPORTED, done.stderr
    assert "more rights than its caller" in done.stderr
    assert list(place.iterdir()) == []
    assert entra.requests() == []


# ---- The keyring ----------------------------------------------------------------------------------------------------


def test_locked_keyring_is_answered_without_a_hang(run: Run, keyring: Keyring) -> None:
    keyring.lock()
    run("stores", "locked", extra=keyring.environment)


def test_record_that_cannot_be_read_is_kept_until_a_new_sign_in(run: Run, keyring: Keyring) -> None:
    attributes = ["xdg:schema", "org.msauth.Connection", "name", "broken"]
    subprocess.run(
        ["secret-tool", "store", "--label=msauth: broken", *attributes],
        env=keyring.environment,
        input="not a record",
        text=True,
        check=True,
    )
    run("stores", "corrupt", extra=keyring.environment)
    assert keyring.secret_tool("lookup", "unreadable", "broken").stdout == "not a record"


def test_sign_in_that_the_keyring_refuses_is_held_by_the_client(run: Run, keyring: Keyring, entra: Entra) -> None:
    entra.scenario(endpoint="token", delay_ms=1500, override={})
    with ThreadPoolExecutor(1) as pool:
        program = pool.submit(run, "stores", "not_kept", extra=keyring.environment)
        deadline = time.monotonic() + 60
        while not entra.requests("token"):
            assert time.monotonic() < deadline and not program.done()
            time.sleep(0.02)
        keyring.stop_daemon()
        program.result()


def test_connection_that_another_process_holds_for_long_is_busy(run: Run, keyring: Keyring) -> None:
    run("stores", "busy", extra=keyring.environment)


def test_lock_of_a_killed_process_is_free_though_its_forked_child_sleeps(run: Run, keyring: Keyring) -> None:
    run("stores", "killed", extra=keyring.environment)


def test_keyring_says_at_once_that_a_forked_child_cannot_use_it(run: Run, keyring: Keyring) -> None:
    run("stores", "forked", extra=keyring.environment)
