"""Looks through a pickle, without building anything, for what would take too much time or memory.

Pickles of 200 bytes can name 2^40 values (tuples that share tuples), overflow C's stack (a million
nested tuples, hashed) or ask for a table of 2^32 places, and neither Python's reader nor torch's
has a bound. One pass over the operations, in time linear in the file, finds out before.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .limits import MAX_FETCHED, MAX_NAMES, MAX_TUPLE

__all__ = ["HostilePickleError", "check_pickle"]


class HostilePickleError(Exception):
    """The pickle is damaged, goes beyond the limits, or is none that `torch.save` writes."""


# What an entry of the stack weighs: the values in it. Lists and dictionaries weigh one, since
# they are never hashed; they are floats, which tells them from plain values.
_PLAIN = 1
_LIST = 1.0
_CONTAINER = 1.5  # a class that copies what it is called with
_TYPE = 1.75  # a class of tensors or storages: named as an argument, never called
_SHARED = MAX_TUPLE + 1  # a list that is used again: no argument, or each use might copy it
_BYTES = 64  # so many bytes of a text weigh as much as a value

_CONTAINERS = {
    b"collections OrderedDict",
    b"collections Counter",
    b"collections defaultdict",
    b"builtins set",
    b"__builtin__ set",
}
# They allocate as much as a number in the file says.
_REFUSED = {b"builtins bytearray", b"__builtin__ bytearray"}
# Called with a number, they give so much of whatever was in the memory.
_TYPES = (b"Tensor", b"Storage")

# Operations that push a plain value, by the number of bytes that follow them.
_PUSHES = {
    **dict.fromkeys(b"N)\x88\x89\x8f", 0),  # None, (), True, False, set()
    ord("K"): 1,
    ord("M"): 2,
    ord("J"): 4,
    ord("G"): 8,
}
# Operations that push a value whose length is in the bytes that follow them.
_COUNTED = {
    ord("X"): 4,
    ord("T"): 4,
    ord("U"): 1,
    ord("C"): 1,
    ord("B"): 4,
    0x8A: 1,  # LONG1
    0x8C: 1,  # SHORT_BINUNICODE
}
_MARK, _PUT, _LONG_PUT, _GET, _LONG_GET = b"(qrhj"
_MEMOIZE, _PROTO, _FRAME = 0x94, 0x80, 0x95
_TUPLE, _TUPLES = ord("t"), {0x85: 1, 0x86: 2, 0x87: 3}
_REDUCE, _NEW, _BUILD, _PERSISTENT, _STOP, _GLOBAL = b"R\x81bQ.c"
_STACK_GLOBAL = 0x93
_EMPTY = frozenset(b"}]")
_ITEM, _ITEMS, _APPEND, _APPENDS, _POP = b"suae0"

# What nearly all of a file is, each as one step from after its name: a plain tensor, and a module's
# version. So checking takes a third of the time. Groups: where values are put, what is fetched.
_INT = rb"(?:K.|M..|J.{4})"
_PLACE = rb"(q.|r.{4})"
_VALUE = rb"(h.|j.{4})"
_SIZES = rb"(?:\)|(?:%b\x85|%b{2}\x86|%b{3}\x87|\(%b{4,8}t)%b)" % (_INT, _INT, _INT, _INT, _PLACE)
_RECORD = rb"X(?:\x01\0\0\0.|\x02\0\0\0..|\x03\0\0\0...|\x04\0\0\0....)"
_TENSOR = (
    (_VALUE + rb"\(\(" + _VALUE + _VALUE + _RECORD + _PLACE + _VALUE + _INT + rb"t" + _PLACE)
    + (rb"Q" + _INT + _SIZES + _SIZES + rb"\x89" + _VALUE + rb"\)R" + _PLACE)
    + (rb"t" + _PLACE + rb"R" + _PLACE)
)
_VERSION = rb"\}" + _PLACE + _VALUE + rb"K.s"
_USUAL = re.compile(_PLACE + rb"(?:" + _TENSOR + rb"|" + _VERSION + rb")", re.DOTALL)
_TENSOR_FETCHES, _VERSION_FETCH = (2, 3, 4, 6, 10), 15
_TENSOR_WEIGHT = 30


def check_pickle(data: bytes, start: int = 0) -> int:
    """Checks one pickle.

    Args:
        data: holds the pickle, of any protocol that `torch.load` reads with ``weights_only=True``.
        start: where it begins.

    Returns:
        Where it ends.

    Raises:
        HostilePickleError: see there.
    """
    try:
        try:
            return _check(data, start, _USUAL.match)
        except KeyError:  # it uses a part of a tensor again: step by step, then
            return _check(data, start, None)
    except (IndexError, KeyError, ValueError):
        raise HostilePickleError("its table of tensors is damaged") from None


def _check(data: bytes, at: int, usual: Callable[..., re.Match[bytes] | None] | None) -> int:
    stack: list[float] = []
    marks: list[int] = []
    memo: dict[int, float] = {}
    fetched = 0.0
    names = 0
    known: set[bytes] = set()  # operations that get a plain value
    places: set[bytes] = set()  # operations that would replace a value of the memo
    push = stack.append
    pushes, counted, tuples, empty = _PUSHES, _COUNTED, _TUPLES, _EMPTY
    while True:
        operation = data[at]
        at += 1
        if operation == _PUT:
            place = data[at]
            at += 1
            if place in memo:
                raise HostilePickleError("its memo is filled twice")
            memo[place] = stack[-1]
            places.add(b"q%c" % place)
            places.add(b"r%c\0\0\0" % place)
        elif operation in (_LONG_PUT, _MEMOIZE):
            if operation == _MEMOIZE:
                place = len(memo)
            else:
                place = int.from_bytes(data[at : at + 4], "little")
                at += 4
            if place > at or place in memo:  # Python's reader makes a table of so many places
                raise HostilePickleError(
                    "its memo has places that nothing fills, or is filled twice"
                )
            memo[place] = stack[-1]
            places.add(b"r" + place.to_bytes(4, "little"))
            if place < 256:
                places.add(b"q%c" % place)
        elif operation in (_GET, _LONG_GET):
            if operation == _GET:
                entry = memo[data[at]]
                at += 1
            else:
                entry = memo[int.from_bytes(data[at : at + 4], "little")]
                at += 4
            if entry != 1 or entry is _LIST:
                if entry is _LIST:
                    entry = _SHARED
                else:
                    fetched += entry
                    if fetched > MAX_FETCHED:
                        raise HostilePickleError(f"it repeats more than {MAX_FETCHED:,} values")
            push(entry)
        elif operation in pushes:
            at += pushes[operation]
            push(_PLAIN)
        elif operation == _MARK:
            marks.append(len(stack))
        elif operation == _TUPLE or operation in tuples:
            first = marks.pop() if operation == _TUPLE else len(stack) - tuples[operation]
            weight = sum(stack[first:]) + 1
            if weight > MAX_TUPLE or first < 0:
                raise HostilePickleError(f"a tuple in it holds more than {MAX_TUPLE:,} values")
            stack[first:] = [int(weight)]
        elif operation in counted:
            width = counted[operation]
            length = int.from_bytes(data[at : at + width], "little")
            at += width + length
            push(_PLAIN + length // _BYTES)
            found = usual and usual(data, at)
            if found and places.isdisjoint(found.groups()):
                is_tensor = found.group(2) is not None
                gets = (
                    found.group(*_TENSOR_FETCHES) if is_tensor else (found.group(_VERSION_FETCH),)
                )
                if known.issuperset(gets) or _all_plain(gets, memo, known):
                    at = found.end()
                    push(_TENSOR_WEIGHT if is_tensor else _LIST)
        elif operation in (_REDUCE, _NEW):
            arguments = stack.pop()
            if stack[-1] is _TYPE:
                raise HostilePickleError("it makes tensors that are not in the file")
            stack[-1] = _LIST if stack[-1] is _CONTAINER else arguments
        elif operation == _PERSISTENT:
            stack[-1] = _PLAIN
        elif operation == _GLOBAL:
            names += 1
            _check_names(names)
            middle = data.index(b"\n", at)
            end = data.index(b"\n", middle + 1)
            push(_of_name(data[at:middle] + b" " + data[middle + 1 : end]))
            at = end + 1
        elif operation == _STACK_GLOBAL:
            names += 1
            _check_names(names)
            stack[-2:] = [_CONTAINER]  # whatever it is called: torch.load reads none of these
        elif operation in empty:
            push(_LIST)
        elif operation in (_ITEMS, _APPENDS):
            first = marks.pop()
            if operation == _ITEMS:
                _check_keys(stack[first::2])
            del stack[first:]
        elif operation == _ITEM:
            stack.pop()
            _check_keys([stack.pop()])
        elif operation in (_APPEND, _BUILD, _POP):
            stack.pop()
        elif operation == _PROTO:
            at += 1
        elif operation == _FRAME:
            at += 8
        elif operation == _STOP:
            stack.pop()
            return at
        else:
            raise HostilePickleError(f"operation {operation:#x}, which torch.save does not write")


def _all_plain(gets: tuple[bytes, ...], memo: dict[int, float], known: set[bytes]) -> bool:
    """Whether these operations get plain values and classes; notes it."""
    for get in gets:
        entry = memo[int.from_bytes(get[1:], "little")]
        if entry is not _PLAIN and entry is not _CONTAINER and entry is not _TYPE:
            return False
    known.update(gets)
    return True


def _check_names(count: int) -> None:
    if count > MAX_NAMES:
        raise HostilePickleError(f"it names classes and functions more than {MAX_NAMES:,} times")


def _check_keys(keys: list[float]) -> None:
    """Keys are hashed, again and again: honest ones are texts and numbers, or a few of them."""
    if max(keys, default=0) > 1000:
        raise HostilePickleError("a key in it is too large")


def _of_name(name: bytes) -> float:
    if name in _REFUSED:
        raise HostilePickleError(f"it names {name.decode().replace(' ', '.')}")
    if name.endswith(_TYPES):
        return _TYPE
    return _CONTAINER if name in _CONTAINERS else _PLAIN
