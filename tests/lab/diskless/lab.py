"""All of it together: servers, cables, a coordinator, and real diskless nodes."""

import os
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Sequence, TypeVar

from cluster import files, inventory as names, kernel, wait, world
from cluster.daemon import Daemon
from cluster.host import Host
from cluster.inventory import EXTERNAL_NFS, NODE_A, ServiceNodeEntry
from cluster.management_node import CONFIG, ManagementNode, Reply
from cluster.network import Link, Network
from cluster.service_node import ServiceNode
from cluster.site_command import SiteCommand

from . import paper
from .nfs_server import Export, ExternalNfs, NfsServer
from .node import DisklessNode
from .paper import DATA, INSTALL, SHARED_HOME, LabInventory
from .root import Roots

T = TypeVar("T")

_BRIDGES = (names.NODE_A, names.NODE_B, names.MANAGEMENT)


_PREFLIGHT_MS = 30_000
# As xCAT's makedhcp has it: nodes that are known, and nobody else.
_DHCP_CONFIG = "/run/dhcp.conf"
_DHCP = """\
port=0
user=root
group=root
pid-file=/run/dhcp.pid
log-facility=-
interface=eth1
bind-interfaces
dhcp-leasefile=/run/dhcp.leases
dhcp-authoritative
dhcp-range={network}.0,static,255.255.255.0,1h
dhcp-option=option:router,{address}
dhcp-option=option:dns-server,{address}
"""


@dataclass(frozen=True)
class Material:
    """What is needed and was made outside of the world."""
    root: Path
    hand: Path
    initramfs: Path
    binaries: Path


class LabServiceNode(ServiceNode):
    """A service node that serves NFS too, and leases of DHCP where a scenario wants it."""

    def __init__(self, entry: ServiceNodeEntry, room: Path, exports: list[Export]) -> None:
        super().__init__(entry, room)
        # Fewer than ten exports each: no two servers have a number in common.
        self.nfs = NfsServer(self, self.address(NODE_A), 10 * entry.number, exports, room / "logs")
        self.dhcp = Daemon(self, "dnsmasq", ["dnsmasq", "--keep-in-foreground",
                                             f"--conf-file={_DHCP_CONFIG}"],
                           room / "logs" / f"{self.name}.dhcp.log")

    def start_dhcp(self, nodes: Sequence[DisklessNode]) -> None:
        """Hands every node its own address, and this service node as its router and name
        server."""
        address = self.address(NODE_A)
        self.write(_DHCP_CONFIG, _DHCP.format(address=address, network=address.rsplit(".", 1)[0]) +
                   "".join(f"dhcp-host={node.mac},{node.entry.address}\n" for node in nodes))
        self.dhcp.start()
        wait.until(f"{self.name} leases addresses", lambda: "DHCP, static leases only" in
                   self.dhcp.text(), state=self.dhcp.text)

    def _before_enter(self) -> None:
        self.nfs.bind_exports()


class Lab:
    """`power_on` it once; `fresh` before each scenario."""

    node_type = DisklessNode
    roots_type = Roots

    def __init__(self, count: int, version: str, material: Material) -> None:
        self.version = version
        self.material = material
        self.room = Path(world.ROOM)
        self.inventory = LabInventory.of(list(range(1, count + 1)))
        self.exports = self.room / "exports"
        self.roots = self.roots_type(self._file_system("nfsha"), self.inventory, version)
        (self.roots.room / "root").mkdir()
        shared = self._file_system("shared_home")
        (shared / paper.MARKER).write_text("one back end\n")
        shared.chmod(0o1777)
        self.sn1, self.sn2 = (self._service_node(entry, shared)
                              for entry in self.inventory.service_nodes)
        self.nfsha = ExternalNfs("nfsha", EXTERNAL_NFS, (names.NODE_A,), self.roots.exports,
                                 self.room)
        self.mn = ManagementNode(self.inventory, self.room, material.binaries)
        self.command = SiteCommand()
        self._prepare_enrolment()
        self._damaged: set[LabServiceNode] = set()
        self._less: set[NfsServer] = set()
        self.nodes = [self.node_type(entry, self.inventory, style_of(entry),
                                   material.initramfs, self.room)
                      for entry in self.inventory.nodes]

    def _prepare_enrolment(self) -> None:
        """By address, as xCAT's makehosts writes them; by command where a scenario wants it."""
        addresses = {entry.name: entry.address for entry in self.inventory.nodes}
        for sn in (self.sn1, self.sn2):
            self.command.serve_on(sn.tree)
            self.command.allow_through(sn.tree, addresses)
        self.command.give_to(self.mn.tree, {
            **addresses, **{sn.entry.name: sn.address(names.MANAGEMENT)
                            for sn in (self.sn1, self.sn2)}})

    def __getitem__(self, name: str) -> DisklessNode:
        return next(node for node in self.nodes if node.name == name)

    def _file_system(self, name: str) -> Path:
        path = self.exports / name
        path.mkdir(parents=True)
        kernel.mount(f"export.{name}", str(path), "tmpfs", 0, "mode=755")
        return path

    def _service_node(self, entry: ServiceNodeEntry, shared: Path) -> LabServiceNode:
        own = self._file_system(entry.name.lower())
        for path in (INSTALL, DATA):
            (own / path.lstrip("/")).mkdir()
            (own / path.lstrip("/") / "WHO").write_text(f"{entry.name}\n")
        return LabServiceNode(entry, self.room, [
            Export(SHARED_HOME, shared), Export(INSTALL, own / "install", read_only=True),
            Export(DATA, own / "data"), Export("/export/root", self.roots.room / "root")])

    # --- Power ---------------------------------------------------------------------------------

    def power_on(self) -> None:
        """Servers and cables; no node yet."""
        # Its tree must be there before the server that exports it.
        hosts: list[Host] = [self.mn, self.sn1, self.sn2, self.nfsha]
        key = ""
        for host in hosts:
            if host is self.nfsha:
                key = self.mn.coordinator_key()
                self.roots.make(self.material.root, self.material.hand,
                                self.material.binaries, key, self.command)
            host.power_on()
        self.network = Network(*_BRIDGES)
        self.network.connect(
            *self.mn.links(), *self.sn1.links(), *self.sn2.links(),
            Link(self.nfsha, NODE_A, "eth0", f"{EXTERNAL_NFS}/24", ("10.1.1.0/24",)))
        self._wait_for_slow_nodes()
        _ip(f"address add {paper.LAB} dev {NODE_A}",
            *(command for node in self.nodes for command in (
                f"tuntap add dev {node.tap} mode tap",
                f"link set {node.tap} master {NODE_A} up")))
        _finish(process for sn in (self.sn1, self.sn2) for process in sn.start_services())
        for server in self.servers:
            server.start()

    def _wait_for_slow_nodes(self) -> None:
        """A plan needs a second of a real node and may need five of one of these, all of which
        share the processors.  One that did not answer in time is moved without its word."""
        config = self.mn.tree.path / CONFIG.lstrip("/")
        config.write_text(config.read_text() + f"preflight_ms = {_PREFLIGHT_MS}\n")

    def beat_as_on_a_site(self) -> None:
        """The tests' coordinator wants a beat every second.  Before it is started."""
        text = (self.mn.tree.path / CONFIG.lstrip("/")).read_text()
        self.mn.tree.file(CONFIG, re.sub("beat_interval_ms.*\n", "", text))

    @property
    def servers(self) -> list[NfsServer]:
        return [self.nfsha.nfs, self.sn1.nfs, self.sn2.nfs]

    def fresh(self, mounts: bool = True, version: str = "") -> None:
        """Every server well, an empty coordinator, every node booted from SN1P and connected.
        mounts: they mount what SN1P exports.  version: of NFS, if not the lab's."""
        self.roots.version = version or self.version
        self.off(*self.nodes)
        self.mn.coordinator.kill()
        for sn in (self.sn1, self.sn2):
            sn.dhcp.kill()
        for sn in self._damaged:
            self._restart(sn)
        self._damaged.clear()
        for server in self._less:
            server.kill()
            server.export()
        self._less.clear()
        for host in (self.nfsha, self.sn1, self.sn2):
            self.network.join(host)
        for server in self.servers:
            server.resume()
            server.start()
        for node in self.nodes:
            self.connect(node)
        state = self.mn.path("/var/lib/sncoord")
        for path in state.iterdir():
            # The key stays: the image names it.
            if path.is_file() and "key" not in path.name:
                path.unlink()
        self.mn.start_coordinator()
        self.boot(self.nodes, mounts=mounts)

    def boot(self, nodes: Sequence[DisklessNode], sn: ServiceNode | None = None, *,
             keep: bool = False, mounts: bool = True, root_on_sn: bool = False) -> None:
        """Power on, and back when all are up, connected and known.  Else see Roots.of.  Each has a
        new key, and knocks: its address lets it in."""
        entry = (sn or self.sn1).entry
        for node in nodes:
            node.boot(self.roots.of(node.entry, node.style, entry, keep=keep, mounts=mounts,
                                    root_on_sn=root_on_sn), entry.address(node.entry.network))
        for node in nodes:
            node.wait_line("ready")
        self.wait_connected(nodes)

    def off(self, *nodes: DisklessNode) -> None:
        for node in nodes:
            node.power_off()

    def wait_connected(self, nodes: Iterable[DisklessNode]) -> None:
        wanted = [node.name for node in nodes]

        def missing() -> list[str]:
            rows = self.mn.rows()
            return [name for name in wanted
                    if not rows[name]["connected"] or not rows[name].get("observed")]
        wait.until("the nodes are connected and have told what they refer to",
                   lambda: not missing(), state=missing)

    # --- Accidents -----------------------------------------------------------------------------

    def cut(self, host: Host) -> None:
        """Nothing comes back from it, as from a dead machine."""
        self.network.cut(host)

    def join(self, host: Host) -> None:
        self.network.join(host)

    def disconnect(self, node: DisklessNode) -> None:
        _ip(f"link set {node.tap} down")

    def connect(self, node: DisklessNode) -> None:
        _ip(f"link set {node.tap} up")

    def kill(self, sn: LabServiceNode) -> None:
        """Every process of it at once; its kernel goes on and refuses connections."""
        self._signal(sn, signal.SIGKILL)

    def pause(self, sn: LabServiceNode) -> None:
        """Every process of it; its kernel still takes connections."""
        self._signal(sn, signal.SIGSTOP)

    def _signal(self, sn: LabServiceNode, number: signal.Signals) -> None:
        self._damaged.add(sn)
        sn.nfs.hold()
        for pid in set(sn.processes()) - {sn.init}:
            os.kill(pid, number)

    def stop(self, sn: LabServiceNode, program: str) -> None:
        """One of its services alone."""
        self._damaged.add(sn)
        sn.kill(program)

    def keep_out(self, sn: LabServiceNode, *protocols: str) -> None:
        """As a firewall on it would; ARP is below that."""
        self._damaged.add(sn)
        sn.run("nft", "add table ip t")
        sn.run("nft", "add chain ip t c { type filter hook input priority 0; }")
        for protocol in protocols:
            sn.run("nft", f"add rule ip t c meta l4proto {protocol} drop")

    def withdraw(self, sn: LabServiceNode, path: str) -> None:
        """It no longer exports this."""
        self._less.add(sn.nfs)
        sn.nfs.kill()
        sn.nfs.export(without=path)
        sn.nfs.start()

    def serve_dhcp(self, sn: LabServiceNode) -> None:
        sn.start_dhcp(self.nodes)

    def _restart(self, sn: LabServiceNode) -> None:
        sn.nfs.off()
        # nsenter stops itself when its program is stopped, and would never reap it.
        for forwarder in sn.forwarders:
            forwarder.send_signal(signal.SIGCONT)
        self.network.disconnect(sn)
        sn.power_off()
        sn.power_on()
        self.network.connect(*sn.links())
        _finish(sn.start_services())
        sn.nfs.start()

    # --- The administrator ---------------------------------------------------------------------

    def takeover(self, *arguments: str, deadline_s: float = 120) -> Reply:
        return self.mn.snctl("takeover", "SN1P", "--yes", "--json", *arguments,
                             deadline_s=deadline_s)

    # --- Many nodes ----------------------------------------------------------------------------

    def on_all(self, body: Callable[[DisklessNode], T],
               nodes: Sequence[DisklessNode] | None = None) -> list[T]:
        """At the same time: most of the work is waiting for the nodes."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            return list(pool.map(body, self.nodes if nodes is None else nodes))


def style_of(entry: paper.LabNodeEntry) -> str:
    """A statelite node's files are of the Linux form; of the others every third uses names."""
    return files.BY_NAME if entry.number % 3 == 0 and not entry.statelite else files.BY_ADDRESS


def _finish(started: Iterable["subprocess.Popen[str]"]) -> None:
    for process in list(started):
        if process.wait(wait.DEADLINE_S) != 0:
            raise RuntimeError(f"{process.args}: exit {process.returncode}")


def _ip(*commands: str) -> None:
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True,
                          capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"ip: {done.stderr}")
