import asyncio


def work(x):
    return x


async def f():
    return await asyncio.to_thread(work, 1)
