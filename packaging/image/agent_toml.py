"""agent.toml: sets a key and leaves the rest as the site wrote it."""

import re

from . import Refused

NEW_CONFIG = """\
# What this image's agents are told.  The same for every node, and nothing in it is secret.
# install-into-image set coordinators and coordinator_key; the rest is the site's.
"""

# Z85 (ZeroMQ RFC 32), neither a quote nor a backslash among them; then hexadecimal digits.
KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}[0-9a-f]{64}")
ENDPOINT = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[0-9.]+):([0-9]{1,5})")


def value_end(text, at, where):
    """The end of the TOML value that begins at `at`: of a string, an array, or a bare word."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character in "\"'":
            if text.startswith(character * 3, at):
                raise Refused("{}: a string in three quotes: set the key by hand".format(where))
            at += 1
            while at < len(text) and text[at] != character:
                if text[at] == "\n":
                    raise Refused("{}: a string that does not end".format(where))
                at += 2 if text[at] == "\\" and character == '"' else 1
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "#":
            if depth == 0:
                return at
            at = text.find("\n", at)
            if at < 0:
                break
        elif character == "\n" and depth == 0:
            return at
        at += 1
    if depth:
        raise Refused("{}: an array that does not end".format(where))
    return at


def top_keys(text, where):
    """{key: (begin, end)} of the values before the first table, and where that begins."""
    keys = {}
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if line.startswith("["):
            return keys, at
        found = re.match(r"\s*([A-Za-z0-9_-]+|\"[^\"\n]*\")\s*=[ \t]*", text[at:])
        if line and not line.startswith("#"):
            if not found:
                raise Refused("{}: not understood: {}".format(where, line))
            begin = at + found.end()
            end = value_end(text, begin, where)
            keys[found.group(1).strip('"')] = (begin, begin + len(text[begin:end].rstrip()))
            newline = text.find("\n", end)
            end = len(text) if newline < 0 else newline
        at = end + 1
    return keys, len(text)


def set_key(text, key, value, where):
    """`text` with a top-level key set; the same text if it has that value already.

    `value` is a string or a list of strings without quotes and backslashes."""
    if isinstance(value, list):
        written = "[" + ", ".join('"{}"'.format(item) for item in value) + "]"
    else:
        written = '"{}"'.format(value)
    keys, tables = top_keys(text, where)
    if key in keys:
        begin, end = keys[key]
        old = text[begin:end]
        plain = re.sub(r"#[^\n\"']*$", "", old, flags=re.MULTILINE)
        strings = [one or two for one, two in re.findall(r"\"([^\"]*)\"|'([^']*)'", plain)]
        if strings == (value if isinstance(value, list) else [value]):
            return text
        return text[:begin] + written + text[end:]
    head = text[:tables]
    if head and not head.endswith("\n"):
        head += "\n"
    gap = "\n" if tables < len(text) else ""
    return head.rstrip("\n") + ("\n" if head.rstrip("\n") else "") + "{} = {}\n".format(
        key, written) + gap + text[tables:]


def string_of(text, key, where):
    """The value of a top-level key that is a plain string; None if it is not there."""
    keys, _ = top_keys(text, where)
    if key not in keys:
        return None
    begin, end = keys[key]
    found = re.match(r"(?:\"([^\"\\\n]*)\"|'([^'\n]*)')\Z", text[begin:end])
    if not found:
        raise Refused("{}: {}: not a plain string: {}".format(where, key, text[begin:end]))
    return found.group(1) or found.group(2)


def new_config(old, options, where):
    text = NEW_CONFIG if old is None else old
    if options.mode or old is None:
        text = set_key(text, "mode", options.mode or "observe", where)
    if options.coordinator:
        text = set_key(text, "coordinators", options.coordinator, where)
    if options.server_key:
        text = set_key(text, "coordinator_key", options.server_key, where)
    keys, _ = top_keys(text, where)
    for key, option in (("coordinators", "--coordinator"), ("coordinator_key", "--server-key")):
        if key not in keys:
            raise Refused("{}: it has no {} yet: name it with {}".format(where, key, option))
    return text
