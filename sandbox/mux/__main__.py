"""Start the stand-in: `python -m sandbox.mux --port 0 --data-dir DIR --announce FILE`."""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from sandbox.mux.app import make_app
from sandbox.mux.ingest import Ingest
from sandbox.mux.world import World, make_world
from sandbox.parent import announce, die_with_parent

HOST = "127.0.0.1"


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mux", description=__doc__)
    parser.add_argument("--port", type=int, default=8012, help="HTTP port; 0 takes any free one")
    parser.add_argument("--rtmp-port", type=int, help="RTMP port; by default the next one, or any when --port is 0")
    parser.add_argument("--data-dir", default=".fanfare/mux", help="folder of the store and the media")
    parser.add_argument("--announce", help="file to write the ports to when everything is ready")
    parser.add_argument("--webhook-url", default="", help="where webhooks are sent; empty: nowhere")
    parser.add_argument("--webhook-secret", default="mux_sandbox_webhook", help="what signs them")
    parser.add_argument("--token-id", default="", help="the only token id to accept; empty: any")
    parser.add_argument("--token-secret", default="", help="the secret that belongs to it")
    return parser.parse_args()


def listen(port: int) -> socket.socket:
    """Open a port, or end the program with a sentence that names it."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((HOST, port))
    except OSError:
        sys.exit(_fail(f"Port {port} is in use."))
    opened.listen(512)
    opened.setblocking(False)
    return opened


async def serve(options: argparse.Namespace, http: socket.socket, rtmp: socket.socket) -> None:
    """Serve until a signal asks to stop."""
    world = make_world(options)
    server = Server(
        uvicorn.Config(make_app(world), log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )
    encoders = await asyncio.start_server(Ingest(world.stage).serve, sock=rtmp, limit=1024 * 1024)
    world.stage.recover()
    background = [asyncio.create_task(world.webhooks.run()), asyncio.create_task(_tell(options, server, http, rtmp))]
    try:
        await server.serve(sockets=[http])
    finally:
        encoders.close()
        await _stop(world, background)


class Server(uvicorn.Server):
    """uvicorn that leaves signals to us: its own handling ends the process before the recordings are closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in order on SIGTERM and on SIGINT."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(wanted, self.handle_exit, wanted, None)
        yield


async def _tell(options: argparse.Namespace, server: uvicorn.Server, http: socket.socket, rtmp: socket.socket) -> None:
    while not server.started:  # noqa: ASYNC110  # uvicorn says it by this flag only
        await asyncio.sleep(0.01)
    if options.announce:
        announce(Path(options.announce), port=http.getsockname()[1], rtmp_port=rtmp.getsockname()[1])


async def _stop(world: World, background: list[asyncio.Task[None]]) -> None:
    for task in background:
        task.cancel()
    await world.stage.stop()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(world.webhooks.deliver_due(), 2)
    await world.webhooks.http.aclose()


def main() -> None:
    """Run the program."""
    die_with_parent()
    options = read_options()
    http = listen(options.port)
    rtmp_port = options.rtmp_port
    if rtmp_port is None:
        rtmp_port = options.port + 1 if options.port else 0
    asyncio.run(serve(options, http, listen(rtmp_port)))


def _fail(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


if __name__ == "__main__":
    main()
