"""cancel: starts a sign-in, cancels it once a line comes, and prints how long waiting and freeing took then."""

import sys
import time

import msauth

client = msauth.Client(store="memory")
operation = client.start("connect", "work", grant="client_secret", client_id="x", client_secret="secret")
sys.stdin.readline()
begun = time.monotonic()
operation.cancel()
try:
    operation.wait()
except msauth.Cancelled:
    print(time.monotonic() - begun)
begun = time.monotonic()
operation.close()
client.close()
print(time.monotonic() - begun)
