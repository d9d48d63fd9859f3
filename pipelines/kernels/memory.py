"""Bytes, words and 32 bytes at once, by their address: int64, the place in memory itself.

An array would be seven arguments of every call, and its bounds be checked at every byte; measured, that is half of the
time. So whoever calls holds the memory, and pads it: 64 bytes after the last one that means something may be read, and 32
be written, and loops need no special ends. Words are little-endian, as all machines are that numba compiles for here.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

PADDING = bytes(64)

intrinsic = cast(Callable[[Callable], Any], extending.intrinsic)  # what it makes is called without the first argument

_BYTE, _WORD, _WIDE = ir.IntType(8), ir.IntType(64), ir.IntType(128)
_LANES = ir.VectorType(_BYTE, 32)


def _load(builder: Any, at: Any, kind: ir.Type) -> Any:
    return builder.load(builder.inttoptr(at, ir.PointerType(kind)), align=1, typ=kind)


def _store(builder: Any, value: Any, at: Any) -> None:
    builder.store(value, builder.inttoptr(at, ir.PointerType(value.type)), align=1)


def padded(raw: bytes | memoryview) -> np.ndarray:
    """uint8: a copy that may be read past its end."""
    return np.frombuffer(bytearray().join((raw, PADDING)), np.uint8)


@intrinsic
def byte(typing, at):
    """int64"""

    def build(context, builder, signature, args):
        return builder.zext(_load(builder, args[0], _BYTE), _WORD)

    return types.int64(types.int64), build


@intrinsic
def word(typing, at):
    """uint64: the 8 bytes from `at` on."""

    def build(context, builder, signature, args):
        return _load(builder, args[0], _WORD)

    return types.uint64(types.int64), build


@intrinsic
def within(typing, at, low, high):
    """int64: bit n says whether byte at + n, of 32, is one of low..high."""

    def build(context, builder, signature, args):
        lanes = _load(builder, args[0], _LANES)
        low, high = (builder.trunc(each, _BYTE) for each in args[1:])
        shifted = builder.sub(lanes, _spread(builder, low))
        found = builder.icmp_unsigned("<=", shifted, _spread(builder, builder.sub(high, low)))
        return builder.zext(builder.bitcast(found, ir.IntType(32)), _WORD)

    return types.int64(types.int64, types.int64, types.int64), build


def _spread(builder: Any, value: Any) -> Any:
    one = builder.insert_element(ir.Constant(_LANES, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    nowhere = ir.Constant(ir.VectorType(ir.IntType(32), 32), [0] * 32)
    return builder.shuffle_vector(one, ir.Constant(_LANES, ir.Undefined), nowhere)


@intrinsic
def first_bit(typing, mask):
    """int64: the number of the lowest bit that is set; 64 if none is."""

    def build(context, builder, signature, args):
        return builder.cttz(args[0], cgutils.false_bit)

    return types.int64(types.int64), build


@intrinsic
def bits(typing, mask):
    """int64: how many bits are set."""

    def build(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.int64), build


@intrinsic
def mix(typing, one, other):
    """uint64: the two halves of the 128-bit product, xored. Each bit of the result depends on all bits of both."""

    def build(context, builder, signature, args):
        product = builder.mul(*(builder.zext(each, _WIDE) for each in args))
        high = builder.trunc(builder.lshr(product, ir.Constant(_WIDE, 64)), _WORD)
        return builder.xor(builder.trunc(product, _WORD), high)

    return types.uint64(types.uint64, types.uint64), build


@intrinsic
def put(typing, to, value):
    """Writes one byte."""

    def build(context, builder, signature, args):
        _store(builder, builder.trunc(args[1], _BYTE), args[0])
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), build


@intrinsic
def put_lanes(typing, to, at):
    """Copies 32 bytes."""

    def build(context, builder, signature, args):
        _store(builder, _load(builder, args[1], _LANES), args[0])
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), build
