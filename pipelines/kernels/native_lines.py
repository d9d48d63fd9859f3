"""One pass over the lines of a block: which are native records about which nothing can be said, and where their parts are.

What is recognised here, pipelines.judge.native accepts with the same row; everything else is left to it.
"""

import numpy as np

from pipelines.kernels.compiled import entry, helper
from pipelines.kernels.json_hash import (
    ARRAY,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    FAILED,
    LEVELS,
    MINUS,
    MOST_KEYS,
    NINE,
    NOTHING,
    OBJECT,
    OPEN_OBJECT,
    POINT,
    QUOTE,
    SCALAR,
    TEXT,
    ZERO,
    address,
    blanks,
    cut,
    finished,
    hashed,
    item,
    member,
    strict_scalar,
    text_stop,
    value,
)
from pipelines.kernels.memory import bits, byte, first_bit, within, word
from pipelines.kernels.moments import UNREAD, moment

# the fields of the envelope, then `ids` kind by kind: rows of `starts` and `sizes`
EVENT_ID, EVENT_NAME, TIMESTAMP, SENT_AT, RECEIVED_AT, IDS, PROPERTIES, CONTEXT, KINDS = range(9)
FIELDS = ("event_id", "event_name", "timestamp", "sent_at", "received_at", "ids", "properties", "context")
MAX_EVENT_BYTES, MAX_DEPTH, MAX_NAME_CHARS, MAX_ID_CHARS, EARLIEST, BATCH_AT = range(6)  # `limits`
OCCURRED, SENT, RECEIVED = range(3)  # rows of `times`

_DAY = 86_400_000_000
_MOST_ID_DIGITS = 18  # an integer that surely has 64 bits
_LONGEST_PLACEHOLDER = 15


@helper
def line_end(at):
    mask = within(at, 10, 10)
    while mask == 0:
        at += 32
        mask = within(at, 10, 10)
    return at + first_bit(mask)


@entry("int64(uint8[::1], int64, int64)")
def count_lines(data, lead, size):
    """Line ends in data[lead:size]."""
    count = 0
    for at in range(lead, size, 32):
        count += bits(within(address(data) + at, 10, 10) & ((1 << min(size - at, 32)) - 1))
    return count


@helper
def is_same(at, to, size):
    for done in range(0, size, 8):
        if cut(word(at + done) ^ word(to + done), size - done) != NOTHING:
            return False
    return True


@helper
def known(at, size, name_spans, first, last, guess):
    """The number of a name, of those from `first` to `last` - 1; FAILED if it is none. As a rule it is `guess`."""
    number = guess
    for _ in range(first, last):
        number = first if number >= last else number
        if name_spans[number, 1] == size and is_same(at, name_spans[number, 0], size):
            return number
        number += 1
    return FAILED


@helper
def plain_text(at):
    """The position of the quote that ends a text without escapes, which starts at `at` with a quote; or FAILED."""
    if byte(at) != QUOTE:
        return FAILED
    stop = text_stop(at + 1)
    return stop if byte(stop) == QUOTE else FAILED


@helper
def named(at, name_spans, first, last, guess):
    """(position of the value, start, size, number of the name) of a member; FAILED if the name is none of them."""
    at = blanks(at)
    stop = plain_text(at)
    if stop < 0:
        return FAILED, at, 0, FAILED
    number = known(at + 1, stop - at - 1, name_spans, first, last, guess)
    after = blanks(stop + 1)
    if number < 0 or byte(after) != COLON:
        return FAILED, at, 0, FAILED
    return blanks(after + 1), at + 1, stop - at - 1, number


@helper
def ids(at, row, name_spans, starts, sizes):
    """(position after the object, its hash) of what starts at `at`: texts and integers under declared kinds."""
    if byte(at) != OPEN_OBJECT:
        return FAILED, NOTHING
    at = blanks(at + 1)
    total, count, guess = NOTHING, 0, KINDS
    if byte(at) == CLOSE_OBJECT:
        return at + 1, finished(OBJECT, NOTHING, NOTHING)
    while True:
        at, key_at, key_size, kind = named(at, name_spans, KINDS, len(name_spans), guess)
        if at < 0 or sizes[kind, row] >= 0:
            return FAILED, NOTHING
        is_text = byte(at) == QUOTE
        start = at + is_text
        at = plain_text(at) if is_text else integer(at)
        if at < 0:
            return FAILED, NOTHING
        starts[kind, row], sizes[kind, row] = start, at - start
        found = hashed(start, at - start, TEXT if is_text else SCALAR)
        total += member(hashed(key_at, key_size, TEXT), found)
        count, guess = count + 1, kind + 1
        at = blanks(at + is_text)
        head = byte(at)
        at += 1
        if head == CLOSE_OBJECT:
            return at, finished(OBJECT, total, np.uint64(count))
        if head != COMMA:
            return FAILED, NOTHING


@helper
def integer(at):
    """The position after an integer that surely has 64 bits."""
    if byte(at) != MINUS and not ZERO <= byte(at) <= NINE:
        return FAILED
    stop = strict_scalar(at)
    is_whole = within(at, POINT, POINT) & ((1 << _MOST_ID_DIGITS) - 1) & ((1 << (stop - at)) - 1) == 0
    return stop if stop > 0 and stop - at <= _MOST_ID_DIGITS and is_whole else FAILED


@helper
def is_plain_id(at, size, most):
    """Surely an id: ASCII without DEL, a letter or digit at both ends, and no placeholder, for it is longer than all of
    these, or holds a digit (of which only '0' does)."""
    if size < 2 or size > most or not is_alphanumeric(byte(at)):
        return False
    if not is_alphanumeric(byte(at + size - 1)):
        return False
    odd = digit = 0
    for done in range(0, size, 32):
        mask = (1 << min(size - done, 32)) - 1
        odd |= within(at + done, 127, 255) & mask
        digit |= within(at + done, ZERO, NINE) & mask
    return odd == 0 and (digit != 0 or size > _LONGEST_PLACEHOLDER)


@helper
def is_alphanumeric(value):
    return ZERO <= value <= NINE or ord("a") <= value | 32 <= ord("z")


@helper
def is_plain_name(at, size, most):
    """Surely a name: begins with what is no blank, holds no DEL, is not too long even if each byte were a character."""
    if not 1 <= size <= most or not 32 < byte(at) < 127:
        return False
    for done in range(0, size, 32):
        if within(at + done, 127, 127) & ((1 << min(size - done, 32)) - 1):
            return False
    return True


@helper
def timed(row, starts, sizes, limits, times):
    """Are the three times read, and in range? A source without a collector takes the batch's."""
    occurred = moment(starts[TIMESTAMP, row], sizes[TIMESTAMP, row])
    sent, received = np.int64(0), limits[BATCH_AT]
    if sizes[SENT_AT, row] >= 0:
        sent = moment(starts[SENT_AT, row], sizes[SENT_AT, row])
    if sizes[RECEIVED_AT, row] >= 0:
        received = moment(starts[RECEIVED_AT, row], sizes[RECEIVED_AT, row])
    if occurred == UNREAD or sent == UNREAD or received == UNREAD:
        return False
    if sizes[SENT_AT, row] >= 0 and sizes[RECEIVED_AT, row] >= 0:
        occurred += received - sent
    times[OCCURRED, row], times[SENT, row], times[RECEIVED, row] = occurred, sent, received
    return min(occurred, received) >= limits[EARLIEST] and occurred <= received + _DAY


@helper
def doubts(row, starts, sizes, limits):
    """Bit n: whether the text of column n needs a closer look."""
    found = 0
    if not is_plain_name(starts[EVENT_NAME, row], sizes[EVENT_NAME, row], limits[MAX_NAME_CHARS]):
        found = 1 << EVENT_NAME
    for column in range(len(sizes)):
        if (column == EVENT_ID or column >= KINDS) and sizes[column, row] >= 0:
            if not is_plain_id(starts[column, row], sizes[column, row], limits[MAX_ID_CHARS]):
                found |= 1 << column
    return found


@helper
def envelope(at, row, name_spans, limits, starts, sizes, frames, keys, scratch):
    """(position after the object, payload hash) of the record at `at`, or FAILED."""
    for column in range(len(sizes)):
        sizes[column, row] = FAILED
    empty = finished(OBJECT, NOTHING, NOTHING)
    ids_hash, properties, context = empty, empty, empty
    seen = guess = 0
    at = blanks(at)
    if byte(at) != OPEN_OBJECT:
        return FAILED, NOTHING
    while True:
        at, _, _, field = named(at + 1, name_spans, 0, KINDS, guess)
        if at < 0 or seen >> field & 1:
            return FAILED, NOTHING
        seen, guess, start = seen | 1 << field, field + 1, at
        if field < IDS:
            start, at = at + 1, plain_text(at)
        elif field == IDS:
            if limits[MAX_DEPTH] < 2:
                return FAILED, NOTHING
            at, ids_hash = ids(at, row, name_spans, starts, sizes)
        elif byte(at) != OPEN_OBJECT:
            return FAILED, NOTHING
        else:
            at, found = value(at, True, limits[MAX_DEPTH] - 1, frames, keys, scratch)
            if field == PROPERTIES:
                properties = found
            else:
                context = found
        if at < 0:
            return FAILED, NOTHING
        starts[field, row], sizes[field, row] = start, at - start
        at = blanks(at + (field < IDS))
        if byte(at) == CLOSE_OBJECT:
            break
        if byte(at) != COMMA:
            return FAILED, NOTHING
    if sizes[EVENT_NAME, row] < 0 or sizes[TIMESTAMP, row] < 0:
        return FAILED, NOTHING
    total = item(NOTHING, hashed(starts[EVENT_NAME, row], sizes[EVENT_NAME, row], TEXT))
    total = item(total, hashed(starts[TIMESTAMP, row], sizes[TIMESTAMP, row], TEXT))
    return at + 1, finished(ARRAY, item(item(item(total, ids_hash), properties), context), np.uint64(5))


@entry(
    "int64(uint8[::1], int64, int64, int64[:, ::1], int64[::1], "
    "int64[::1], int64[::1], int64[:, ::1], int32[:, ::1], int64[:, ::1], uint64[::1], int64[::1])"
)
def scan(data, lead, size, name_spans, limits, ends, lines, starts, sizes, times, hashes, doubted):
    """How many records were recognised; the rows of the last six arrays are theirs. `ends`: of all lines, in data.

    data[lead:size] are whole lines, valid UTF-8, padded. name_spans: (address, size) of FIELDS, then of the kinds of ids.
    starts: addresses in data; sizes: -1 where there is nothing. doubted: bit n says that column n is no text that is surely
    fine.
    """
    frames, keys = np.empty((LEVELS, 5), np.uint64), np.empty(4 * MOST_KEYS, np.uint64)
    unescaped = np.empty(limits[MAX_EVENT_BYTES] + 64, np.uint8)
    scratch, start = address(unescaped), address(data)
    row = line = 0
    at = start + lead
    while at < start + size:
        end = line_end(at)
        if end - (end > at and byte(end - 1) == 13) - at <= limits[MAX_EVENT_BYTES]:
            stop, found = envelope(at, row, name_spans, limits, starts, sizes, frames, keys, scratch)
            if stop > 0 and blanks(stop) == end and timed(row, starts, sizes, limits, times):
                lines[row], hashes[row] = line, found
                doubted[row] = doubts(row, starts, sizes, limits)
                row += 1
        ends[line] = end - start
        line, at = line + 1, end + 1
    return row
