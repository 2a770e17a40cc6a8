"""The HTML report in a real browser: filter, search, theme, keyboard, and nothing that is loaded from elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compare.report import as_html

from .browser import CHROMIUM, DRIVER, Browser, browser
from .verdicts import full

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no Chromium with chromedriver here (Debian: chromium, chromium-driver)"
)

VISIBLE = "return [...document.querySelectorAll('.card:not([hidden]) .group > summary .code')].map(e => e.textContent)"
FOCUSED = "return document.activeElement.closest('.card')?.id ?? document.activeElement.id"
PAPER = "return getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module."""
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Browser:
    """The report of a full verdict, freshly loaded."""
    file = tmp_path / "report.html"
    file.write_text(as_html(full()), encoding="utf-8")
    chromium.open(file)
    return chromium


def test_all_findings_are_shown_at_first_and_nothing_goes_wrong(page: Browser) -> None:
    assert page.run(VISIBLE) == ["ROW003", "TXN001", "RTM001", "SQL011"]
    assert page.run("return document.getElementById('count').textContent") == "4 findings"
    assert page.logged() == []


def test_a_layer_and_a_severity_filter_the_findings(page: Browser) -> None:
    page.click(".chip[data-value=transactions]")
    assert page.run(VISIBLE) == ["TXN001"]
    page.click(".chip[data-value=transactions]")
    page.click(".chip[data-value=hazard]")
    assert page.run(VISIBLE) == ["RTM001"]


def test_a_cell_of_the_matrix_filters_by_route_and_layer(page: Browser) -> None:
    page.click(".cell[data-layer=rows]")
    assert page.run(VISIBLE) == ["ROW003"]
    assert page.run("return document.getElementById('route').value") == "POST /orders"
    assert page.run(FOCUSED) == "g1"


def test_search_reads_closed_findings_too(page: Browser) -> None:
    page.press("/", *"after the answer 4.7")
    page.until(VISIBLE + ".length === 1")
    assert page.run(VISIBLE) == ["TXN001"]
    page.press("Escape")
    assert len(page.run(VISIBLE)) == 4


def test_what_matches_nothing_says_so(page: Browser) -> None:
    page.press("/", *"no such text")
    page.until("return !document.getElementById('none').hidden")
    assert page.run(VISIBLE) == []


def test_the_theme_can_be_turned(page: Browser) -> None:
    before = page.run(PAPER)
    page.click("#theme")
    assert page.run(PAPER) != before
    page.click("#theme")
    assert page.run(PAPER) == before


def test_keys_move_between_findings_and_open_them(page: Browser) -> None:
    page.press("j", "j")
    assert page.run(FOCUSED) == "g2"
    page.press("Enter")
    assert page.run("return document.querySelector('#g2 .group').open")
    page.press("k")
    assert page.run(FOCUSED) == "g1"


def test_the_first_tab_stop_skips_to_the_findings(page: Browser) -> None:
    page.press("Tab", "Enter")
    assert page.run("return document.activeElement.id") == "findings"


def test_nothing_is_loaded_from_elsewhere(page: Browser) -> None:
    assert page.run("return performance.getEntriesByType('resource').map(e => e.name)") == []


def test_a_body_is_text_and_never_markup(page: Browser) -> None:
    assert page.run("return document.querySelectorAll('.sides b, .sides script').length") == 0
    assert page.run("return document.body.textContent.includes('<b>hi</b>')")


def test_text_stands_out_from_its_ground_in_both_themes(page: Browser) -> None:
    contrast = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    assert page.run(contrast) == []
    page.click("#theme")
    assert page.run(contrast) == []
