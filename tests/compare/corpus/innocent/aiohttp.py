import aiohttp


async def f(session: aiohttp.ClientSession):
    async with session.get("http://x") as answer:
        return await answer.json()
