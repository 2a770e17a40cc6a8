"""The harbour on AsyncSession and asyncpg; most plants lie on this side."""
