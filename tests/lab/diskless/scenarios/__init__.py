"""Importing this registers every scenario, in the order in which they are numbered."""

from . import service_node_dies  # noqa: F401
