"""wait_uncaught: prints the user code of a sign-in by device code, and waits without an eye on Ctrl-C."""

import msauth

client = msauth.Client(store="memory")
client.connect("work", grant="device_code", on_prompt=lambda prompt: print(prompt.user_code, flush=True))
