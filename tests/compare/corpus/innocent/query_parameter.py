from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/")
async def search(query: str = Query("")):
    return query.filter(1) if hasattr(query, "filter") else query
