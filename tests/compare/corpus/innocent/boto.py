import boto3

session = boto3.Session()


async def f():
    session.close()
