"""What a deployment tells its functions: their variables, and in a file those that are too large for Lambda."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from contract.names import VARIABLES_FILE

CODE = Path(__file__).parents[2]


def deployed_variables(own: Mapping[str, str], code: Path = CODE) -> dict[str, str]:
    """All of them, by their names; the file's count, whatever somebody has put beside them by hand.

    own: the function's variables. code: the folder of `contract/` and `functions/`, without such a file where nothing
    is deployed.
    """
    file = code / VARIABLES_FILE
    in_file: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {**own, **in_file}
