"""`python3 upstream.py PORT`: answers every GET on loopback with the same mebibyte, `/small` with two bytes.

A thread a connection and one `sendall` an answer: the kernel copies the bytes, so Python is no bottleneck here.
"""

import socket
import sys
import threading

from workloads import BLOB

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n"
    b"content-length: " + str(len(BLOB)).encode() + b"\r\n\r\n"
)
ANSWER = HEAD + BLOB
SMALL_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"
HEAD_BYTES_MAX = 64 * 1024


def serve(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer_all, args=(connection,), daemon=True).start()


def _answer_all(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    with connection:
        try:
            while True:
                while b"\r\n\r\n" not in received:
                    more = connection.recv(HEAD_BYTES_MAX)
                    if not more or len(received) > HEAD_BYTES_MAX:
                        return
                    received += more
                head, _, received = received.partition(b"\r\n\r\n")
                connection.sendall(SMALL_ANSWER if head.startswith(b"GET /small ") else ANSWER)
                if b"\nconnection: close" in head.lower():
                    return
        except OSError:
            return  # the worker's runtime has hung up: its business


if __name__ == "__main__":
    serve(int(sys.argv[1]))
