"""Ctrl-C in a program that waits."""

from __future__ import annotations

import signal
import time

import pytest
from binding import daemon, defaults, memory_client, msauth, program, started
from conftest import Entra


@pytest.mark.parametrize("moment", [0.0, 0.15, 0.5])
def test_a_waiting_program_ends_within_300_ms_of_ctrl_c(entra: Entra, moment: float) -> None:
    process = program("wait", environment=defaults(entra, MSAUTH_CLIENT_ID=entra.client_id))
    assert started(process)
    time.sleep(moment)
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    assert time.monotonic() - pressed < 0.3
    assert (process.returncode, output, errors) == (130, "interrupted\n", "")


def test_a_program_that_does_not_catch_ctrl_c_ends_by_the_signal(entra: Entra) -> None:
    entra.scenario(endpoint="token", fault="hang")
    environment = defaults(entra, MSAUTH_CLIENT_ID=entra.client_id)
    process = program("wait_uncaught", environment=environment)
    assert started(process)
    while not entra.requests("token"):
        time.sleep(0.02)
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert time.monotonic() - pressed < 0.3
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")


def test_ctrl_c_cancels_the_operation_and_leaves_the_client_usable(entra: Entra) -> None:
    client = memory_client(entra)
    client.connect("daemon", **daemon(entra))
    entra.scenario(endpoint="token", fault="hang")
    operation = client.start("acquire", "daemon", refresh=True)

    def press(_: int, __: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            operation.wait()
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(msauth.Cancelled):
        operation.wait()
    assert client.acquire("daemon", refresh=True).source == "signed_in"
