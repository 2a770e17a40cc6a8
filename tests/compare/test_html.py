"""The HTML report: one file, whole without scripts, of bounded size. What scripts do is in test_html_browser."""

import dataclasses
import re
from html.parser import HTMLParser

from compare.findings import Group, Tick
from compare.report import as_html
from compare.report.html.sides import laid_out, side_by_side
from compare.report.html.timeline import timeline

from .verdicts import exchange, finding, full, verdict

EVIL = "</script></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))


def test_the_page_holds_everything_without_scripts() -> None:
    page = re.sub(r"<script>.*?</script>", "", as_html(full()), flags=re.DOTALL)
    for words in (
        "Differs: 41 differences from 2 causes",
        "row differs",
        "orders.total",
        "insert orders id=7 total=",
        "compare explain ROW003",
        "another server stands in front",
        "DELETE /orders/{id}",
        "GET /orders/{id} 200 /total",
        "the app was not seen to use SQLAlchemy",
        "/rank",
    ):
        assert words in page


def test_the_page_refers_to_nothing_outside() -> None:
    tags = Tags(as_html(full())).tags
    references = [
        value for _, attributes in tags for name, value in attributes.items() if name in {"src", "href", "action"}
    ]
    assert [value for value in references if not str(value).startswith(("#", "data:,"))] == []
    assert "url(" not in as_html(full())


def test_nothing_that_a_body_holds_becomes_markup() -> None:
    broken = finding(
        where=EVIL,
        legacy=EVIL,
        async_=EVIL + "!",
        note=EVIL,
        scenario=EVIL,
        exchange=dataclasses.replace(
            exchange(),
            target=f"/{EVIL}",
            body=EVIL,
            legacy=dataclasses.replace(exchange().legacy, body=EVIL, headers=((EVIL, EVIL),)),
            ticks=((Tick(0.1, "statement", EVIL),), (Tick(0.1, "log", EVIL, bad=True),)),
            changes=((EVIL,), ()),
        ),
    )
    subject = verdict(
        Group((broken,), 2, (EVIL,)),
        apps={"legacy": EVIL, "async": "b"},
        stopped=EVIL,
        unexercised=(EVIL,),
        outputs={"async": EVIL},
    )
    tags = Tags(as_html(subject)).tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert "img" not in {tag for tag, _ in tags}
    assert [name for _, attributes in tags for name in attributes if name.startswith("on")] == []


def test_json_is_laid_out_as_it_is_written_even_where_it_was_cut_off() -> None:
    assert laid_out('{"a":1.10,"b":[],"c":{"d":"x,{y') == [
        "{",
        '  "a": 1.10,',
        '  "b": [],',
        '  "c": {',
        '    "d": "x,{y',
    ]
    assert laid_out("plain\ntext") == ["plain", "text"]


def test_lines_that_differ_in_their_values_stand_next_to_each_other() -> None:
    lines = side_by_side(["INSERT 'a'", "end"], ["BEGIN", "INSERT 'b'", "end"])
    assert [(line.kind, line.legacy, line.async_) for line in lines] == [
        ("changed", None, ("", "BEGIN", "")),
        ("changed", ("INSERT '", "a", "'"), ("INSERT '", "b", "'")),
        ("same", ("", "", "end"), ("", "", "end")),
    ]


def test_long_runs_of_equal_lines_are_folded() -> None:
    equal = [f"line {number}" for number in range(50)]
    lines = side_by_side([*equal, "x"], [*equal, "y"])
    assert [(line.kind, line.equal) for line in lines] == [("skipped", 47), ("same", 0), ("changed", 0)]
    assert lines[1].legacy == ("", "", "line 47\nline 48\nline 49")


def test_a_time_line_has_one_scale_for_both_sides() -> None:
    drawn = timeline(exchange())
    assert drawn is not None
    assert [name for _, name in drawn.scale] == ["0", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms", "12 ms"]
    legacy, async_ = drawn.halves
    (transaction,) = (mark for mark in legacy.marks if mark.lane == "transaction")
    assert transaction.x < min(mark.x for mark in legacy.marks if mark.lane == "statement")
    committed = max(mark.x + mark.width for mark in async_.marks if mark.lane == "transaction")
    assert committed > max(mark.x for mark in async_.marks if mark.lane == "answer")
    assert all(
        0 <= mark.x <= drawn.width and 0 <= mark.y <= drawn.height for half in drawn.halves for mark in half.marks
    )


def test_marks_that_lie_on_each_other_get_rows_of_their_own() -> None:
    nested = (Tick(0.0, "transaction", "outer", 1.0), Tick(0.2, "transaction", "inner", 0.5))
    drawn = timeline(exchange(ticks=(nested, ())))
    assert drawn is not None
    assert len({mark.y for mark in drawn.halves[0].marks}) == 2


def test_a_side_that_nobody_watched_has_no_time_line() -> None:
    assert timeline(exchange(ticks=((), ()))) is None
    assert "<svg" not in as_html(verdict(Group((finding(exchange=exchange(ticks=((), ()))),), 1)))


def test_the_file_stays_small_however_much_was_found() -> None:
    many = [
        Group((finding(where=f"/{number}", exchange=exchange(body=f"{number}" * 800, target="/" + "é<" * 1500)),), 9)
        for number in range(600)
    ]
    page = as_html(verdict(*many))
    assert 2_000_000 < len(page.encode()) < 5_000_000
    assert "The request and its answers are left out to keep this file small" in page
    assert page.count('class="card ') == 500
    assert "100 more causes are left out" in page
