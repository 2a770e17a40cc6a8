"""Is it alive, is it ready."""

from typing import Literal

from shared_models.schemas.values import Answer


class Health(Answer):
    """All is well; anything else is a problem document."""

    status: Literal["ok"]
