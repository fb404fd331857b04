"""What a deployment tells its functions, in variables and in a file."""

from __future__ import annotations

import json
from pathlib import Path

from functions.shared.deployed import deployed_variables


def test_what_is_in_the_file_counts_whatever_was_set_beside_it_by_hand(tmp_path: Path) -> None:
    (tmp_path / "variables.json").write_text(json.dumps({"PROJECT_MAP": '{"Café": "a/b"}'}), encoding="utf-8")

    assert deployed_variables({"DRY_RUN": "true", "PROJECT_MAP": "{}"}, tmp_path) == {
        "DRY_RUN": "true",
        "PROJECT_MAP": '{"Café": "a/b"}',
    }


def test_without_a_file_the_variables_are_all_there_is(tmp_path: Path) -> None:
    assert deployed_variables({"DRY_RUN": "true"}, tmp_path) == {"DRY_RUN": "true"}
