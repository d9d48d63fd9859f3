import numpy as np
import pytest

from pipelines.known_ids import KnownIds, first_of_each, id_rows, probe, sort_run


def rows(*triples: tuple[int, int, int]) -> np.ndarray:
    return np.array(triples, np.uint64).reshape(-1, 3)


def test_a_new_id_is_new_once(tmp_path):
    known = KnownIds(tmp_path)
    is_new, is_same = known.see(rows((1, 1, 7), (2, 2, 7), (1, 1, 7)))
    assert is_new.tolist() == [True, True, False]
    assert is_same.tolist() == [False, False, True]


def test_another_payload_is_neither_new_nor_same(tmp_path):
    known = KnownIds(tmp_path)
    is_new, is_same = known.see(rows((1, 1, 7), (1, 1, 8)))
    assert (is_new | is_same).tolist() == [True, False]
    is_new, is_same = known.see(rows((1, 1, 8), (1, 1, 7)))
    assert is_new.tolist() == [False, False]
    assert is_same.tolist() == [False, True]


def test_ids_that_share_their_upper_half_are_told_apart(tmp_path):
    known = KnownIds(tmp_path)
    known.see(rows((5, 1, 0), (5, 3, 0), (5, 9, 0)))
    is_new, _ = known.see(rows((5, 9, 0), (5, 2, 0), (5, 1, 0), (5, 3, 0)))
    assert is_new.tolist() == [False, True, False, False]


def test_what_is_committed_is_known_to_the_next_process(tmp_path):
    for batch in range(1, 20):
        known = KnownIds(tmp_path)
        known.see(rows(*((batch * 10 + n, n, 0) for n in range(batch % 7 + 1))))
        known.commit(batch)
    again = KnownIds(tmp_path)
    assert again.batch == 19
    is_new, is_same = again.see(rows((10, 0, 0), (196, 6, 0), (195, 5, 0)))
    assert is_new.tolist() == [False, True, False]
    assert is_same.tolist() == [True, False, True]
    assert len(list(tmp_path.glob("*.npy"))) <= 8


def test_a_dropped_batch_is_forgotten(tmp_path):
    known = KnownIds(tmp_path)
    known.see(rows((1, 1, 1)))
    known.drop_batch()
    assert known.see(rows((1, 1, 1)))[0].tolist() == [True]


@pytest.mark.parametrize("damage", ["manifest.json", "known-1.npy"])
def test_a_damaged_index_is_as_none(tmp_path, damage):
    known = KnownIds(tmp_path)
    known.see(rows((1, 1, 1)))
    known.commit(1)
    (tmp_path / damage).write_bytes(b"{")
    assert KnownIds(tmp_path).batch == 0


def test_probe_and_first_agree_with_a_dictionary():
    random = np.random.default_rng(3)
    stored = random.integers(0, 50, (400, 3)).astype(np.uint64)
    asked = random.integers(0, 60, (300, 3)).astype(np.uint64)
    run = sort_run(stored[first_of_each(stored) == np.arange(len(stored))])
    table = {(row[0], row[1]): row[2] for row in run.tolist()}
    found, payload = probe(run, asked)
    expected = [(row[0], row[1]) in table for row in asked.tolist()]
    assert found.tolist() == expected
    assert [table.get((row[0], row[1]), 0) for row in asked.tolist()] == payload.tolist()


def test_ids_of_sources_do_not_meet():
    assert not np.array_equal(id_rows("web", ["1"]), id_rows("backend", ["1"]))
