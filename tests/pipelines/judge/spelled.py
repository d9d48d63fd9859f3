"""Texts of records, piece by piece: any spacing, spelling, number and repetition, most of it right."""

import json

from hypothesis import strategies as st

from tests.pipelines.judge.records import event

spaces = st.sampled_from(["", "", "", " ", "\t", "\r", "  "])
pieces = st.one_of(
    st.text(alphabet=st.characters(exclude_characters='"\\', min_codepoint=32), max_size=20),
    st.sampled_from(
        [
            "\\n",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\ud800",
            "\\udc00\\ud800",
            "\\/",
            "\\x",
            "\\u0000",
            "\\u12",
            "\x7f",
            "\x01",
        ]
    ),
)
spelled = st.lists(pieces, max_size=3).map(lambda parts: '"' + "".join(parts) + '"')
numbers = st.from_regex(r"-?(0|[1-9]\d{0,20})(\.\d{1,17})?([eE][+-]?\d{1,3})?", fullmatch=True)
json_scalars = st.one_of(
    spelled, numbers, st.sampled_from(["true", "false", "null", "-0", "-0.0", "01", "NaN", "1.0", "0.10"])
)


def join(opening: str, closing: str, parts: list[tuple[str, str]]) -> str:
    return opening + ",".join(before + part + before for part, before in parts) + closing


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(inner, spaces), max_size=4).map(lambda parts: join("[", "]", parts))


def objects(inner: st.SearchStrategy[str], keys: st.SearchStrategy[str] = spelled) -> st.SearchStrategy[str]:
    pairs = st.builds(lambda key, space, value: f"{key}{space}:{space}{value}", keys, spaces, inner)
    return st.lists(st.tuples(pairs, spaces), max_size=4).map(lambda parts: join("{", "}", parts))


json_texts = st.recursive(json_scalars, lambda inner: arrays(inner) | objects(inner), max_leaves=10)
deep = st.builds(lambda depth, text: '{"a":' * depth + text + "}" * depth, st.integers(36, 42), json_scalars)
short_keys = st.sampled_from(['"a"', '"b"', '"c"', '"\\u0061"', '""'])
parts_of_records = {
    "event_id": st.sampled_from(['"e-1"', '"0"', '"null"', "7", '"e\\u002d1"']) | spelled,
    "event_name": st.sampled_from(['"x"', '" x"', '"größer"', '"\u3000"', "null"]) | spelled,
    "timestamp": st.sampled_from(['"2026-03-01T12:00:00Z"', '"2026-03-01T17:00:00.5+05:00"', '"now"']),
    "ids": objects(
        st.sampled_from(
            ['"u-1"', '"u"', "7", "0", "-0", "1.5", "123456789012345678", "9223372036854775808", '"ü"', '"guest"']
        ),
        st.sampled_from(['"user"', '"anonymous"', '"project_id"', '"deployment_id"', '"tenant"', '"us\\u0065r"']),
    ),
    "properties": objects(json_texts) | objects(json_texts, short_keys) | deep,
    "context": objects(json_texts, short_keys) | deep,
}
changed = st.fixed_dictionaries({}, optional=parts_of_records).map(lambda changes: list(changes.items())[:3])


@st.composite
def spelled_records(draw) -> bytes:
    """A record with up to three of its parts replaced, or given once more, in any order and spacing."""
    members = {key: json.dumps(each) for key, each in event().items()} | dict(draw(changed))
    twice = draw(st.sampled_from([[], [], [], [("properties", "{}")], [("ids", "{}")]]))
    pairs = draw(st.permutations([*members.items(), *twice]))
    space = draw(spaces)
    inside = ",".join(f'{space}"{key}"{space}:{space}{text}' for key, text in pairs)
    return f"{space}{{{inside}{space}}}{space}".encode(errors="surrogatepass").replace(b"\n", b" ").removesuffix(b"\r")
