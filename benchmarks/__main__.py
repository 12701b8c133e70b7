"""``python -m benchmarks [SUITE ...]``: measures, and writes ``benchmarks/results/``."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback

from . import SUITES, machine, results
from .measure import Options


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--repeats", type=int, default=5, help="times each figure is measured")
    parser.add_argument("--models", nargs="+", default=[], help="only these models")
    parser.add_argument(
        "--dry", action="store_true", help="print the tables, leave the kept results alone"
    )
    args = parser.parse_args()
    unknown = set(args.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    options = Options(args.repeats, tuple(args.models))
    failed = False
    for suite in args.suites or SUITES:
        start = time.perf_counter()
        try:
            module = importlib.import_module(f".{suite}", __package__)
            tables = module.run(options)
        except Exception:  # such as a peer that is not installed; it costs its suite only
            traceback.print_exc()
            failed = True
            continue
        for table in tables:
            print(f"\n{table.title}\n{results.markdown(table)}\n" + "\n".join(table.notes))
        print(f"({suite}: {time.perf_counter() - start:.0f} s)", flush=True)
        if not args.dry:
            results.write(suite, tables, machine.describe())
            if hasattr(module, "plot"):
                module.plot(tables, results.FOLDER)
            results.write_page(SUITES)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
