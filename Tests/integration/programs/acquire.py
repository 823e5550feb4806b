"""acquire NAME: says "ready", waits for a line, and prints where the token came from and the token."""

import sys

import msauth

client = msauth.Client()
print("ready", flush=True)
sys.stdin.readline()
token = client.acquire(sys.argv[1])
print(token.source, token.access_token)
