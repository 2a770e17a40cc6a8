import pandas

frame = pandas.DataFrame()


async def f():
    return frame.query("a > 1").filter(["a"]).all()
