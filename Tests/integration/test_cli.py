"""The program msauth, as a person at a terminal, a script and a pipe use it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Entra, Keyring

# The statuses of the library, which are the program's exit statuses.
INVALID_ARGUMENT, UNSUPPORTED, DENIED, CANCELLED = 2, 3, 13, 15
NETWORK, BAD_CREDENTIAL, STORE_UNAVAILABLE, STORE_LOCKED, NOT_FOUND = 20, 31, 40, 41, 43

CODE = re.compile(r"To sign in, open (https://\S+) and enter the code (\S+)")


class Shell:
    """The program, with the local Entra and a keyring in its environment."""

    def __init__(self, cli: Path, entra: Entra, keyring: Keyring) -> None:
        self.cli = cli
        self.entra = entra
        self.environment = {
            **{k: v for k, v in keyring.environment.items() if not k.startswith("MSAUTH_")},
            "MSAUTH_AUTHORITY": entra.authority,
            "MSAUTH_CA_FILE": entra.ca_file,
            "MSAUTH_CLIENT_ID": entra.client_id,
            "TERM": "xterm",
            "TZ": "UTC",
        }
        self.daemon = ("--client-id", entra.confidential_client_id, "--tenant", entra.tenant)

    def start(self, *words: str, **how: Any) -> Started:
        return Started(self, words, **how)

    def run(self, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.cli, *words],
            env={**self.environment, **environment},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            # Without a terminal to ask on, wherever the tests were started.
            start_new_session=True,
        )

    def succeed(self, *words: str, **how: Any) -> str:
        done = self.run(*words, **how)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.succeed(*words, "--json"))

    def connect_daemon(self, name: str, *words: str) -> None:
        self.succeed(
            "connect", name, *self.daemon, "--client-secret", "env:SECRET", *words, SECRET=self.entra.client_secret
        )

    def connect_alice(self, name: str, *words: str) -> None:
        with self.start("connect", name, *words) as connecting:
            connecting.approve()
            assert connecting.end() == 0, connecting.shown


class Started:
    """A program that runs: what it says on stderr, or on its terminal, is read until something that is waited for."""

    def __init__(self, shell: Shell, words: tuple[str, ...], *, on_terminal: bool = False) -> None:
        self.shell = shell
        self.shown = ""
        self.terminal = -1
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        inside = -1
        if on_terminal:
            self.terminal, inside = pty.openpty()
            streams = {"stdin": inside, "stdout": subprocess.PIPE, "stderr": inside}
        self.process = subprocess.Popen(
            [shell.cli, *words],
            env=shell.environment,
            start_new_session=True,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None) if on_terminal else None,
            **streams,
        )
        if on_terminal:
            os.close(inside)
            self.said = self.terminal
        else:
            assert self.process.stderr is not None
            self.said = self.process.stderr.fileno()

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
        if self.terminal >= 0:
            os.close(self.terminal)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read(self) -> bool:
        readable, _, _ = select.select([self.said], [], [], 20)
        assert readable, f"nothing more was said after {self.shown!r}"
        try:
            text = os.read(self.said, 4096)
        except OSError:  # A terminal that nobody holds any more.
            return False
        self.shown += text.decode()
        return bool(text)

    def wait_for(self, text: str) -> None:
        while text not in self.shown:
            assert self._read(), f"it ended after {self.shown!r}"

    def code(self) -> str:
        """The code of the prompt, once its line is whole."""
        self.wait_for("enter the code")
        self.wait_for("\n")
        plain = re.sub(r"\x1b\[[0-9]*m", "", self.shown)
        found = CODE.search(plain)
        assert found is not None, self.shown
        return found[2]

    def approve(self) -> None:
        self.shell.entra.approve(self.code())

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def has_echo(self) -> bool:
        attributes: list[Any] = termios.tcgetattr(self.terminal)
        return bool(attributes[3] & termios.ECHO)

    def end(self) -> int:
        """The exit status, once all that was said is read."""
        while self._read():
            pass
        return self.process.wait(20)

    def answer(self) -> str:
        assert self.process.stdout is not None
        text: bytes = self.process.stdout.read()
        return text.decode()


@pytest.fixture
def shell(cli: Path, entra: Entra, keyring: Keyring) -> Iterator[Shell]:
    yield Shell(cli, entra, keyring)


def is_token(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", text) is not None


def error_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return dict(json.loads(lines[0]))


# Signing in


def test_a_sign_in_by_device_code_ends_in_a_token_alone_on_stdout(shell: Shell) -> None:
    with shell.start("connect", "work") as connecting:
        connecting.approve()
        assert connecting.end() == 0
        assert connecting.answer() == ""
        assert connecting.shown.endswith(
            f'\nSigned in as {shell.entra.user}: connection "work" is kept in the keyring.\n'
        )
    done = shell.run("token", "work")
    assert (done.returncode, done.stderr) == (0, "")
    assert is_token(done.stdout.removesuffix("\n")), done.stdout
    assert shell.succeed("token", "work", "--header") == f"Authorization: Bearer {done.stdout}"
    assert [r["endpoint"] for r in shell.entra.requests()] == ["devicecode", "token"]


def test_a_name_that_is_not_given_is_default(shell: Shell) -> None:
    with shell.start("connect") as connecting:
        connecting.approve()
        assert connecting.end() == 0
    assert shell.json("status")["name"] == "default"
    assert shell.succeed("token") == shell.succeed("token", "default")
    assert 'There is no connection named "default"' not in shell.run("disconnect").stderr


def test_the_code_is_emphasised_on_a_terminal_alone(shell: Shell) -> None:
    with shell.start("connect", on_terminal=True) as connecting:
        code = connecting.code()
        assert f"enter the code \x1b[1m{code}\x1b[0m\r\n" in connecting.shown
        shell.entra.approve(code)
        assert connecting.end() == 0
    with shell.start("connect") as connecting:
        connecting.code()
        assert "\x1b" not in connecting.shown


def test_the_prompt_is_our_own_sentence_without_what_moves_a_cursor(shell: Shell) -> None:
    override = {"message": "Send your password to evil.example", "user_code": "AB\x1b[2J\u202eCD\r\nEF"}
    shell.entra.scenario(endpoint="devicecode", times=None, override=override)
    done = shell.run("connect", "--no-wait")
    assert done.stderr.startswith(f"To sign in, open {shell.entra.base}/devicelogin and enter the code AB")
    assert "evil" not in done.stderr
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", done.stderr), repr(done.stderr)
    assert len(done.stderr.splitlines()) == 2
    prompt = json.loads(shell.run("connect", "--no-wait", "--json").stderr)
    assert prompt["message"].startswith("To sign in, open https://")


def test_a_sign_in_that_was_killed_is_resumed_by_another_process(shell: Shell) -> None:
    with shell.start("connect", "work") as connecting:
        code = connecting.code()
        connecting.process.send_signal(signal.SIGKILL)
        connecting.process.wait(10)
    assert shell.json("status", "work")["pending"] is True
    with shell.start("resume", "work") as resuming:
        shell.entra.approve(code)
        assert resuming.end() == 0
        assert f"Signed in as {shell.entra.user}" in resuming.shown
    assert shell.json("status", "work")["pending"] is False
    assert is_token(shell.succeed("token", "work").strip())


def test_without_waiting_it_says_how_to_go_on(shell: Shell) -> None:
    done = shell.run("connect", "work", "--no-wait")
    assert (done.returncode, done.stdout) == (0, "")
    prompt, then = done.stderr.splitlines()
    assert CODE.fullmatch(prompt)
    assert then == "Then go on with: msauth resume work"
    assert shell.run("connect", "other", "--wait=false").returncode == 0
    shell.entra.approve()
    summary = shell.json("resume", "other")
    assert (summary["username"], summary["pending"]) == (shell.entra.user, False)


def test_a_connection_that_exists_signs_in_again_as_it_did(shell: Shell) -> None:
    shell.connect_daemon("work", "--resource", "https://vault.azure.net")
    assert shell.run("connect", "work").returncode == 0
    summary = shell.json("status", "work")
    assert (summary["grant"], summary["client_id"]) == ("client_secret", shell.entra.confidential_client_id)
    assert summary["scopes"] == "https://vault.azure.net/.default"


def test_a_sign_in_that_was_never_finished_may_be_begun_anew(shell: Shell) -> None:
    shell.succeed("connect", "work", "--no-wait")
    shell.connect_alice("work", "--resource", "https://vault.azure.net")
    assert shell.json("status", "work")["scopes"] == "https://vault.azure.net/.default"


def test_what_the_environment_gives_is_kept_in_a_new_connection_and_changes_no_other(shell: Shell) -> None:
    shell.connect_alice("work")
    del shell.environment["MSAUTH_CLIENT_ID"], shell.environment["MSAUTH_AUTHORITY"]
    assert is_token(shell.succeed("token", "work", "--refresh").strip())
    shell.environment["MSAUTH_CLIENT_ID"] = shell.entra.confidential_client_id
    assert is_token(shell.succeed("token", "work", "--refresh").strip())
    shell.succeed("connect", "work", "--no-wait")
    assert {r["form"]["client_id"] for r in shell.entra.requests()} == {shell.entra.client_id}


def test_a_wrong_value_in_the_environment_names_its_variable(shell: Shell) -> None:
    done = shell.run("list", MSAUTH_TENANT="not a tenant")
    assert done.returncode == INVALID_ARGUMENT
    assert done.stderr.splitlines()[1] == "hint: It comes from the environment variable MSAUTH_TENANT."


# Secrets


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("form", ["env", "file", "fd", "stdin", "pass", "pipe"])
def test_a_secret_is_read_from_where_the_flag_says(shell: Shell, tmp_path: Path, form: str, end: str) -> None:
    secret = shell.entra.client_secret
    file = tmp_path / "secret"
    file.write_bytes((secret + end).encode())
    reading, writing = os.pipe()
    os.write(writing, file.read_bytes())
    os.close(writing)
    # An argument and a variable have no end of line to take off.
    source = {
        "env": "env:THE_SECRET",
        "file": f"file:{file}",
        "fd": f"fd:{reading}",
        "stdin": "stdin",
        "pass": f"pass:{secret}",
        "pipe": f"file:/dev/fd/{reading}",
    }[form]
    done = subprocess.run(
        [shell.cli, "connect", "daemon", *shell.daemon, "--client-secret", source],
        env={**shell.environment, "THE_SECRET": secret},
        input=file.read_bytes() if form == "stdin" else b"",
        capture_output=True,
        pass_fds=[reading],
        start_new_session=True,
        timeout=60,
    )
    os.close(reading)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert ("Other users may see" in said) == (form == "pass")
    assert secret not in said
    assert shell.entra.requests("token")[-1]["form"]["client_secret"] == secret


@pytest.mark.parametrize("value", ["hunter2", "hunter2:x", "stdin:hunter2", "fd:hunter2", "PASS:hunter2", ""])
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(shell: Shell, value: str) -> None:
    done = shell.run("connect", *shell.daemon, "--client-secret", value)
    assert done.returncode == INVALID_ARGUMENT
    assert "it takes env:VAR, file:PATH, fd:N, stdin or pass:LITERAL" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("env:NOT_THERE", 'There is no environment variable "NOT_THERE"'),
        ("file:/not/there", 'No secret can be read from the file "/not/there": No such file or directory'),
        ("file:/", "Is a directory"),
        ("fd:97", "Bad file descriptor"),
        ("stdin", 'The option "client_secret" is empty'),
        ("file:/dev/zero", "longer than 64 KiB"),
    ],
)
def test_a_secret_that_cannot_be_read_is_said_with_its_place(shell: Shell, source: str, what: str) -> None:
    done = shell.run("connect", *shell.daemon, "--client-secret", source)
    assert done.returncode == INVALID_ARGUMENT
    assert what in done.stderr


def test_a_secret_that_the_grant_needs_is_asked_for_without_echo(shell: Shell) -> None:
    words = ("connect", "daemon", "--grant", "client_secret", *shell.daemon)
    with shell.start(*words, on_terminal=True) as connecting:
        connecting.wait_for("client_secret (not shown): ")
        assert not connecting.has_echo()
        connecting.type(shell.entra.client_secret + "\n")
        connecting.wait_for("Signed in as the application")
        assert connecting.has_echo()
        assert shell.entra.client_secret not in connecting.shown
        assert connecting.end() == 0
    # It is kept, so that it need not be asked for again.
    with shell.start("connect", "daemon", on_terminal=True) as connecting:
        assert connecting.end() == 0
        assert "not shown" not in connecting.shown
    shell.succeed(
        "connect", "daemon", "--no-keep-credentials", "--client-secret", "stdin", typed=shell.entra.client_secret
    )


def test_a_secret_that_a_connection_does_not_keep_is_asked_for_again(shell: Shell) -> None:
    shell.connect_daemon("daemon", "--no-keep-credentials")
    with shell.start("connect", "daemon", on_terminal=True) as connecting:
        connecting.wait_for("client_secret (not shown): ")
        connecting.type(shell.entra.client_secret + "\n")
        assert connecting.end() == 0


def test_without_a_terminal_the_missing_secret_is_an_error(shell: Shell) -> None:
    done = shell.run("connect", "--grant", "client_secret", *shell.daemon)
    assert done.returncode == INVALID_ARGUMENT
    assert 'needs the option "client_secret"' in done.stderr


def test_no_core_is_dumped_while_a_secret_may_be_in_memory(shell: Shell) -> None:
    with shell.start("connect") as connecting:
        connecting.code()
        limits = Path(f"/proc/{connecting.process.pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


# Stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_waiting_sign_in_within_300_ms(shell: Shell, number: signal.Signals) -> None:
    with shell.start("connect", "work") as connecting:
        connecting.code()
        before = connecting.shown
        sent = time.monotonic()
        connecting.process.send_signal(number)
        assert connecting.process.wait(5) == CANCELLED
        assert time.monotonic() - sent < 0.3
        connecting.end()
        assert connecting.shown == before + "\n"
    assert shell.json("status", "work")["pending"] is True


@pytest.mark.parametrize("fault", ["hang", "slow_body"])
def test_a_signal_ends_a_request_that_hangs_within_300_ms(shell: Shell, fault: str) -> None:
    shell.connect_daemon("daemon")
    shell.entra.admin("DELETE", "/requests")
    shell.entra.scenario(endpoint="token", fault=fault)
    with shell.start("token", "daemon", "--refresh") as asking:
        while not shell.entra.requests("token"):
            assert asking.process.poll() is None
        sent = time.monotonic()
        asking.process.send_signal(signal.SIGINT)
        assert asking.process.wait(5) == CANCELLED
        assert time.monotonic() - sent < 0.3
        asking.end()
        assert (asking.shown, asking.answer()) == ("\n", "")


def test_ctrl_c_at_the_question_gives_the_echo_back(shell: Shell) -> None:
    with shell.start("connect", "--grant", "client_secret", *shell.daemon, on_terminal=True) as connecting:
        connecting.wait_for("(not shown): ")
        connecting.type("half a sec\x03")
        assert connecting.process.wait(5) == CANCELLED
        assert connecting.has_echo()
        connecting.end()
        assert "half a sec" not in connecting.shown
    assert shell.entra.requests("token") == []


def test_ctrl_c_ends_it_while_nobody_writes_the_secret(shell: Shell, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    words = ("connect", *shell.daemon, "--client-secret", f"file:{fifo}")
    with shell.start(*words) as connecting, open(fifo, "wb"):
        # Opening for writing waited for the reader: it is there.
        connecting.process.send_signal(signal.SIGINT)
        assert connecting.process.wait(5) == CANCELLED


def test_a_signal_that_the_parent_ignores_stays_ignored(shell: Shell) -> None:
    with subprocess.Popen(
        ["nohup", shell.cli, "connect"],
        env=shell.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as connecting:
        assert connecting.stderr is not None
        found = None
        while found is None:
            found = CODE.search(connecting.stderr.readline())
        connecting.send_signal(signal.SIGHUP)
        shell.entra.approve(found[2])
        assert connecting.wait(20) == 0


def test_a_reader_that_went_away_ends_it_quietly(shell: Shell) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        described = subprocess.run(
            [shell.cli, "describe"], stdout=writer, stderr=subprocess.PIPE, restore_signals=False, timeout=10
        )
    finally:
        os.close(writer)
    assert (described.returncode, described.stderr) == (-signal.SIGPIPE, b"")


def test_an_answer_that_cannot_be_written_is_an_error(shell: Shell) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([shell.cli, "describe"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == UNSUPPORTED
    assert done.stderr == "msauth: The answer could not be written: No space left on device.\n"


# Options


def described(shell: Shell) -> dict[str, Any]:
    return dict(json.loads(shell.succeed("describe")))


COMMANDS = {
    "connect": "connect",
    "resume": "resume",
    "token": "acquire",
    "status": "list",
    "list": "list",
    "disconnect": "disconnect",
}


@pytest.mark.parametrize(("command", "call"), COMMANDS.items())
def test_a_command_takes_the_options_of_its_call_and_of_the_client(shell: Shell, command: str, call: str) -> None:
    expected = set()
    for option in described(shell)["options"]:
        if call in option["calls"] or option["calls"] == ["client"]:
            flag = option["name"].replace("_", "-")
            expected |= {"--" + flag} | ({"--no-" + flag} if option["kind"] == "flag" else set())
    taken = {line.split()[0] for line in shell.succeed(command, "--flags").splitlines()}
    assert taken - expected <= {"--json", "--header", "--all", "--names", "--flags", "--help"}
    assert expected <= taken


@pytest.mark.parametrize("command", [*COMMANDS, "describe", "help"])
def test_the_help_names_every_option_and_fits_a_terminal(shell: Shell, command: str) -> None:
    text = shell.succeed(command, "--help")
    assert text == shell.succeed("help", command) == shell.succeed(command, "-h", "--nonsense")
    assert max(map(len, text.splitlines())) <= 80
    for line in shell.succeed(command, "--flags").splitlines():
        flag = line.split()[0]
        if flag not in ("--names", "--flags") and not flag.startswith("--no-"):
            assert re.search(rf"^  (--\[no-\]|--){flag[2:]}\b", text, re.MULTILINE), flag


def test_the_help_of_the_program_names_every_command(shell: Shell) -> None:
    text = shell.succeed("--help")
    assert text == shell.succeed("help") == shell.succeed("-h")
    assert all(re.search(rf"^  {command}\b", text, re.MULTILINE) for command in (*COMMANDS, "describe", "help"))
    assert max(map(len, text.splitlines())) <= 80
    assert shell.succeed("--version") == f"msauth {described(shell)['version']}\n"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["token", "--tenent", "x"], "token does not take the option --tenent; did you mean --tenant?"),
        (["token", "--keep", "settings"], "token does not take the option --keep."),
        (["token", "--secret=hunter2"], "token does not take the option --secret."),
        (["list", "-x"], "list does not take the option -x."),
        (
            ["connect", "--cl", "x"],
            "The option --cl may be --client-id or --cloud or --client-secret or --client-certificate or "
            "--client-certificate-key or --client-certificate-data or --client-certificate-password or "
            "--client-certificate-key-uri or --client-assertion or --claims: write it out.",
        ),
        (["connect", "--client-id"], "The option --client-id needs a value."),
        (["connect", "--no-wait=1"], "The option --no-wait takes no value."),
        (["connect", "--wait=maybe"], 'The option "wait" is "maybe": it takes true or false.'),
        (["connect", "--scopes", "a", "--resource", "b"], "exclude each other"),
        (["connect", "one", "two"], "connect takes one NAME, not 2."),
        (["token", "$(touch pwned)"], "is not taken"),
        (["token", ""], "is not taken"),
        (["list", "work"], "list takes no NAME."),
        (["disconnect"], "disconnect needs a NAME, or --all for all connections."),
        (["disconnect", "work", "--all"], "either NAMEs or --all"),
        (["tokn"], 'There is no command "tokn"; did you mean token?'),
        (["help", "tokn"], 'There is no command "tokn".'),
        (["--json", "token"], "msauth does not take the option --json"),
        ([], "No command was given."),
    ],
)
def test_a_wrong_command_line_is_answered_with_what_is_taken(shell: Shell, words: list[str], what: str) -> None:
    done = shell.run(*words)
    assert (done.returncode, done.stdout) == (INVALID_ARGUMENT, "")
    assert what in done.stderr
    assert "hunter2" not in done.stderr
    assert shell.entra.requests() == []


def test_an_unknown_option_is_answered_with_the_options_that_are_taken(shell: Shell) -> None:
    hint = shell.run("resume", "--nonsense").stderr.splitlines()[1]
    assert hint.startswith("hint: It takes --application, --ca-file, --client-")
    assert "--client-secret, --connect-timeout," in hint
    assert "--[no-]store-prompt" in hint and "--flags" not in hint


def test_a_word_that_is_not_utf_8_is_an_error(shell: Shell) -> None:
    done = subprocess.run([shell.cli, "token", b"\xff\xfe"], capture_output=True, env=shell.environment)
    assert done.returncode == INVALID_ARGUMENT
    assert b"is not UTF-8" in done.stderr


def test_options_may_stand_behind_the_name_and_a_list_may_be_given_in_parts(shell: Shell) -> None:
    shell.succeed("connect", "--no-wait", "work", "--scopes", "User.Read", "--scopes", "Mail.Read")
    assert set(shell.entra.requests("devicecode")[0]["form"]["scope"].split()) >= {"User.Read", "Mail.Read"}


# Exit statuses


def test_the_exit_status_is_the_library_s_status(shell: Shell, keyring: Keyring) -> None:
    assert shell.run("token", "nobody").returncode == NOT_FOUND
    assert shell.run("status", "nobody").returncode == NOT_FOUND
    assert shell.run("resume", "nobody").returncode == NOT_FOUND
    wrong = ("connect", "daemon", *shell.daemon, "--client-secret", "env:WRONG")
    assert shell.run(*wrong, WRONG="not-the-secret").returncode == BAD_CREDENTIAL
    assert shell.run("connect", "--authority", "https://127.0.0.1:9/organizations").returncode == NETWORK
    with shell.start("connect") as connecting:
        shell.entra.admin("POST", "/device/deny", {"user_code": connecting.code()})
        assert connecting.end() == DENIED
    keyring.lock()
    locked = shell.run("token", "work")
    assert locked.returncode == STORE_LOCKED
    assert [line.split(":")[0] for line in locked.stderr.splitlines()] == ["msauth", "hint"]
    keyring.stop_daemon()
    assert shell.run("token", "work").returncode == STORE_UNAVAILABLE


def test_a_token_that_the_store_refused_is_answered_with_a_warning(shell: Shell, keyring: Keyring) -> None:
    shell.connect_daemon("daemon")
    shell.entra.admin("DELETE", "/requests")
    shell.entra.scenario(endpoint="token", delay_ms=1500, times=None)
    with shell.start("token", "daemon", "--refresh") as asking:
        while not shell.entra.requests("token"):
            assert asking.process.poll() is None
        keyring.stop_daemon()
        assert asking.end() == 0
        assert asking.shown.startswith("msauth: The store refused this token")
        assert is_token(asking.answer().removesuffix("\n"))


# What there is


def test_the_list_is_a_table_for_people_and_json_for_programs(shell: Shell) -> None:
    shell.connect_alice("work")
    shell.connect_daemon("nightly")
    shell.succeed("connect", "later", "--no-wait")
    header, *rows = shell.succeed("list").splitlines()
    assert header.split() == ["NAME", "ACCOUNT", "GRANT", "TENANT", "TOKEN"]
    columns = [header.index(title) for title in header.split()]
    cells = [[row[start:].split("  ")[0] for start in columns] for row in rows]
    assert [row[0] for row in cells] == ["later", "nightly", "work"]
    applications = [shell.entra.client_id, shell.entra.confidential_client_id]
    assert [row[1] for row in cells] == [*applications, shell.entra.user]
    assert [row[4] for row in cells] == ["sign-in pending", "for 59 min", "for 59 min"]
    assert shell.succeed("list", "--names").split() == ["later", "nightly", "work"]
    connections = shell.json("list")
    assert [c["name"] for c in connections] == ["later", "nightly", "work"]
    assert connections[2]["username"] == shell.entra.user


def test_nothing_to_list_is_a_sentence_and_no_failure(shell: Shell) -> None:
    done = shell.run("list")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "There are no connections. Make one with msauth connect.\n"
    assert shell.json("list") == []
    assert shell.succeed("list", "--names") == ""


def test_the_status_says_who_until_when_and_where(shell: Shell) -> None:
    shell.connect_alice("work")
    lines = dict(line.split(maxsplit=1) for line in shell.succeed("status", "work").splitlines())
    assert lines["name"] == "work"
    assert lines["username"] == shell.entra.user
    assert lines["renewable"] == "yes"
    assert lines["pending"] == "no"
    assert lines["store"] == "secret-service"
    assert re.fullmatch(r"on\s+20\d\d-\d\d-\d\d \d\d:\d\d \(in 59 min\)", lines["expires"])
    elsewhere = shell.succeed("status", "work", TZ="UTC-9")
    assert lines["expires"] not in elsewhere and "(in 59 min)" in elsewhere


def test_names_from_outside_reach_no_terminal_as_they_are(shell: Shell) -> None:
    override = {"id_token": {"preferred_username": "al\x1b[31mice\u202e@contoso.example"}}
    shell.entra.scenario(endpoint="token", times=None, claims_override=override)
    with shell.start("connect", "work") as connecting:
        connecting.approve()
        connecting.end()
        assert "\x1b" not in connecting.shown and "\u202e" not in connecting.shown
    for text in (shell.succeed("list"), shell.succeed("status", "work")):
        assert "\x1b" not in text and "\u202e" not in text


# Disconnecting


def test_disconnecting_goes_on_after_a_name_that_fails(shell: Shell) -> None:
    for name in ("one", "two", "three"):
        shell.connect_daemon(name)
    done = shell.run("disconnect", "one", "nobody", "$(id)", "two")
    assert done.returncode == NOT_FOUND
    assert 'There is no connection named "nobody"' in done.stderr
    assert 'The connection name "$(id)" is not taken' in done.stderr
    assert shell.succeed("list", "--names").split() == ["three"]


def test_all_connections_are_disconnected_at_once(shell: Shell) -> None:
    for name in ("one", "two"):
        shell.connect_daemon(name)
    assert shell.json("disconnect", "--all") == ["one", "two"]
    assert shell.json("list") == []
    assert shell.json("disconnect", "--all") == []


def test_disconnecting_may_keep_the_settings(shell: Shell) -> None:
    shell.connect_alice("work")
    done = shell.run("disconnect", "work", "--keep", "settings")
    assert done.stderr == 'Signed "work" out; its settings are kept.\n'
    summary = shell.json("status", "work")
    assert (summary["grant"], summary["renewable"]) == ("device_code", False)
    shell.connect_alice("work")


# JSON


def test_json_answers_on_stdout_and_complains_on_stderr(shell: Shell) -> None:
    with shell.start("connect", "work", "--json") as connecting:
        connecting.wait_for("\n")
        prompt = json.loads(connecting.shown)
        assert CODE.fullmatch(prompt["message"])
        shell.entra.approve(prompt["user_code"])
        assert connecting.end() == 0
        summary = json.loads(connecting.answer())
    assert (summary["name"], summary["username"], summary["store"]) == ("work", shell.entra.user, "secret-service")
    assert "access_token" not in summary
    assert shell.json("status", "work") == summary
    token = shell.json("token", "work")
    assert token["access_token"] == shell.succeed("token", "work").strip()
    assert (token["source"], token["connection"]) == ("held", "work")
    assert shell.json("disconnect", "work") == ["work"]
    failed = shell.run("token", "work", "--json")
    assert (failed.returncode, failed.stdout) == (NOT_FOUND, "")
    assert error_of(failed)["status"] == "not_found"
    mistaken = shell.run("token", "--nonsense", "--json")
    assert error_of(mistaken)["status"] == "invalid_argument"
    assert json.loads(shell.succeed("describe", "--json")) == described(shell)


# Completion


def completed(shell: Shell, *words: str) -> list[str]:
    """What bash offers for the last word."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _msauth; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", script, "bash", ROOT / "bindings/shell/msauth.bash", shell.cli, *words],
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1]


def test_bash_completes_commands_options_words_and_names(shell: Shell) -> None:
    shell.connect_daemon("nightly")
    shell.connect_daemon("work")
    assert completed(shell, "dis") == ["disconnect"]
    assert completed(shell, "token", "--client-s") == ["--client-secret"]
    grants = [grant["name"] for grant in json.loads(shell.succeed("describe"))["grants"]]
    assert completed(shell, "connect", "--grant", "") == grants
    assert completed(shell, "token", "") == ["nightly", "work"]
    assert completed(shell, "disconnect", "work", "ni") == ["nightly"]
    assert completed(shell, "help", "tok") == ["token"]


def test_completion_neither_unlocks_the_keyring_nor_complains(shell: Shell, keyring: Keyring) -> None:
    keyring.lock()
    assert completed(shell, "token", "") == [""]
    keyring.stop_daemon()
    assert completed(shell, "token", "") == [""]


def test_a_name_of_another_program_s_making_is_shown_and_never_completed(
    shell: Shell, keyring: Keyring, tmp_path: Path
) -> None:
    name = f"$(touch {tmp_path}/ran)"
    subprocess.run(
        ["secret-tool", "store", "--label=x", "xdg:schema", "org.msauth.Connection", "name", name],
        env=keyring.environment,
        input=b"{}",
        check=True,
    )
    shell.connect_daemon("work")
    assert completed(shell, "token", "") == ["work"]
    assert name in shell.succeed("list") and "unreadable" in shell.succeed("list")
    done = shell.run("disconnect", "--all")
    assert (done.returncode, shell.succeed("list", "--names")) == (0, "")
    assert f'msauth: "{name}" is left alone.' in done.stderr
    assert not (tmp_path / "ran").exists()
