#!/usr/bin/env bash
# mien as a service, on a real systemd in a container: the installer from a fresh Debian root to the first message,
# recovery from what happens to such devices, upgrade and going back, uninstalling.
#
#     tests/device/systemd/run.sh [--suite bookworm|trixie] [--steady SECONDS] [--worktree] [--keep]
#
# Some 5 minutes with --steady 60, which is the default; --worktree takes the files as they are and not the commit.
# Needs root, mmdebstrap, systemd-nspawn, mosquitto, the environment of `make setup` (another: PYTHON=…), Debian's
# mirror and the package index. Exit 0: all as expected; 1: something is not; 77: this machine cannot run it, and why.
#
#     MIEN_DEVICE_CACHE    a folder that is kept, for the root and the wheels; default: a temporary one in /var/tmp
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../../.." && pwd)
python=${PYTHON:-$checkout/.venv/bin/python}

cannot() {
  echo "systemd: cannot run here: $*"
  exit 77
}

[ "$(id -u)" = 0 ] || cannot "a container needs root; try: sudo $0"
missing=()
command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
[ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
[ ${#missing[@]} = 0 ] || cannot "missing: ${missing[*]}; try: apt-get install ${missing[*]}"
"$python" -c 'import cv2, skimage' 2>/dev/null || cannot "$python lacks OpenCV or scikit-image; try: make setup"

cd "$checkout"
exec "$python" -m tests.device.systemd.main "$@"
