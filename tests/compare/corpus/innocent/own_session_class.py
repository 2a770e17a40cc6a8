class Session:
    def query(self, x):
        return self

    def commit(self):
        pass


async def f(session: Session):
    session.commit()
    return session.query(1)
