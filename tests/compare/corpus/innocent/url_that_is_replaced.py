def with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg2://")


def is_postgres(url: str) -> bool:
    return url.startswith("postgresql://")
