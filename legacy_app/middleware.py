"""The one middleware: a request id in and out, and a line in the access log."""

import logging
import time
from uuid import uuid4

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from shared_models.models.audit import request_id

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
MAX_LENGTH = 64


class RequestLog(BaseHTTPMiddleware):
    """Gives every request an id (the client's, if it sent one), and logs method, path, status and milliseconds."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Serve one request."""
        name = request.headers.get(HEADER, "")[:MAX_LENGTH] or str(uuid4())
        request_id.set(name)
        start = time.perf_counter()
        response = await call_next(request)
        response.headers[HEADER] = name
        milliseconds = (time.perf_counter() - start) * 1000
        logger.info("%s %s %s %s %.1f ms", name, request.method, request.url.path, response.status_code, milliseconds)
        return response
