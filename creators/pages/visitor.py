"""Who watches, for counting: an account, or one visit of somebody without. Without consent nothing is stored on anybody's device."""

from __future__ import annotations

from uuid import UUID, uuid4

from creators import visits
from foundation.accounts import Principal
from foundation.web import Form, Web


def visitor_of(request: Web, principal: Principal | None, form: Form | None = None) -> str:
    """An id that is the same in all tabs of an account, that of a device whose visitor agreed to be recognised, or the one that the page carries."""
    if principal is not None:
        return f"p{principal.id.hex}"
    if device := visits.device_of(request):
        return device.hex
    sent = (form.values.get("visitor") if form else None) or request.query_params.get("visitor")
    try:
        return UUID(str(sent)).hex
    except ValueError:
        return uuid4().hex
