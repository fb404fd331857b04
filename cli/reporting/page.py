"""The report's page: one HTML file that needs no network, and no script to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from cli.reporting.charts import calendar, day_chart
from cli.reporting.model import NOWHERE, Bridge, Line, Report, Status, meaning_of
from cli.reporting.words import OTHERS, deeds, title, verdict
from cli.terminal.text import printable, signed
from functions.shared.text import hours

_HERE = Path(__file__).parent
_TOGGL_DAY = "https://track.toggl.com/reports/detailed/{workspace}/from/{day}/to/{day}"
"""Where Toggl's own page shows a day of a workspace."""


@dataclass(frozen=True, slots=True)
class BridgeStep:
    """A row of the bridge's table; its bar begins and ends at percents of the widest total."""

    name: str
    seconds: int
    meaning: str
    from_percent: float
    percent: float
    is_total: bool = False
    is_difference: bool = False


def page(report: Report) -> str:
    """The report as HTML. Texts from Toggl and GitLab are made printable and escaped."""
    templates = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    templates.filters |= {
        "hours": hours,
        "signed": signed,
        "share": lambda seconds, most: round(100 * max(seconds, 0) / max(most, 1), 1),
        "moment": lambda at: at.astimezone(ZoneInfo(report.timezone)).strftime("%Y-%m-%d %H:%M"),
        "printable": printable,
        "breakable": _breakable,
        "sentence": _sentence,
        "meaning_of": meaning_of,
    }
    left_out = _by_reason(report)
    return templates.get_template("page.html.j2").render(
        report=report,
        title=title(report),
        verdict=verdict(report),
        deeds=deeds(report),
        others_title=OTHERS,
        style=(_HERE / "page.css").read_text(encoding="utf-8"),
        script=(_HERE / "page.js").read_text(encoding="utf-8"),
        bridge_steps=bridge_steps(report.bridge),
        differences=report.total.differences,
        left_out=left_out,
        left_out_seconds=report.total.account.left_out,
        chart=day_chart(report),
        calendar=calendar(report),
        nowhere=NOWHERE,
        issue_url=issue_urls(report),
        toggl_url=lambda line: toggl_url(line, report),
    )


def bridge_steps(bridge: Bridge) -> list[BridgeStep]:
    """From Toggl's total, step by step, to GitLab's."""
    tracked, there = bridge.tracked_seconds, bridge.gitlab_seconds
    heights = list(accumulate((step.seconds for step in bridge.steps), initial=tracked))
    widest = max([*heights, 1]) / 100
    rows = [BridgeStep("tracked in Toggl", tracked, "", 0, _percent(tracked, widest), is_total=True)]
    differences = {status.value for status in Status if status.is_difference}
    for step, (before, after) in zip(bridge.steps, pairwise(heights), strict=True):
        begin, size = _percent(min(before, after), widest), _percent(abs(step.seconds), widest)
        is_difference = step.name in differences
        rows.append(BridgeStep(step.name, step.seconds, step.meaning, begin, size, is_difference=is_difference))
    return [*rows, BridgeStep("on GitLab", there, "", 0, _percent(there, widest), is_total=True)]


def _percent(seconds: int, one_percent: float) -> float:
    return round(max(seconds, 0) / one_percent, 2)


def _by_reason(report: Report) -> list[tuple[str, list[Line]]]:
    """The left-out lines by reason, the one with the most time first."""
    by_reason: dict[str, list[Line]] = {}
    for line in report.lines:
        if line.is_left_out:
            by_reason.setdefault(line.reason or "", []).append(line)
    return sorted(by_reason.items(), key=lambda item: (-sum(line.tracked_seconds for line in item[1]), item[0]))


def _sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a setting."""
    first = text.partition(" ")[0]
    return f"{text if '_' in first else text[:1].upper() + text[1:]}."


def _breakable(name: str) -> Markup:
    """A path that may be broken after its slashes, and nowhere else as long as there is room."""
    return Markup("/<wbr>").join(escape(part) for part in name.split("/"))


def issue_urls(report: Report) -> Callable[[str], str | None]:
    """Where GitLab shows an issue or merge request by its name; None for one that does not exist yet."""

    def url(name: str) -> str | None:
        sign = "!" if "!" in name else "#"
        path, _sign, number = name.rpartition(sign)
        if not number.isdigit():
            return None
        kind = "merge_requests" if sign == "!" else "issues"
        return f"{report.gitlab_url.rstrip('/')}/{quote(path)}/-/{kind}/{number}"

    return url


def toggl_url(line: Line, report: Report) -> str | None:
    """Where Toggl shows the entry's day; None when its workspace is not known."""
    if line.workspace_id is None:
        return None
    return _TOGGL_DAY.format(workspace=line.workspace_id, day=report.day_of(line))
