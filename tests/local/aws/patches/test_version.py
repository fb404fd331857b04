"""Another ministack than the one that was patched does not start."""

from __future__ import annotations

import importlib.metadata

import pytest

from local.aws import patches
from local.aws.patches.version import IncompatibleError, verify


def test_the_installed_ministack_is_the_one_that_the_patches_were_made_for() -> None:
    verify()


def test_a_changed_place_stops_the_start_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ministack.services.stepfunctions._call_lambda", lambda func_ref, event: (func_ref, event))

    with pytest.raises(IncompatibleError, match=r"changed places: stepfunctions\._call_lambda\."):
        patches.apply()


def test_a_missing_place_stops_the_start_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT")

    with pytest.raises(IncompatibleError, match=r"lambda_runtime\._PYTHON_WORKER_SCRIPT"):
        patches.apply()


def test_another_version_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "1.6.0")

    with pytest.raises(IncompatibleError, match=r"made for ministack 1\.5\.33 .* installed 1\.6\.0"):
        patches.apply()
