from sqlalchemy import event
from sqlalchemy.orm import Session


@event.listens_for(Session, "after_flush")
def note(session, _context):
    with Session(bind=session.connection()) as other:
        other.info["noted"] = True
