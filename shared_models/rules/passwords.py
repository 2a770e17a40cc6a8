"""Passwords and bearer tokens: what is stored is never what the client holds."""

import hashlib
import hmac
import secrets

# Small enough for a test suite, large enough to be felt on an event loop: hashing belongs in a thread on both sides.
_SCRYPT = {"n": 2**12, "r": 8, "p": 1, "dklen": 32}


def hash_password(password: str, salt: bytes | None = None) -> str:
    """Return `salt$key` in hex; a random salt of 16 bytes unless one is given."""
    salt = secrets.token_bytes(16) if salt is None else salt
    return f"{salt.hex()}${_derive(password, salt).hex()}"


def verify_password(password: str, stored: str) -> bool:
    """Tell whether `stored` was made from `password`, in constant time."""
    salt, key = stored.split("$")
    return hmac.compare_digest(_derive(password, bytes.fromhex(salt)), bytes.fromhex(key))


def new_token() -> str:
    """Return a fresh bearer token of 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """Return the 32 bytes under which a token is stored."""
    return hashlib.sha256(token.encode()).digest()


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)
