from starlette.middleware.base import BaseHTTPMiddleware


class Timing(BaseHTTPMiddleware):  # T32
    async def dispatch(self, request, call_next):
        return await call_next(request)
