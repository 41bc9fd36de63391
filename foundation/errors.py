"""What Fanfare says when it will not do something."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """A named, anticipated "no" that a person can act on.

    A subclass stands beside the verb that raises it and sets `code` (stable, for programs), `status` (HTTP), `message`
    (gettext msgid with `%(name)s` fields filled from the instance's data) and, when one form field caused it, `field`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "This cannot be done."
    field: str | None = None

    def __init__(self, *, field: str | None = None, **data: object) -> None:
        super().__init__(self.code)
        self.data = data
        if field is not None:
            self.field = field


class NotFound(Refusal):
    """No such object, or none that this person may know of."""

    code = "not_found"
    status = 404
    message = "We could not find this page."


class Forbidden(Refusal):
    """The person is known and may not do this."""

    code = "forbidden"
    status = 403
    message = "You do not have the right to do this."


class SignInNeeded(Refusal):
    """Only for people who are signed in."""

    code = "sign_in_needed"
    status = 401
    message = "Please sign in first."


class TooManyRequests(Refusal):
    """A rate limit; data: `seconds` until the next try."""

    code = "too_many_requests"
    status = 429
    message = "Too many tries. Please wait %(seconds)s seconds."


class TooManyForLong(TooManyRequests):
    """The same when the wait is long; data: also `minutes`, so that nobody has to divide."""

    message = "Too many tries. Please wait %(minutes)s minutes."


class WrongState(Refusal):
    """The object is not, or no longer, in the state that this needs."""

    code = "wrong_state"
    status = 409
    message = "This has changed in the meantime. Please look again."


class InvalidField(Refusal):
    """A form field that cannot be accepted."""

    code = "invalid"
    status = 422
    message = "Please check this field."


class InvalidForm(Refusal):
    """Several fields that cannot be accepted; `errors` maps the field to its refusal."""

    code = "invalid_form"
    status = 422
    message = "Please check the fields below."

    def __init__(self, errors: dict[str, Refusal]) -> None:
        super().__init__()
        self.errors = errors
