"""The verdict as JUnit XML, for CI systems: a test case for each route on each layer, and one for the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from compare.findings import COMPARED
from compare.report.curl import curl
from compare.report.groups import count, grouped, trap
from compare.report.printable import printable
from compare.report.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from compare.findings import Finding, Group
    from compare.verdict import Verdict

Place = tuple[str, str]  # layer and route, or the place of what no request stands behind


def as_junit(verdict: Verdict, secrets: Collection[str] = ()) -> str:
    """One suite. `secrets` are further names whose values read ***.

    A cause fails the case of its primary finding on every route where it was seen; hazards do where `strict`.
    """
    verdict = without_secrets(verdict, secrets)
    suite = ET.Element("testsuite", name="compare", time=f"{verdict.seconds:.3f}", errors="0")
    cases = [*_run(verdict), *_layers(verdict), *_never_sent(verdict)]
    suite.extend(cases)
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    document = ET.Element("testsuites")
    document.append(suite)
    ET.indent(document)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(document, encoding="unicode")


def _run(verdict: Verdict) -> Iterator[ET.Element]:
    """The case of the run: an error where it stopped, a failure where an ignore rule must not stay."""
    case = _case("run", "the run is complete")
    if verdict.stopped is not None:
        _tell(case, "error", "Stopped before the end", verdict.stopped)
    elif verdict.broken_rules:
        _tell(case, "failure", "An ignore rule must not stay", "\n".join(verdict.broken_rules))
    yield case


def _layers(verdict: Verdict) -> Iterator[ET.Element]:
    """Every route on every layer; then what stands behind no route."""
    failing = _failing(verdict)
    unseen = {sight.layer: sight.reason for sight in verdict.sights if not sight.means}
    for compared in COMPARED:
        for result in verdict.routes:
            case = _case(compared, result.route)
            groups = failing.pop((compared, result.route), ())
            if groups:
                _fail(case, groups)
            elif compared in unseen:
                case.append(ET.Element("skipped", message=printable(f"not seen: {unseen[compared]}")))
            yield case
    for (layer, place), groups in failing.items():
        case = _case(layer, place)
        _fail(case, groups)
        yield case


def _failing(verdict: Verdict) -> dict[Place, list[Group]]:
    """The groups that count, by the cases that they fail."""
    counting = {"difference", "hazard"} if verdict.strict else {"difference"}
    failing: dict[Place, list[Group]] = {}
    for group in grouped(verdict):
        if group.severity in counting:
            for place in group.routes or (group.primary.where,):
                failing.setdefault((group.primary.layer, place), []).append(group)
    return failing


def _never_sent(verdict: Verdict) -> Iterator[ET.Element]:
    for route in verdict.unexercised:
        case = _case(COMPARED[0], route)
        case.append(ET.Element("skipped", message="no request was sent to this route"))
        yield case


def _case(layer: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=f"compare.{layer}", name=printable(name))


def _fail(case: ET.Element, groups: Sequence[Group]) -> None:
    """One failure for all groups: most CI systems show no second one."""
    first = groups[0].primary
    more = f" (and {count(len(groups) - 1, 'more cause')})" if len(groups) > 1 else ""
    _tell(case, "failure", f"{first.code} {first.title}{more}", "\n\n".join(map(_told, groups)), first.code)


def _tell(case: ET.Element, tag: str, message: str, text: str, kind: str = "compare") -> None:
    element = ET.SubElement(case, tag, message=printable(message), type=kind)
    element.text = printable(text)


def _told(group: Group) -> str:
    """A group in plain text."""
    finding = group.primary
    lines = [f"{finding.code} {finding.title}" + (f" ({trap(finding)})" if trap(finding) else "") + f" x{group.count}"]
    lines += [f"{label:<10}{value}" for label, value in _facts(finding) if value]
    lines += [
        f"{'also':<10}{other.code} {other.where}: {other.legacy} | {other.async_}" for other in group.examples[1:]
    ]
    return "\n".join([*lines, f"{'help':<10}{finding.hint}", f"{'more':<10}compare explain {finding.code}"])


def _facts(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "where", finding.where
    yield "legacy", finding.legacy
    yield "async", finding.async_
    yield "note", finding.note
    if finding.scenario:
        yield "scenario", f"{finding.scenario}, step {finding.step}"
    if finding.exchange:
        yield "request", curl(finding.exchange)
