"""Use case of readiness."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared_models.schemas.health import Health


async def check(session: AsyncSession) -> Health:
    """Ask the database for a sign of life."""
    await session.execute(text("SELECT 1"))
    return Health(status="ok")
