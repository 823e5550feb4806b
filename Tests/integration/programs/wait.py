"""wait: prints the user code of a sign-in by device code that nobody approves; after Ctrl-C how it ended."""

import sys

import msauth

client = msauth.Client(store="memory")
try:
    client.connect("work", grant="device_code", on_prompt=lambda prompt: print(prompt.user_code, flush=True))
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(130)
