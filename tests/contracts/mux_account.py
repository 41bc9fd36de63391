"""What the tests of Mux's gateway share: the account they call, a place that receives webhooks, and vendor code as judge."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from foundation import settings
from foundation.settings import ROOT

NODE = ROOT / "tests" / "contracts" / "mux_judge.cjs"


@contextmanager
def with_settings(**values: str) -> Iterator[None]:
    """Change settings of this process while the block runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    settings.current.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        settings.current.cache_clear()


@dataclass
class Letterbox:
    """An address that receives webhooks; `answers` are the statuses of the next ones (200 when it runs out)."""

    url: str = ""
    received: list[tuple[str, bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.received]


@contextmanager
def letterbox() -> Iterator[Letterbox]:
    """Open a letterbox on a free port."""
    box = Letterbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            box.received.append((self.headers["mux-signature"], body))
            self.send_response(box.answers.pop(0) if box.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        log_message = staticmethod(lambda *_: None)  # type: ignore[assignment]  # quiet

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.url = f"http://127.0.0.1:{server.server_port}/webhooks/mux"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def mux_node(question: dict[str, str]) -> dict[str, Any]:
    """Ask Mux's own library for node: `{"verify": body, ...}` or `{"sign": playback id, ...}`."""
    package = ROOT / "node_modules" / "@mux" / "mux-node"
    assert package.exists(), "@mux/mux-node is missing: run the set-up, which installs the front-end packages"
    done = subprocess.run(
        ["node", str(NODE)], input=json.dumps(question), capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
