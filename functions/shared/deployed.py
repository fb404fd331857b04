"""What a deployment tells its functions: their variables, and in a file those that are too large for Lambda."""

from __future__ import annotations

import json
import os
from pathlib import Path

from contract.names import VARIABLES_FILE

CODE = Path(__file__).parents[2]


def deployed_variables(code: Path = CODE) -> dict[str, str]:
    """All of them, by their names; the file's count, whatever somebody has put beside them by hand.

    code: the folder that `contract/` and `functions/` are in. Where nothing is deployed it has no such file.
    """
    file = code / VARIABLES_FILE
    in_file: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {**os.environ, **in_file}
