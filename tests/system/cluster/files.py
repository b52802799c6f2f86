"""What a diskless node has in its root when it is bound to a service node.

Two styles, as found in the field: `by_address`, the Linux form of xcatinfo and addresses
everywhere, and `by_name`, the AIX form and names.  Every function returns the text for a given
service node, so that the same function says what a file must be before and after a takeover;
where a takeover keeps something of the old one, that is an argument.
"""

from .inventory import (DOMAIN, EXTERNAL_NFS, MN_ON_A, NODE_A, Inventory, NodeEntry,
                        ServiceNodeEntry)

BY_ADDRESS = "by_address"
BY_NAME = "by_name"


def niminfo(node: NodeEntry, sn: ServiceNodeEntry, also: list[ServiceNodeEntry] = []) -> str:
    """`also`: what NIM_HOSTS has gained."""
    at = node.network
    gained = "".join(f"{other.address(at)}:{other.short_name} " for other in also)
    master = also[-1] if also else sn
    return (
        "#------------------ Network Install Manager ---------------\n"
        "# warning - this file contains NIM configuration information\n"
        "#       and should only be updated by NIM\n"
        f"export NIM_NAME={node.name}\n"
        f"export NIM_HOSTNAME={node.name}\n"
        "export NIM_CONFIGURATION=diskless\n"
        f"export NIM_MASTER_HOSTNAME={master.short_name}\n"
        "export NIM_MASTER_PORT=1058\n"
        "export NIM_REGISTRATION_PORT=1059\n"
        f"export NIM_MASTERID={master.nim_master_id}\n"
        'export NIM_SHELL="nimsh"\n'
        "export RC_CONFIG=rc.dd_boot\n"
        "export SPOT=nfsha:/install/nim/spot/71img/usr\n"
        f"export ROOT=nfsha:/install/nim/root/71img_root/{node.name}\n"
        f'export NIM_HOSTS=" 127.0.0.1:loopback:localhost  {node.address}:{node.name}  '
        f'{sn.address(at)}:{sn.short_name} {EXTERNAL_NFS}:nfsha {gained}"\n'
        f'export MOUNTS=" nfsha:/install/nim/paging/71img_paging/{node.name}/swapnfs0:/swap "\n'
        f'export ROUTES=" default:0:{master.address(at)} "\n'
        "export BASECUST_REMOVAL=swapnfs0\n")


def xcatinfo_linux(node: NodeEntry, sn: ServiceNodeEntry, group: list[ServiceNodeEntry]) -> str:
    order = ",".join(member.name for member in group)
    return ("IMAGENAME='deb12-x86_64-netboot-compute'\n"
            "IMAGEUUID='1f4a2d5e-8d8c-4a53-9d6e-0c6b3f1f6a11'\n"
            f"XCATSERVER={sn.address(node.network)}\n"
            "INSTALLDIR=/install\n"
            "HTTPPORT=80\n"
            f"NODE={node.name}\n"
            f"SERVICEGROUP={order}\n"
            "REBOOT=no\n")


def xcatinfo_aix(node: NodeEntry, sn: ServiceNodeEntry) -> str:
    return f"XCATSERVER={sn.short_name}\n"


def hosts(node: NodeEntry, known: list[ServiceNodeEntry]) -> str:
    lines = ["127.0.0.1\tlocalhost loopback\n",
             f"{node.address}\t{node.name} {node.name}.{DOMAIN}\n",
             f"{EXTERNAL_NFS}\tnfsha nfsha.{DOMAIN}\n"]
    if node.network == NODE_A:
        lines.append(f"{MN_ON_A}\tmn mn.{DOMAIN}\n")
    lines += [f"{sn.address(node.network)}\t{sn.short_name} {sn.full_name}\n" for sn in known]
    return "".join(lines)


def resolv_conf(node: NodeEntry, sn: ServiceNodeEntry) -> str:
    return (f"# made for {node.name}; the old server was 10.1.1.250\n"
            f"search {DOMAIN}\n"
            f"nameserver {sn.address(node.network)}\n"
            "options timeout:1 attempts:2\n")


_CHRONY_REST = """\
# The management node keeps no time of its own; once it was 10.1.1.100 for everyone.
driftfile /var/lib/chrony/chrony.drift
confdir /etc/chrony/conf.d
sourcedir /etc/chrony/sources.d
makestep 1 3
"""


def chrony_conf(node: NodeEntry, sn: ServiceNodeEntry, style: str) -> str:
    if style == BY_NAME:
        return _CHRONY_REST
    return f"server {sn.address(node.network)} iburst\n" + _CHRONY_REST


def chrony_sources(sn: ServiceNodeEntry) -> str:
    return f"server {sn.short_name} iburst\n"


RSYSLOG_CONF = """\
# the node's own log, and what rsyslog.d adds
module(load="imuxsock")
$WorkDirectory /var/spool/rsyslog
$FileOwner root
$FileGroup adm
$FileCreateMode 0640
$IncludeConfig /etc/rsyslog.d/*.conf
*.*;auth,authpriv.none\t\t-/var/log/syslog
auth,authpriv.*\t\t\t/var/log/auth.log
"""


def rsyslog_remote(node: NodeEntry, sn: ServiceNodeEntry, style: str) -> str:
    target = sn.short_name if style == BY_NAME else sn.address(node.network)
    return ("# xCAT settings START\n"
            "# Log everything to the service node:\n"
            f"*.* @{target}\n"
            "# xCAT settings END\n")


def agent_toml(node: NodeEntry, inventory: Inventory, coordinator_key: str, mode: str) -> str:
    endpoints = ", ".join(f'"{endpoint}"' for endpoint in
                          node.coordinators(inventory.service_nodes))
    services = "".join(
        f'\n[[service]]\nname = "{name}"\n'
        f'stop = ["/usr/local/sbin/svc", "stop", "{name}"]\n'
        f'start = ["/usr/local/sbin/svc", "start", "{name}"]\n' for name in ("rsyslog", "chrony"))
    return (f'mode = "{mode}"\n'
            f'coordinators = [{endpoints}]\n'
            f'coordinator_key = "{coordinator_key}"\n'
            'allow_stuck = ["kill", "orphan"]\n'
            'directory = "/etc/snagent/cluster.toml"\n' + services)


# Starts and stops the node's services, as an init script does.  A test makes a start wait by
# putting a FIFO at /run/hold-NAME: it goes on when somebody opens the FIFO for writing.  While there
# is /run/refuse-NAME a start fails.
SVC = """\
#!/bin/sh
# svc stop|start NAME
set -eu
case $2 in
rsyslog) program=/usr/sbin/rsyslogd pid=/run/rsyslogd.pid; set -- "$1" "$2" ;;
chrony)  program=/usr/sbin/chronyd pid=/run/chrony/chronyd.pid; set -- "$1" "$2" -x ;;
*)       echo "svc: no service $2" >&2; exit 2 ;;
esac
action=$1 name=$2
shift 2
case $action in
start)
    if [ -p "/run/hold-$name" ]; then read -r _ <"/run/hold-$name" || :; fi
    if [ -e "/run/refuse-$name" ]; then echo "svc: $name is refused" >&2; exit 1; fi
    exec start-stop-daemon --start --quiet --oknodo --pidfile "$pid" --exec "$program" -- "$@"
    ;;
stop)
    exec start-stop-daemon --stop --quiet --oknodo --retry TERM/10/KILL/10 \\
        --pidfile "$pid" --exec "$program"
    ;;
*)
    echo "svc: no action $action" >&2
    exit 2
    ;;
esac
"""
