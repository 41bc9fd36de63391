"""What Mux's API answers when it says no, and how a request is read."""

from collections.abc import Collection
from typing import Any

from litestar import Request, Response
from litestar.exceptions import SerializationException

NOT_FOUND = "The requested resource either doesn't exist or you don't have access to it."


class ApiError(Exception):
    """An answer of the API that is not a success."""

    def __init__(self, status: int, kind: str, *messages: str) -> None:
        """`kind` is Mux's error type, the messages are its sentences."""
        super().__init__(kind)
        self.status = status
        self.kind = kind
        self.messages = list(messages)


def not_found() -> ApiError:
    """The answer for what does not exist."""
    return ApiError(404, "not_found", NOT_FOUND)


def error_response(_: Request[Any, Any, Any], error: ApiError) -> Response[dict[str, Any]]:
    """Write an error in Mux's shape."""
    return Response({"error": {"type": error.kind, "messages": error.messages}}, status_code=error.status)


async def read_body(request: Request[Any, Any, Any], known: Collection[str]) -> dict[str, Any]:
    """Return the JSON object of a request. Raises `ApiError` for anything else and for fields Mux does not know."""
    if not await request.body():
        return {}
    try:
        body = await request.json()
    except SerializationException:
        raise ApiError(400, "invalid_parameters", "Failed to parse request body as JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_parameters", "Request body must be a JSON object")
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise ApiError(400, "invalid_parameters", f"Unexpected field(s): {', '.join(unknown)}")
    return body


def page_of(request: Request[Any, Any, Any]) -> tuple[int, int]:
    """Return the wanted number of rows (100 at most) and the page, counted from 1."""
    try:
        limit = int(request.query_params.get("limit", 25))
        page = int(request.query_params.get("page", 1))
    except ValueError:
        raise ApiError(400, "invalid_parameters", "limit and page must be whole numbers") from None
    if not (1 <= limit <= 100 and page >= 1):
        raise ApiError(400, "invalid_parameters", "limit must be from 1 to 100 and page from 1")
    return limit, page
