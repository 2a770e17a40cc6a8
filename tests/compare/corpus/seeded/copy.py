import psycopg2


def load(file):
    connection = psycopg2.connect("dbname=d")
    cursor = connection.cursor()
    cursor.copy_expert("COPY t FROM STDIN", file)  # T50
