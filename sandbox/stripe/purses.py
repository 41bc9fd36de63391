"""Running sums of the balance transactions, so that a balance costs nothing to ask for."""

from __future__ import annotations

import heapq

from sandbox.stripe.store import Store, Thing


class Purses:
    """Available and pending money per account and currency."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rebuild()

    def rebuild(self) -> None:
        """Sum everything again."""
        self._settled: dict[tuple[str, str], int] = {}
        self._pending: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for account, entry in self._store.of_kind("balance_transaction"):
            self.count(account, entry)

    def count(self, account: str, entry: Thing) -> None:
        """Add a movement that is not pending for ever: it becomes available when its time comes."""
        heapq.heappush(self._pending.setdefault((account, entry["currency"]), []), (entry["available_on"], entry["net"]))

    def sums(self, account: str, currency: str, now: int) -> tuple[int, int]:
        """Available and pending money at `now`. A clock that was set back does not make money pending again."""
        purse = (account, currency)
        waiting = self._pending.get(purse, [])
        while waiting and waiting[0][0] <= now:
            self._settled[purse] = self._settled.get(purse, 0) + heapq.heappop(waiting)[1]
        return self._settled.get(purse, 0), sum(net for _, net in waiting)
