"""What the external NFS server holds: the image, /usr, every node's root and persistent state.

    /export/image               the shared root, read-only, without /usr; its varying files are
                                statelite files (guest/init)
    /export/usr                 for all
    /export/root/cn001.3        a root of its own, for the third boot of cn001
    /export/persistent/cn002.3/cn002/
                                likewise: litefile (what to do with which file), litetree/ (this
                                node's contents), and what the node keeps
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from cluster import files
from cluster.cluster import REPOSITORY
from cluster.inventory import EXTERNAL_NFS, ServiceNodeEntry
from cluster.site_command import SiteCommand

from . import image, paper
from .nfs_server import Export
from .paper import INSTALL, SHARED_HOME, LabInventory, LabNodeEntry

# Nothing on a node without disks and consoles waits for these, or has anything to find.
_MASKED = (
    "systemd-modules-load.service", "kmod-static-nodes.service", "systemd-remount-fs.service",
    "modprobe@configfs.service", "modprobe@dm_mod.service", "modprobe@drm.service",
    "modprobe@efi_pstore.service", "modprobe@fuse.service", "modprobe@loop.service",
    "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount", "proc-sys-fs-binfmt_misc.automount", "systemd-binfmt.service",
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "fstrim.timer", "e2scrub_reap.service", "getty@tty1.service", "getty.target",
    "serial-getty@ttyS0.service", "console-getty.service", "nfs-blkmap.service",
    "systemd-pstore.service", "systemd-firstboot.service", "ldconfig.service",
    "systemd-random-seed.service", "systemd-timesyncd.service", "autofs.service",
    "rpc-statd-notify.service", "systemd-logind.service", "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service", "systemd-sysusers.service", "rpcbind.service",
    "rpcbind.socket", "run-rpc_pipefs.mount", "nfs-client.target", "dbus.service", "dbus.socket",
    "systemd-user-sessions.service", "systemd-journal-flush.service", "systemd-sysctl.service",
    "systemd-tmpfiles-setup-dev.service", "systemd-initctl.socket", "systemd-udevd.service",
    "systemd-ask-password-console.path", "systemd-ask-password-wall.path",
    "systemd-tmpfiles-clean.timer")
# Each is a program that runs before the first unit, over NFS; none finds anything either.
_NO_GENERATORS = (
    "systemd-bless-boot-generator", "systemd-cryptsetup-generator", "systemd-debug-generator",
    "systemd-getty-generator", "systemd-gpt-auto-generator", "systemd-hibernate-resume-generator",
    "systemd-integritysetup-generator", "systemd-rc-local-generator", "systemd-run-generator",
    "systemd-system-update-generator", "systemd-sysv-generator", "systemd-veritysetup-generator",
    "nfs-server-generator", "rpc-pipefs-generator")

_READY_UNIT = """\
[Unit]
Description=Tells the lab that the node is up
After=rsyslog.service chrony.service snagentd.service remote-fs.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'read -r up rest </proc/uptime; echo "lab: ready $up" >/dev/console'

[Install]
WantedBy=multi-user.target
"""

# A start of rsyslog waits while somebody holds it (DisklessNode.hold_rsyslog): how a scenario makes
# the middle of a change instead of hitting it.
_HOLD = """\
[Service]
ExecStartPre=/bin/sh -c 'if [ -p /run/hold-rsyslog ]; then read -r _ </run/hold-rsyslog || :; fi'
"""

# The file, what xCAT's litefile table says of it, and what it holds in the image.
LITEFILE = (
    ("tmpfs", "/var"), ("tmpfs", "/root"), ("tmpfs", "/home"), ("tmpfs", "/etc/rsyslog.d"),
    ("tmpfs", "/etc/resolv.conf"), ("con", "/etc/hosts"), ("persistent", "/opt/xcat/xcatinfo"),
    ("link", "/etc/chrony/chrony.conf"), ("link,persistent", "/etc/niminfo"),
    ("ro", "/etc/ntp.conf"), ("link,ro", "/etc/motd"), ("tmpfs", "/etc/fstab"))
# What a node with a root of its own keeps outside of it.
OWN_LITEFILE = {files.BY_ADDRESS: (("persistent", "/opt/xcat/xcatinfo"),),
                files.BY_NAME: (("persistent", "/etc/xcatinfo"),)}


@dataclass(frozen=True)
class NodeRoot:
    """For the kernel command line: see guest/init."""
    options: str
    root: str
    root_address: str
    usr: str
    persistent: str
    mounts: tuple[tuple[str, str, str, str], ...]   # source, address, target, options


class Roots:
    """Everything below `room`, a file system of the world's own."""

    def __init__(self, room: Path, inventory: LabInventory, version: str) -> None:
        self.room = room
        self.inventory = inventory
        self.version = version
        self._boots: dict[str, int] = {}

    @property
    def exports(self) -> list[Export]:
        return [Export("/export/root", self.room / "root"),
                Export("/export/image", self.room / "image", read_only=True),
                Export("/export/usr", self.room / "usr", read_only=True),
                Export("/export/persistent", self.room / "persistent")]

    def make(self, archive: Path, hand: Path, binaries: Path, coordinator_key: str,
             command: SiteCommand) -> None:
        """The image, with the agent in it, and the site's way to ask it."""
        tree = self.room / "image"
        image.unpack(archive, tree)
        (self.room / "persistent").mkdir()
        self._install_agent(tree, binaries, coordinator_key)
        self._furnish(tree)
        command.allow_on_node(tree, "/usr/sbin/snagentd")
        # Programs of scenarios run from the external NFS server, like a user's.
        shutil.copy(hand, tree / "usr/local/bin/hand")
        (tree / "usr").rename(self.room / "usr")
        (tree / "usr").mkdir()
        # What a node's own root starts from; the shared image has links instead of some files.
        image.copy(tree, self.room / "template")
        self._link_statelite(tree)

    def _install_agent(self, tree: Path, binaries: Path, coordinator_key: str) -> None:
        """As a site does it: packaging/install-into-image, from the package if one was made."""
        cluster = self.room / "cluster.toml"
        cluster.write_text(self.inventory.cluster_toml())
        node = self.inventory.nodes[0]
        endpoints = [word for endpoint in node.coordinators(self.inventory.service_nodes)
                     for word in ("--coordinator", endpoint)]
        image.run(REPOSITORY / "packaging/install-into-image", tree, *endpoints,
                  f"--server-key={coordinator_key}", "--cluster", cluster, "--mode", "act",
                  "--from", binaries.parent)

    def _enable(self, tree: Path, unit: str) -> None:
        wants = tree / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True, exist_ok=True)
        (wants / unit).symlink_to(f"/etc/systemd/system/{unit}")

    def _furnish(self, tree: Path) -> None:
        # Hundreds of files that nothing on a node reads, and that each boot of it would copy.
        shutil.rmtree(tree / "var/lib/dpkg")
        for name in ("shared_home", "install", "data", ".statelite/persistent",
                     ".statelite/tmpfs", "run", "tmp", "proc", "sys", "dev", "opt/xcat",
                     "etc/rsyslog.d", "etc/chrony/conf.d", "etc/chrony/sources.d",
                     "var/spool/rsyslog", "var/lib/snagent"):
            (tree / name).mkdir(parents=True, exist_ok=True)
        units = tree / "etc/systemd/system"
        for unit in _MASKED:
            (units / unit).unlink(missing_ok=True)
            (units / unit).symlink_to("/dev/null")
        generators = tree / "etc/systemd/system-generators"
        generators.mkdir(exist_ok=True)
        for generator in _NO_GENERATORS:
            (generators / generator).symlink_to("/dev/null")
        (units / "lab-ready.service").write_text(_READY_UNIT)
        self._enable(tree, "lab-ready.service")
        default = units / "default.target"
        default.unlink(missing_ok=True)
        default.symlink_to("/lib/systemd/system/multi-user.target")
        # Nobody sets a node's clock: all nodes and servers share the machine's.
        (tree / "etc/default/chrony").write_text('DAEMON_OPTS="-x"\n')
        # systemd makes this directory, and on a read-only NFS root mkdir of one that is there says
        # EROFS, not EEXIST: an image for such nodes must not ask for it.
        for drop_in, text in (("chrony.service.d/read-only-root.conf",
                               "[Service]\nConfigurationDirectory=\n"),
                              ("rsyslog.service.d/hold.conf", _HOLD)):
            (units / drop_in).parent.mkdir()
            (units / drop_in).write_text(text)
        (tree / "etc/rsyslog.conf").write_text(files.RSYSLOG_CONF)
        (tree / "etc/hosts").write_text("127.0.0.1\tlocalhost loopback\n")
        (tree / "etc/hostname").unlink(missing_ok=True)     # guest/init says it
        (tree / "etc/machine-id").write_text("")
        for path in ("etc/resolv.conf", "etc/niminfo", "etc/ntp.conf", "etc/motd", "etc/fstab",
                     "opt/xcat/xcatinfo"):
            target = tree / path
            target.unlink(missing_ok=True)
            target.write_text("")
        (tree / "var/run").unlink(missing_ok=True)
        (tree / "var/run").symlink_to("/run")

    def _link_statelite(self, tree: Path) -> None:
        for option, path in LITEFILE:
            if option.startswith("link"):
                target = tree / path.lstrip("/")
                target.unlink(missing_ok=True)
                target.symlink_to(f"/.statelite/tmpfs{path}")

    # --- One node ------------------------------------------------------------------------------

    def of(self, node: LabNodeEntry, style: str, sn: ServiceNodeEntry, *,
           keep: bool = False, mounts: bool = True, root_on_sn: bool = False) -> NodeRoot:
        """For the next boot of a node from `sn`.  keep: as the last boot left it.  mounts: what
        the service node exports is mounted.  root_on_sn: its own root too, as it must not be."""
        if not keep:
            # New names, because the server remembers what was below the old ones.
            for old in (self.room / "persistent").glob(f"{node.name}.*"):
                shutil.rmtree(old)
            self._boots[node.name] = self._boots.get(node.name, 0) + 1
            self.kept(node.name).mkdir(parents=True)
        kept = self.kept(node.name)
        options = paper.mount_options(self.version, node.address)
        if node.statelite:
            if not keep:
                (kept / "litefile").write_text(
                    "".join(f"{option} {path}\n" for option, path in LITEFILE))
                self._write(kept / "litetree", node, style, sn)
                # The first boot of a statelite node finds what was put there for it.
                for path in ("opt/xcat/xcatinfo", "etc/niminfo"):
                    source, target = kept / "litetree" / path, kept / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, target)
            root = "/export/image"
            address = sn.address(node.network)
            from_sn = (
                (f"{sn.short_name}:{SHARED_HOME}", address, SHARED_HOME, options),
                (f"{sn.short_name}:{INSTALL}", address, INSTALL, f"ro,{options}"))
        else:
            name = f"{node.name}.{self._boots[node.name]}"
            if not keep:
                for old in (self.room / "root").glob(f"{node.name}.*"):
                    shutil.rmtree(old)
                image.copy(self.room / "template", self.room / "root" / name)
                tree = self.room / "root" / name
                self._write(tree, node, style, sn)
                (tree / "etc/machine-id").write_text(f"{node.number:032x}\n")
                (tree / "etc/fstab").write_text(self._fstab(sn, options) if mounts else "")
                (kept / "litefile").write_text(
                    "".join(f"{option} {path}\n" for option, path in OWN_LITEFILE[style]))
            # Its fstab names them.
            root, from_sn = f"/export/root/{name}", ()
        server, address = (sn.short_name, sn.address(node.network)) if root_on_sn else (
            "nfsha", EXTERNAL_NFS)
        return NodeRoot(options, f"{server}:{root}", address, "nfsha:/export/usr",
                        f"nfsha:/export/persistent/{kept.parent.name}",
                        from_sn if mounts else ())

    def kept(self, name: str) -> Path:
        """What the node keeps outside of its root since it was last booted anew."""
        return self.room / "persistent" / f"{name}.{self._boots[name]}" / name

    def _fstab(self, sn: ServiceNodeEntry, options: str) -> str:
        return ("# SOURCE TARGET TYPE OPTIONS DUMP PASS\n"
                f"{sn.short_name}:{SHARED_HOME}\t{SHARED_HOME}\tnfs\t{options}\t0 0\n"
                f"{sn.short_name}:{INSTALL}\t{INSTALL}\tnfs\tro,{options}\t0 0\n")

    def _write(self, tree: Path, node: LabNodeEntry, style: str, sn: ServiceNodeEntry) -> None:
        """What differs from node to node, and between service nodes."""
        group = self.inventory.service_nodes[:2]
        texts = {
            "etc/hosts": files.hosts(node, [sn]),
            "etc/niminfo": files.niminfo(node, sn),
            "etc/resolv.conf": files.resolv_conf(node, sn),
            "etc/rsyslog.d/remote.conf": files.rsyslog_remote(node, sn, style),
            "etc/chrony/chrony.conf": files.chrony_conf(node, sn, style),
            "etc/motd": f"This node boots from {sn.short_name} ({sn.address(node.network)})\n",
        }
        if node.statelite:
            # A file that the node cannot change: it changes in the image, or not at all.
            texts["etc/ntp.conf"] = f"server {sn.address(node.network)} iburst\n"
        if style == files.BY_NAME:
            texts["etc/xcatinfo"] = files.xcatinfo_aix(node, sn)
            texts["etc/chrony/sources.d/sn.sources"] = files.chrony_sources(sn)
        else:
            texts["opt/xcat/xcatinfo"] = files.xcatinfo_linux(node, sn, group)
        for path, text in texts.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
