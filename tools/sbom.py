#!/usr/bin/python3
"""Writes what a package is made of, as SPDX 2.3 beside it: PACKAGE.spdx.json.

Nothing is listed by hand. The libraries are those that the program asks the loader for and the
archives that the linker took members of; the headers are those that the compiler read; what the
live page carries is what esbuild bundled. Debian's package database says whose each of them is,
and Debian's copyright files under which licences. What cannot be said in SPDX's terms is
NOASSERTION, with Debian's words beside it.

usage: tools/sbom.py BUILD PACKAGE [SYSROOT DATABASE]    of the libraries of another processor
"""

from __future__ import annotations

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
FROM_THE_SYSTEM = re.compile(r"^(ld-linux-.*|lib(c|m|dl|pthread))\.so\.\d+$")
Element = dict[str, Any]


def output(*command: str | Path) -> str:
    return subprocess.run([str(each) for each in command], check=True, capture_output=True,
                          text=True).stdout


class Debian:
    """Whose a file is, by the package database that has been told where the files are."""

    def __init__(self, root: str = "/", database: str = "/var/lib/dpkg") -> None:
        self.root = Path(root).resolve()
        self._query = ["dpkg-query", f"--admindir={database}"]

    def owners(self, files: Iterable[str]) -> set[str]:
        wanted = sorted({file if file.startswith("*") else os.path.realpath(file)
                         for file in files})
        # It exits with 1 where one of the files is nobody's.
        found = subprocess.run([*self._query, "--search", *wanted], capture_output=True, text=True,
                               check=False).stdout if wanted else ""
        return {line.split(": ", 1)[0].split(",")[0] for line in found.splitlines()
                if not line.startswith("diversion by")}

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
                   copyright_file: Path) -> Element:
    licence, comment = licence_of(copyright_file)
    made: Element = {
        "SPDXID": identifier(f"deb-{name}-{architecture}"), "name": name, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "sourceInfo": source, "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence, "copyrightText": "NOASSERTION",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{quote(version)}"
                                f"?arch={architecture}&distro=debian-12"}]}
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
            if not file.startswith((f"{ROOT}/src/", f"{ROOT}/web/", f"{build}/"))}


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


def portable_glibc() -> Element:
    return {"SPDXID": identifier("system-glibc"), "name": "glibc", "supplier": "NOASSERTION",
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION",
            "comment": "of the system that the program runs on; not in the archive"}


def related(build: Path, debian: Debian) -> list[tuple[str, str, Element]]:
    """(relationship of the program, why, element), each element once, the closest first."""
    program, read, here = build / NAME, read_by_the_compiler(build), Debian()
    portable = any(file.startswith(f"{PARTS}/") for file in read)
    libraries = {f"*/{processor(program)}-linux-gnu/{name}" for name in needed(program)
                 if not (portable and FROM_THE_SYSTEM.match(name))}
    # The compiler's own headers are this machine's, whatever it compiles for.
    elsewhere = {file for file in read if file.startswith(f"{debian.root}/")}
    found: list[tuple[str, str, Element]] = []
    for relationship, why, database, files in (
            ("STATIC_LINK", "members of its archives are in the program", debian, archives(build)),
            ("DYNAMIC_LINK", "loaded when the program starts", debian, libraries),
            ("GENERATED_FROM", "its headers are compiled in", debian, elsewhere),
            ("GENERATED_FROM", "its headers are compiled in", here, read - elsewhere)):
        found += [(relationship, why, database.describe(owner))
                  for owner in sorted(database.owners(files))]
    found += [("STATIC_LINK", "compiled and linked in", part) for part in parts(read)]
    found += [("GENERATED_FROM", "in the live page that the program serves", page)
              for page in bundled(build)]
    if portable:
        found.append(("DYNAMIC_LINK", "loaded when the program starts", portable_glibc()))
    once = {each["SPDXID"]: (relationship, why, each)
            for relationship, why, each in reversed(found)}
    return list(reversed(once.values()))


def document(build: Path, package: Path, debian: Debian) -> Element:
    data, program = package.read_bytes(), program_in(package)
    version = re.search(r"\d+\.\d+\.\d+", package.name)
    assert version, package.name
    itself = {"SPDXID": identifier("package"), "name": NAME, "versionInfo": version[0],
              "packageFileName": package.name, "supplier": "NOASSERTION",
              "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "checksums": sums(data),
              "primaryPackagePurpose": "APPLICATION", "licenseConcluded": "NOASSERTION",
              "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION"}
    file = {"SPDXID": identifier("program"), "fileName": f"./bin/{NAME}", "fileTypes": ["BINARY"],
            "checksums": sums(program), "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}
    parts_of_it = related(build, debian)
    relationships = [("SPDXRef-DOCUMENT", "DESCRIBES", itself["SPDXID"], ""),
                     (itself["SPDXID"], "CONTAINS", file["SPDXID"], "")]
    relationships += [(file["SPDXID"], kind, each["SPDXID"], why)
                      for kind, why, each in parts_of_it]
    created = int(os.environ.get("SOURCE_DATE_EPOCH", package.stat().st_mtime))
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
            | ({"comment": why} if why else {}) for one, kind, other, why in relationships]}


def main() -> None:
    build, package = (Path(each).resolve() for each in sys.argv[1:3])
    made = document(build, package, Debian(*sys.argv[3:]))
    target = package.with_name(f"{package.name}.spdx.json")
    target.write_text(json.dumps(made, indent=1) + "\n")
    print(f"== {target.name}: {len(made['packages'])} packages")


if __name__ == "__main__":
    main()
