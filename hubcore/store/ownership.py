"""Whether a file is this user's alone to change, as ssh and pip ask of what they believe.

Sizes and times of a file that others may write prove nothing: whoever changes the file can put
them back.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["is_ours_alone", "make_folder"]


def is_ours_alone(path: Path, root: Path) -> bool:
    """Whether only this user and root can change a file or put another one in its place.

    Args:
        path: a file or a folder below `root`, or `root` itself.
        root: the folder up to which folders are looked at, with the one that it is in. None of them
            may be a symbolic link.
    """
    if os.name != "posix":  # access is ruled by lists, which the mode does not show
        return True
    place, top = str(path), str(root)  # Path is slow, and each use of a file asks
    try:
        while _is_ours(os.lstat(place)):
            parent = os.path.dirname(place)  # noqa: PTH120
            if place == top:
                return _is_ours(os.stat(parent), sticky=True)  # noqa: PTH116
            place = parent
    except OSError:
        pass
    return False


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


def _refuse_planted(folder: Path) -> None:
    status = folder.lstat()
    if stat.S_ISLNK(status.st_mode) and status.st_uid not in _trusted_users():
        raise NotADirectoryError(
            errno.ENOTDIR, "it is a symbolic link of another user", str(folder)
        )


def _trusted_users() -> tuple[int, ...]:
    return (0, os.getuid()) if os.name == "posix" else (0,)


def _is_ours(status: os.stat_result, *, sticky: bool = False) -> bool:
    mode = status.st_mode
    if stat.S_ISLNK(mode) or status.st_uid not in _trusted_users():
        return False
    if mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _is_own_group(status.st_gid)):
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
        group, user = grp.getgrgid(gid), pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
