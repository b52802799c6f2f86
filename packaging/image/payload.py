"""Where the agent comes from: its package, a build, or an installed copy."""

import collections
import glob
import io
import os
import tarfile

from . import MAX_CONFIG, MAX_FILE, PROGRAM, UNIT, Refused, read

# The directory of install-into-image.
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

Payload = collections.namedtuple("Payload", "program unit source")


def read_package(path):
    """A .deb is an ar archive (deb(5)) with a tar inside; neither ar nor dpkg is needed."""
    data = read(path, MAX_FILE)
    if not data.startswith(b"!<arch>\n"):
        raise Refused("{}: not a Debian package".format(path))
    at = 8
    members = {}
    while at + 60 <= len(data):
        name = data[at:at + 16].decode("ascii", "replace").strip().rstrip("/")
        try:
            size = int(data[at + 48:at + 58])
        except ValueError:
            raise Refused("{}: damaged".format(path))
        members[name] = data[at + 60:at + 60 + size]
        at += 60 + size + size % 2
    for name, content in members.items():
        if name.startswith("data.tar"):
            break
    else:
        raise Refused("{}: not a Debian package: it has no data.tar".format(path))
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
            files = {}
            for member in archive:
                inside = os.path.normpath("/" + member.name)
                if member.isfile() and (inside == PROGRAM or inside.endswith("/" + UNIT)):
                    files[os.path.basename(inside)] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused("{}: {} can't be unpacked here: {}".format(path, name, error))
    for name in (os.path.basename(PROGRAM), UNIT):
        if name not in files:
            raise Refused("{}: it holds no {}: is it the agent's package?".format(path, name))
    return Payload(files["snagentd"], files[UNIT], path)


def read_directory(path):
    """A build directory, or a directory that the agent was installed into."""
    own_unit = os.path.join(HERE, "systemd", UNIT)
    built = os.path.join(path, "bin", "snagentd")
    if os.path.isfile(built) and os.path.isfile(os.path.join(path, "CMakeCache.txt")):
        packages = [package for package in glob.glob(glob.escape(path) + "/snkeeper-agent_*.deb")
                    if os.stat(package).st_mtime_ns >= os.stat(built).st_mtime_ns]
        if packages:
            return read_package(max(packages, key=lambda package: os.stat(package).st_mtime_ns))
        return Payload(read(built, MAX_FILE), read(own_unit, MAX_CONFIG), built)
    for prefix in ("usr", "usr/local", "."):
        program = os.path.join(path, prefix, "sbin", "snagentd")
        if not os.path.isfile(program):
            continue
        for directory in ("lib/systemd/system", "../lib/systemd/system"):
            unit = os.path.join(path, prefix, directory, UNIT)
            if os.path.isfile(unit):
                return Payload(read(program, MAX_FILE), read(unit, MAX_CONFIG), program)
    raise Refused("{}: neither a build directory nor a place the agent was installed to".format(
        path))


def find_payload(given):
    if given:
        if os.path.isdir(given):
            return read_directory(given)
        if not os.path.isfile(given):
            raise Refused("{}: no such package or directory".format(given))
        return read_package(given)
    packages = glob.glob(glob.escape(HERE) + "/snkeeper-agent_*.deb")
    if len(packages) > 1:
        raise Refused("{} packages of the agent in {}: choose one with --from".format(
            len(packages), HERE))
    if packages:
        return read_package(packages[0])
    build = os.path.join(os.path.dirname(HERE), "build", "release")
    if os.path.isfile(os.path.join(build, "bin", "snagentd")):
        return read_directory(build)
    raise Refused("no agent to install: put snkeeper-agent_*.deb beside {}, or name it with "
                  "--from".format(os.path.abspath(__file__)))
