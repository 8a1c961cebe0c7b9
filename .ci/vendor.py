"""Fetches the front end's few foreign files into lms/static/vendor, each with its licence, and writes their manifest.

    make vendor        # needs npm and the network; running and testing Candor need neither

To renew a package, change its version and its integrity here, run, look at what changed, commit.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "lms" / "static" / "vendor"


@dataclass(frozen=True)
class Package:
    """A published package, and which of its files are kept here under which folder."""

    folder: str
    name: str
    version: str
    licence: str
    #: what the whole package must hash to, as npm writes it
    integrity: str
    #: paths inside the package; each is kept under its own file name
    files: tuple[str, ...]


PACKAGES = (
    Package(
        folder="bootstrap",
        name="bootstrap",
        version="5.3.9",
        licence="MIT",
        integrity="sha512-20cU0rcfw8WdxtVbmfU+xT2EjvVTw9Ror/h1Qvd7DXCujRg8OO9mdBCsmTHdJFf3BuadmBNJtgIuUXsBqSkk/w==",
        files=("dist/css/bootstrap.min.css", "LICENSE"),
    ),
    Package(
        folder="htmx",
        name="htmx.org",
        version="2.0.11",
        licence="0BSD",
        integrity="sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        files=("dist/htmx.min.js", "LICENSE"),
    ),
    Package(
        folder="inter",
        name="@fontsource-variable/inter",
        version="5.3.0",
        licence="OFL-1.1",
        integrity="sha512-OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EIPPwHcdkF6b1oUA==",
        files=("files/inter-latin-wght-normal.woff2", "files/inter-latin-ext-wght-normal.woff2", "LICENSE"),
    ),
    # Only the page where figures are explored loads it (behavior_metrics/explore); the smallest build that draws as SVG.
    Package(
        folder="echarts",
        name="echarts",
        version="6.1.0",
        licence="Apache-2.0",
        integrity="sha512-q0yaFPggC9FUdsWH4blavRWFmxdrIodbkoKNAjJudAI6CA9gNPxHtV2RcZNEepZVlk4yvBYkOkbk6HIVpIyHZA==",
        files=("dist/echarts.common.min.js", "LICENSE", "NOTICE", "licenses/LICENSE-d3"),
    ),
    # Only the licence: the symbols of candor/sprite.svg derive from these icons.
    Package(
        folder="bootstrap-icons",
        name="bootstrap-icons",
        version="1.13.2",
        licence="MIT",
        integrity="sha512-fAU1Ly3dH7hwRg+CB8EZ0Vl0fF80zgXHeUVJyfUOKzoURr+TbwISbCW5tKUoQLERaWYG2emTCybcPbD96hdD1A==",
        files=("LICENSE",),
    ),
)


#: Pictures inside a style sheet. The page policy refuses them, and a browser asks for one before our own rule replaces it.
DATA_PICTURE = re.compile(rb"url\(([\"']?)data:.*?\1\)")


def fetch(package: Package, into: Path) -> Path:
    """Download a package and give the path of its archive. Exits, changing nothing, if it is not what was pinned."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to fetch the front end's files: apt-get install npm")
    said = subprocess.run(
        [npm, "pack", f"{package.name}@{package.version}", "--json", "--silent", "--pack-destination", str(into)],
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(said.stdout)
    entry = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    archive = into / str(entry["filename"])
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        sys.exit(f"{package.name} {package.version} is not what was pinned: {found}")
    return archive


def unpack(package: Package, archive: Path) -> dict[str, str]:
    """Put a package's files in place; give the SHA-384 of each by its path below vendor/."""
    folder = VENDOR / package.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sums = {}
    with tarfile.open(archive) as tar:
        for path in package.files:
            member = tar.extractfile(f"package/{path}")
            if member is None:
                sys.exit(f"{package.name} {package.version} has no file {path}")
            content = member.read()
            name = Path(path).name
            if name.endswith(".css"):
                content = DATA_PICTURE.sub(b"none", content)
            (folder / name).write_bytes(content)
            sums[f"{package.folder}/{name}"] = "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    return sums


def main() -> None:
    """Fetch all packages, put their files in place, write the manifest."""
    manifest = []
    with tempfile.TemporaryDirectory() as folder:
        archives = {package: fetch(package, Path(folder)) for package in PACKAGES}
        for package, archive in archives.items():
            files = unpack(package, archive)
            manifest.append(
                {"name": package.name, "version": package.version, "licence": package.licence, "files": files}
            )
            print(f"{package.name} {package.version}: {', '.join(files)}")
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
