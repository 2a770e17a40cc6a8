from sqlalchemy import Connection


def find(connection: Connection, key):
    return connection.exec_driver_sql("SELECT * FROM t WHERE id = %s", (key,))  # T44
