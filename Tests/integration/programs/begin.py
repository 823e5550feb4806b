"""begin NAME: prints the user code of a sign-in by device code, and hangs around to be killed."""

import signal
import sys

import msauth

client = msauth.Client()
client.connect(sys.argv[1], grant="device_code", wait=False, on_prompt=lambda prompt: print(prompt.user_code))
print("begun", flush=True)
signal.pause()
