from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg2://h/d",
    connect_args={
        "sslmode": "require",  # T11
        "connect_timeout": 5,  # T11
        "application_name": "shop",  # T11
    },
)
