"""The page: what it says, and that nothing in it steers a browser."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

from cli.reporting.model import OtherTime, Status
from cli.reporting.page import page
from contract.vocabulary import Reason
from tests.cli.reporting.support import NOVEMBER_3, left_out, line, report

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)> \"'&"


class Reader(HTMLParser):
    """The tags and links of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.sources += [value or "" for name, value in attrs if name in {"src", "srcset"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_each_entry_links_to_its_issue_and_its_day_in_toggl() -> None:
    links = Reader(page(report(line(), line(issue="acme/api!4")))).links

    assert "https://gitlab.example.com/acme/web/-/issues/12" in links
    assert "https://gitlab.example.com/acme/api/-/merge_requests/4" in links
    assert "https://track.toggl.com/reports/detailed/7/from/2026-11-03/to/2026-11-03" in links


def test_an_issue_that_does_not_exist_yet_has_no_link() -> None:
    read = Reader(page(report(line(issue="acme/web#new"))))

    assert "acme/web#new" in read.text
    assert not [link for link in read.links if "new" in link]


def test_descriptions_are_text_and_nothing_else() -> None:
    hostile = line(description=HOSTILE, toggl_project=HOSTILE, reason=HOSTILE, issue=f"{HOSTILE}#1")
    read = Reader(page(report(hostile, left_out(HOSTILE, description=HOSTILE), username=HOSTILE)))

    assert read.tags.count("script") == 1
    assert "img" not in read.tags
    assert HOSTILE in read.text


def test_the_page_needs_no_network() -> None:
    html = page(report(line()))

    assert Reader(html).sources == []
    assert not re.search(r"@import|url\(|<link|fetch\(|XMLHttpRequest", html)


def test_what_was_left_out_stands_with_its_meaning_and_what_to_do() -> None:
    text = Reader(page(report(left_out(advice="put the number in", description="standup")))).text

    for words in (Reason.NO_ISSUE.meaning[1:], "put the number in", "standup"):
        assert words in text


def test_a_difference_stands_in_its_own_section() -> None:
    text = Reader(page(report(line(Status.MISSING, gitlab_seconds=0)))).text

    assert "To check: 1" in text
    assert "To check" not in Reader(page(report(line()))).text


def test_the_bars_of_projects_are_measured_by_the_largest_project() -> None:
    html = page(report(line(issue="a/b#1"), line(issue="a/b#2"), line(issue="c/d#1")))

    by_project = html[html.index('id="by-project"') : html.index('id="by-issue"')]
    assert re.findall(r'class="bar" style="width:([0-9.]+)%', by_project) == ["100.0", "50.0"]


def test_others_time_has_a_section_of_its_own_and_is_in_no_other_number() -> None:
    other = OtherTime(HOSTILE, NOVEMBER_3, 4_444, "acme/web#12")
    html = page(report(line(), others=(other,)))

    apart = html[html.index('id="others"') : html.index('id="entries"')]
    read = Reader(apart)
    assert HOSTILE in read.text
    assert read.text.count("1:14:04") == 2  # in the heading, and in the row
    assert html.replace(apart, "").count("1:14:04") == 0
    assert "https://gitlab.example.com/acme/web/-/issues/12" in read.links


def test_a_page_that_leaves_out_more_than_it_logs_says_so_in_its_heading() -> None:
    html = page(report(line(), left_out(tracked_seconds=1801)))

    assert "<h1>Time in November 2026: more is left out" in html


def test_the_command_that_syncs_what_is_missing_stands_below_what_is_missing() -> None:
    html = page(report(line(Status.MISSING), to_sync="./tgs apply 2026-11-03"))

    assert "Not complete: 1 missing.</p>\n<p>To sync what is missing: <code>./tgs apply 2026-11-03</code></p>" in html


def test_nothing_is_drawn_for_no_time() -> None:
    html = page(report(line(), left_out()))

    by_issue = html[html.index('id="by-issue"') : html.index('id="left-out"')]
    assert (by_issue.count('<th scope="row"'), by_issue.count('class="bar"')) == (2, 1)


def test_a_path_is_broken_at_its_slashes_only() -> None:
    assert ">acme/<wbr>web#12</a>" in page(report(line()))


def test_a_reason_that_begins_with_a_settings_name_keeps_it_as_it_is_written() -> None:
    assert "<p>project_map has null" in page(report(left_out("project_left_out")))


def test_the_calendar_says_what_its_numbers_are_and_of_which_month() -> None:
    html = page(report(line(), first=date(2026, 10, 30), last=date(2026, 11, 4)))

    assert "hours in Toggl &rarr; on GitLab, and how many entries were left out" in html
    assert re.findall(r'class="date">([^<]*)<', html) == ["30 Oct", "31", "1 Nov", "2", "3", "4"]


def test_a_page_of_nothing_can_be_made() -> None:
    assert "Nothing was tracked" in Reader(page(report())).text
