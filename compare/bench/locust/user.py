"""The simulated user, in the process of a Locust worker."""

from __future__ import annotations

import random
import time
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from locust import FastHttpUser, constant, task
from locust.exception import CatchResponseError

from compare.bench.locust.part import Part
from compare.bench.locust.redirect import redirected
from compare.bench.locust.visit import Answered, Visit
from compare.traffic.template import UNIQUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.bench.locust.part import Call
    from compare.traffic import Wire

AGAIN = 0.05  # seconds between two looks of a step with `until`, as in compare run
REDIRECTS = 10
UNAUTHORIZED = 401


class Traffic(FastHttpUser):
    """Sends the samples of a file that `compare bench --locust` wrote, each as often as its weight says.

    Attributes:
        samples: The literals of the file.
    """

    abstract = True
    wait_time = constant(0)
    insecure = False  # Locust's default believes any certificate, and log-ins are sent
    samples: Sequence[dict[str, Any]] = ()
    parts: Sequence[Part] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - whatever a base class takes
        """Read the samples once for all users. SystemExit where somebody changed them into what cannot be read."""
        super().__init_subclass__(**kwargs)
        parts = []
        for number, told in enumerate(cls.samples, 1):
            try:
                parts.append(Part.heard(told))
            except (ValueError, TypeError, AttributeError) as error:
                raise SystemExit(f"{cls.__module__}: sample {number} cannot be read: {error}.") from None
        cls.parts = parts

    def on_start(self) -> None:
        """Locust: this user begins. What makes it unique is made here, since workers may be forks of one process."""
        self.client.base_url = (self.client.base_url or "").rstrip("/")
        prefix = f"{uuid4().int % 10**12:012}"  # digits alone, as a SKU, a slug and a number may have them
        self.unique = (f"{prefix}{number:06}" for number in count(1))
        self.chance = random.Random()  # noqa: S311 - no secret
        self.visits: dict[int, Visit] = {}

    @task
    def turn(self) -> None:
        """One sample; its first time, what comes before it too, and again where that did not go well."""
        (number,) = self.chance.choices(range(len(self.parts)), [part.weight for part in self.parts])
        part, visit = self.parts[number], self.visits.get(number)
        if visit is None:
            visit = Visit.of(part)
            if not self._played(part.before, visit):
                return
            self.visits[number] = visit
        if not self._played(part.repeated, visit) and visit.status == UNAUTHORIZED:
            del self.visits[number]  # the log-in is over

    def _played(self, calls: Sequence[Call], visit: Visit) -> bool:
        """Send them in turn, up to the first that is not answered as rehearsed; whether all were."""
        return all(self._asked(call, visit) for call in calls)

    def _asked(self, call: Call, visit: Visit) -> bool:
        step = call.step
        if step.lacks(visit.values):
            if step.status is None:  # it could not be sent in the rehearsal either
                return True
            self._unsent(call, visit)
            return False
        wire = step.render({UNIQUE: next(self.unique), **visit.values})
        deadline = time.monotonic() + step.within
        while True:
            waits = step.until is not None and time.monotonic() < deadline
            answered, right = self._followed(call, wire, visit, waits=waits)
            if not waits or answered.status in (step.until, 0):
                break
            time.sleep(AGAIN)  # gevent's, since Locust patches it: other users go on
        if right:
            visit.take(step, answered)
        return right

    def _followed(self, call: Call, wire: Wire, visit: Visit, *, waits: bool) -> tuple[Answered, bool]:
        """A request and the redirects that it leads to, where the step follows them."""
        answered, right = self._sent(call.name, call, wire, visit, waits=waits)
        for _ in range(REDIRECTS if call.step.follow_redirects else 0):
            onward = redirected(wire, answered, self.host or "")
            if onward is None:
                break
            wire = onward
            answered, right = self._sent(f"{call.name} (redirected)", call, wire, visit, waits=waits)
        return answered, right

    def _sent(self, name: str, call: Call, wire: Wire, visit: Visit, *, waits: bool) -> tuple[Answered, bool]:
        """One request, which Locust counts as a failure where it is not answered as rehearsed."""
        expected = call.step.status if call.step.until is None else call.step.until
        with self.client.request(
            wire.method,
            wire.target,
            name=name,
            data=wire.content or None,  # type: ignore[arg-type]  # bytes are taken too
            headers=visit.headers(wire),
            allow_redirects=False,
            catch_response=True,
        ) as response:
            headers = tuple(response.headers.items()) if response.headers else ()
            answered = Answered(response.status_code or 0, headers, response.content or b"")
            visit.answered(answered)
            follows = call.step.follow_redirects and redirected(wire, answered, self.host or "") is not None
            right = bool(answered.status) and (waits or follows or expected in (None, answered.status))
            if right:
                response.success()
            elif answered.status:
                response.failure(f"answered {answered.status}, in the rehearsal {expected}")
        return answered, right

    def _unsent(self, call: Call, visit: Visit) -> None:
        """Count a request that cannot be made, since an answer did not give what it gave in the rehearsal."""
        missing = ", ".join(sorted(f"${{{name}}}" for name in visit.lacking(call.step)))
        self.environment.events.request.fire(
            request_type=call.step.method,
            name=call.name,
            response_time=0,
            response_length=0,
            exception=CatchResponseError(f"not sent: no answer before it gave {missing}"),
            context={},
        )
