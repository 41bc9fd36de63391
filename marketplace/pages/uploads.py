"""A picture in a form."""

from __future__ import annotations

from foundation.web import Form
from marketplace.pictures import MAX_BYTES, keep_picture


async def uploaded_picture(form: Form, name: str = "picture") -> str | None:
    """The path of the picture that was sent with the form, kept; None when none was chosen. Raises as `keep_picture`."""
    file = form.file(name)
    if file is None:
        return None
    return await keep_picture(await file.read(MAX_BYTES + 1))
