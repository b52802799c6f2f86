"""The agent's user in a tree: a line in each of its tables of users, and nothing of it is run."""

import os
import re

from . import MAX_CONFIG, Refused, read_all
from .agent_toml import string_of
from .change import Change, Original
from .confined import NOBODY

PASSWD, GROUP, SHADOW, GSHADOW = "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"
USER = "snagent"            # whose session process the agent's is, unless agent.toml names another
# What both an EL and a Debian give to system users by themselves, from above as they do.
FREE = range(999, 200, -1)
NOLOGIN = "/usr/sbin/nologin"


class Table:
    """/etc/passwd or one of its kind: a line each, fields between colons."""

    def __init__(self, tree, path):
        self.path = path
        self.text = None
        if os.path.lexists(tree.host(path, last=False)):
            where = tree.place(path, why="the agent's user has to be in the image's own: remove its "
                                         "row from the litefile table and run liteimg")
            file = tree.open(where)
            if file is None:
                raise Refused("{}: {} leads nowhere".format(tree.root, path))
            with file:
                self.original = Original(file)
                self.text = read_all(file, where, MAX_CONFIG)

    def rows(self):
        return [line.split(b":") for line in (self.text or b"").splitlines()]

    def row(self, name):
        for row in self.rows():
            if row[0] == name.encode("utf-8", "surrogateescape"):
                return row
        return None

    def numbers(self):
        return {number(row[2]) for row in self.rows() if len(row) > 2}

    def with_line(self, *fields):
        """The text with a line more; before NIS's "+", after which a search may not go on."""
        lines = self.text.splitlines(True)
        if lines and not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        at = next((index for index, line in enumerate(lines) if line.startswith((b"+", b"-"))),
                  len(lines))
        lines.insert(at, ":".join(str(field) for field in fields).encode() + b"\n")
        return b"".join(lines)


def number(field):
    return int(field) if re.match(rb"[0-9]{1,10}\Z", field) else -1


def _must_be_fit(tree, passwd, name):
    row = passwd.row(name)
    why = None
    if row is None or len(row) < 4 or number(row[2]) < 0 or number(row[3]) < 0:
        why = "and {} has none".format(PASSWD)
    elif number(row[2]) == 0 or number(row[3]) == 0:
        why = "who is root, or of root's group"
    elif number(row[2]) == NOBODY or name == "nobody":
        why = "who is everybody that has no user of his own"
    if why:
        raise Refused("{}: the agent's user is {}, {}\n  cure: a system user of its own in the image, "
                      "or no \"user\" in agent.toml: then {} is made".format(
                          tree.root, name, why, USER))


def account_changes(tree, config, where):
    """What the tree lacks of the user that its agent.toml names."""
    name = string_of(config, "user", where) or USER
    passwd, group, shadow, gshadow = (Table(tree, path)
                                      for path in (PASSWD, GROUP, SHADOW, GSHADOW))
    for table in (passwd, group):
        if table.text is None:
            raise Refused("{}: not a root tree: it has no {}".format(tree.root, table.path))
    user, its_group = passwd.row(USER), group.row(USER)
    if name != USER or user:
        _must_be_fit(tree, passwd, name)
    if name != USER:
        return []
    lines = []
    if not user:
        used = passwd.numbers() | group.numbers()
        free = next((candidate for candidate in FREE if candidate not in used), None)
        if free is None:
            raise Refused("{}: no number from {} to {} is free for the user {}".format(
                tree.root, FREE[-1], FREE[0], USER))
        gid = number(its_group[2]) if its_group and len(its_group) > 2 else free
        if gid <= 0:
            raise Refused("{}: the group {} in {} is no system group".format(
                tree.root, USER, GROUP))
        if not its_group:
            lines.append((group, (USER, "x" if gshadow.text is not None else "*", gid, "")))
        if gshadow.text is not None and not gshadow.row(USER):
            lines.append((gshadow, (USER, "!", "", "")))
        lines.append((passwd, (USER, "x" if shadow.text is not None else "*", free, gid,
                               "service-node takeover agent", "/nonexistent", NOLOGIN)))
    # Also when a run was interrupted between the two.
    if shadow.text is not None and not shadow.row(USER) and (not user or user[1] == b"x"):
        lines.append((shadow, (USER, "!*") + ("",) * 7))
    return [Change(tree, table.path, table.with_line(*fields), original=table.original)
            for table, fields in lines]
