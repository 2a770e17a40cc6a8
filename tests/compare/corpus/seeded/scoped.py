from sqlalchemy.orm import scoped_session, sessionmaker

db = scoped_session(sessionmaker())  # T52
