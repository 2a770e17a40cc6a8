import hashlib

import bcrypt
from fastapi.concurrency import run_in_threadpool


def hashed(word: str) -> bytes:
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt())


async def register(word: str):
    return await run_in_threadpool(hashed, word)


async def fingerprint(word: str):
    return hashlib.sha256(word.encode()).hexdigest()


def offline(word: str):
    return hashed(word)
