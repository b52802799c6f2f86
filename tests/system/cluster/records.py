"""The files that an agent keeps (common/wire/records.h): written and read as it does."""
import struct
import zlib
from typing import Any

import msgpack

JOURNAL = ("journal", 2)


def framed(record: dict[str, Any]) -> bytes:
    body = msgpack.packb(record)
    head = struct.pack(">II", len(body), zlib.crc32(body))
    return head + struct.pack(">I", zlib.crc32(head)) + bytes(body)


def to_bytes(kind: tuple[str, int], *records: dict[str, Any]) -> bytes:
    return b"snagent %s %d\n" % (kind[0].encode(), kind[1]) + b"".join(map(framed, records))


def from_bytes(kind: tuple[str, int], text: bytes) -> list[dict[str, Any]]:
    """Every whole record; a last one that is cut short is none."""
    head = to_bytes(kind)
    if not text.startswith(head):
        if head.startswith(text):
            return []
        raise ValueError(f"not of {kind}: {text[:40]!r}")
    records = []
    rest = text[len(head):]
    while len(rest) >= 12:
        size, check, head_check = struct.unpack(">III", rest[:12])
        if zlib.crc32(rest[:8]) != head_check:
            raise ValueError(f"record {len(records) + 1} is not what was written")
        body = rest[12:12 + size]
        if len(body) < size:
            break
        if zlib.crc32(body) != check:
            raise ValueError(f"record {len(records) + 1} is not what was written")
        records.append(msgpack.unpackb(body))
        rest = rest[12 + size:]
    return records
