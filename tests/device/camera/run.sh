#!/bin/sh
# What cameras do to the daemon, in a virtual machine with the kernel's virtual ones. By hand, as root, on
# x86-64 with qemu-system-x86, mmdebstrap and e2fsprogs; some ten minutes without KVM, the first time twenty.
#
#   tests/device/camera/run.sh [WORD]      one line a scenario; 0 where all passed; only those whose name has WORD
#
# CACHE   where the machine's disk is kept: default /var/tmp/mien-camera (5 GB while it is made, then 4 GB)
# ACCEL   kvm where that works; default tcg, which works anywhere and is slow
# PYTHON  a Python of the host with pip, for the wheel of mien and those that it needs
set -eu
here=$(dirname "$(readlink -f "$0")")
checkout=$(readlink -f "$here/../../..")
cache=${CACHE:-/var/tmp/mien-camera}
if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  if [ -x "$checkout/.venv/bin/python" ]; then PYTHON=$checkout/.venv/bin/python; fi
fi
export PYTHON

for tool in qemu-system-x86_64:qemu-system-x86 mmdebstrap:mmdebstrap mkfs.ext4:e2fsprogs; do
  command -v "${tool%:*}" > /dev/null || { echo "needs ${tool%:*}: apt-get install ${tool#*:}"; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "needs root, for the root of the virtual machine"; exit 1; }

mkdir -p "$cache"
exec 9> "$cache/lock"
flock --nonblock 9 || { echo "another run uses $cache"; exit 1; }
made_from=$(cat "$here/build.sh" "$here/inside.sh" "$here/mien-camera-test.service" | sha256sum)
if [ "$(cat "$cache/made-from" 2> /dev/null)" != "$made_from" ]; then
  echo "making the machine's disk, once"
  sh "$here/build.sh" "$cache" > "$cache/build.log" 2>&1 || { tail -5 "$cache/build.log"; exit 1; }
  echo "$made_from" > "$cache/made-from"
fi

payload=$cache/payload
rm -rf "$payload"
mkdir "$payload"
"$PYTHON" -m pip wheel --quiet --no-deps --wheel-dir "$payload" "$checkout" 2> "$cache/wheel.log" \
  || { tail -5 "$cache/wheel.log"; exit 1; }
"$PYTHON" "$here/picture.py" "$payload/face.png"
cp "$here/guest.sh" "$here/scenarios.py" "$here/daemon.py" "$here/feed.py" "$here/pykms.py" "$payload/"
printf %s "${1:-}" > "$payload/only"
tar -cf "$cache/payload.tar" -C "$payload" .

boot() {
  rm -f "$cache/console.log"
  timeout "${LIMIT_S:-2400}" qemu-system-x86_64 -accel "${ACCEL:-tcg,thread=multi}" -cpu max -smp 1 -m 2048 \
    -display none -monitor none -serial file:"$cache/console.log" -nic none -no-reboot \
    -kernel "$cache/vmlinuz" -initrd "$cache/initrd.img" \
    -append "console=ttyS0 root=/dev/vda rw quiet panic=-1 no_timer_check systemd.show_status=false" \
    -drive file="$cache/disk.ext4",if=virtio,format=raw,snapshot=on \
    -drive file="$cache/payload.tar",if=virtio,format=raw,readonly=on \
    || { echo "the machine did not end by itself; its console: $cache/console.log"; exit 1; }
}

# One processor: with two, qemu 7.2 without KVM now and then lets a kernel stumble over its own patching
# ("Oops: int3"), as it boots or loads a module. A busy host can still make a boot fail.
for attempt in 1 2 3; do
  boot
  if grep -q '^ABOUT' "$cache/console.log"; then break; fi
  echo "boot $attempt did not come up: $(grep -a -m1 -E 'Oops|panic' "$cache/console.log" | tr -d '\r')"
done

tr -d '\r' < "$cache/console.log" | grep -E '^(PASS|FAIL|ABOUT) ' || true
if grep -q '^DONE' "$cache/console.log" && ! grep -q '^FAIL' "$cache/console.log"; then exit 0; fi
echo "not all passed; the machine's console: $cache/console.log"
exit 1
