"""Where requests come from: declarative scenarios, kept with the project as YAML.

A scenario is a list of requests that is sent to both sides in lockstep. Values taken from an answer are used in later
requests, each side with its own values.
"""

from compare.traffic.capture import Capture, Captured, Missing
from compare.traffic.request import Request, Wire
from compare.traffic.scenario import Scenario, find_files, load_scenarios
from compare.traffic.template import Values

__all__ = [
    "Capture",
    "Captured",
    "Missing",
    "Request",
    "Scenario",
    "Values",
    "Wire",
    "find_files",
    "load_scenarios",
]
