"""Real engines for every test: one PostgreSQL for the run, a Valkey and the stand-ins for each worker, a clean database for each test."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import hypothesis
import pytest
import uvicorn
from xdist.scheduler import LoadScopeScheduling

from foundation import embedded, settings
from tests import databases
from tests.stand_ins import StandIn

if TYPE_CHECKING:
    from entrypoints.app import Site

pytest_plugins = ["tests.contracts.recorder"]

ONE_AFTER_ANOTHER = ("tests/faults/programs/",)
"""Folders whose tests share something costly: all of one folder run in one worker, and nothing else is made twice."""

hypothesis.settings.register_profile("thorough", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("thorough"), max_examples=30)

_engines: list[embedded.Engines] = []
_folders: list[Path] = []
_sites: list[Site] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start the engines from the main thread: PostgreSQL in the controller, Valkey in each worker."""
    folder = Path(tempfile.mkdtemp(prefix="fanfare-tests-"))
    folder.chmod(0o755)
    _folders.append(folder)
    os.environ.update(FANFARE_ENV="test", FANFARE_DATA_DIR=str(folder), FANFARE_LOG_LEVEL="error")
    # Everybody whom tests talk to is on this machine and speaks plain HTTP: a client need not read the list of authorities,
    # which takes a fifth of a second.
    (folder / "authorities").mkdir()
    os.environ["SSL_CERT_DIR"] = str(folder / "authorities")
    os.environ.pop("SSL_CERT_FILE", None)  # it would count before the folder
    os.environ["FANFARE_CACHE_DIR"] = str(settings.ROOT / ".fanfare" / "cache")
    os.environ.setdefault("PICCOLO_CONF", "entrypoints.piccolo_conf")
    hypothesis.settings.load_profile("quick" if config.option.markexpr == "not slow" else "thorough")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    settings.current.cache_clear()
    started = embedded.engines(settings.current(), serving=True, throw_away=True)
    _engines.append(started)
    os.environ.update(DATABASE_URL=started.database_url, REDIS_URL=started.redis_url)
    if worker is None:
        databases.make_template(started.database_url)
    parallel = worker is None and getattr(config.option, "numprocesses", None)
    if not parallel:
        os.environ["DATABASE_URL"] = databases.clone(started.database_url, f"test_{worker or 'alone'}")
    settings.current.cache_clear()


def pytest_unconfigure(config: pytest.Config) -> None:
    for started in _engines:
        started.stop()
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


def together(nodeid: str) -> str:
    """Tests with the same answer run in one worker: those of each folder of `ONE_AFTER_ANOTHER`, any other test by itself."""
    return next((folder for folder in ONE_AFTER_ANOTHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Each worker takes the next test; xdist's own marks for groups are lost on pytest 9.2, which keeps node ids elsewhere."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = together
    return scheduler


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def _loop(anyio_backend: str) -> AsyncIterator[asyncio.AbstractEventLoop]:
    """Keeps one event loop for the whole session, so that pools and clients live as long as the process, as in production."""
    from foundation import jobs, stripe_gateway, valkey
    from foundation.database import DB

    yield asyncio.get_running_loop()
    await asyncio.to_thread(jobs.stop_working)
    await stripe_gateway.close()
    await valkey.close()
    await DB.close()


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """No test leaves the clock moved for the next one."""
    from foundation import clock

    yield
    moved = clock.now() - datetime.now(UTC)
    assert abs(moved) < timedelta(seconds=1), f"the clock was left {moved} from the time"


@pytest.fixture
async def db(_loop: asyncio.AbstractEventLoop) -> None:
    """An empty database and an empty Valkey."""
    await databases.empty()


@pytest.fixture(scope="session")
def stripe_program() -> Iterator[StandIn]:
    with StandIn.start("stripe") as program:
        os.environ.update(STRIPE_API_BASE=program.url, STRIPE_JS_URL=f"{program.url}/v3/")
        settings.current.cache_clear()
        yield program


@pytest.fixture(scope="session")
def mux_program() -> Iterator[StandIn]:
    with StandIn.start("mux") as program:
        os.environ.update(
            MUX_API_BASE=program.url,
            MUX_STREAM_BASE=f"{program.url}/stream",
            MUX_IMAGE_BASE=f"{program.url}/image",
            MUX_STATS_BASE=f"{program.url}/stats",
            MUX_RTMP_URL=f"rtmp://127.0.0.1:{program.rtmp_port}/app",
        )
        settings.current.cache_clear()
        yield program


@pytest.fixture
async def stripe_sandbox(stripe_program: StandIn, _loop: asyncio.AbstractEventLoop) -> StandIn:
    """The stand-in of Stripe, empty, delivering webhooks only when told to."""
    await stripe_program.reset()
    return stripe_program


@pytest.fixture
async def mux_sandbox(mux_program: StandIn, _loop: asyncio.AbstractEventLoop) -> StandIn:
    """The stand-in of Mux, empty, delivering webhooks only when told to."""
    await mux_program.reset()
    return mux_program


@pytest.fixture(scope="session")
async def _server(stripe_program: StandIn, mux_program: StandIn, _loop: asyncio.AbstractEventLoop) -> AsyncIterator[str]:
    """The web application behind a real port, in the event loop of the tests."""
    from entrypoints.app import create_app
    from foundation import realtime

    site = create_app()
    _sites.append(site)
    config = uvicorn.Config(
        site, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1, timeout_keep_alive=60, ws="none"
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.ensure_future(server.serve())
    while not server.started:
        if running.done():
            running.result()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    os.environ["FANFARE_BASE_URL"] = url
    settings.current.cache_clear()
    yield url
    await realtime.drain()
    server.should_exit = True
    await running


@pytest.fixture
async def server(_server: str, db: None, stripe_sandbox: StandIn, mux_sandbox: StandIn) -> AsyncIterator[str]:
    """Address of the running application, with everything behind it empty."""
    for stand_in in (stripe_sandbox, mux_sandbox):  # a test of the stand-ins may have pointed their webhooks elsewhere
        await stand_in.send_webhooks_to(_server)
    yield _server
    await _sites[0].redirects.keeper.settle()


@pytest.fixture
def site(server: str) -> Site:
    """The running application itself."""
    return _sites[0]


@pytest.fixture
async def client(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    from tests.cast import browser

    async with browser(server) as opened:
        yield opened


@pytest.fixture
async def cast(server: str) -> AsyncIterator[object]:
    """The people of the tests."""
    from tests.cast import Cast

    people = Cast(server)
    yield people
    await people.leave()


@pytest.fixture
async def settle(server: str, stripe_program: StandIn, mux_program: StandIn) -> Callable[[], Awaitable[None]]:
    """Deliver the stand-ins' webhooks, relay the outbox and run the jobs until nothing is left to do."""
    from foundation import outbox

    async def until_quiet() -> None:
        for _ in range(50):
            delivered = await stripe_program.flush() + await mux_program.flush()
            if not delivered + await outbox.drain():
                return
        raise AssertionError("the jobs do not come to an end")

    return until_quiet
