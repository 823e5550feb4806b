"""`make install` gives what a packager and a C programmer expect."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("root")
    subprocess.run(["make", "install", f"DESTDIR={place}", "PREFIX=/usr"], cwd=ROOT, check=True, capture_output=True)
    return place / "usr"


def test_the_library_has_its_links(installed: Path) -> None:
    library = installed / "lib"
    assert os.readlink(library / "libmsauth.so") == "libmsauth.so.0"
    assert os.readlink(library / "libmsauth.so.0").startswith("libmsauth.so.0.")
    assert (library / "libmsauth.so").resolve().stat().st_size < 16_000_000


def test_the_library_needs_neither_swift_nor_libsecret_nor_glib_nor_libcurl(installed: Path) -> None:
    shown = subprocess.run(
        ["readelf", "-d", str(installed / "lib/libmsauth.so")], check=True, capture_output=True, text=True
    )
    needed = {line.split("[")[1].rstrip("]") for line in shown.stdout.splitlines() if "(NEEDED)" in line}
    assert "libcrypto.so.3" in needed
    assert not [name for name in needed if any(word in name.lower() for word in ("swift", "secret", "glib", "curl"))]
    assert "RUNPATH" not in shown.stdout and "RPATH" not in shown.stdout
    assert "BIND_NOW" in shown.stdout and "NODELETE" in shown.stdout


def test_a_c_program_is_built_with_pkg_config_alone(installed: Path, tmp_path: Path) -> None:
    source = tmp_path / "version.c"
    source.write_text('#include <msauth.h>\n#include <stdio.h>\nint main(void) { return puts(msauth_version()) < 0; }\n')
    environment = {
        **os.environ,
        "PKG_CONFIG_PATH": str(installed / "lib/pkgconfig"),
        "PKG_CONFIG_SYSROOT_DIR": str(installed.parent),
        "LD_LIBRARY_PATH": str(installed / "lib"),
        "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
        "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1",
    }
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "msauth"], env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    subprocess.run(["cc", str(source), "-o", str(tmp_path / "version"), *flags], check=True)
    printed = subprocess.run([str(tmp_path / "version")], env=environment, check=True, capture_output=True, text=True)
    modversion = subprocess.run(
        ["pkg-config", "--modversion", "msauth"], env=environment, check=True, capture_output=True, text=True
    )
    assert printed.stdout == modversion.stdout


def test_the_command_runs_without_the_tree(installed: Path) -> None:
    done = subprocess.run([str(installed / "bin/msauth"), "--version"], check=True, capture_output=True, text=True)
    assert done.stdout.strip()


def test_bash_completes_the_command(installed: Path) -> None:
    completion = installed / "share/bash-completion/completions/msauth"
    asked = f"source {completion}; COMP_WORDS=({installed}/bin/msauth disc); COMP_CWORD=1; _msauth; echo ${{COMPREPLY[*]}}"
    done = subprocess.run(["bash", "-c", asked], check=True, capture_output=True, text=True)
    assert done.stdout == "disconnect\n"
