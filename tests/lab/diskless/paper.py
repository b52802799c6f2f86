"""The lab on paper: the system tests' cluster, on one network, with real NFS servers.

    10.1.1.0/24    nodes .11 and up, service nodes .100 .101, management node .1, the lab itself .250
    10.1.9.0/24    the external NFS server .9, on the same wire
    10.1.0.0/24    management: service nodes and management node
"""

from dataclasses import dataclass

from cluster.inventory import NODE_A, Inventory, NodeEntry, ServiceNodeEntry

LAB = "10.1.1.250/24"           # the lab's own address on the nodes' network
EXTERNAL_NFS_NETWORK = "10.1.9.0/24"
MOST_NODES = 64                 # their addresses end below the service nodes'

# What each service node exports.  /shared_home is one back end behind both: the same files.
SHARED_HOME = "/shared_home"    # read-write
MARKER = ".same-data"           # below SHARED_HOME, the same file on both
INSTALL = "/install"            # read-only, each has its own copy
DATA = "/data"                  # read-write, each has its own: it must never be swapped


@dataclass(frozen=True)
class LabNodeEntry(NodeEntry):
    """Every node is on the network with the management node.

    Odd nodes have a read-write root of their own.  Even nodes share a read-only one, and every
    file in which they differ is a statelite file.
    """

    @property
    def network(self) -> str:
        return NODE_A

    @property
    def statelite(self) -> bool:
        return self.number % 2 == 0


class LabInventory(Inventory):
    @classmethod
    def of(cls, nodes: list[int], service_nodes: int = 2) -> "LabInventory":
        if not nodes or max(nodes) > MOST_NODES:
            raise ValueError(f"1 to {MOST_NODES} nodes")
        return cls([ServiceNodeEntry(n + 1) for n in range(service_nodes)],
                   [LabNodeEntry(n) for n in nodes])

    def directory_toml(self) -> str:
        return super().directory_toml() + (
            f'\n[[shared_path]]\npath = "{SHARED_HOME}"\nsame_data = true\nmarker = "{MARKER}"\n')


def mount_options(version: str, address: str) -> str:
    """As in an xCAT image: hard, so that a program waits instead of failing.

    nolock: no statd runs this early.  noacl: nfs-ganesha answers the v3 ACL call with EIO.
    """
    if version == "3":
        return "vers=3,proto=tcp,mountproto=tcp,nolock,noacl,hard,timeo=100,retrans=2"
    return f"vers={version},proto=tcp,hard,timeo=100,retrans=2,clientaddr={address}"
