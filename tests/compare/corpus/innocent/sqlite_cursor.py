import sqlite3


def f(file):
    cursor = sqlite3.connect("x").cursor()
    cursor.execute("SELECT 1")
    return cursor.fetchall()
