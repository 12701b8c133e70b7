"""Entry points for torch.hub: every model of every family, from a bare clone.

``torch.hub.load(repo, "resnet50", weights="DEFAULT")``

torch.hub treats every name that this module lists as a model, so all other names here begin with
an underscore. Our packages need not be installed: `hubcore` and the families are imported from the
clone, even after torch.hub has removed the clone from `sys.path`.
"""

# What torch itself brings is enough: the rest is used where it is installed.
dependencies = ["torch", "torchvision"]


def _make_importable():
    """Makes our packages in the clone importable, and nothing else of it.

    The clone's folders do not go on `sys.path`: our `tests` and `scripts` would shadow those of
    other repositories.
    """
    import sys
    from importlib.machinery import PathFinder
    from pathlib import Path

    clone = Path(__file__).resolve().parent
    homes = {"hubcore": str(clone)}
    for file in clone.glob("plugins/*/*/catalog.json"):
        homes[file.parent.name] = str(file.parent.parent)

    class _CloneFinder:
        root = clone

        @staticmethod
        def find_spec(name, path=None, target=None):
            home = homes.get(name) if path is None else None
            return PathFinder.find_spec(name, [home]) if home else None

        @staticmethod
        def invalidate_caches():
            PathFinder.invalidate_caches()

    if not any(getattr(finder, "root", None) == clone for finder in sys.meta_path):
        sys.meta_path.insert(0, _CloneFinder)

    _make_importable_in_new_processes(clone, homes)

    from hubcore.catalogs.index import add_source_tree

    add_source_tree(clone)


def _make_importable_in_new_processes(clone, names):
    """Processes that multiprocessing starts get `sys.path`, but no finder.

    So a folder goes on it that holds nothing but one module for each of our packages, which gives
    way to the package.
    """
    import contextlib
    import sys

    from hubcore.atomic_write import atomic_write

    folder = clone / ".torch_hub"
    code = (
        '"""Made by hubconf.py for the processes that multiprocessing starts."""\n'
        "import importlib, runpy, sys\n"
        "from pathlib import Path\n\n"
        "del sys.modules[__name__]\n"
        'runpy.run_path(str(Path(__file__).resolve().parents[1] / "hubconf.py"))\n'
        "sys.modules[__name__] = importlib.import_module(__name__)\n"
    )
    with contextlib.suppress(OSError):  # a clone that cannot be written works in this process only
        folder.mkdir(exist_ok=True)
        for name in names:
            file = folder / f"{name}.py"
            if not file.exists() or file.read_text("utf-8") != code:
                with atomic_write(file) as temporary:
                    temporary.write_text(code, "utf-8")
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


_make_importable()


def get_weight(name=None, *, weights=None):
    """The weights of this full name: "ResNet50_Weights.IMAGENET1K_V2".

    ``torch.hub.load(repo, "get_weight", weights="ResNet50_Weights.DEFAULT")``

    Args:
        name: the name; ``weights`` is another word for it, which torchvision's documentation uses.
    """
    import hubcore

    if (name is None) == (weights is None):
        raise TypeError("get_weight() takes one name, such as 'ResNet50_Weights.DEFAULT'")
    return hubcore.get_weight(weights if name is None else name)


def get_model_weights(name):
    """The enum of a model's weights, by its name or its builder.

    ``torch.hub.load(repo, "get_model_weights", name="resnet50")``
    """
    import hubcore

    return hubcore.get_model_weights(name)


def __dir__():
    try:
        from hubcore import list_models

        # torch.hub loads what is listed here and nothing else, also timm's resnet50.a1_in1k.
        return ["dependencies", "get_model_weights", "get_weight", *list_models()]
    except ImportError:  # torch.hub checks the dependencies next and reports what is missing
        return ["dependencies"]


def __getattr__(name):
    from hubcore.errors import HubError

    if not name.startswith("_"):
        try:
            from hubcore import get_model_builder

            return get_model_builder(name)
        except HubError as error:
            raise AttributeError(str(error)) from error
    raise AttributeError(f"module 'hubconf' has no attribute '{name}'")
