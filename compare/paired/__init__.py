"""An existing test's requests as traffic: each goes to both sides and is compared, whatever the test asserts.

A test is given legacy's answers. Ids and tokens of them that it sends back are carried over to async's own, the way
recordings do it. `PairedSides` is what a session has, `Conversation` one test, `PairedTransport` what its client speaks
through.
"""

from compare.paired.conversation import Conversation
from compare.paired.database import PairedDatabase
from compare.paired.session import PairedSides
from compare.paired.told import hazards, report
from compare.paired.transport import PairedTransport

__all__ = ["Conversation", "PairedDatabase", "PairedSides", "PairedTransport", "hazards", "report"]
