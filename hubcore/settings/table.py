"""The table of all settings."""

from __future__ import annotations

from typing import Any, NamedTuple

from .kinds import (
    ADDRESSES,
    BOOLEAN,
    CONNECTIONS,
    COUNT,
    HEADERS,
    LICENSES,
    MIRRORS,
    NAMES,
    PATH,
    PEERS,
    REQUIRE,
    ROOTS,
    SECONDS,
    SIZE,
    TOKEN,
    TRUST,
    Kind,
)

__all__ = ["BY_NAME", "PREFIX", "SETTINGS", "Setting", "table"]

PREFIX = "HUBCORE_"
"""What the names of all variables begin with."""


class Setting(NamedTuple):
    """One setting.

    Attributes:
        name: its key in the file; ``HUBCORE_`` and the name in capitals is its variable.
        kind: what its values are.
        default: the value if it is not set.
        doc: what it does.
        by_default: the default in words.
        in_file: whether the file may hold it.
        in_environment: whether it has a variable.
    """

    name: str
    kind: Kind
    default: Any
    doc: str
    by_default: str
    in_file: bool = True
    in_environment: bool = True

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return PREFIX + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("home", PATH, None, "The store's folder.", "`hubcore` in the user's cache folder"),
    Setting(
        "config", PATH, None, "The configuration file.",
        "`hubcore/config.toml` in the user's configuration folder", in_file=False,
    ),
    Setting(
        "roots", ROOTS, (), "Folders that are searched for files and never written, and addresses "
        "of such: [store.md](store.md#buckets).", "none",
    ),
    Setting("offline", BOOLEAN, False, "Make no network connection.", "off"),
    Setting(
        "timeout", SECONDS, 30.0, "Seconds without data after which a connection is given up.", "30"
    ),
    Setting("retries", COUNT, 5, "Attempts without progress after which a download fails.", "5"),
    Setting("connections", CONNECTIONS, 16, "The most connections for one file.", "16"),
    Setting(
        "max_size", SIZE, 20 * 10**9, "The largest download of a file whose size is not known.",
        "20GB",
    ),
    Setting(
        "mirrors", MIRRORS, (),
        "Rewrites the beginning of addresses; the replacement is tried first.", "none",
    ),
    Setting(
        "peers", PEERS, (), "Other stores (`hub store serve`) that are asked before a file's own "
        "address, where its full SHA-256 is known; `torch.distributed` means those of this job: "
        "[scale.md](scale.md).", "none",
    ),
    Setting(
        "peer_token", TOKEN, "", "What peers must be shown: the same where a store is offered and "
        "where it is asked.", "none",
    ),
    Setting(
        "headers", HEADERS, {}, "HTTP headers for the addresses under a prefix. `${NAME}` stands "
        "for an environment variable.", "none", in_environment=False,
    ),
    Setting(
        "require", REQUIRE, "", "`full` refuses weights whose full SHA-256 is not known before "
        "they are downloaded.", "nothing",
    ),
    Setting(
        "lock", PATH, None, "The lock file: weights that are not in it, or differ, are refused.",
        "none", in_file=False,
    ),
    Setting(
        "trust", TRUST, {}, "Whose signatures the catalogue of the distribution `NAME` needs, or "
        "of all others (`\"*\"`): [provenance.md](provenance.md).", "none",
        in_environment=False,
    ),
    Setting(
        "licenses", LICENSES, None, "Which licences and training data weights may have: "
        "[licenses.md](licenses.md).", "all",
    ),
    Setting(
        "indexes", ADDRESSES, (), "The sites that `hub search` asks: [listing.md](listing.md).",
        "none",
    ),
    Setting("disable", NAMES, (), "Plugins or distributions that are left out.", "none"),
    Setting("strict", BOOLEAN, False, "A broken plugin is an error, not a warning.", "off"),
    Setting("debug", BOOLEAN, False, "Commands show the traceback of an error.", "off"),
    Setting(
        "lazy_dynamo", BOOLEAN, False, "Import `torch._dynamo` only when it is needed. Read when "
        "`hubcore` is imported.", "off", in_file=False,
    ),
)  # fmt: skip
BY_NAME = {setting.name: setting for setting in SETTINGS}
"""The settings by name."""


def table() -> str:
    """The table of all settings for the docs, in Markdown."""
    rows = ["| variable | in the file | value | default | what it does |", "|---|---|---|---|---|"]
    for setting in SETTINGS:
        variable = f"`{setting.variable}`" if setting.in_environment else "-"
        key = f"`{setting.name}`" if setting.in_file else "-"
        cells = (variable, key, setting.kind.wanted, setting.by_default, setting.doc)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)
