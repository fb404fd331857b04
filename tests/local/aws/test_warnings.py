"""What ministack warns of is heard, but for a package that nobody misses here."""

from __future__ import annotations

import subprocess
import sys

from local.aws.cdk import PROJECT_ROOT


def test_the_patches_are_imported_without_a_word_and_other_warnings_are_heard() -> None:
    code = "import logging; from local.aws import patches; logging.getLogger('kms').warning('the key is gone')"

    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "the key is gone\n")
