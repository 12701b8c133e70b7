"""Videos by class: folders, and the CSV files of Kinetics."""

from __future__ import annotations

from pathlib import Path

from hubcore.prediction.folders import VIDEO_SUFFIXES, images_in, listed
from hubcore.prediction.inputs import ClipInput

from ..errors import DataError
from .labels import Labels, read_table
from .samples import Data, Sample, relative

__all__ = ["read_videos"]

COLUMNS = ("label", "youtube_id", "file", "filename", "class")


def read_videos(root: Path, labels: Labels, table: Path | None) -> Data:
    """Reads videos by class.

    Args:
        root: a folder with a folder for each class; or videos, with a CSV.
        labels: finds the weights' category of each class.
        table: Kinetics' CSV (``label,youtube_id,time_start,time_end,split``), or one with a row
            ``file,class`` for each video. Default: the only one in the folder, if there is one.

    Raises:
        DataError: there are no videos, or a label is wrong.
    """
    tables = [table] if table else [one for one in listed(root) if one.suffix == ".csv"]
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables)
        raise DataError(f"{root}: several CSV files ({names}). Say which one: --labels FILE")
    found = _of_table(root, tables[0]) if tables else _of_folders(root)
    labels.learn(sorted({name for _, name in found}))
    samples = []
    for path, name in found:
        index = labels.find(name)
        if index is not None:
            samples.append(Sample(relative(root, path), ClipInput(str(path), path), index))
    labels.require(root)
    if not samples:
        raise DataError(
            f"{root}: no labelled videos. Expected a folder for each class, or a CSV: Kinetics' "
            f"own, or one with a row 'file,class' for each video."
        )
    kind = "videos with a CSV" if tables else "videos by class"
    return Data(kind, root, samples, dict(labels.left_out))


def _of_folders(root: Path) -> list[tuple[Path, str]]:
    return [
        (path, folder.name)
        for folder in listed(root)
        if folder.is_dir()
        for path in listed(folder)
        if path.suffix.lower() in VIDEO_SUFFIXES or (path.is_dir() and images_in(path))
    ]


def _of_table(root: Path, table: Path) -> list[tuple[Path, str]]:
    rows = read_table(table, COLUMNS)
    heading = [cell.lower() for cell in rows[0]] if rows else []
    if "youtube_id" not in heading:
        body = rows[1:] if set(heading) & set(COLUMNS) else rows
        return [(root / row[0], row[1]) for row in body]
    column = {name: heading.index(name) for name in heading}
    found = []
    for row in rows[1:]:
        label = row[column["label"]]
        start, end = (int(float(row[column[name]])) for name in ("time_start", "time_end"))
        name = f"{row[column['youtube_id']]}_{start:06d}_{end:06d}.mp4"
        places = (root / label / name, root / label.replace(" ", "_") / name, root / name)
        found.append((next((path for path in places if path.is_file()), places[-1]), label))
    return found
