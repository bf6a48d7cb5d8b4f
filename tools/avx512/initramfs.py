"""Initramfs images for guests: cpio archives in the format newc, and what a program needs beside itself."""
import os
import re
import shutil
import stat
import struct
import subprocess


class InitramfsError(Exception):
    """What cannot be packed, and why."""


class Archive:
    """An initramfs (cpio, newc) in the making."""

    def __init__(self, path):
        self.out = open(path, "wb")
        self.number = 0
        self.have = {"/"}

    def entry(self, name, mode, data=b"", device=(0, 0), size=None):
        self.number += 1
        encoded = name.lstrip("/").encode(errors="surrogateescape") + b"\0"
        length = len(data) if size is None else size
        head = "070701" + "".join("%08x" % n for n in (
            self.number, mode, 0, 0, 1, 0, length, 0, 0, device[0], device[1], len(encoded), 0))
        self.out.write(head.encode() + encoded)
        self.out.write(b"\0" * (-(110 + len(encoded)) % 4) + data)
        if size is None:
            self.out.write(b"\0" * (-length % 4))

    def parents(self, path):
        parent = os.path.dirname(path)
        if parent not in self.have:
            self.parents(parent)
            self.have.add(parent)
            self.entry(parent, stat.S_IFDIR | 0o755)

    def directory(self, path):
        self.parents(os.path.join(path, "x"))

    def device(self, path, major, minor):
        self.parents(path)
        self.entry(path, stat.S_IFCHR | 0o666, device=(major, minor))

    def data(self, path, data, mode=0o644):
        self.parents(path)
        self.have.add(path)
        self.entry(path, stat.S_IFREG | mode, data)

    def file(self, host, guest):
        """Add a host file, or a directory with all in it; links are followed."""
        guest = os.path.normpath("/" + guest.lstrip("/"))
        if os.path.isdir(host):
            self.directory(guest)
            for name in sorted(os.listdir(host)):
                self.file(os.path.join(host, name), os.path.join(guest, name))
            return
        if guest in self.have:
            return
        with open(host, "rb") as f:
            info = os.fstat(f.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise InitramfsError("%s is not a regular file or a directory" % host)
            if info.st_size >= 1 << 32:
                raise InitramfsError("%s is 4 GiB or more, too large for an initramfs" % host)
            self.parents(guest)
            self.have.add(guest)
            self.entry(guest, stat.S_IFREG | stat.S_IMODE(info.st_mode) | 0o444, size=info.st_size)
            before = self.out.tell()
            shutil.copyfileobj(f, self.out, 1 << 20)
            if self.out.tell() - before != info.st_size:
                raise InitramfsError("%s changed while it was packed" % host)
            self.out.write(b"\0" * (-info.st_size % 4))

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.out.close()
        return os.path.getsize(self.out.name)


def libraries(binary):
    """Paths of the interpreter and the libraries of an ELF program, or of the libraries of a library."""
    with open(binary, "rb") as f:
        head = f.read(64)
        if head[:5] != b"\x7fELF\x02" or head[18:20] != b"\x3e\x00":
            raise InitramfsError("%s is not an x86-64 ELF program" % binary)
        table, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        f.seek(table)
        headers = f.read(size * count)
        kinds = {}
        for i in range(count):
            kind, _, at = struct.unpack_from("<IIQ", headers, i * size)
            length, = struct.unpack_from("<Q", headers, i * size + 32)
            kinds[kind] = (at, length)
        if 2 not in kinds:      # no PT_DYNAMIC: static
            return []
        interpreter = "/lib64/ld-linux-x86-64.so.2"
        if 3 in kinds:          # PT_INTERP
            f.seek(kinds[3][0])
            interpreter = f.read(kinds[3][1]).rstrip(b"\0").decode()
    if not os.path.exists(interpreter):
        raise InitramfsError("the program's interpreter %s is not on this machine" % interpreter)
    # What ldd does, but with the program's own interpreter; runs no code of the program.
    done = subprocess.run([interpreter, "--list", binary], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise InitramfsError("cannot list the libraries of %s:\n%s" % (binary, done.stdout.strip()))
    found = [interpreter] if 3 in kinds else []
    for line in done.stdout.splitlines():
        match = re.match(r"\s*(?:(\S+) => )?(/.*) \(0x[0-9a-f]+\)$", line)
        if match:
            found.append(match.group(2))
        elif "not found" in line:
            raise InitramfsError("%s: %s" % (binary, line.strip()))
    return found
