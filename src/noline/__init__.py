"""NoLine, the hub between the channels of a retailer or brand."""

from importlib.metadata import version

__version__ = version("noline")
