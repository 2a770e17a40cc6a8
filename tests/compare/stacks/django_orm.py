"""The buoys on the Django ORM in the thread pool, on psycopg 3.

Its defect: `conflict` (a name that is taken is no longer refused with 409).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django  # type: ignore[import-not-found]  # it has an interpreter of its own, as what follows
from django.conf import settings  # type: ignore[import-not-found]
from fastapi import FastAPI

from .schemas import Buoy as Shown
from .schemas import NewBuoy, missing, taken
from .schemas import Sounding as Measured

PARTS = ("HOST", "PORT", "USER", "PASSWORD", "NAME")
BUG = os.environ.get("STACK_BUG")
settings.configure(
    DATABASES={
        "default": {"ENGINE": "django.db.backends.postgresql"}
        | {part: os.environ[f"DATABASE_{part}"] for part in PARTS},
    },
    USE_TZ=True,
)
django.setup()

from django.db import IntegrityError, connection, models, transaction  # type: ignore[import-not-found]  # noqa: E402 - not before the settings

app = FastAPI(title="Buoys")


class Buoy(models.Model):  # type: ignore[misc]  # noqa: DJ008 - its base is not installed here; nobody prints it
    """A buoy as it lies."""

    name = models.TextField(unique=True)
    depth_m = models.DecimalField(max_digits=6, decimal_places=2)
    laid_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Where it is kept."""

        app_label = "buoys"
        db_table = "buoys"


class Sounding(models.Model):  # type: ignore[misc]  # noqa: DJ008 - as above
    """A depth that was measured at a buoy."""

    buoy = models.ForeignKey(Buoy, on_delete=models.CASCADE)
    depth_m = models.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        """Where it is kept."""

        app_label = "buoys"
        db_table = "soundings"


@contextmanager
def database() -> Iterator[None]:
    """One transaction on this thread's connection, which is closed as Django does after a request of its own."""
    try:
        with transaction.atomic():
            yield
    finally:
        connection.close()


def one(buoy_id: int) -> Any:  # noqa: ANN401 - Django is not installed where this is checked
    """The buoy, or the answer that there is none."""
    buoy = Buoy.objects.filter(pk=buoy_id).first()
    if buoy is None:
        raise missing(buoy_id)
    return buoy


@app.get("/buoys", response_model=list[Shown])
def list_buoys() -> Any:  # noqa: ANN401 - as above
    """All buoys, in the order they were laid."""
    with database():
        return list(Buoy.objects.order_by("pk"))


@app.post("/buoys", status_code=201, response_model=Shown)
def lay_buoy(new: NewBuoy) -> Any:  # noqa: ANN401 - as above
    """Lay a buoy."""
    try:
        with database():
            return Buoy.objects.create(name=new.name, depth_m=new.depth_m)
    except IntegrityError:
        if BUG == "conflict":
            raise
        raise taken(new.name) from None


@app.get("/buoys/{buoy_id}", response_model=Shown)
def read_buoy(buoy_id: int) -> Any:  # noqa: ANN401 - as above
    """One buoy."""
    with database():
        return one(buoy_id)


@app.put("/buoys/{buoy_id}", response_model=Shown)
def sound_buoy(buoy_id: int, measured: Measured) -> Any:  # noqa: ANN401 - as above
    """Measure the depth at a buoy, and keep what was measured."""
    with database():
        buoy = one(buoy_id)
        buoy.depth_m = measured.depth_m
        buoy.save(update_fields=["depth_m"])
        Sounding.objects.create(buoy=buoy, depth_m=measured.depth_m)
        return buoy


@app.delete("/buoys/{buoy_id}", status_code=204)
def lift_buoy(buoy_id: int) -> None:
    """Lift a buoy; what was measured there goes with it."""
    with database():
        one(buoy_id).delete()
