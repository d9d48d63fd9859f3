import numpy as np
import pytest

from pipelines.ingest.known_ids import KnownIds, id_rows, probe, sort_run


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


@pytest.mark.parametrize("blocks", [[400], [1] * 60 + [7] * 40, [60_000]])
def test_known_ids_agree_with_a_dictionary(tmp_path, blocks):
    """Ids of few values, so that they repeat in a block, between blocks, between batches, and by halves."""
    random, known, table = np.random.default_rng(3), KnownIds(tmp_path), {}
    hashes = random.integers(0, 2**63, max(blocks[0] // 8, 9)).astype(np.uint64)
    for batch in (1, 2, 3):
        for size in blocks:
            asked = hashes[random.integers(0, len(hashes), (size, 3))]
            is_new, is_same = known.see(asked)
            for (upper, lower, payload), new, same in zip(asked.tolist(), is_new, is_same, strict=True):
                first = table.setdefault((upper, lower), (batch, payload)) if new else table[upper, lower]
                assert new or same == (first[1] == payload)
        known.commit(batch)
        assert sum(len(run) for _, run in known._runs) == len(table)


def test_a_run_is_probed_for_ids_that_share_their_upper_half():
    run = sort_run(rows((5, 1, 7), (9, 0, 1), (5, 3, 8), (2, 2, 2)))
    asked = rows((5, 3, 0), (5, 2, 0), (9, 9, 0), (2, 2, 0))
    found, payload = probe(run, asked, np.argsort(asked[:, 0]))
    assert found.tolist() == [True, False, False, True]
    assert payload.tolist() == [8, 0, 0, 2]


def test_ids_of_sources_do_not_meet():
    assert not np.array_equal(id_rows("web", ["1"]), id_rows("backend", ["1"]))
