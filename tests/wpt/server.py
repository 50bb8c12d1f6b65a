"""The checkout's own servers: wptserve with its handlers and its stash, and pywebsocket."""
import contextlib
import logging
import re
import socket
import sys
import uuid
from pathlib import Path

# What scripts ask the server to put in; wptserve itself does not do it where it has no TLS.
FIELD = re.compile(r"\{\{([a-z]+)(?:\[(\w*)\])?(?:\[(\w*)\])?[^}]*\}\}")
MOVED = {"/resources/WebIDLParser.js": "/resources/webidl2/lib/webidl2.js"}
OTHER_HOST = "127.0.0.1"


class Server:
    """Two origins over HTTP and one over WebSockets, on loopback."""

    def __init__(self, checkout: Path):
        sys.path[:0] = [str(checkout), str(checkout / "tools")]
        import localpaths  # noqa: F401 - finds what the checkout brings along
        from serve.serve import WebSocketDaemon
        from wptserve import config, server, stash

        logging.getLogger().setLevel(logging.CRITICAL + 1)
        self._checkout = checkout
        self._ports = {scheme: free_ports(2) for scheme in ["http", "https", "h2", "ws", "wss"]}
        hosts = {"browser_host": "localhost", "alternate_hosts": {"alt": OTHER_HOST}, "subdomains": set(), "not_subdomains": set()}
        others = {"doc_root": str(checkout), "check_subdomains": False, "ssl": {"type": "none", "none": {}}}
        self._config = config.ConfigBuilder(logging.getLogger("wptserve"), ports=self._ports, **hosts, **others)
        self._open = contextlib.ExitStack()
        shared = self._open.enter_context(self._config)
        self._open.enter_context(stash.StashServer(None, authkey=str(uuid.uuid4())))
        root = str(checkout)
        self._servers = [server.WebTestHttpd(host="127.0.0.1", port=port, doc_root=root, config=shared) for port in self._ports["http"]]
        handlers = str(checkout / "websockets/handlers")
        self._servers.append(WebSocketDaemon("127.0.0.1", str(self._ports["ws"][0]), root, handlers, True, None))
        self.origin = f"http://localhost:{self._ports['http'][0]}"

    def __enter__(self):
        for server in self._servers:
            server.start()
        return self

    def __exit__(self, *_):
        for server in self._servers:
            server.stop()
        self._open.close()

    def text(self, path: str):
        """A script as it is served, with what the server would put in."""
        file = self._checkout / MOVED.get(path, path).lstrip("/")
        if not file.is_file():
            return f"throw new Error({f'{path} is not in the checkout'!r});"
        text = file.read_text(encoding="utf-8", errors="replace")
        return FIELD.sub(self._value, text) if ".sub." in path else text

    def _value(self, match):
        name, first, second = match.groups()
        if name == "ports":
            return str(self._ports[first][int(second)])
        if name == "hosts" and first == "alt":
            return OTHER_HOST
        return "localhost" if name in ("host", "domains", "hosts") else match[0]


def free_ports(count: int):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
