"""The first import of each handler: while the others are imported, nobody looks for garbage among them.

All that is imported stays, so there is none: looking for it was a twelfth of a cold start. Afterwards it is left out of
later collections as well.
"""

import gc

gc.disable()


def started() -> None:
    """Everything is imported: from now on there may be garbage."""
    gc.freeze()
    gc.enable()
