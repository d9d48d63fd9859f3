import os

import pytest

from pipelines.writable import NotWritable, refuse_read_only


def test_what_can_be_written_or_made_passes(tmp_path):
    refuse_read_only(tmp_path, tmp_path / "not" / "yet")


def test_a_folder_that_cannot_be_written_is_named_with_the_cure(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # permissions do not bind root
    with pytest.raises(NotWritable, match=f"{tmp_path}: this user cannot write here.*TRAILHOUSE_DATA"):
        refuse_read_only(tmp_path / "data" / "lake")
