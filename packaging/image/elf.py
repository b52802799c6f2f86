"""What a program or library needs, and what it gives.

The ELF specification (System V ABI, chapters 4 and 5), and the LSB's for symbol versions.
"""

import struct

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
SHT_DYNSYM = 11
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH = 1, 5, 10, 14, 15, 29
DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM = (
    0x6ffffffc, 0x6ffffffd, 0x6ffffffe, 0x6fffffff)
STB_GLOBAL = 1
VER_FLG_WEAK = 2

MACHINES = {3: "i386", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64",
            183: "aarch64", 243: "riscv64"}


class NotElf(Exception):
    pass


class Elf:
    """A program or library: what it needs, and what it gives."""

    def __init__(self, data, path):
        self.data = data
        self.path = path
        if data[:4] != b"\x7fELF" or len(data) < 64 or data[4] not in (1, 2):
            raise NotElf(path)
        try:
            self._read()
        except (struct.error, IndexError, ValueError) as error:
            raise NotElf("{}: {}".format(path, error))

    def _unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.data, offset)

    def _read(self):
        wide = self.data[4] == 2
        self.order = "<" if self.data[5] == 1 else ">"
        machine, = self._unpack("H", 18)
        # Two programs can share a process if this is equal.
        self.machine = (machine, self.data[4], self.data[5])
        if wide:
            phoff, shoff = self._unpack("QQ", 32)
            phentsize, phnum, shentsize, shnum = self._unpack("HHHH", 54)
        else:
            phoff, shoff = self._unpack("II", 28)
            phentsize, phnum, shentsize, shnum = self._unpack("HHHH", 42)
        self._loads, dynamic = [], []
        self.interpreter = None
        for index in range(phnum):
            at = phoff + index * phentsize
            if wide:
                kind, _, offset, address, _, size = self._unpack("IIQQQQ", at)
            else:
                kind, offset, address, _, size = self._unpack("IIIII", at)
            if kind == PT_LOAD:
                self._loads.append((address, offset, size))
            elif kind == PT_INTERP:
                self.interpreter = self.data[offset:offset + size].split(b"\0")[0].decode()
            elif kind == PT_DYNAMIC:
                step = 16 if wide else 8
                for entry in range(offset, offset + size - step + 1, step):
                    tag, value = self._unpack("qQ" if wide else "iI", entry)
                    if tag == 0:
                        break
                    dynamic.append((tag, value))
        table = dict(dynamic)
        strings = self._offset(table[DT_STRTAB]) if DT_STRTAB in table else 0
        self._strings = self.data[strings:strings + table.get(DT_STRSZ, 0)]
        self.needed = [self._string(value) for tag, value in dynamic if tag == DT_NEEDED]
        self.runpath = []
        for tag in (DT_RUNPATH, DT_RPATH):
            if tag in table:
                self.runpath = self._string(table[tag]).split(":")
                break
        self.wanted = self._read_wanted(table)
        self.versions = self._read_versions(table)
        self._sections = (shoff, shentsize, shnum, wide)

    def _offset(self, address):
        for start, offset, size in self._loads:
            if start <= address < start + size:
                return address - start + offset
        raise ValueError("an address outside of its segments")

    def _string(self, at):
        return self._strings[at:self._strings.index(b"\0", at)].decode("utf-8", "replace")

    def _read_wanted(self, table):
        """{library: {version}} that the loader insists on."""
        wanted = {}
        if DT_VERNEED not in table:
            return wanted
        at = self._offset(table[DT_VERNEED])
        for _ in range(table.get(DT_VERNEEDNUM, 0)):
            _, count, file, aux, following = self._unpack("HHIII", at)
            names = wanted.setdefault(self._string(file), set())
            entry = at + aux
            for _ in range(count):
                _, flags, _, name, step = self._unpack("IHHII", entry)
                if not flags & VER_FLG_WEAK:
                    names.add(self._string(name))
                entry += step
            at += following
        return wanted

    def _read_versions(self, table):
        names = set()
        if DT_VERDEF not in table:
            return names
        at = self._offset(table[DT_VERDEF])
        for _ in range(table.get(DT_VERDEFNUM, 0)):
            _, _, _, _, _, aux, following = self._unpack("HHHHIII", at)
            name, _ = self._unpack("II", at + aux)
            names.add(self._string(name))
            at += following
        return names

    def symbols(self):
        """(defined, undefined): names that other objects can use, and that it must find in them."""
        shoff, shentsize, shnum, wide = self._sections
        defined, undefined = set(), set()
        for index in range(shnum):
            at = shoff + index * shentsize
            if self._unpack("I", at + 4)[0] != SHT_DYNSYM:
                continue
            if wide:
                offset, size = self._unpack("QQ", at + 24)
                form, step = "IBBHQQ", 24
            else:
                offset, size = self._unpack("II", at + 16)
                form, step = "IIIBBH", 16
            for entry in range(offset + step, offset + size - step + 1, step):
                fields = self._unpack(form, entry)
                info, section = (fields[1], fields[3]) if wide else (fields[3], fields[5])
                if info >> 4 == 0:  # local
                    continue
                name = self._string(fields[0])
                if section != 0:
                    defined.add(name)
                elif info >> 4 == STB_GLOBAL:
                    undefined.add(name)
        return defined, undefined

    def machine_name(self):
        return "{} ({} bit, {})".format(MACHINES.get(self.machine[0], "machine {}".format(
            self.machine[0])), 32 * self.machine[1], "little" if self.machine[2] == 1 else "big")
