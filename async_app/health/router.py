"""Health over HTTP."""

from fastapi import APIRouter

from async_app.database import SessionDep
from async_app.health import service
from shared_models.schemas.health import Health

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> Health:
    """Answer as long as the process is there."""
    return Health(status="ok")


@router.get("/ready")
async def ready(session: SessionDep) -> Health:
    """Answer when a connection can be had and the database answers on it."""
    return await service.check(session)
