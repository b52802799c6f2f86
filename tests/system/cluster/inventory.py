"""The cluster on paper: who has which name and address, and who belongs to whom.

    node network A   10.1.1.0/24   service nodes .100 .101 .102, management node .1
    node network B   10.1.2.0/24   service nodes .100 .101 .102, no management node
    management       10.1.0.0/24   service nodes .100 .101 .102, management node .1

Nothing forwards packets, so a node on network B reaches the management node only through the
forwarder of a service node.
"""

from dataclasses import dataclass

DOMAIN = "d.example"
EXTERNAL_NFS = "10.1.9.9"
COORDINATOR_PORT = 7400
ENROLMENT_PORT = 7401

NODE_A = "node-a"
NODE_B = "node-b"
MANAGEMENT = "management"
NETWORKS = (NODE_A, NODE_B, MANAGEMENT)

MN_ON_A = "10.1.1.1"
MN_ON_MANAGEMENT = "10.1.0.1"


@dataclass(frozen=True)
class ServiceNodeEntry:
    number: int     # 1 is SN1P

    @property
    def name(self) -> str:
        return f"SN{self.number}P"

    @property
    def short_name(self) -> str:
        """As the nodes know it."""
        return f"sn{self.number}-eth1"

    @property
    def full_name(self) -> str:
        return f"{self.short_name}.{DOMAIN}"

    @property
    def nim_master_id(self) -> str:
        return f"00C1A2B34C{self.number - 1:02X}"

    def address(self, network: str) -> str:
        third = {MANAGEMENT: 0, NODE_A: 1, NODE_B: 2}[network]
        return f"10.1.{third}.{99 + self.number}"

    def toml(self) -> str:
        return (f'[[service_node]]\n'
                f'name = "{self.name}"\n'
                f'node_names = ["{self.short_name}", "{self.full_name}"]\n'
                f'addresses = ["{self.address(NODE_A)}/24", "{self.address(NODE_B)}/24"]\n'
                f'nim_master_id = "{self.nim_master_id}"\n\n')


@dataclass(frozen=True)
class NodeEntry:
    """Nodes 1 to 6 are on network A, 7 and 8 on network B."""
    number: int

    @property
    def name(self) -> str:
        return f"cn{self.number:03}"

    @property
    def network(self) -> str:
        return NODE_A if self.number <= 6 else NODE_B

    @property
    def address(self) -> str:
        third = 1 if self.network == NODE_A else 2
        return f"10.1.{third}.{10 + self.number}"

    def coordinators(self, service_nodes: list[ServiceNodeEntry]) -> list[str]:
        """The ways to the coordinator: directly where there is one, then each forwarder."""
        hosts = [MN_ON_A] if self.network == NODE_A else []
        hosts += [sn.address(self.network) for sn in service_nodes]
        return [f"tcp://{host}:{COORDINATOR_PORT}" for host in hosts]


@dataclass(frozen=True)
class Inventory:
    service_nodes: list[ServiceNodeEntry]
    nodes: list[NodeEntry]

    @classmethod
    def of(cls, nodes: list[int], service_nodes: int = 2) -> "Inventory":
        return cls([ServiceNodeEntry(n + 1) for n in range(service_nodes)],
                   [NodeEntry(n) for n in nodes])

    def directory_toml(self) -> str:
        """Who is a service node: what a node may be moved between."""
        return "".join(sn.toml() for sn in self.service_nodes) + (
            f'[[external_nfs]]\nname = "nfsha"\naddresses = ["{EXTERNAL_NFS}/24"]\n')

    def cluster_toml(self) -> str:
        names = ",".join(f"{node.number:03}" for node in self.nodes)
        order = ", ".join(f'"{sn.name}"' for sn in self.service_nodes)
        return self.directory_toml() + (
            f'\n[[node]]\nnames = "cn[{names}]"\nservice_nodes = [{order}]\n')
