"""Answers that say no, in Stripe's two shapes."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """A refusal. `kept`: the call had begun, so the answer is saved under the idempotency key and replayed."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
        kept: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.code = code
        self.message = message
        self.body: dict[str, Any] = {"message": message, "type": kind, **more}
        if code is not None:
            self.body["code"] = code
            self.body["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.body["param"] = param

    def as_v1(self) -> dict[str, Any]:
        """The body of an answer under /v1."""
        return {"error": self.body}

    def as_v2(self) -> dict[str, Any]:
        """The body of an answer under /v2."""
        return {"error": {"code": self.code or "invalid_fields", "message": self.message}}


def missing_object(kind: str, object_id: str, param: str = "id") -> StripeError:
    """No such object, or one of another account: Stripe does not tell the difference."""
    return StripeError(f"No such {kind}: '{object_id}'", code="resource_missing", param=param, status=404)


def card_declined(code: str, decline_code: str | None, message: str, **more: Any) -> StripeError:
    """The bank said no."""
    extra = {"decline_code": decline_code} if decline_code else {}
    return StripeError(message, code=code, status=402, kind="card_error", kept=True, **extra, **more)
