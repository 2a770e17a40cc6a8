import redis

session = redis.Redis()


async def f(key):
    session.delete(key)
    return session.get(key)
