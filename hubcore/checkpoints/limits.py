"""How much a checkpoint may ask of the machine. All readers keep to these numbers.

A verified file may still be hostile: a digest says whose bytes they are, not that they are kind.
What is beyond a limit is refused with a `WeightsError` before memory or time is spent on it. The
largest published checkpoints stay far below: 5,000 tensors take a table of 1 MB and 5,000 records.
"""

from __future__ import annotations

__all__ = [
    "MAX_DIRECTORY",
    "MAX_FETCHED",
    "MAX_HEADER",
    "MAX_NAMES",
    "MAX_PICKLE",
    "MAX_RECORDS",
    "MAX_TUPLE",
    "MAX_UNPACKED",
]

MAX_PICKLE = 32 * 1024**2
"""Bytes of the table of tensors (``data.pkl``). A tensor takes 120 bytes: room for 250,000."""

MAX_DIRECTORY = 32 * 1024**2
"""Bytes of a zip file's directory, which is read as a whole."""

MAX_RECORDS = 250_000
"""Records in a zip file: one for each tensor."""

MAX_UNPACKED = 16
"""What the records may unpack to, as a multiple of the file's size (and 64 MiB, for small files).
Trained weights compress by less than 2; a bomb by 1,000."""

MAX_TUPLE = 100_000
"""Values in a tuple of a pickle, those in the tuples in it included, each as often as it occurs. So
tuples cannot be too deep for C's stack, nor double forty times in 200 bytes. A tensor takes 20."""

MAX_FETCHED = 10_000_000
"""The same, for all that a pickle takes from its memo: what it says once and uses again."""

MAX_NAMES = 10_000
"""Names of classes and functions in a pickle, each as often as it is written out. `torch.save`
writes each once and then takes it from the memo: some 20 in all. To look up a name costs a reader
more than any other operation."""

MAX_HEADER = 32 * 1024**2
"""Bytes of a safetensors file's header. The library's own limit is 100 MB."""
