from pymongo import MongoClient

db = MongoClient().shop


async def f():
    return db.orders.find({}), db.execute("x")
