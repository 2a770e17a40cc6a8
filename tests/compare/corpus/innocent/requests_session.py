import requests

db = requests.Session()


async def f():
    db.commit()
    return db.query("x").all()
