"""Faults on request: what `/_sandbox/faults` switches on, each for a number of times."""

from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "webhook.drop": "the event is never sent",
    "webhook.duplicate": "the event is sent twice",
    "webhook.reorder": "the event is sent after the one that follows it",
    "webhook.delay": "the event is sent after `seconds`",
    "api.before": "the call is answered with 500 and has no effect",
    "api.lost": "the call has its effect and the answer is lost in a 500",
    "api.busy": "the call is answered with 429 and has no effect",
    "api.delay": "the call is answered after `seconds`",
    "ingest.refuse": "an encoder is refused although its key is right",
    "ingest.cut": "an encoder is dropped `seconds` after it connected",
}


@dataclass(kw_only=True)
class Fault:
    """One switched-on fault. `match` is a part of the event's type or of "METHOD /path"; empty matches all."""

    kind: str
    times: int = 1
    match: str = ""
    seconds: float = 1.0


@dataclass
class Faults:
    """The faults that are waiting to happen."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Switch one on. Raises ValueError with a sentence when it is not a known fault."""
        if wanted.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        fault = Fault(
            kind=wanted["kind"],
            times=int(wanted.get("times", 1)),
            match=str(wanted.get("match", "")),
            seconds=float(wanted.get("seconds", 1)),
        )
        self.waiting.append(fault)
        return fault

    def take(self, kind: str, subject: str) -> Fault | None:
        """Use up one occurrence of a fault that fits, and return it; None when there is none."""
        for fault in self.waiting:
            if fault.kind == kind and fault.match in subject:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
