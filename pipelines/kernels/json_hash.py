"""Strict JSON and its hash, in one pass over the bytes: equal values have equal hashes, whatever the order of keys.

The hash (uint64). Text: its unescaped bytes, 16 at a time; the other scalars: their token, so 1 and 1.0 differ. An array:
its items in turn. An object: the sum of its members, each mixed of key and value, so the order of keys says nothing. All
parts are mixed by the folded product of wyhash (128 bits of a product, halves xored); the seeds hold the byte 0xff, which
no UTF-8 has, so no text makes a factor zero. Not cryptographic: whoever builds two payloads of one hash under one
event_id has his own conflict counted as a duplicate. Event ids, whose collision would lose events, keep blake2b.

Strict: RFC 8259, and more: what is not certain to be its own canonical form (pipelines.envelope.canonical_json) fails, and
is left to those who take records one by one: a key given twice, a lone surrogate, -0, a number with an exponent, more
digits than a double surely keeps, very many keys. Source: RFC 8259; wyhash; doubles keep 15 digits (DBL_DIG).
"""

import numpy as np

from pipelines.kernels.compiled import entry, helper
from pipelines.kernels.memory import byte, first_bit, mix, padded, put, put_lanes, within, word

FAILED = -1
NOTHING = np.uint64(0)

TEXT, SCALAR = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85FF53)
ARRAY, OBJECT = np.uint64(0x9E37FF79B97F4A7C), np.uint64(0xBF58476D1CE4FFB9)
FIRST, SECOND, THIRD = np.uint64(0xA0761D64FF78BD2F), np.uint64(0xE7037EFFA0B428DB), np.uint64(0x8EBCFFAF09C88C6E)

QUOTE, BACKSLASH, COMMA, COLON = ord('"'), ord("\\"), ord(","), ord(":")
OPEN_ARRAY, OPEN_OBJECT, CLOSE_OBJECT = ord("["), ord("{"), ord("}")  # what closes is two above what opens
ZERO, NINE, MINUS, POINT = ord("0"), ord("9"), ord("-"), ord(".")
TRUE, FALSE, NULL = (int.from_bytes(text, "little") for text in (b"true", b"fals", b"null"))
SURROGATE, LOW_SURROGATE, AFTER_SURROGATES = 0xD800, 0xDC00, 0xE000
_ESCAPES = np.zeros(128, np.uint8)
for _letter, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _ESCAPES[_letter] = _meant

DIGITS = 15  # that a double keeps whatever they are
# keys of one object, so that looking for one given twice stays cheap; of all open objects together four times as many
MOST_KEYS = 1 << 10
LEVELS = 1 << 10  # of canonical text: more than any limit allows
KIND, SUM, COUNT, KEY, FIRST_KEY = range(5)  # of an open array or object: a row of `frames`


@helper
def address(array):
    return np.int64(array.ctypes.data)


@helper
def hashed(at, size, seed):
    """Of `size` bytes; both factors of every product carry a seed."""
    total, left = seed ^ np.uint64(size), size
    while left > 16:
        total = mix(word(at) ^ total, word(at + 8) ^ FIRST)
        at, left = at + 16, left - 16
    high = cut(word(at + 8), left - 8) if left > 8 else NOTHING
    total = mix(cut(word(at), left) ^ total, high ^ FIRST)
    return mix(total ^ SECOND, np.uint64(size) ^ THIRD)


@helper
def cut(value, size):
    """The first `size` bytes of a word."""
    if size >= 8:
        return value
    return value & ((np.uint64(1) << np.uint64(8 * size)) - np.uint64(1))


@helper
def member(key, value):
    return mix(key ^ FIRST, value ^ SECOND)


@helper
def item(total, value):
    return mix(total ^ FIRST, value ^ THIRD)


@helper
def finished(seed, total, count):
    """Of an array or an object. seed: ARRAY or OBJECT"""
    return mix(total ^ seed, count ^ SECOND)


@helper
def blanks(at):
    """The next byte that is no blank. A line end is none here: it ends every line."""
    value = byte(at)
    while value == 32 or value == 9 or value == 13:
        at += 1
        value = byte(at)
    return at


@helper
def text_stop(at):
    """The next quote, backslash or control byte: where plain text ends."""
    while True:
        mask = within(at, QUOTE, QUOTE) | within(at, BACKSLASH, BACKSLASH) | within(at, 0, 31)
        if mask:
            return at + first_bit(mask)
        at += 32


@helper
def text(at, scratch):
    """(position after the closing quote, hash) of the text whose first byte is at `at`."""
    stop = text_stop(at)
    if byte(stop) == QUOTE:
        return stop + 1, hashed(at, stop - at, TEXT)
    size = 0
    while byte(stop) == BACKSLASH:
        size = copied(at, stop - at, scratch + size) - scratch
        at, size = unescaped(stop + 1, scratch, size)
        if at < 0:
            return FAILED, NOTHING
        stop = text_stop(at)
    if byte(stop) != QUOTE:
        return FAILED, NOTHING
    size = copied(at, stop - at, scratch + size) - scratch
    return stop + 1, hashed(scratch, size, TEXT)


@helper
def copied(at, size, to):
    """The place after the copy. Up to 31 bytes more are overwritten."""
    for done in range(0, size, 32):
        put_lanes(to + done, at + done)
    return to + size


@helper
def unescaped(at, scratch, size):
    """(position after the escape, bytes in scratch): what stands behind a backslash."""
    letter = byte(at)
    if letter != ord("u"):
        meant = _ESCAPES[letter & 127]
        if letter > 127 or meant == 0:
            return FAILED, size
        put(scratch + size, np.int64(meant))
        return at + 1, size + 1
    code, at = four_digits(at + 1), at + 5
    if SURROGATE <= code < LOW_SURROGATE and byte(at) == BACKSLASH and byte(at + 1) == ord("u"):
        low, at = four_digits(at + 2), at + 6
        if not LOW_SURROGATE <= low < AFTER_SURROGATES:
            return FAILED, size
        code = 0x10000 + ((code - SURROGATE) << 10) + (low - LOW_SURROGATE)
    elif code < 0 or SURROGATE <= code < AFTER_SURROGATES:
        return FAILED, size
    return at, encoded(code, scratch, size)


@helper
def four_digits(at):
    """Hexadecimal; negative if they are none."""
    code = 0
    for place in range(at, at + 4):
        value = byte(place)
        lower = value | 32
        if ZERO <= value <= NINE:
            code = code * 16 + value - ZERO
        elif ord("a") <= lower <= ord("f"):
            code = code * 16 + lower - ord("a") + 10
        else:
            return FAILED
    return code


@helper
def encoded(code, scratch, size):
    """Bytes in scratch, after the UTF-8 of a code point."""
    if code < 0x80:
        put(scratch + size, code)
        return size + 1
    more = 1 if code < 0x800 else 2 if code < 0x10000 else 3
    put(scratch + size, (0xFF80 >> more) & 0xFF | code >> (6 * more))
    for place in range(1, more + 1):
        put(scratch + size + place, 0x80 | code >> (6 * (more - place)) & 0x3F)
    return size + more + 1


@helper
def strict_scalar(at):
    """The position after a number, true, false or null that is its own canonical form."""
    four = np.int64(word(at) & np.uint64(0xFFFFFFFF))
    if four == TRUE or four == NULL:
        return at + 4
    if four == FALSE:
        return at + 5 if byte(at + 4) == ord("e") else FAILED
    is_negative = byte(at) == MINUS
    at += is_negative
    whole, head = digits(at), byte(at)
    if whole == 0 or whole == 32 or (head == ZERO and whole > 1):
        return FAILED
    at += whole
    after = byte(at)
    if after == POINT:
        at += 1
        places = digits(at)
        if is_kept(at, whole, places, head == ZERO, is_negative):
            after, at = byte(at + places), at + places
        else:
            return FAILED
    elif is_negative and head == ZERO:
        return FAILED
    return FAILED if after | 32 == ord("e") else at


@helper
def digits(at):
    """How many decimal digits stand there; 32 if there are more than 31."""
    return first_bit(~within(at, ZERO, NINE) | 1 << 32)


@helper
def is_kept(at, whole, places, is_below_one, is_negative):
    """Is a decimal the shortest one of its double, as it is written? `at`: after the point."""
    if places == 0 or places > DIGITS:
        return False
    if places > 1 and byte(at + places - 1) == ZERO:
        return False
    if not is_below_one:
        return whole + places <= DIGITS
    zeros = 0
    while zeros < places and byte(at + zeros) == ZERO:
        zeros += 1
    return not is_negative if zeros == places else zeros <= 3  # from 0.00001 on down it is written with an exponent


@helper
def canonical_scalar(at):
    """The position after what nobody doubts."""
    while byte(at) > 32 and byte(at) != COMMA and byte(at) | 32 != CLOSE_OBJECT:  # "]" | 32 is "}"
        at += 1
    return at


@helper
def next_key(at, is_strict, frames, level, keys, used, scratch):
    """(position after its colon, keys used): the key goes into the frame; FAILED if it was there before."""
    at = blanks(at)
    if byte(at) != QUOTE:
        return FAILED, used
    at, key = text(at + 1, scratch)
    if at < 0:
        return FAILED, used
    frames[level, KEY] = key
    at = blanks(at)
    if byte(at) != COLON:
        return FAILED, used
    if not is_strict:
        return at + 1, used
    first, is_twice = np.int64(frames[level, FIRST_KEY]), False
    for place in range(first, used):
        is_twice |= keys[place] == key
    if is_twice or used - first == MOST_KEYS or used == len(keys):
        return FAILED, used
    keys[used] = key
    return at + 1, used + 1


@helper
def value(at, is_strict, room, frames, keys, scratch):
    """(position after the value, its hash), or FAILED. `room`: arrays and objects that may stand in each other.

    frames: uint64[room, 5]; keys: uint64, hashes of the keys of all open objects; scratch: where a text is
    unescaped.
    """
    level = used = 0
    while True:
        at = blanks(at)
        head = byte(at)
        if head == QUOTE:
            at, found = text(at + 1, scratch)
        elif head == OPEN_OBJECT or head == OPEN_ARRAY:
            if level == room:
                return FAILED, NOTHING
            seed = OBJECT if head == OPEN_OBJECT else ARRAY
            at = blanks(at + 1)
            if byte(at) != head + 2:
                frames[level, KIND], frames[level, FIRST_KEY] = seed, np.uint64(used)
                frames[level, SUM] = frames[level, COUNT] = NOTHING
                if seed == OBJECT:
                    at, used = next_key(at, is_strict, frames, level, keys, used, scratch)
                    if at < 0:
                        return FAILED, NOTHING
                level += 1
                continue
            at, found = at + 1, finished(seed, NOTHING, NOTHING)
        else:
            start, at = at, strict_scalar(at) if is_strict else canonical_scalar(at)
            found = hashed(start, at - start, SCALAR) if at > start else NOTHING
        if at < 0:
            return FAILED, NOTHING
        while level > 0:
            seed, total = frames[level - 1, KIND], frames[level - 1, SUM]
            total = total + member(frames[level - 1, KEY], found) if seed == OBJECT else item(total, found)
            count = frames[level - 1, COUNT] + np.uint64(1)
            at = blanks(at)
            head = byte(at)
            if head == COMMA:
                frames[level - 1, SUM], frames[level - 1, COUNT] = total, count
                at += 1
                if seed == OBJECT:
                    at, used = next_key(at, is_strict, frames, level - 1, keys, used, scratch)
                    if at < 0:
                        return FAILED, NOTHING
                break
            if head != (CLOSE_OBJECT if seed == OBJECT else OPEN_ARRAY + 2):
                return FAILED, NOTHING
            level -= 1
            used = np.int64(frames[level, FIRST_KEY])
            at, found = at + 1, finished(seed, total, count)
        else:
            return at, found


@entry("uint64(uint8[::1], int64)")
def _canonical_hash(data, size):
    frames, keys, scratch = np.empty((LEVELS, 5), np.uint64), np.empty(0, np.uint64), np.empty(len(data), np.uint8)
    start = address(data)
    at, found = value(start, False, LEVELS, frames, keys, address(scratch))
    if at - start != size:
        raise ValueError("this is no canonical JSON")
    return found


def canonical_hash(text: bytes) -> int:
    """Of one value as pipelines.envelope.canonical_json writes it. Errors: ValueError if it is not JSON at all."""
    return int(_canonical_hash(padded(text), len(text)))
