"""What the bodies of requests may hold: fields that mean something, and no more than fits into memory."""

from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auricle.server.request_log import route_of

_LARGEST = 16 << 20


class Sent(BaseModel):
    """What a request says; a field that there is not is refused, so that nobody believes it had an effect."""

    model_config = ConfigDict(extra="forbid")


class BoundedBodies:
    """Refuses long bodies where a route reads the whole of them first, before it knows who asks: JSON.

    Files go where they belong a block at a time, and their routes bound them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > _LARGEST and getattr(route_of(scope), "body_field", None) is not None:
                # Only such an error is not taken for JSON that cannot be read.
                raise HTTPException(413, f"The body of this request may have {_LARGEST:,} bytes at most.")
            return message

        await self._app(scope, bounded, send)
