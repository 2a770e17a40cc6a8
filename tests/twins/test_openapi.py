"""The HTTP contract of both apps is one document."""

import pytest

import async_app.main
import async_app.settings
import legacy_app.main
import legacy_app.settings


@pytest.fixture
def documents() -> tuple[dict[str, object], dict[str, object]]:
    legacy = legacy_app.main.create_app(legacy_app.settings.Settings(database_url="postgresql+psycopg2://nobody@/none"))
    async_ = async_app.main.create_app(async_app.settings.Settings(database_url="postgresql+asyncpg://nobody@/none"))
    return legacy.openapi(), async_.openapi()


def test_both_apps_publish_the_same_openapi_document(documents: tuple[dict[str, object], dict[str, object]]) -> None:
    legacy, async_ = documents
    assert legacy == async_


def test_every_operation_says_what_it_does(documents: tuple[dict[str, object], dict[str, object]]) -> None:
    paths = documents[0]["paths"]
    assert isinstance(paths, dict)
    silent = [
        f"{method} {path}" for path, item in paths.items() for method, one in item.items() if not one.get("description")
    ]
    assert not silent
