"""resume NAME [SECONDS]: waits for a line after "ready", finishes the sign-in, prints who signed in and the token."""

import sys

import msauth

client = msauth.Client()
print("ready", flush=True)
sys.stdin.readline()
token = client.resume(sys.argv[1], timeout=int(sys.argv[2]) if len(sys.argv) > 2 else 60)
print(token.username, token.access_token)
