import psycopg2


def run(work):
    try:
        work()
    except psycopg2.OperationalError:  # T22
        return None
