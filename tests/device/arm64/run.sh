#!/usr/bin/env bash
# What a development machine can show of a Pi's userland: mien installs from aarch64 wheels on Debian bookworm
# (Python 3.11, with the installer's constraints) and trixie (3.13), the shipped bundle gives its stored scores,
# and `mien predict` finds the astronaut's face. Under qemu: for correctness, never for speed.
#
# Then the page "On a Raspberry Pi" is followed as it is written, as far as a root without systemd can: the
# installer's own line up to where it wants systemd and all of it as a dry run. With --whole also from a wheel, and
# without the service: venv, pip, and the daemon with the page's configuration; some minutes more a root.
#
#     tests/device/arm64/run.sh [--whole] [bookworm] [trixie]
#
# Needs root, mmdebstrap, qemu-user-static, debian-archive-keyring, a Python from 3.11 with venv, Debian's mirror
# and the package index. Exit 0: all as expected; 1: something is not; 77: this machine cannot run it, and why.
#
#     MIEN_DEVICE_CACHE    a folder that is kept, for roots and wheels; default: a temporary one in /var/tmp
#     PYTHON               a Python from 3.11; default: python3
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../../.." && pwd)
whole=""
[ "${1:-}" != --whole ] || { whole=yes && shift; }
suites=("$@")
[ $# -gt 0 ] || suites=(bookworm trixie)

say() { printf 'arm64: %s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }
cannot() { say "cannot run here: $*"; exit 77; }

# The last words of a command that failed, and only then.
quietly() {
  local what=$1 log=$work/last.log
  shift
  "$@" >"$log" 2>&1 || { tail -n 15 "$log"; fail "$what"; }
}

check_machine() {
  [ "$(id -u)" = 0 ] || cannot "chroot needs root; try: sudo $0"
  local missing=()
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
  python=${PYTHON:-python3}
  "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    missing+=("python3-venv, of Python 3.11 or later (or PYTHON=…)")
  [ ${#missing[@]} = 0 ] || cannot "missing: ${missing[*]}; try: apt-get install mmdebstrap qemu-user-static debian-archive-keyring python3-venv"
}

prepare_host() {
  if [ ! -x "$work/venv/bin/pip" ]; then
    quietly "a venv with $python" "$python" -m venv "$work/venv"
    quietly "a pip that knows today's platforms" "$work/venv/bin/pip" install --upgrade pip
  fi
  rm -rf "$work/wheel"
  quietly "the wheel of this checkout" "$work/venv/bin/pip" wheel --no-deps --wheel-dir "$work/wheel" "$checkout"
  wheel=$(echo "$work"/wheel/mien-*.whl)
  say "built $(basename "$wheel")"
  [ -e "$work/astronaut.png" ] || fetch_astronaut
}

# The picture lies in scikit-image's wheel (NASA, public domain); nothing else of it is needed.
fetch_astronaut() {
  quietly "scikit-image's wheel" "$work/venv/bin/pip" download --no-deps --only-binary :all: \
    --dest "$work/picture" 'scikit-image>=0.24,<0.27'
  "$python" -c 'import sys, zipfile, pathlib
data = zipfile.ZipFile(sys.argv[1]).read("skimage/data/astronaut.png")
pathlib.Path(sys.argv[2]).write_bytes(data)' "$work"/picture/*.whl "$work/astronaut.png"
}

# A root in which nothing was ever run: unpacked packages, and the four things that Python and LiteRT look for.
make_root() {
  local suite=$1 root=$2
  if [ ! -e "$root/.made" ]; then
    rm -rf "$root"
    quietly "Debian $suite for arm64" mmdebstrap --arch=arm64 --variant=extract --include="$packages" "$suite" "$root"
    cp "$(command -v qemu-aarch64-static)" "$root/usr/bin/"
    # The host's /sys makes LiteRT crash; a Pi 4's four cores are all that it asks for.
    mkdir -p "$root/sys/devices/system/cpu"
    echo 0-3 | tee "$root/sys/devices/system/cpu/possible" >"$root/sys/devices/system/cpu/present"
    mkdir -p "$root/proc" "$root/dev"
    cp "$here/cpuinfo" "$root/proc/cpuinfo"
    [ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
    # What the package's own script makes; trixie's pip does not start without it.
    mkdir -p "$root/etc/ssl/certs"
    cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
    touch "$root/.made"
  fi
}
# The second line: what any image has, and the installer uses.
packages=python3,libpython3-stdlib,libc6,libstdc++6,libgcc-s1,coreutils,bash,zlib1g,libssl3,libexpat1,libsqlite3-0,python3-bottleneck
packages+=,python3-venv,dpkg,apt,dash,sed,grep,findutils,util-linux,tar,base-files,ca-certificates

install_mien() {
  local suite=$1 root=$2 version=$3 platforms=() constraints=()
  for platform in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${platform}_aarch64")
  done
  [ ! -e "$checkout/systemd/constraints-$suite.txt" ] ||
    constraints=(--constraint "$checkout/systemd/constraints-$suite.txt")
  rm -rf "$root/site"
  quietly "mien's aarch64 wheels for Python $version" "$work/venv/bin/pip" install --target "$root/site" \
    "${platforms[@]}" --python-version "$version" --implementation cp --only-binary :all: \
    "${constraints[@]}" "$wheel"
  mkdir -p "$root/test"
  cp "$here/golden.py" "$here/golden.json" "$work/astronaut.png" "$root/test/"
}

in_root() {
  local root=$1
  shift
  chroot "$root" /usr/bin/qemu-aarch64-static -cpu cortex-a72 -E PYTHONPATH=/site -E PYTHONDONTWRITEBYTECODE=1 \
    -E LC_ALL=C.UTF-8 /usr/bin/python3 "$@"
}

check_suite() {
  local suite=$1 root=$work/$1-arm64 version found
  make_root "$suite" "$root"
  version=$(in_root "$root" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || fail "Python runs on $suite"
  install_mien "$suite" "$root" "$version"
  say "$suite: Python $version, $(in_root "$root" -c "$versions")"
  check_numpy "$suite" "$root"
  found=$(in_root "$root" /test/golden.py 2>&1) || { echo "$found"; fail "$suite: the stored scores"; }
  say "$suite: stored scores: $(tail -n 1 <<<"$found")"
  found=$(in_root "$root" -m edge.cli predict --json /test/astronaut.png 2>&1) || { echo "$found"; fail "$suite: predict"; }
  "$python" "$here/one_happy_face.py" <<<"$found" || fail "$suite: predict on the astronaut: $found"
  say "$suite: mien predict: one face, happy"
  follow_pages "$suite" "$root"
}

# The commands of a section of the page, one by one. A line that this does not know has to be looked at.
follow_page() {
  local suite=$1 root=$2 section=$3 folder=$4 line
  while read -r line; do
    case $line in
      "git clone "*) ;; # the address on the page is a stand-in; the checkout is there
      "mien watch "*) ;; # needs a broker: tests/edge/test_watch.py
      "sudo "*install*) installer_line "$suite" "$root" "cd $folder && ${line#sudo }" ;;
      "mien-env/bin/mien run "*) daemon_line "$suite" "$root" "cd $folder && $line" ;;
      "python3 -m venv "* | "mien-env/bin/pip install "*)
        said=$(on_page "$root" "cd $folder && $line" 2>&1) || fail "$suite: $line: $said"
        ;;
      *) fail "$suite: $section: the page has a line that this test does not know: $line" ;;
    esac
  done < <(read_page "$section")
  say "$suite: as the page says, $section: $(tail -n 1 <<<"$said")"
}

# As it stands it must come as far as to ask for systemd, and do all else as a dry run.
installer_line() {
  said=$(on_page "$2" "$3" 2>&1) && fail "$1: the installer ran without systemd"
  [[ $said = *"systemd does not run here"* ]] || fail "$1: $3: $said"
  said=$(on_page "$2" "$3 --dry-run" 2>&1) || fail "$1: $3 --dry-run: $said"
}

# There is no camera: by hand it ends with the line that says so; as a service it would wait for one.
daemon_line() {
  local status=0
  said=$(on_page "$2" "$3" 2>&1) || status=$?
  [[ "$status $said" = "1 "*"/dev/video0 is not there; is the camera plugged in?"* ]] ||
    fail "$1: $3 ended with $status: $said"
}

follow_pages() {
  local suite=$1 root=$2 said
  put_checkout "$root"
  follow_page "$suite" "$root" "On a Raspberry Pi" /srv
  [ -n "$whole" ] || return 0
  get_wheels "$suite" "$root"
  cp "$wheel" "$root/srv/"
  follow_page "$suite" "$root" "From a wheel" /srv
  read_page "Without the service" toml >"$root/srv/mien/mien.toml"
  follow_page "$suite" "$root" "Without the service" /srv/mien
}

read_page() { "$python" "$here/page.py" "$checkout/systemd/README.md" "$@"; }

on_page() { "$here/inside.sh" "$1" /bin/bash -c "$2"; }

put_checkout() {
  rm -rf "$1/srv/mien" "$1/srv/mien-env"
  mkdir -p "$1/srv/mien"
  (cd "$checkout" && cp -r edge convert training models systemd pyproject.toml README.md CHANGELOG.md "$1/srv/mien/")
  mkdir -p "$1/etc/mien"
  echo secret | tee "$1/srv/FILE" >"$1/etc/mien/password" # as the pages call them
}

# pip in the root finds its wheels in a folder, of which it knows by a setting, as it knows of an index.
get_wheels() {
  local suite=$1 root=$2 constraints=() platforms=() version
  version=$(in_root "$root" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  for platform in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${platform}_aarch64")
  done
  [ ! -e "$checkout/systemd/constraints-$suite.txt" ] ||
    constraints=(--constraint "$checkout/systemd/constraints-$suite.txt")
  mkdir -p "$root/wheels"
  quietly "aarch64 wheels for Python $version" "$work/venv/bin/pip" download --dest "$root/wheels" "${platforms[@]}" \
    --python-version "$version" --implementation cp --only-binary :all: "${constraints[@]}" "$wheel" 'hatchling>=1.26'
  rm -f "$root"/wheels/mien-*.whl
}

# Picamera2 imports modules that were built for the numpy of their Debian, such as simplejpeg. That one is in
# Raspberry Pi OS alone; another of the kind shows whether they go with the numpy that is installed for mien.
check_numpy() {
  local suite=$1 root=$2 said
  said=$(in_root "$root" -W error -c "$debians" 2>&1) ||
    { echo "$said"; fail "$suite: what Debian built for its own numpy does not go with mien's"; }
  say "$suite: Debian's $said"
}
debians='import sys
sys.path.append("/usr/lib/python3/dist-packages")
import numpy
import bottleneck
assert "dist-packages" in bottleneck.__file__ and "/site/" in numpy.__file__
assert bottleneck.nansum(numpy.arange(4.0)) == 6
print("bottleneck", bottleneck.__version__, "goes with numpy", numpy.__version__)'
versions='import platform, importlib.metadata as m
names = "numpy", "opencv-python-headless", "ai-edge-litert"
print(platform.machine(), *(f"{name} {m.version(name)}" for name in names), sep=", ")'

check_machine
if [ -n "${MIEN_DEVICE_CACHE:-}" ]; then
  work=$MIEN_DEVICE_CACHE
  mkdir -p "$work"
else
  work=$(mktemp -d /var/tmp/mien-arm64-XXXXXX)
  trap 'rm -rf "$work"' EXIT
fi
started=$SECONDS
prepare_host
for suite in "${suites[@]}"; do
  check_suite "$suite"
done
say "all as expected, after $((SECONDS - started)) s"
