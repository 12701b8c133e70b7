"""``hub store``: offer the store to other machines."""

from __future__ import annotations

import argparse
from typing import Any

from .. import settings
from ..errors import OfflineError
from ..store import default_store
from . import arguments
from .streams import say
from .units import size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub store serve                    offer the files to this machine, by their digests
  HUBCORE_PEER_TOKEN=... hub store serve --host 0.0.0.0
                                     to others, who have the same token
  HUBCORE_PEERS=http://10.0.0.1:8470 hub download resnet50
                                     ask that store first
"""

PORT = 8470


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("store", description=__doc__, epilog=EXAMPLES)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    command = commands.add_parser(
        "serve", help="offer the verified files over HTTP, to those who know their digests"
    )
    command.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen at (default: %(default)s, for this machine only); others need "
        "HUBCORE_PEER_TOKEN",
    )
    command.add_argument(
        "--port",
        type=_port,
        default=PORT,
        help="the port, or 0 for a free one (default: %(default)s)",
    )
    command.add_argument(
        "--connections",
        type=arguments.positive_integer,
        default=32,
        help="the most connections at a time (default: %(default)s)",
    )
    command.set_defaults(action=_serve)


def run(args: argparse.Namespace) -> int:
    result: int = args.action(args)
    return result


def _serve(args: argparse.Namespace) -> int:
    from ..store.serving import BlobServer

    if settings.offline():
        raise OfflineError("HUBCORE_OFFLINE is set: the store is not offered.")
    store = default_store()
    server = BlobServer(
        store,
        host=args.host,
        port=args.port,
        token=settings.peer_token(),
        connections=args.connections,
    )
    say(f"hub: {store.root} is offered at {server.address} until you press Ctrl-C")
    try:
        server.run()
    except KeyboardInterrupt:
        say(f"hub: {size_of(server.sent)} were sent")
    finally:
        server.close()
    return 0


def _port(text: str) -> int:
    port = arguments.natural_integer(text)
    if port > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: those end at 65535")
    return port
