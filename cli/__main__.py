"""Starts the command from any folder: `python -m cli`, or this file by its path, as the launcher does."""

import sys
from pathlib import Path

# A file's own folder, or that of whoever asks, is not where the packages are.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from cli.tgs import main  # noqa: E402 - see above

if __name__ == "__main__":
    sys.exit(main())
