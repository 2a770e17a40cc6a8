"""What pytest finds first: it loads the plug-in where pytest-asyncio is, and is in nobody's way elsewhere."""

from importlib.util import find_spec

import pytest

HAS_ASYNCIO = find_spec("pytest_asyncio") is not None


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the plug-in early enough for its options."""
    if HAS_ASYNCIO:
        pluginmanager.import_plugin("compare.pytest_plugin")


def pytest_report_header() -> list[str]:
    """Say why the fixtures are not there."""
    if HAS_ASYNCIO:
        return []
    return ["compare: no fixtures without pytest-asyncio; pip install 'async-migration-kit[pytest]'"]
