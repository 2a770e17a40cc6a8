"""The routes of an app: which ones it has, and which one a request reaches."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from compare.subjects import Route, Routes, Subject

from .lamps import answer, served

FASTAPI = """
    from fastapi import APIRouter, FastAPI
    from starlette.endpoints import HTTPEndpoint
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    inner = APIRouter(prefix="/inner")
    outer = APIRouter(prefix="/outer")
    sub = FastAPI()
    app = FastAPI()

    @inner.get("/{number:int}")
    def number(number: int): ...
    @outer.api_route("/both", methods=["POST", "GET"])
    def both(): ...
    @sub.delete("/{rest:path}")
    def rest(rest: str): ...
    @app.websocket("/talk")
    async def talk(socket): ...
    class Point(HTTPEndpoint):
        async def get(self, request): return PlainTextResponse("point")
        async def put(self, request): return PlainTextResponse("point")

    outer.include_router(inner, prefix="/deep")
    outer.mount("/submounted", sub)
    app.include_router(outer, prefix="/api")
    app.mount("/sub", sub)
    app.mount("/files", StaticFiles(directory="."))
    app.router.routes.append(Route("/point", Point))
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """An app with routes of every sort."""
    with served(tmp_path_factory.mktemp("many"), FASTAPI) as subject:
        yield subject


def test_routes_of_routers_mounts_and_endpoints_are_seen_with_their_prefix(many: Subject) -> None:
    own = [str(route) for route in many.routes if not route.docs]

    assert own == [
        "GET /api/outer/both",
        "POST /api/outer/both",
        "GET /api/outer/deep/inner/{number:int}",
        "DELETE /api/submounted/{rest:path}",  # mount() leaves out the router's own prefix
        "DELETE /sub/{rest:path}",
        "* /files/{path:path}",
        "GET /point",
        "PUT /point",
    ]


@pytest.mark.parametrize(
    "request_line",
    [
        "POST /api/outer/both",
        "GET /api/outer/deep/inner/5",
        "DELETE /api/submounted/x/y",
        "GET /files/lamp.py",
        "PUT /point",
    ],
)
def test_a_path_under_a_seen_route_is_really_answered(many: Subject, request_line: str) -> None:
    method, path = request_line.split()

    assert many.routes.match(method, path)
    assert httpx.request(method, many.base_url + path, trust_env=False).status_code == 200


def test_routes_for_the_documentation_are_marked(many: Subject) -> None:
    docs = {str(route) for route in many.routes if route.docs}

    assert {"GET /openapi.json", "GET /docs", "GET /redoc", "GET /sub/docs"} <= docs


def test_middleware_around_an_app_does_not_hide_its_routes(tmp_path: Path) -> None:
    code = """
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
        inner = Starlette(routes=[Route("/lamp", lambda request: PlainTextResponse("on"))])
        class Around:
            def __init__(self, app): self.app = app
            async def __call__(self, scope, receive, send): await self.app(scope, receive, send)
        app = Around(Around(inner))
    """
    with served(tmp_path, code) as subject:
        assert list(subject.routes) == [Route("GET", "/lamp")]
        assert answer(subject, "/lamp") == "on"


def test_an_app_that_hides_its_routes_is_asked_for_its_openapi_document(tmp_path: Path) -> None:
    code = """
        from fastapi import FastAPI
        hidden = FastAPI()
        @hidden.post("/lamp/{id}")
        def lamp(id: int): ...
        async def app(scope, receive, send): await hidden(scope, receive, send)
    """
    with served(tmp_path, code) as subject:
        assert list(subject.routes) == [Route("POST", "/lamp/{id}")]


ROUTES = Routes(
    [
        Route("GET", "/orders/latest"),
        Route("GET", "/orders/{id}"),
        Route("POST", "/orders"),
        Route("GET", "/n/{n:int}"),
        Route("GET", "/u/{u:uuid}/x.y"),
        Route("GET", "/files/{rest:path}"),
        Route("*", "/static/{path:path}"),
        Route("HEAD", "/probe"),
    ],
)


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/orders/latest", "/orders/latest"),
        ("GET", "/orders/7", "/orders/{id}"),
        ("HEAD", "/orders/7", "/orders/{id}"),
        ("HEAD", "/probe", "/probe"),
        ("GET", "/orders/7?full=1", "/orders/{id}"),
        ("GET", "/orders/a%20b", "/orders/{id}"),
        ("GET", "/orders/7/lines", None),
        ("GET", "/orders/", None),
        ("DELETE", "/orders/7", None),
        ("POST", "/orders", "/orders"),
        ("GET", "/n/12", "/n/{n:int}"),
        ("GET", "/n/twelve", None),
        ("GET", "/u/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a01/x.y", "/u/{u:uuid}/x.y"),
        ("GET", "/u/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a01/x_y", None),
        ("GET", "/files/a/b/c.txt", "/files/{rest:path}"),
        ("PATCH", "/static/anything", "/static/{path:path}"),
    ],
)
def test_a_request_is_matched_to_its_route(method: str, path: str, template: str | None) -> None:
    found = ROUTES.match(method, path)

    assert (found and found.template) == template


def test_routes_read_as_method_and_template() -> None:
    assert str(ROUTES[0]) == "GET /orders/latest"
    assert len(ROUTES[1:3]) == 2
