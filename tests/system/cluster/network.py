"""Cables and switches: bridges in the world's network namespace, a veth pair for each link.

A host is cut by taking the switch's ends of its cables down: the others hear nothing more, no
reset and no refusal, as when a machine has died.
"""

import subprocess
from dataclasses import dataclass

from . import wait
from .host import Host


@dataclass(frozen=True)
class Link:
    host: Host
    network: str
    interface: str
    address: str        # with prefix length
    routes: tuple[str, ...] = ()    # as `ip route add` takes them

    @property
    def port(self) -> str:
        """The switch's end.  At most 15 characters, the kernel's limit for a name."""
        return f"{self.host.name.lower()}.{self.interface}"


class Network:
    def __init__(self, *names: str) -> None:
        self._names = names
        self._links: list[Link] = []
        _ip("ip", *(command for name in names for command in (
            f"link add {name} type bridge", f"link set {name} up")))

    def connect(self, *links: Link) -> None:
        self._links += links
        _ip("ip", *(command for link in links for command in (
            f"link add {link.port} type veth peer name {link.interface} netns {link.host.init}",
            f"link set {link.port} master {link.network} up")))
        hosts = {link.host.name: link.host for link in links}
        for name, host in hosts.items():
            own = [link for link in links if link.host.name == name]
            _ip(f"nsenter --target {host.init} --net ip",
                "link set lo up",
                *(command for link in own for command in (
                    f"address add {link.address} dev {link.interface}",
                    f"link set {link.interface} up")),
                *(f"route add {route} dev {link.interface}" for link in own
                  for route in link.routes))

    def disconnect(self, *hosts: Host) -> None:
        """Takes the cables of hosts away, which must be up."""
        gone = [link for link in self._links if link.host in hosts]
        _ip("ip", *(f"link delete {link.port}" for link in gone))
        self._links = [link for link in self._links if link not in gone]

    def cut(self, host: Host) -> None:
        self._set(host, "down")

    def join(self, host: Host) -> None:
        """The opposite of cut.  The kernel tells a link's state up to a second after it is set up,
        and until then drops what is sent, on either end; and who has just asked in vain for the
        host's hardware address asks again in its own time, at most a second later."""
        self._set(host, "up")
        for link in self._links:
            if link.host is host:
                wait.until(f"both ends of {link.port} carry",
                           lambda link=link: all("state UP" in shown for shown in _ends(link)))
        for link in self._links:
            if link.host is not host:
                _ip(f"nsenter --target {link.host.init} --net ip",
                    f"neighbour flush dev {link.interface}")

    def _set(self, host: Host, state: str) -> None:
        _ip("ip", *(f"link set {link.port} {state}" for link in self._links
                    if link.host is host))

    def close(self) -> None:
        """Nothing is left of it, so that the next one can have the same names."""
        _ip("ip", *(f"link delete {name}" for name in
                    [*(link.port for link in self._links), *self._names]))


def _ends(link: Link) -> list[str]:
    there = ["nsenter", "--target", str(link.host.init), "--net"]
    return [subprocess.run([*command, "ip", "-o", "link", "show", name], capture_output=True,
                           text=True, check=True).stdout
            for command, name in (([], link.port), (there, link.interface))]


def _ip(program: str, *commands: str) -> None:
    batch = "".join(command + "\n" for command in commands)
    done = subprocess.run([*program.split(), "-batch", "-"], input=batch, text=True,
                          capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{program} -batch: {done.stderr}\n{batch}")
