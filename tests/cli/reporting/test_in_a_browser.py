"""How the page behaves in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.reporting.model import Report, Status
from cli.reporting.page import page
from tests.cli.reporting.support import left_out, line, report

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine (Debian: apt-get install chromium)"
)


def _of_600_entries() -> Report:
    return report(
        *(line(entry_id=n, issue=f"acme/web#{n % 40}", description=f"work {n}") for n in range(596)),
        line(Status.MISSING, entry_id=597, gitlab_seconds=0),
        left_out(entry_id=598, advice="do this"),
        line(Status.REFUSED, entry_id=599, planned_seconds=0, gitlab_seconds=0, reason="no_permission"),
        line(Status.DOUBLE, entry_id=600, gitlab_seconds=3600),
    )


PROBE = Path(__file__).with_name("probe.js")


def in_browser(html: str, tmp_path: Path, *flags: str) -> tuple[dict[str, object], str]:
    """What the probe found in a page, and what the browser logged."""
    file = tmp_path / "report.html"
    file.write_text(html.replace("</body>", f"<script>{PROBE.read_text()}</script></body>"), encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", *flags, "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    probe = re.search(r'data-probe="([^"]*)"', done.stdout)
    assert probe is not None, done.stderr
    found: dict[str, object] = json.loads(probe[1].replace("&quot;", '"'))
    return found, done.stderr


@pytest.mark.parametrize("flags", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
def test_in_a_browser_everything_can_be_read_filtered_sorted_and_reached(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    found, logged = in_browser(page(_of_600_entries()), tmp_path, "--window-size=1200,900", *flags)

    assert "CONSOLE" not in logged
    assert found["dark"] is bool(flags)
    assert found["lowestContrast"] >= 4.5  # type: ignore[operator] # WCAG 2.2, 1.4.3, for text
    assert found["shown"] == 7  # work 59 and 590 to 595
    assert found["said"] == "7 of 600"
    assert found["sorted"] == "descending"
    assert found["first"] == "1:00:00"
    assert found["reachable"]
    assert found["heads"]
    assert found["cut"] == []


def test_on_a_phone_nothing_but_tables_is_wider_than_the_screen(tmp_path: Path) -> None:
    found, _logged = in_browser(page(_of_600_entries()), tmp_path, "--window-size=360,800")

    assert found["wider"] <= 0  # type: ignore[operator]
