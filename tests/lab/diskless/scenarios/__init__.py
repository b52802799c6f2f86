"""Importing this registers every scenario, in the order in which they are numbered."""

from . import (  # noqa: F401
    service_node_dies, mounts, statelite, agent_dies, node_dies, external_nfs_dies,
    somebody_else_writes, back_again, enrolment)
