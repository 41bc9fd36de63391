"""What happens in a room, sent to everybody who watches: server-sent events down, ordinary POSTs up.

What matters is stored in PostgreSQL before it is published here; this only carries it. While Valkey is away nothing is
carried and nothing is lost: a viewer who missed something is told so by the event `gap` and loads it again.
"""

from foundation.realtime.history import position, publish
from foundation.realtime.hub import drain
from foundation.realtime.presence import presence, viewers
from foundation.realtime.stream import EventStream, stream

__all__ = ["EventStream", "drain", "position", "presence", "publish", "stream", "viewers"]
