"""cancel_in_dns: in a network of its own whose name server never answers, cancels a sign-in that waits for a name.

Prints how long waiting and freeing took then.
"""

import fcntl
import socket
import struct
import time

import msauth

SIOCSIFFLAGS, IFF_UP = 0x8914, 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    fcntl.ioctl(server, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    server.bind(("127.0.0.1", 53))
    client = msauth.Client(store="memory", authority="https://login.nowhere.example/contoso.example")
    operation = client.start("connect", "work", grant="client_secret", client_id="x", client_secret="secret")
    server.settimeout(20)
    server.recv(512)
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
