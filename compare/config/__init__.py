"""The configuration: `[tool.compare]` of a pyproject.toml, or the same keys at the top of a compare.toml."""

from compare.config.file import MINIMAL, find, load
from compare.config.model import (
    PLACEHOLDERS,
    Config,
    DatabaseConfig,
    IgnoreConfig,
    LimitsConfig,
    LoginConfig,
    OpenApiConfig,
    SideConfig,
    SideName,
    expand,
)

__all__ = [
    "MINIMAL",
    "PLACEHOLDERS",
    "Config",
    "DatabaseConfig",
    "IgnoreConfig",
    "LimitsConfig",
    "LoginConfig",
    "OpenApiConfig",
    "SideConfig",
    "SideName",
    "expand",
    "find",
    "load",
]
