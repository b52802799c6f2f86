"""A real NFS server for a machine of namespaces: nfs-ganesha and rpcbind, NFS v3 and v4.

What it exports lies on file systems of the world's own, bound into the machine, so that it
outlives the server and can be looked at from outside.
"""

from dataclasses import dataclass
from pathlib import Path

from cluster import kernel, wait
from cluster.daemon import Daemon
from cluster.host import Host
from cluster.tree import Tree

PORT = 2049
_CONFIG = "/etc/ganesha/ganesha.conf"

# Export_Id is part of every file handle: with numbers of their own, two servers on one file system
# refuse each other's handles, as two real servers do.
# Only_Numeric_Owners: else root's files look like nobody's.  Graceless: no grace period after a
# start, nobody here holds locks across one.
_CORE = """\
NFS_CORE_PARAM {{ Protocols = 3, 4; Bind_addr = {address}; NFS_Port = {port}; MNT_Port = 20048;
    NLM_Port = 32803; Enable_RQUOTA = false; mount_path_pseudo = true; }}
NFSv4 {{ Graceless = true; Only_Numeric_Owners = true; RecoveryBackend = fs; Minor_Versions = 0, 1;
    Lease_Lifetime = 20; }}
NFS_KRB5 {{ Active_krb5 = false; }}
EXPORT_DEFAULTS {{ Attr_Expiration_Time = 0; Squash = No_Root_Squash; SecType = sys;
    Protocols = 3, 4; Transports = TCP; }}
"""

_EXPORT = """\
EXPORT {{ Export_Id = {number}; Path = {path}; Pseudo = {path}; Access_Type = {access};
    FSAL {{ Name = VFS; }} }}
"""


@dataclass(frozen=True)
class Export:
    path: str
    backing: Path           # a directory of the world
    read_only: bool = False


class NfsServer:
    """The server programs of one host.  `first_id`: see Export_Id above."""

    def __init__(self, host: Host, address: str, first_id: int, exports: list[Export],
                 logs: Path) -> None:
        self.host = host
        self.address = address
        self.exports = exports
        self._first_id = first_id
        self.log = logs / f"{host.name}.ganesha.log"
        tree = host.tree
        self.export()
        tree.directory("/var/lib/nfs/ganesha")
        tree.link("/etc/mtab", "/proc/self/mounts")
        for name in ("netconfig", "protocols", "services", "rpc"):
            source = Path("/etc") / name
            if source.exists():
                tree.file(f"/etc/{name}", source.read_text())
        tree.file("/etc/passwd", (tree.path / "etc/passwd").read_text() +
                  "_rpc:x:102:65534::/run/rpcbind:/usr/sbin/nologin\n")
        for export in exports:
            tree.directory(export.path)
        self._rpcbind = Daemon(host, "rpcbind", ["rpcbind", "-f"], logs / f"{host.name}.rpcbind.log")
        self._ganesha = Daemon(host, "ganesha.nfsd",
                               ["ganesha.nfsd", "-F", "-L", "STDERR", "-f", _CONFIG,
                                "-p", "/run/ganesha.pid", "-N", "EVENT"], self.log)

    def bind_exports(self) -> None:
        """In the host's first process, before it enters its tree."""
        for export in self.exports:
            kernel.bind(str(export.backing), str(self.host.tree.path) + export.path)

    def export(self, without: str = "") -> None:
        """What it serves from its next start on."""
        self.host.tree.file(_CONFIG, _CORE.format(address=self.address, port=PORT) + "".join(
            _EXPORT.format(number=self._first_id + i, path=export.path,
                           access="RO" if export.read_only else "RW")
            for i, export in enumerate(self.exports) if export.path != without))

    def start(self) -> None:
        if self._ganesha.running:
            return
        self.host.path("/run/rpcbind").mkdir(exist_ok=True)
        seen = self.log.read_text(errors="replace").count("NFS SERVER INITIALIZED")
        self._rpcbind.start()
        wait.until(f"{self.host.name}: rpcbind listens",
                   lambda: self.host.path("/run/rpcbind.sock").exists(),
                   state=self._rpcbind.text)
        self._ganesha.start()
        wait.until(f"{self.host.name} serves NFS",
                   lambda: self._ganesha.text().count("NFS SERVER INITIALIZED") > seen,
                   state=lambda: self._ganesha.text()[-2000:])
        if "Could not create export" in self._ganesha.text():
            raise RuntimeError(f"{self.host.name} exports not all it should:\n"
                               f"{self._ganesha.text()[:4000]}")

    def kill(self) -> None:
        """As by a crash: the machine is there and refuses connections."""
        self._ganesha.kill()
        self._rpcbind.kill()

    def hold(self) -> None:
        """What ends stays ended."""
        self._ganesha.hold()
        self._rpcbind.hold()

    def off(self) -> None:
        """Its host loses its power."""
        self.resume()
        self._ganesha.release()
        self._rpcbind.release()
        self.kill()

    def pause(self) -> None:
        """It hangs: connections are accepted by the kernel and never answered."""
        self._ganesha.pause()

    def resume(self) -> None:
        self._ganesha.resume()
        self._rpcbind.resume()


class ExternalNfs(Host):
    """The highly available server that holds what nodes cannot live without."""

    def __init__(self, name: str, address: str, routes: tuple[str, ...], exports: list[Export],
                 room: Path) -> None:
        super().__init__(name, Tree(room / name))
        self.tree.file("/etc/hosts", "127.0.0.1\tlocalhost\n")
        self.address = address
        self.routes = routes
        self.nfs = NfsServer(self, address, 1, exports, room / "logs")

    def _before_enter(self) -> None:
        self.nfs.bind_exports()
