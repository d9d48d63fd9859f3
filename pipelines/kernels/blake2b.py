"""The identity of many texts at once: blake2b as hashlib has it (RFC 7693), without a Python call for each.

Short texts, digests of 16 bytes, no key. Equal to pipelines.envelope.event_hash, which is tested.
"""

import numpy as np

from pipelines.kernels.compiled import entry, helper
from pipelines.kernels.json_hash import address, copied
from pipelines.kernels.memory import PADDING, padded, word

BLOCK, DIGEST = 128, 16
_IV = tuple(
    np.uint64(each)
    for each in (
        *(0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1),
        *(0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179),
    )
)
_ORDER = np.array(
    [
        [int(each, 16) for each in row]
        for row in (
            *("0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d"),
            *("2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0"),
            *("0123456789abcdef", "ea489fd61c02b753"),
        )
    ],
    np.int64,
)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@helper
def turned(value, count):
    """Rotated right."""
    return value >> np.uint64(count) | value << np.uint64(64 - count)


@helper
def stirred(a, b, c, d, one, other):
    a = a + b + one
    d = turned(d ^ a, 32)
    c = c + d
    b = turned(b ^ c, 24)
    a = a + b + other
    d = turned(d ^ a, 16)
    c = c + d
    return a, turned(b ^ c, 63), c, d


@helper
def compressed(state, at, taken, is_last):
    """The state (uint64[8]) after the block at `at`; taken: bytes so far."""
    a0, a1, a2, a3, b0, b1, b2, b3 = state
    c0, c1, c2, c3, d0, d1, d2, d3 = _IV
    d0, d2 = d0 ^ np.uint64(taken), d2 ^ _ALL if is_last else d2
    for turn in range(12):
        order = _ORDER[turn]
        a0, b0, c0, d0 = stirred(a0, b0, c0, d0, word(at + 8 * order[0]), word(at + 8 * order[1]))
        a1, b1, c1, d1 = stirred(a1, b1, c1, d1, word(at + 8 * order[2]), word(at + 8 * order[3]))
        a2, b2, c2, d2 = stirred(a2, b2, c2, d2, word(at + 8 * order[4]), word(at + 8 * order[5]))
        a3, b3, c3, d3 = stirred(a3, b3, c3, d3, word(at + 8 * order[6]), word(at + 8 * order[7]))
        a0, b1, c2, d3 = stirred(a0, b1, c2, d3, word(at + 8 * order[8]), word(at + 8 * order[9]))
        a1, b2, c3, d0 = stirred(a1, b2, c3, d0, word(at + 8 * order[10]), word(at + 8 * order[11]))
        a2, b3, c0, d1 = stirred(a2, b3, c0, d1, word(at + 8 * order[12]), word(at + 8 * order[13]))
        a3, b0, c1, d2 = stirred(a3, b0, c1, d2, word(at + 8 * order[14]), word(at + 8 * order[15]))
    h0, h1, h2, h3, h4, h5, h6, h7 = state
    low = (h0 ^ a0 ^ c0, h1 ^ a1 ^ c1, h2 ^ a2 ^ c2, h3 ^ a3 ^ c3)
    return (*low, h4 ^ b0 ^ d0, h5 ^ b1 ^ d1, h6 ^ b2 ^ d2, h7 ^ b3 ^ d3)


@helper
def digest(at, size):
    """Two words, of `size` bytes that are followed by zeros up to the end of their block."""
    i0, i1, i2, i3, i4, i5, i6, i7 = _IV
    state = (i0 ^ np.uint64(0x01010000 | DIGEST), i1, i2, i3, i4, i5, i6, i7)
    taken = 0
    while size - taken > BLOCK:
        state = compressed(state, at + taken, taken + BLOCK, False)
        taken += BLOCK
    state = compressed(state, at + taken, size, True)
    return state[0], state[1]


@entry("void(uint8[::1], int64, int64[::1], int32[::1], uint64[:, ::1])")
def _digests(begun, lead, starts, sizes, found):
    """begun: the first `lead` bytes of every text, and room for the rest."""
    first = address(begun)
    for row in range(len(starts)):
        if sizes[row] < 0:
            found[row, 0] = found[row, 1] = 0
            continue
        end = copied(starts[row], sizes[row], first + lead)
        begun[end - first : -(first - end) // BLOCK * BLOCK + BLOCK] = 0
        found[row, 0], found[row, 1] = digest(first, end - first)


def digests(begun: bytes, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """uint64[n, 2] of begun + text each; zeros for a negative size. starts: int64 addresses in padded memory."""
    longest = int(sizes.max(initial=0))
    memory = padded(begun + bytes(longest + 2 * BLOCK + len(PADDING)))
    found = np.empty((len(starts), 2), np.uint64)
    _digests(memory, len(begun), starts, sizes, found)
    return found
