db = {}


async def f(key):
    db.update(a=1)
    return db.get(key)
