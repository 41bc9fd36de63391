"""Who watches: players that asked for a playlist or a segment in the last seconds."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

WINDOW = 15.0
"""Seconds after which a player that asks for nothing is gone. A live player asks about every second."""


@dataclass
class Counts:
    """When each player of each object was last heard of. A player is one load of the multivariant playlist."""

    seen: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, player: str, *objects: str) -> None:
        """A player asked for media of these objects just now."""
        now = time.monotonic()
        for key in objects:
            self.seen[key][player] = now

    def watching(self, key: str) -> int:
        """Return how many players watch an object now."""
        oldest = time.monotonic() - WINDOW
        alive = {player: at for player, at in self.seen.get(key, {}).items() if at >= oldest}
        if alive:
            self.seen[key] = alive
        else:
            self.seen.pop(key, None)
        return len(alive)
