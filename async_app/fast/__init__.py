"""The app with its hot routes made fast."""

from async_app.fast.app import create_app

__all__ = ["create_app"]
