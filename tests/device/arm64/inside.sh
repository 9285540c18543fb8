#!/usr/bin/env bash
# Runs a command in an arm64 root, and what that command starts, too: the kernel is told of qemu in a user namespace
# of its own, so that nothing of this machine changes. Needs Linux 6.7, and root.
#
#     inside.sh ROOT COMMAND…
set -euo pipefail

if [ "${1:-}" != --in-namespace ]; then
  exec unshare --user --map-root-user --mount "$0" --in-namespace "$@"
fi
root=$2
shift 2
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
# ELF, 64 bits, little-endian, a program or a shared object, for AArch64; F: qemu is opened now, outside of the root.
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
echo ":aarch64:M::$magic:$mask:$(command -v qemu-aarch64-static):F" >/proc/sys/fs/binfmt_misc/register
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C QEMU_CPU=cortex-a72 PYTHONUTF8=1 \
  PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 \
  chroot "$root" "$@"
