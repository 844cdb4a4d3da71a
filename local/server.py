"""An ASGI application on a thread of its own, under uvicorn, so that the main thread keeps the signals."""

import socket
import threading

import uvicorn
from starlette.types import ASGIApp


def listener(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 lets the system choose. Raises OSError where the port cannot be had.

    The system queues connections from here on, so that nobody is refused until a `Server` accepts.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # The protocol is named, since asyncio sets TCP_NODELAY on such sockets only; without it a request takes 40 ms.
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


class Server:
    """Serves `app` on a listening socket from `start` to `stop`."""

    _KEEP_ALIVE = 75

    def __init__(self, app: ASGIApp, sock: socket.socket, *, grace: int = 5) -> None:
        """`grace` is how many seconds `stop` lets requests in flight go on."""
        host, port = sock.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                # A client must not choose the address that it is logged with.
                proxy_headers=False,
                timeout_keep_alive=self._KEEP_ALIVE,
                timeout_graceful_shutdown=grace,
            )
        )
        self._thread = threading.Thread(target=self._uvicorn.run, args=([sock],), name="server", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Accept nothing more, wait for what is in flight, but no longer than the grace."""
        self._uvicorn.should_exit = True
        self._thread.join()
