"""What install-into-image is made of: a root tree, what runs in it, and what is put there.

Only python's own library, and nothing newer than 3.6: management nodes are old.  tree.py knows
paths, elf.py and loader.py what a program needs, payload.py where the agent comes from,
agent_toml.py its configuration, change.py how a file is replaced, confined.py how the tree's own
programs are run, accounts.py the agent's user.
"""

PROGRAM = "/usr/sbin/snagentd"
UNIT = "snagentd.service"
CONFIG = "/etc/snagent/agent.toml"
CLUSTER = "/etc/snagent/cluster.toml"

MAX_FILE = 256 << 20        # a program with debug information has 50 MB
MAX_CONFIG = 4 << 20        # the agent itself reads less


class Refused(Exception):
    """The tree, or what was asked, is not fit; nothing was changed."""


def read(path, limit):
    with open(path, "rb") as file:
        return read_all(file, path, limit)


def read_all(file, path, limit):
    data = file.read(limit + 1)
    if len(data) > limit:
        raise Refused("{}: larger than {} bytes: is it the right file?".format(path, limit))
    return data
