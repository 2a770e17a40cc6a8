from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

engine = create_engine(
    "postgresql+psycopg2://h/d",
    executemany_mode="values_plus_batch",  # T12
    poolclass=QueuePool,  # T12
)
