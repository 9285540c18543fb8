"""Makes what the container starts from: a Debian root as fresh as an image, and archives for apt and pip.

The container has no network, so Debian's packages and the wheels lie in folders, of which apt and pip know by
their own settings, as they know of a mirror. The installer is none the wiser.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]

#: What a Raspberry Pi OS image has of what matters here.
_FRESH = "systemd,systemd-sysv,dbus,udev,libnss-systemd,python3,sudo,procps,kmod,ca-certificates"
#: What apt can be asked for in the container.
_ARCHIVE = ("python3-venv", "mosquitto", "python3-numpy", "python3-numexpr")
_PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
_LINUX = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")

# Raspberry Pi OS has Picamera2 and Debian has not: a package of that name whose module does what matters to the
# environment, which is to import something that Debian built for its own numpy.
_PICAMERA2 = """Package: python3-picamera2
Version: 0.3.12-1
Architecture: all
Maintainer: nobody <nobody@localhost>
Depends: python3-numpy, python3-numexpr
Description: stand-in for the environment's sake
"""


def run(*command: str | Path, **options: object) -> str:
    """Run a command to its end; its output, or an error with the last of it."""
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, **options)  # type: ignore
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{' '.join(map(str, command[:3]))} … failed:\n{last}")
    return done.stdout


def fresh_root(suite: str, cache: Path) -> Path:
    """A root with an archive of Debian packages at /srv/debs; made once."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    root = cache / f"root-{suite}-{recipe}"
    if root.exists():
        return root
    making = cache / f"making-{suite}"
    shutil.rmtree(making, ignore_errors=True)
    download = f"apt-get install -qq --download-only --no-install-recommends {' '.join(_ARCHIVE)}"
    run(
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={_FRESH}",
        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        f'--customize-hook=chroot "$1" {download} && mv "$1/var/cache/apt/archives" "$1/srv/debs"',
        suite, making,
    )  # fmt: skip
    _make_archive(making)
    _settle_in(making)
    making.rename(root)
    return root


def _make_archive(root: Path) -> None:
    """Make /srv/debs an archive for apt, the only one that the container has."""
    debs = root / "srv/debs"
    _make_stand_in(debs)
    entries = []
    for deb in sorted(debs.glob("*.deb")):
        fields = run("dpkg-deb", "--field", deb).strip()
        digest = hashlib.sha256(deb.read_bytes()).hexdigest()
        entries.append(f"{fields}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n\n")
    (debs / "Packages").write_text("".join(entries))
    for listed in (root / "etc/apt").glob("sources.list*"):
        shutil.rmtree(listed) if listed.is_dir() else listed.unlink()
    (root / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/srv/debs ./\n")
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    for stale in (root / "var/lib/apt/lists").glob("*_*"):
        stale.unlink()


def _make_stand_in(debs: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder)
        package.chmod(0o755)
        module = package / "usr/lib/python3/dist-packages/picamera2/__init__.py"
        module.parent.mkdir(parents=True)
        module.write_text("import numexpr  # built for Debian's numpy, as Picamera2's simplejpeg is\n")
        (package / "DEBIAN").mkdir()
        (package / "DEBIAN/control").write_text(_PICAMERA2)
        run("dpkg-deb", "--root-owner-group", "--build", package, debs)


def _settle_in(root: Path) -> None:
    """A name, a person who may use sudo, and pip's index."""
    (root / "etc/hostname").write_text("garden\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost garden\n")
    (root / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /srv/wheels\n")
    (root / "srv/wheels").mkdir()
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", "pi")
    rule = root / "etc/sudoers.d/pi"
    rule.write_text("pi ALL=(ALL) NOPASSWD: ALL\n")
    rule.chmod(0o440)


def wheels(suite: str, cache: Path) -> Path:
    """A folder with the wheels that pip would fetch on this suite; made once."""
    constraints = CHECKOUT / f"systemd/constraints-{suite}.txt"
    recipe = (CHECKOUT / "pyproject.toml").read_bytes() + Path(__file__).read_bytes()
    recipe += constraints.read_bytes() if constraints.exists() else b""
    folder = cache / f"wheels-{suite}-{hashlib.sha256(recipe).hexdigest()[:8]}"
    if not folder.exists():
        making = cache / f"making-wheels-{suite}"
        shutil.rmtree(making, ignore_errors=True)
        constrained = ["--constraint", constraints] if constraints.exists() else []
        python = _PYTHONS[suite]
        run(
            sys.executable, "-m", "pip", "download", "--quiet", "--dest", making, *constrained,
            "--only-binary=:all:", f"--python-version={python}", "--implementation=cp",
            *(f"--platform={platform}" for platform in _LINUX), *_requirements(),
        )  # fmt: skip
        making.rename(folder)
    return folder


def _requirements() -> Sequence[str]:
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    return [*project["project"]["dependencies"], *project["build-system"]["requires"]]


def checkout_files(folder: Path, as_it_is: bool) -> None:
    """Put the checkout into a folder: as committed, or the files as they are now."""
    folder.mkdir(parents=True)
    git = ["git", "-c", f"safe.directory={CHECKOUT}", "-C", str(CHECKOUT)]
    if as_it_is:
        listed = run(*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        names = [name for name in listed if name and (CHECKOUT / name).is_file()]
        packed = subprocess.run(
            ["tar", "-C", str(CHECKOUT), "-c", "--null", "-T", "-"],
            input="\0".join(names).encode(), stdout=subprocess.PIPE, check=True,
        ).stdout  # fmt: skip
    else:
        packed = subprocess.run([*git, "archive", "HEAD"], stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-C", str(folder), "-x"], input=packed, check=True)
