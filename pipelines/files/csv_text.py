"""Text of csv: the header, and one record's columns. Where a record ends belongs to pipelines.records."""

import csv

from pipelines.config.sources import Source
from pipelines.config.yaml_lines import nearest
from pipelines.envelope import FileRefused, Unreadable
from pipelines.files.records import BOM, CsvSplitter

csv.field_size_limit(2**31 - 1)  # records are limited before they come here


def read_header(data: bytes, source: Source) -> tuple[tuple[str, ...], int]:
    """(column names, bytes of BOM and header with its line end) of a file that begins with `data`.

    Errors: FileRefused when it is no header, or lacks a column that the source's fields name: a renamed column must not
    quietly become null.
    """
    start = len(BOM) if data.startswith(BOM) else 0
    end = CsvSplitter(source.delimiter, source.limits.max_event_bytes).end(data, start, is_all=True)
    try:
        (names,) = csv.reader((data[start:end].decode().rstrip("\r\n"),), delimiter=source.delimiter, strict=True)
        if not any(names):
            raise ValueError("it is blank")
    except UnicodeDecodeError as error:
        raise FileRefused("file_encoding", "the header is no UTF-8 text; convert the file to UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise FileRefused(
            "file_unsupported", f"the first line is no csv header ({error}); it must name columns"
        ) from error
    _check_header(names, source)
    return tuple(names), end


def _check_header(names: list[str], source: Source) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        what = f"names '{twice[0]}' twice" if twice else "has a column without a name"
        raise FileRefused("file_unsupported", f"the header {what}; every column needs its own name")
    for path in sorted({path for each in source.expressions() for path in each.all_paths} - set(names)):
        what = f"the header has no column '{path}', which config/sources.yaml names; {nearest(path, names)}"
        raise FileRefused("file_unsupported", what)


def read_row(text: str, header: tuple[str, ...], delimiter: str) -> dict[str, str | None]:
    """Column -> text; an empty column is None. Errors: Unreadable missing_field, bad_type."""
    try:
        rows = list(csv.reader((text,), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unreadable("bad_type", f"no csv record: {error}") from error
    row = rows[0] if len(rows) == 1 else []
    if len(row) < len(header):
        raise Unreadable("missing_field", f"{len(row)} columns, the header has {len(header)}")
    if len(row) > len(header):
        raise Unreadable("bad_type", f"{len(row)} columns, the header has {len(header)}")
    return {name: value or None for name, value in zip(header, row, strict=True)}
