import pickle

from pipelines.envelope import FileRefused, canonical_json, event_hash, payload_hash


def test_an_event_is_its_source_and_its_id():
    hashes = {event_hash("web", "ab"), event_hash("web", "a"), event_hash("we", "bab"), event_hash("backend", "ab")}
    assert len(hashes) == 4 and {len(each) for each in hashes} == {16}
    assert event_hash("web", "e-1").hex() == "bda08f8b08ebfee094f0ba5b172b1649"  # stored in indexes: it never changes


def test_the_order_of_keys_says_nothing():
    one = payload_hash("n", "t", {"user": "1"}, {"a": 1, "b": {"c": [1, 2], "d": None}}, {})
    other = payload_hash("n", "t", {"user": "1"}, {"b": {"d": None, "c": [1, 2]}, "a": 1}, None)
    assert one == other
    assert one != payload_hash("n", "t", {"user": "1"}, {"b": {"d": None, "c": [2, 1]}, "a": 1}, None)


def test_integers_of_any_size_are_exact():
    assert canonical_json({"b": 2**64 + 1, "a": "é"}) == '{"a":"é","b":18446744073709551617}'.encode()


def test_a_refusal_comes_back_from_a_worker():
    refused = pickle.loads(pickle.dumps(FileRefused("file_corrupt", "a JPEG picture")))
    assert (refused.reason, refused.detail) == ("file_corrupt", "a JPEG picture")
