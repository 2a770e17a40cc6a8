"""The configuration: `[tool.compare]` of a pyproject.toml, or the same keys at the top of a compare.toml."""

from compare.config.file import MINIMAL, find, load
from compare.config.located import interpreter_in
from compare.config.model import (
    BenchConfig,
    Config,
    DatabaseConfig,
    IgnoreConfig,
    LimitsConfig,
    LoginConfig,
    OpenApiConfig,
)
from compare.config.secrets import is_secret, redacted, secret_values
from compare.config.side import SideConfig, SideName
from compare.config.template import PLACEHOLDERS, SERVE_PORT, expand

__all__ = [
    "MINIMAL",
    "PLACEHOLDERS",
    "SERVE_PORT",
    "BenchConfig",
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
    "interpreter_in",
    "is_secret",
    "load",
    "redacted",
    "secret_values",
]
