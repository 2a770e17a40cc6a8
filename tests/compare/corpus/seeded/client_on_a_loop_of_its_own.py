from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()
client = TestClient(app)  # T13


def test_it():
    assert client.get("/").status_code == 404
