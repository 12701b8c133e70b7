"""Whether a file is this user's alone to change, as ssh and pip ask of what they believe.

Sizes and times of a file that others may write prove nothing: whoever changes the file can put
them back.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import stat
from pathlib import Path

from ..atomic_write import atomic_write

__all__ = [
    "is_ours_alone",
    "is_planted",
    "make_folder",
    "make_private_folder",
    "warn_of_others",
    "write_private",
]

_log = logging.getLogger(__name__)

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def is_ours_alone(path: Path, root: Path) -> bool:
    """Whether only this user and root can change a file or put another one in its place.

    The folders below `root` may not be symbolic links; `root` may be one of this user or root.

    Args:
        path: a file or a folder below `root`, or `root` itself.
        root: the store's folder. Those above it are looked at once in a process.
    """
    return _open_to_others(path, root) is None


def warn_of_others(path: Path, root: Path) -> None:
    """Warns, once in a process, that others can change a file of the store."""
    place = _open_to_others(path, root)
    if place is not None:
        _warn(place, str(root))


def make_folder(path: Path) -> None:
    """Makes a folder that only this user can write to, if it is not there, and those above it.

    Raises:
        OSError: it cannot be made; or it, or the folder that it is in, is a symbolic link of
            another user, which may have been planted to make us write elsewhere.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    _refuse_planted(path.parent)
    path.mkdir(mode=0o755, exist_ok=True)
    _refuse_planted(path)


def make_private_folder(path: Path) -> None:
    """Makes a folder as `make_folder` does, in which others cannot have planted anything.

    Raises:
        OSError: it cannot be made, or others can write to it.
    """
    make_folder(path)
    if os.name == "posix" and not _is_ours(path.stat()):
        raise PermissionError(
            errno.EACCES, "others can write to this folder, so remove it", str(path)
        )


def write_private(path: Path, text: str) -> None:
    """Replaces a file atomically by one that only this user can write to, and makes its folder.

    Raises:
        OSError: it cannot be written.
    """
    make_folder(path.parent)
    with atomic_write(path) as temporary:
        # Whatever the umask: what others could have written is not believed.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  (a descriptor)
            file.write(text)


def is_planted(path: str | Path) -> bool:
    """Whether a path is a symbolic link of another user; also if that cannot be told.

    What is behind it is not of the store: nothing there is listed, written or removed.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return stat.S_ISLNK(status.st_mode) and status.st_uid not in _trusted_users()


def _refuse_planted(folder: Path) -> None:
    if is_planted(folder):
        raise NotADirectoryError(
            errno.ENOTDIR, "it is a symbolic link of another user", str(folder)
        )


def _open_to_others(path: Path, root: Path) -> str | None:
    """The first place at which others can change the file or exchange it; None if there is none."""
    if os.name != "posix":  # access is ruled by lists, which the mode does not show
        return None
    place, top = str(path), str(root)  # Path is slow, and each use of a file asks
    try:
        while len(place) > len(top):
            if not _is_ours(os.lstat(place)):
                return place
            place = place.rpartition("/")[0]
        real, above = _above(top)
        return above if _is_ours(os.lstat(real)) else real
    except OSError:
        return place


@functools.lru_cache
def _above(root: str) -> tuple[str, str | None]:
    """The folder that a store's folder really is, and the first one above it that others rule."""
    link = Path(root).absolute()
    real = link.resolve()
    try:
        if link.is_symlink() and link.lstat().st_uid not in _trusted_users():
            return str(real), str(link)
        for folder in dict.fromkeys((*real.parents, *link.parent.resolve().parents)):
            if not _is_ours(folder.stat(), sticky=True):
                return str(real), str(folder)
    except OSError:
        return str(real), str(link)
    return str(real), None


@functools.lru_cache
def _warn(place: str, root: str) -> None:
    _log.warning(
        "Others can write to %s, so the notes in the store %s are not believed: each use of a file "
        "hashes it, and weights of which only a prefix of the SHA-256 is published are fetched "
        "anew. If nobody else need write there: chmod -R go-w %s",
        place,
        root,
        place,
    )


def _trusted_users() -> tuple[int, ...]:
    return (0, os.geteuid()) if os.name == "posix" else (0,)


def _is_ours(status: os.stat_result, *, sticky: bool = False) -> bool:
    mode = status.st_mode
    if status.st_uid not in _trusted_users() or stat.S_ISLNK(mode):
        return False
    if not mode & _OTHERS:
        return True
    if mode & stat.S_IWOTH or not _is_own_group(status.st_gid):
        # In a folder such as /tmp nobody can rename or remove what is others'.
        return sticky and bool(mode & stat.S_ISVTX)
    return True


def _is_own_group(gid: int) -> bool:
    """Whether a group has no member but this user, as most systems make one for each."""
    if gid == 0:
        return True
    import grp
    import pwd

    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
