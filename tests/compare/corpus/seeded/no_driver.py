import os

from sqlalchemy import create_engine

engine = create_engine("postgresql://u:p@h/d")  # T53
other = create_engine(f"postgresql://{os.environ['DB']}")  # T53
