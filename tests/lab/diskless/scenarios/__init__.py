"""Importing this registers every scenario, in the order in which they are numbered."""

from . import service_node_dies, external_nfs_dies, agent_dies, node_dies, statelite  # noqa: F401
