from sqlalchemy import create_engine

URL = "postgresql+psycopg2://u:p@h/d?sslmode=require"  # T11
engine = create_engine(URL)
