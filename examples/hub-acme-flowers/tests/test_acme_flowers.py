"""Everything that hubcore expects of a package."""

from hubcore.testing import PluginTests


class TestPlugin(PluginTests):
    distribution = "acme-flowers"
