"""asyncio by descriptors, and cancellation from tasks and threads."""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from binding import PROGRAMS, daemon, defaults, memory_client, msauth, namespace
from conftest import Entra
from msauth import aio

SOON = 0.1


def asynchronous(entra: Entra, **options: Any) -> aio.Client:
    given = {"store": "memory", "ca_file": entra.ca_file, "authority": entra.authority}
    return aio.Client(**{**given, **options})


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def test_fifty_sign_ins_in_one_loop_cost_next_to_nothing_and_each_prompt_is_seen_once(entra: Entra) -> None:
    entra.settings(device_interval=2, auto_approve=5)
    seen: list[str] = []

    async def sign_in(client: aio.Client, number: int) -> msauth.Token:
        return await client.connect(
            f"work{number}",
            grant="device_code",
            client_id=entra.client_id,
            on_prompt=lambda prompt: seen.append(prompt.user_code or ""),
        )

    async def main() -> list[msauth.Token]:
        async with asynchronous(entra) as client:
            return await asyncio.gather(*(sign_in(client, number) for number in range(50)))

    begun, spent = time.monotonic(), time.process_time()
    tokens = asyncio.run(main())
    wall, processor = time.monotonic() - begun, time.process_time() - spent
    assert wall > 5
    # Two hundred requests are in it; a busy loop would spend the whole of the wall.
    assert processor < 0.05 * wall, f"{processor:.3f} s of {wall:.3f} s"
    assert len(seen) == len(set(seen)) == 50
    assert {token.username for token in tokens} == {entra.user}
    assert [request["status"] for request in entra.requests("token")] == [400] * 100 + [200] * 50


def test_a_held_token_makes_neither_a_thread_nor_a_descriptor(entra: Entra) -> None:
    async def main() -> None:
        client = asynchronous(entra)
        await client.connect("daemon", **daemon(entra))
        before = (threads(), len(os.listdir("/proc/self/fd")))
        operation = client._client.start("acquire", "daemon")
        assert operation.step() is msauth.Progress.OK
        assert (threads(), len(os.listdir("/proc/self/fd"))) == before

    asyncio.run(main())


def test_all_calls_can_be_awaited_and_a_prompt_may_be_a_coroutine(entra: Entra) -> None:
    async def show(prompt: msauth.Prompt) -> None:
        await asyncio.sleep(0)
        await asyncio.to_thread(entra.approve, prompt.user_code)

    async def main() -> None:
        client = asynchronous(entra)
        assert (
            await client.connect("work", grant="device_code", client_id=entra.client_id, wait=False, on_prompt=show)
            is None
        )
        assert (await client.connection("work")).pending
        assert (await client.resume("work")).username == entra.user
        assert (await client.acquire("work", refresh=True)).source == "refreshed"
        assert [each.name for each in await client.connections()] == ["work"]
        await client.disconnect("work")
        with pytest.raises(msauth.NotFound):
            await client.acquire("work")
        client.close()

    asyncio.run(main())


def test_a_cancelled_task_is_cancelled_at_once_and_its_descriptor_is_out_of_the_loop(entra: Entra) -> None:
    async def main() -> None:
        client = asynchronous(entra)
        entra.scenario(endpoint="token", fault="hang", times=None)
        before = len(os.listdir("/proc/self/fd"))
        tasks = [asyncio.create_task(client.connect(f"daemon{number}", **daemon(entra))) for number in range(5)]
        await asyncio.to_thread(wait_until, lambda: len(entra.requests("token")) == 5)
        begun = time.monotonic()
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert time.monotonic() - begun < SOON
        assert [type(result) for result in results] == [asyncio.CancelledError] * 5
        loop: Any = asyncio.get_running_loop()
        assert len(loop._selector.get_map()) == 1
        await asyncio.to_thread(wait_until, lambda: len(os.listdir("/proc/self/fd")) <= before + 1)

    asyncio.run(main())


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---- Cancelling from another thread


def cancelled_in(operation: msauth.Operation, ready: Callable[[], bool]) -> float:
    """How long after a cancel from another thread a wait to the end answers."""
    times: list[float] = []

    def cancel() -> None:
        wait_until(ready)
        times.append(time.monotonic())
        operation.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(msauth.Cancelled):
        operation.wait()
    ended = time.monotonic()
    thread.join()
    return ended - times[0]


def test_a_sign_in_that_waits_for_its_user_is_cancelled_within_100_ms(entra: Entra) -> None:
    client = memory_client(entra)
    operation = client.start("connect", "work", grant="device_code", client_id=entra.client_id)
    assert cancelled_in(operation, lambda: bool(entra.admin("GET", "/device")["pending"])) < SOON


@pytest.mark.parametrize("fault", ["hang", "slow_body"])
def test_a_request_to_a_service_that_hangs_is_cancelled_within_100_ms(entra: Entra, fault: str) -> None:
    client = memory_client(entra)
    entra.scenario(endpoint="token", fault=fault)
    operation = client.start("connect", "daemon", **daemon(entra))
    assert cancelled_in(operation, lambda: bool(entra.requests())) < SOON
    assert client.connections() == []


def test_a_connection_that_nobody_accepts_is_cancelled_within_100_ms(entra: Entra) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client = memory_client(entra, authority=f"https://127.0.0.1:{port}")
        operation = client.start("connect", "daemon", **daemon(entra))
        selector = selectors.DefaultSelector()
        selector.register(listener, selectors.EVENT_READ)
        # The TCP connection is there, and nobody answers its TLS.
        assert cancelled_in(operation, lambda: bool(selector.select(1))) < SOON


def test_a_name_that_dns_never_answers_is_cancelled_within_100_ms(entra: Entra, tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:10 attempts:3\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    script = 'for name in resolv nsswitch; do mount --bind "$1/$name.conf" "/etc/$name.conf"; done; shift; exec "$@"'
    program = [sys.executable, str(PROGRAMS / "cancel_in_dns.py")]
    command = namespace("--net", "sh", "-ec", script, "sh", str(tmp_path), *program)
    output = subprocess.run(command, env=defaults(entra), capture_output=True, text=True, timeout=30, check=True).stdout
    cancelled, freed = (float(each) for each in output.split())
    assert cancelled < SOON
    assert freed < SOON


def test_cancelling_what_has_ended_changes_nothing(entra: Entra) -> None:
    client = memory_client(entra)
    operation = client.start("connect", "daemon", **daemon(entra))
    token = operation.wait()
    operation.cancel()
    again = operation.wait()
    assert token is not None
    assert again is not None
    assert again.access_token == token.access_token
