"""What is uploaded: the functions' code with what the deployment tells them, and the layer, readable for Lambda."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from contract import limits, names
from contract.errors import InvalidSettings
from contract.settings import IN_A_FILE, Settings

PROJECT_ROOT = Path(__file__).parent.parent
PACKAGES = ("contract", "functions")
LAYER_FOLDER = PROJECT_ROOT / "build" / "layer"

OWN_VARIABLES = ("ENVIRONMENT", "GITLAB_URL")
"""What transform and post have of their own: whose token they take, and where alone they send it. The rest of a run's
settings comes with it from fetch."""


@contextmanager
def code_folder(settings: Settings) -> Iterator[Path]:
    """A folder with the functions' code, as the CDK is to take it before the block ends. Raises InvalidSettings.

    The file of variables is in it, so another `project_map` is another version of the functions.
    """
    with TemporaryDirectory(prefix="functions-") as made:
        folder = Path(made)
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(PROJECT_ROOT / package, folder / package, ignore=ignored)
        text = json.dumps(_in_a_file(settings), ensure_ascii=False, indent=1)
        (folder / names.VARIABLES_FILE).write_text(text, encoding="utf-8")
        yield folder


def layer_folder() -> Path:
    """The built layer. Raises FileNotFoundError when there is none."""
    if not (LAYER_FOLDER / "python").is_dir():
        raise FileNotFoundError(
            f"The Lambdas' dependencies are not in {LAYER_FOLDER.relative_to(PROJECT_ROOT)} yet. Run: make layer"
        )
    return LAYER_FOLDER


def variables_of(role: str, settings: Settings) -> dict[str, str]:
    """The environment variables of a function. Raises InvalidSettings when they take more than Lambda allows."""
    texts = settings.to_environment()
    own = {name: text for name, text in texts.items() if name not in IN_A_FILE}
    variables = own if role == "fetch" else {name: texts[name] for name in OWN_VARIABLES}
    taken = _bytes_of(variables)
    if taken > limits.VARIABLES_BYTES:
        largest = max(variables, key=lambda name: len(variables[name].encode()))
        raise InvalidSettings(
            f"{largest.lower()} takes {_bytes_of(variables[largest])} bytes, but allowed is: {limits.VARIABLES_BYTES}"
            f" bytes for all variables of a function together, which would take {taken}. Make it shorter."
        )
    return variables


def let_lambda_read(assembly: Path) -> None:
    """Give all that is uploaded the modes with which Lambda can read it, whatever the umask here is.

    The CDK packs files with the modes that they have, and Lambda runs them as another user. Only its hash tells the CDK
    whether there is something new to upload, and no mode is in it.
    """
    for asset in assembly.glob("asset.*"):
        for path in (asset, *asset.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def _in_a_file(settings: Settings) -> dict[str, str]:
    texts = settings.to_environment()
    taken = len(texts["PROJECT_MAP"].encode())
    if taken > limits.PROJECT_MAP_BYTES:
        raise InvalidSettings(
            f"project_map takes {taken} bytes, but allowed is: {limits.PROJECT_MAP_BYTES} bytes, since it travels with"
            " each run. Use numeric ids of GitLab projects, or leave out those that belong to the default project."
        )
    return {name: texts[name] for name in IN_A_FILE}


def _bytes_of(value: str | Mapping[str, str]) -> int:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode())
