"""`python -m sandbox.stripe`: run the stand-in until its parent ends or it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
from pathlib import Path

import uvicorn

from sandbox.parent import announce, die_with_parent
from sandbox.stripe.admin import point_webhooks
from sandbox.stripe.server import BrokenOff, Server


def main() -> None:
    """Read the options, listen, announce the port, serve."""
    options = _options()
    die_with_parent()
    logging.getLogger("uvicorn.error").addFilter(_not_on_purpose)
    try:
        listening = _listen(options.host, options.port)
    except OSError as error:
        raise SystemExit(f"The stand-in of Stripe cannot listen on port {options.port}: {error.strerror}.") from None
    asyncio.run(_serve(options, listening))


async def _serve(options: argparse.Namespace, listening: socket.socket) -> None:
    port = int(listening.getsockname()[1])
    path = None
    if options.data_dir is not None:
        options.data_dir.mkdir(parents=True, exist_ok=True)
        path = options.data_dir / "stripe.sqlite3"
    server = Server(path, options.public_url or f"http://{options.host}:{port}")
    endpoints: dict[bool, tuple[str, str]] = {}
    if options.webhook_url:
        endpoints[False] = (options.webhook_url, options.webhook_secret)
    if options.connect_webhook_url:
        endpoints[True] = (options.connect_webhook_url, options.connect_webhook_secret)
    point_webhooks(server.world, endpoints)
    server.commit()
    config = uvicorn.Config(server, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=30)
    http = uvicorn.Server(config)
    working = asyncio.create_task(server.run())
    serving = asyncio.create_task(http.serve(sockets=[listening]))
    if options.announce is not None:
        announce(options.announce, port=port)
    await asyncio.wait({working, serving}, return_when=asyncio.FIRST_COMPLETED)
    http.should_exit = True
    working.cancel()
    await serving
    await server.sender.close()
    server.world.store.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stripe", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8011, help="0: any free port")
    parser.add_argument("--public-url", default="", help="address that browsers use, when it is another one")
    parser.add_argument("--data-dir", type=Path, help="folder of the store; without it everything is forgotten at the end")
    parser.add_argument("--announce", type=Path, help="file that tells the port and the process id when ready")
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="whsec_sandbox_platform")
    parser.add_argument("--connect-webhook-url", default="")
    parser.add_argument("--connect-webhook-secret", default="whsec_sandbox_connect")
    return parser.parse_args()


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, else asyncio leaves Nagle on
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(2048)  # from here on connections wait instead of being refused
    return listening


def _not_on_purpose(record: logging.LogRecord) -> bool:
    return not (record.exc_info and record.exc_info[0] is BrokenOff)


if __name__ == "__main__":
    main()
