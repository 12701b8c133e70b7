"""``hub site``: make a web site of what is installed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubcore.cli.arguments import natural_integer
from hubcore.cli.streams import say
from hubcore.cli.units import counted, counted_weights, size_of

if TYPE_CHECKING:
    from .building import Site

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub site build -o site/                 then open site/index.html
  hub site build --merge ../theirs/       with what another site tells of its packages
  hub site serve                          on this machine, built anew when packages change
  hub site serve --docs handbook/ --open  with guides of your own, in a browser
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("site", description=__doc__, epilog=EXAMPLES)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="write the site into a folder")
    build.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("site"),
        help="the folder; a site that is there is replaced (default: %(default)s)",
    )
    _add_choices(build)
    build.set_defaults(action=run_build)
    serve = actions.add_parser(
        "serve", help="serve it on this machine, built anew when packages or guides change"
    )
    _add_choices(serve)
    serve.add_argument(
        "--port",
        type=natural_integer,
        default=0,
        metavar="N",
        help="the port (default: a free one)",
    )
    serve.add_argument("--open", action="store_true", help="open it in a browser")
    serve.set_defaults(action=run_serve)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--name", default="hubcore", help="what the site is called (default: %(default)s)"
    )
    guides = parser.add_mutually_exclusive_group()
    guides.add_argument(
        "--docs",
        metavar="DIR",
        type=Path,
        help="guides of your own, Markdown with an index.md, in place of hubcore's",
    )
    guides.add_argument("--no-docs", action="store_true", help="leave the guides out")
    parser.add_argument(
        "--repository",
        metavar="URL",
        help="where the repository can be read, for the guides' links to its files",
    )
    parser.add_argument(
        "--photo",
        metavar="FILE",
        type=Path,
        help="show what weights in the store give for this picture (runs them, with torch)",
    )
    parser.add_argument(
        "--merge",
        metavar="URL",
        action="append",
        default=[],
        help="also publish what this site, an address or a folder, tells of packages that are not "
        "installed here; several may be given",
    )


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def run_build(args: argparse.Namespace) -> int:
    """Runs ``hub site build``. Returns the exit code."""
    site = _built(args, args.output)
    print(f"{site.folder}: {_summary(site)}, {size_of(site.size)}")
    return 0


def run_serve(args: argparse.Namespace) -> int:
    """Runs ``hub site serve``, until it is interrupted. Returns the exit code."""
    import tempfile

    from .docs import shipped_guides
    from .serving import serve

    def ready(address: str) -> None:
        print(f"{address}  {_summary(site)}. Ctrl-C ends it.", flush=True)
        if args.open:
            import webbrowser

            webbrowser.open(address)

    with tempfile.TemporaryDirectory(prefix="hub-site-") as temporary:
        folder = Path(temporary) / "site"
        site = _built(args, folder)
        given = {"name": args.name, "docs": args.docs, "photo": args.photo}
        given |= {"output": folder, "repository": args.repository}
        arguments = [f"--{key}={value}" for key, value in given.items() if value is not None]
        arguments += ["--no-docs"] if args.no_docs else []
        arguments += [f"--merge={address}" for address in args.merge]
        guides = args.docs if args.docs is not None else shipped_guides()
        serve(folder, arguments, None if args.no_docs else guides, args.port, ready)
    return 0


def _built(args: argparse.Namespace, output: Path) -> Site:
    from .building import build

    guides = args.docs if args.docs is not None else not args.no_docs
    site = build(
        output,
        name=args.name,
        guides=guides,
        repository=args.repository,
        photo=args.photo,
        merge=args.merge,
    )
    for problem in site.problems:
        say(f"hub: warning: {problem}")
    return site


def _summary(site: Site) -> str:
    models, weights = counted(site.models, "model"), counted_weights(site.weights)
    return f"{counted(site.pages, 'page')}, {models}, {weights}"
