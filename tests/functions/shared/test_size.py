"""What is too large for a state is refused with advice, instead of ending the execution without a word."""

from __future__ import annotations

import pytest

from contract.errors import InvalidInput
from functions.shared.size import HANDOVER_LIMIT_BYTES, fitting


def test_what_fits_is_handed_on_as_it_is():
    answer = {"entries": ["x" * (HANDOVER_LIMIT_BYTES - 100)]}

    assert fitting(answer, "1 entry") is answer


def test_the_size_is_that_of_the_text_and_not_of_its_escapes():
    answer = {"entries": ["é" * (HANDOVER_LIMIT_BYTES // 2 - 100)]}

    assert fitting(answer, "1 entry") is answer


def test_what_is_too_large_is_refused_with_the_advice_to_split_the_dates():
    answer = {"entries": ["é" * (HANDOVER_LIMIT_BYTES // 2)]}

    with pytest.raises(InvalidInput, match=r"1 entry .*Split the dates"):
        fitting(answer, "1 entry")
