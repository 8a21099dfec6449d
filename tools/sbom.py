#!/usr/bin/python3
"""Writes what a package is made of, as SPDX 2.3 beside it: PACKAGE.spdx.json.

Nothing is listed by hand. The libraries are those that the program asks the loader for and the
archives that the linker took members of; the headers are those that the compiler read; what the
live page carries is what esbuild bundled. Debian's package database says whose each of them is,
and Debian's copyright files under which licences. What cannot be said in SPDX's terms is
NOASSERTION, with Debian's words beside it. A library that is nobody's ends it; headers that are
nobody's are told, here and in the list. The start-up objects of compiler and glibc are not looked
at: they are of packages whose archives and headers are.

usage: tools/sbom.py BUILD PACKAGE [SYSROOT DATABASE]    of the libraries of another processor
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from copyright_files import licence_of

ROOT = Path(__file__).resolve().parents[1]
PARTS = ROOT / "build/portable-parts"
NAME = "dynamodb-migration-monitor"
HOME = f"https://spdx.org/spdxdocs/{NAME}"
# What the portable archive leaves to the system, as tools/package_portable.sh allows it.
FROM_THE_SYSTEM = {
    "glibc": re.compile(r"^(ld-linux-[a-z0-9-]+|lib(c|m|dl|pthread))\.so\.\d+$"),
    "libgcc": re.compile(r"^libgcc_s\.so\.\d+$"),
}
Element = dict[str, Any]


def output(*command: str | Path) -> str:
    return subprocess.run([str(each) for each in command], check=True, capture_output=True,
                          text=True).stdout


class Debian:
    """Whose a file is, by the package database that has been told where the files are."""

    def __init__(self, root: str = "/", database: str = "/var/lib/dpkg") -> None:
        self.root = Path(root).resolve()
        self._query = ["dpkg-query", f"--admindir={database}"]

    def owners(self, files: Iterable[str]) -> tuple[set[str], list[str]]:
        """Packages, and the files that are of none."""
        wanted = sorted({file if file.startswith("*") else os.path.realpath(file)
                         for file in files})
        if not wanted:
            return set(), []
        # It exits with 1 where one of the files is nobody's.
        found = subprocess.run([*self._query, "--search", *wanted], capture_output=True, text=True,
                               check=False, env=os.environ | {"LC_ALL": "C"})
        owners = {line.split(": ", 1)[0].split(",")[0] for line in found.stdout.splitlines()
                  if not line.startswith("diversion by")}
        nobodys = re.findall(r"no path found matching pattern (.*)", found.stderr)
        assert owners or nobodys, found.stderr
        return owners, nobodys

    def describe(self, package: str) -> Element:
        fields = ("Package", "Version", "source:Package", "source:Version", "Architecture",
                  "Homepage")
        line = output(*self._query, "--show",
                      "--showformat=" + "\t".join(f"${{{field}}}" for field in fields), package)
        name, version, source, source_version, architecture, home = line.split("\t")
        return debian_element(name, version, architecture, home,
                              f"built from Debian's source package {source} {source_version}",
                              self.root / "usr/share/doc" / name / "copyright")


def debian_element(name: str, version: str, architecture: str, home: str, source: str,
                   copyright_file: Path, release: int = 12) -> Element:
    licence, comment = licence_of(copyright_file)
    made: Element = {
        "SPDXID": identifier(f"deb-{name}-{architecture}"), "name": name, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "sourceInfo": source, "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence, "copyrightText": "NOASSERTION",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{quote(version)}"
                                f"?arch={architecture}&distro=debian-{release}"}]}
    if home:
        made["homepage"] = home
    if comment:
        made["licenseComments"] = comment
    return made


def identifier(text: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", text)


def processor(program: Path) -> str:
    return "aarch64" if "AArch64" in output("readelf", "-h", program) else "x86_64"


def needed(program: Path) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", "--wide", program))


def archives(build: Path) -> set[str]:
    """Those that the linker took members of, and that were not made here."""
    rows = [line.split("\t") for line in
            (build / "linked_archives.tsv").read_text().splitlines()[1:]]
    paths = {str((build / path).resolve()) for _, taken, path in rows if int(taken)}
    return {path for path in paths if not path.startswith(f"{build}/")}


def read_by_the_compiler(build: Path) -> set[str]:
    objects = {line for line in
               output("ninja", "-C", build, "-t", "inputs", NAME).splitlines()
               if line.endswith(".o")}
    read, taken = set(), False
    for line in output("ninja", "-C", build, "-t", "deps").splitlines():
        if not line.startswith(" "):
            taken = line.split(":")[0] in objects
        elif taken:
            read.add(os.path.normpath(build / line.strip()))
    return {file for file in read
            if not file.startswith((*(f"{ROOT}/{ours}/" for ours in ("src", "tools", "web")),
                                    f"{build}/"))}


def parts(files: set[str]) -> list[Element]:
    """The sources that were fetched because Debian has no archive of them."""
    used = {Path(file).relative_to(PARTS).parts[0] for file in files
            if file.startswith(f"{PARTS}/")} - {"sysroot"}
    made = []
    for name in sorted(used):
        version = output("dpkg-parsechangelog", "-l", PARTS / name / "debian/changelog", "-S",
                         "Version").strip()
        made.append(debian_element(name, version, "source", "",
                                   f"compiled from Debian's source package {name} {version}",
                                   PARTS / name / "debian/copyright"))
    return made


def is_old_glibc(file: str) -> bool:
    """The portable program is linked to Debian 11's, unpacked and in no database."""
    return file.startswith(f"{PARTS}/sysroot/") and file.endswith("/libc_nonshared.a")


def old_glibc() -> Element:
    papers = PARTS / "sysroot/usr/share/doc/libc6-dev"
    with gzip.open(papers / "changelog.Debian.gz", "rt") as changes:
        version = re.match(r"glibc \((.+?)\)", changes.readline())
    assert version, "no changelog of glibc"
    return debian_element("glibc", version[1], "source", "",
                          f"libc_nonshared.a of libc6-dev {version[1]}", papers / "copyright", 11)


def bundled(build: Path) -> list[Element]:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    used = {match[1] for file in (build / "web").glob("*.inputs.json")
            for path in json.loads(file.read_text())
            if (match := re.match(r"node_modules/((?:@[^/]+/)?[^/]+)/", path))}
    made = []
    for name in sorted(used):
        entry = lock[f"node_modules/{name}"]
        made.append({
            "SPDXID": identifier(f"npm-{name}"), "name": name, "versionInfo": entry["version"],
            "supplier": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "licenseConcluded": "NOASSERTION", "licenseDeclared": entry["license"],
            "copyrightText": "NOASSERTION",
            "comment": f"integrity of package-lock.json: {entry['integrity']}",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": f"pkg:npm/{name}@{entry['version']}"}]})
    return made


def sums(data: bytes) -> list[Element]:
    return [{"algorithm": algorithm, "checksumValue": hashlib.new(algorithm, data).hexdigest()}
            for algorithm in ("SHA1", "SHA256")]


def program_in(package: Path) -> bytes:
    if package.suffix == ".deb":
        command = ["dpkg-deb", "--fsys-tarfile", str(package)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
            return member(tarfile.open(fileobj=run.stdout, mode="r|"))
    return member(tarfile.open(package))


def member(archive: tarfile.TarFile) -> bytes:
    found = b""
    for each in archive:
        if each.name.endswith(f"/bin/{NAME}"):
            found = archive.extractfile(each).read()  # type: ignore[union-attr]
    assert found, "no program in the package"
    return found


def of_the_system(libraries: list[str]) -> list[Element]:
    made = []
    for name, pattern in FROM_THE_SYSTEM.items():
        if loaded := [each for each in libraries if pattern.match(each)]:
            made.append({
                "SPDXID": identifier(f"system-{name}"), "name": name, "supplier": "NOASSERTION",
                "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                "comment": "of the system that the program runs on, and not in the archive: "
                           + ", ".join(loaded)})
    return made


Related = tuple[str, str, Element]  # relationship of the program, why, element


def linked(archive_files: set[str], libraries: set[str], debian: Debian) -> list[Related]:
    found: list[Related] = []
    for relationship, why, files in (
            ("STATIC_LINK", "members of its archives are in the program", archive_files),
            ("DYNAMIC_LINK", "loaded when the program starts", libraries)):
        owners, nobodys = debian.owners(files)
        if nobodys:
            sys.exit("sbom: linked, and of no Debian package, so that nothing can be said of it: "
                     + ", ".join(nobodys))
        found += [(relationship, why, debian.describe(owner)) for owner in sorted(owners)]
    return found


def compiled_in(read: set[str], debian: Debian) -> tuple[list[Related], list[str]]:
    """And the headers of no package."""
    # The compiler's own headers are this machine's, whatever it compiles for.
    elsewhere = {file for file in read if file.startswith(f"{debian.root}/")}
    found: list[Related] = []
    all_nobodys = []
    for database, files in ((debian, elsewhere), (Debian(), read - elsewhere)):
        owners, nobodys = database.owners(files)
        found += [("GENERATED_FROM", "its headers are compiled in", database.describe(owner))
                  for owner in sorted(owners)]
        all_nobodys += nobodys
    return found, all_nobodys


def related(build: Path, debian: Debian) -> tuple[list[Related], list[str]]:
    """Each element once, the closest first; and the headers of no package."""
    program, read, taken = build / NAME, read_by_the_compiler(build), archives(build)
    fetched = {file for file in read if file.startswith(f"{PARTS}/")}
    libraries = needed(program)
    system = of_the_system(libraries) if fetched else []
    left = [name for name in libraries
            if not (fetched and any(each.match(name) for each in FROM_THE_SYSTEM.values()))]
    found = linked({file for file in taken if not is_old_glibc(file)},
                   {f"*/{processor(program)}-linux-gnu/{name}" for name in left}, debian)
    if any(is_old_glibc(file) for file in taken):
        found.append(("STATIC_LINK", "members of its archives are in the program", old_glibc()))
    headers, nobodys = compiled_in(read - fetched, debian)
    found += headers
    found += [("STATIC_LINK", "compiled and linked in", part) for part in parts(fetched)]
    found += [("GENERATED_FROM", "in the live page that the program serves", page)
              for page in bundled(build)]
    found += [("DYNAMIC_LINK", "loaded when the program starts", each) for each in system]
    once = {each["SPDXID"]: (relationship, why, each)
            for relationship, why, each in reversed(found)}
    return list(reversed(once.values())), nobodys


def document(build: Path, package: Path, debian: Debian) -> Element:
    data, program = package.read_bytes(), program_in(package)
    version = re.search(r"\d+\.\d+\.\d+", package.name)
    assert version, package.name
    itself = {"SPDXID": identifier("package"), "name": NAME, "versionInfo": version[0],
              "packageFileName": package.name, "supplier": "NOASSERTION",
              "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "checksums": sums(data),
              "primaryPackagePurpose": "APPLICATION", "licenseConcluded": "NOASSERTION",
              "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
              "licenseComments": "of the program's own sources; what is in it besides has the "
                                 "licences of the packages that it is related to"}
    file = {"SPDXID": identifier("program"), "fileName": f"./bin/{NAME}", "fileTypes": ["BINARY"],
            "checksums": sums(program), "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}
    parts_of_it, nobodys = related(build, debian)
    # A package whose files were not analysed may contain none (SPDX 2.3, 7.8).
    relationships = [("SPDXRef-DOCUMENT", "DESCRIBES", itself["SPDXID"], ""),
                     (file["SPDXID"], "EXPANDED_FROM_ARCHIVE", itself["SPDXID"], "")]
    relationships += [(file["SPDXID"], kind, each["SPDXID"], why)
                      for kind, why, each in parts_of_it]
    created = int(os.environ.get("SOURCE_DATE_EPOCH", package.stat().st_mtime))
    missing = {"comment": "headers of no Debian package are compiled in: " + ", ".join(nobodys)}
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": package.name,
        "documentNamespace": f"{HOME}/{package.name}-{hashlib.sha256(data).hexdigest()}",
        "creationInfo": {"creators": ["Tool: tools/sbom.py"],
                         "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created))},
        "documentDescribes": [itself["SPDXID"]],
        "packages": [itself, *(each for _, _, each in parts_of_it)], "files": [file],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            | ({"comment": why} if why else {}) for one, kind, other, why in relationships]
    } | (missing if nobodys else {})


def main() -> None:
    build, package = (Path(each).resolve() for each in sys.argv[1:3])
    made = document(build, package, Debian(*sys.argv[3:]))
    target = package.with_name(f"{package.name}.spdx.json")
    target.write_text(json.dumps(made, indent=1) + "\n")
    print(f"== {target.name}: {len(made['packages'])} packages")
    if "comment" in made:
        print(f"sbom: {made['comment']}", file=sys.stderr)


if __name__ == "__main__":
    main()
