from sqlalchemy.orm import sessionmaker

make = sessionmaker()


class UnitOfWork:
    def __enter__(self):
        self.it = make()
        return self

    def __exit__(self, *args):
        self.it.close()


def work(kind):
    with UnitOfWork() as unit:
        return unit.it.query(kind).all()  # T10
