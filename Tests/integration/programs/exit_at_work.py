"""exit_at_work OPTIONS SECONDS: signs in once, begins four more sign-ins and ends without waiting for any."""

from __future__ import annotations

import json
import sys
import time

import msauth


def begin() -> msauth.Operation:
    return msauth.Client(store="memory").start("connect", None, **json.loads(sys.argv[1]))


begin().wait()
operations = [begin() for _ in range(4)]
time.sleep(float(sys.argv[2]))
