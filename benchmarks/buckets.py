"""Weights in buckets: an ``s3:`` address against the same file's ``http:`` one, on one server.

The server is S3's endpoint as well, since it looks at the end of a path only. So what is measured
is what a bucket costs: finding the credentials, signing each request, and nothing else. The mark:
at least 0.9 of the speed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from .download import NAME, RATE, RIVALS, SIZE, file_server, make_file, python_rival
from .measure import Options, median, turns
from .results import Table

__all__ = ["run"]


def run(options: Options) -> list[Table]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="hubcore-bench-") as name:
        folder = Path(name)
        digest = make_file(folder / "served" / NAME, SIZE)
        for title, rate, repeats in (
            ("a fast link", [], options.repeats),
            (f"{RATE} MiB/s a connection", ["--rate", str(RATE)], max(options.repeats // 2, 1)),
        ):
            with file_server(folder / "served", *rate) as url:
                figures = _figures(url, digest, folder, repeats)
            base = median(figures["http:"])
            rows += [
                [title, kind, median(times), min(times), base / median(times)]
                for kind, times in figures.items()
            ]
    return [
        Table(
            "A file in a bucket",
            ["link", "address", "seconds", "best", "times the speed of http"],
            rows,
            [
                f"{SIZE / 1e6:.0f} MB from one server on loopback, verified, a new process each; "
                "the time of an s3: address includes importing botocore and obstore, finding the "
                f"credentials and signing. Medians of {options.repeats} turns, of "
                f"{max(options.repeats // 2, 1)} with a limit.",
            ],
        )
    ]


def _figures(url: str, digest: str, folder: Path, repeats: int) -> dict[str, list[float]]:
    imports, action = RIVALS["hubcore, verified"]
    place = urlsplit(url)
    variables = {
        "AWS_ENDPOINT_URL": f"http://{place.netloc}",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    rivals = {
        "http:": python_rival("", imports, action, url, digest, folder, {}),
        "s3:": python_rival(
            "", imports, action, f"s3://bucket/{NAME}", digest, folder, {}, **variables
        ),
    }
    return turns(rivals, repeats)
