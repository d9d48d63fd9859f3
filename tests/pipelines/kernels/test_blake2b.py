"""Identities in bulk against hashlib."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.envelope import event_hash
from pipelines.judge.tables import id_hashes

texts = st.lists(st.none() | st.text(max_size=30) | st.text(min_size=120, max_size=300), max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=140), texts)
def test_bulk_is_one_by_one(source, ids):
    one_by_one = b"".join(bytes(16) if each is None else event_hash(source, each) for each in ids)
    assert id_hashes(source, pa.chunked_array([ids], pa.string())).tobytes() == one_by_one


@pytest.mark.parametrize("size", [0, 1, 123, 124, 125, 251, 252, 253, 1000])
def test_around_the_ends_of_blocks(size):
    column = pa.chunked_array([["x"], ["y" * size, None]], pa.string())
    expected = event_hash("web", "x") + event_hash("web", "y" * size) + bytes(16)
    assert id_hashes("web", column).tobytes() == expected


def test_slices_keep_their_place():
    column = pa.chunked_array([pa.array(["a", "bc", None, "d"])]).slice(1)
    assert np.array_equal(id_hashes("web", column), id_hashes("web", pa.chunked_array([["bc", None, "d"]])))
