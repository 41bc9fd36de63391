"""Jobs: the broker between the relay and the actors, what surrounds each run, and the worker.

Actors stand in `<storey>/jobs.py`, take ids, call a verb that is safe to call twice, and are declared with `actor` of
this module. At first they belong to a broker inside the process, which tests and seeds keep; `use` gives them Valkey's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import dramatiq
from dramatiq import Actor, Broker, Worker
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AsyncIO, Middleware, Retries, SkipMessage, TimeLimit
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from foundation import deliveries, logs, valkey
from foundation.database import DB

if TYPE_CHECKING:
    from dramatiq.broker import MessageProxy

Result = TypeVar("Result")
Given = ParamSpec("Given")

TIME_LIMIT = 5 * 60 * 1000
"""Milliseconds that a job may take; `actor(time_limit=...)` for one that needs more."""

TRIES = 15
FIRST_WAIT = 1_000
LONGEST_WAIT = 10 * 60 * 1000
"""A failing job is tried again after 1-2 s, then 2-4 s, ... up to 10 minutes, for about an hour; then it is dead."""

HEARTBEAT = 15_000
"""Milliseconds of silence after which a worker's messages are given to another one."""

ALWAYS = 1_000_000
"""Maintenance at every fetch: with Dramatiq's own setting a killed worker's message came back after 11 minutes."""

DEAD_COPY_KEPT = 24 * 3600 * 1000
"""Milliseconds that Dramatiq keeps its own copy of a dead message; ours is the row of the delivery."""

_kept_worker: Worker | None = None
_delivery: ContextVar[int | None] = ContextVar("delivery", default=None)


@overload
def actor(fn: Callable[Given, Awaitable[None]], /) -> Actor[Given, Awaitable[None]]: ...


@overload
def actor(**options: Any) -> Callable[[Callable[Given, Awaitable[None]]], Actor[Given, Awaitable[None]]]: ...


def actor(fn: Any = None, /, **options: Any) -> Any:
    """Declare an actor, with Dramatiq's own options: what was worked off before is skipped, and what is done is noted.

    Both happen in the coroutine of the job: a worker's thread waits once for a job, and not three times.
    """
    return dramatiq.actor(_once(fn)) if fn is not None else lambda later: dramatiq.actor(_once(later), **options)


def _once(fn: Callable[Given, Awaitable[None]]) -> Callable[Given, Awaitable[None]]:
    @wraps(fn)
    async def job(*given: Given.args, **named: Given.kwargs) -> None:
        delivery_id = _delivery.get()
        if delivery_id is not None and not await deliveries.is_open(delivery_id):
            raise SkipMessage
        await fn(*given, **named)
        if delivery_id is not None:
            await deliveries.finish(delivery_id)

    return job


class LoopThread(AsyncIO):
    """The event loop of asynchronous actors, in a thread that never keeps the process alive."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002  # Dramatiq's signature
        thread = EventLoopThread(self.logger)
        thread.daemon = True
        thread.start(timeout=5)
        set_event_loop_thread(thread)


class Connections(Middleware):
    """Closes what the actors have opened on their event loop, before that ends."""

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002  # Dramatiq's signature
        _on_loop(DB.close())
        _on_loop(valkey.close())


class RequestIds(Middleware):
    """A job logs and publishes under the id of the request that caused it."""

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002  # Dramatiq's signature
        logs.request_id.set(str(message.options.get("request_id", "")))


class Deliveries(Middleware):
    """Tells a job which delivery it is, and keeps the row of one that failed in step with its message: dead when given up.

    It stands before `Retries`, and what comes after a job goes through the list backwards: so it knows whether the job
    will be tried again.
    """

    def __init__(self, retries: Retries) -> None:
        self.retries = retries

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002  # Dramatiq's signature
        _delivery.set(message.options.get("delivery_id"))

    def after_process_message(
        self,
        broker: Broker,  # noqa: ARG002  # Dramatiq's signature
        message: MessageProxy,
        *,
        result: object = None,  # noqa: ARG002  # Dramatiq's signature
        exception: BaseException | None = None,
    ) -> None:
        delivery_id = message.options.get("delivery_id")
        if delivery_id is None or exception is None:
            return
        if message.failed:
            _on_loop(deliveries.bury(delivery_id, error=describe(exception)))
        else:
            _on_loop(deliveries.await_retry(delivery_id, seconds=self._longest_wait(message), error=describe(exception)))

    def _longest_wait(self, message: MessageProxy) -> float:
        tries = int(message.options["retries"])
        return float(min(self.retries.min_backoff * 2**tries, self.retries.max_backoff)) / 1000


def broker_on_valkey(*, heartbeat: int = HEARTBEAT, retries: Retries | None = None) -> RedisBroker:
    """The broker of a real process: `heartbeat` in milliseconds."""
    connection = Redis.from_url(
        valkey.address(valkey.JOBS),
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 3),
        retry_on_error=[ConnectionLost, NoAnswer],
    )
    return RedisBroker(
        client=connection,
        middleware=middleware(retries or Retries(max_retries=TRIES - 1, min_backoff=FIRST_WAIT, max_backoff=LONGEST_WAIT)),
        maintenance_chance=ALWAYS,
        heartbeat_timeout=heartbeat,
        dead_message_ttl=DEAD_COPY_KEPT,
    )


def broker_in_process() -> StubBroker:
    """A broker without a server that tries a failing job three times within some milliseconds."""
    return StubBroker(middleware=middleware(Retries(max_retries=2, min_backoff=1, max_backoff=5)))


def middleware(retries: Retries) -> list[Middleware]:
    """What surrounds every job, in order; what comes after it runs backwards."""
    return [Deliveries(retries), TimeLimit(time_limit=TIME_LIMIT), retries, LoopThread(), Connections(), RequestIds()]


def broker() -> Broker:
    """The broker of this process."""
    return dramatiq.get_broker()


def use(broker: Broker) -> None:
    """Give every actor, declared before or after, to this broker. Not while a worker of `start_worker` runs."""
    stop_working()
    before = dramatiq.get_broker()
    dramatiq.set_broker(broker)
    for each in list(before.actors.values()):
        each.broker = broker
        broker.declare_actor(each)


def start_worker(*, threads: int = 8, idle_milliseconds: int = 100) -> Worker:
    """Begin to work off the current broker's queues; `.stop()` finishes what runs and gives back what was fetched."""
    broker = dramatiq.get_broker()
    broker.emit_after("process_boot")
    worker = Worker(broker, worker_threads=threads, worker_timeout=idle_milliseconds)
    worker.start()
    return worker


def keep_working() -> None:
    """Have one worker in this process for the broker inside it, for as long as the process lives or `use` is called."""
    global _kept_worker
    if _kept_worker is None:
        _kept_worker = start_worker(threads=4, idle_milliseconds=20)


def stop_working() -> None:
    """End the worker that `keep_working` began, if any."""
    global _kept_worker
    if _kept_worker is not None:
        _kept_worker.stop()
        _kept_worker = None


def describe(error: BaseException) -> str:
    """One line for people: what went wrong, without a traceback."""
    return f"{type(error).__name__}: {error}"[:2000]


def _on_loop(work: Awaitable[Result]) -> Result:
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("no worker runs in this process")
    return thread.run_coroutine(work)


dramatiq.set_broker(broker_in_process())
