#!/bin/sh
# Make the disk of the virtual machine that run.sh starts: Debian trixie with the kernel's virtual cameras,
# libcamera, mosquitto, and one Python environment with Picamera2 and what mien needs. mien itself is not in
# it: run.sh brings that on a second disk, so that the image is built once.
#
#   build.sh FOLDER      root, x86-64; leaves FOLDER/disk.ext4, vmlinuz and initrd.img
set -eu
folder=$1
here=$(dirname "$(readlink -f "$0")")
root=$folder/root
mkdir -p "$folder/wheels"

packages=systemd,systemd-sysv,udev,dbus,kmod,linux-image-amd64,linux-headers-amd64,linux-source,build-essential
packages=$packages,v4l2loopback-dkms,v4l-utils,python3,python3-venv,python3-dev,xz-utils
packages=$packages,python3-libcamera,libcamera-ipa,python3-prctl,mosquitto,procps

# Wheels for the machine's Python, 3.13, chosen by the host's pip; picamera2 has requirements that are only
# sources, which are built within.
if ! [ -e "$folder/wheels/.done" ]; then
  platforms=$(printf -- '--platform manylinux_2_%s_x86_64 ' 28 27 17)
  # shellcheck disable=SC2086
  "${PYTHON:-python3}" -m pip download --quiet --dest "$folder/wheels" $platforms --platform manylinux2014_x86_64 \
    --python-version 3.13 --implementation cp --only-binary :all: \
    'numpy>=1.26,<3' 'opencv-python-headless>=4.9,<5' 'ai-edge-litert>=2.0,<3' 'paho-mqtt>=2.1,<3' \
    'pydantic>=2.7,<3' 'rich>=13.7,<16' setuptools wheel \
    simplejpeg av pillow piexif tqdm jsonschema libarchive-c OpenEXR
  "${PYTHON:-python3}" -m pip download --quiet --no-deps --no-build-isolation --dest "$folder/wheels" \
    picamera2 videodev2 PiDNG
  touch "$folder/wheels/.done"
fi

if ! [ -e "$folder/base.tar" ]; then
  # Without a mirror of the caller's: Debian's own.
  mmdebstrap --quiet --variant=minbase --include="$packages" trixie "$folder/base.part.tar" ${MIRROR:+"$MIRROR"}
  mv "$folder/base.part.tar" "$folder/base.tar"
fi

rm -rf "$root"
mkdir "$root"
tar -xf "$folder/base.tar" -C "$root"
cp -r "$folder/wheels" "$root/wheels"
cp "$here/inside.sh" "$root/inside.sh"
cp "$here/mien-camera-test.service" "$root/etc/systemd/system/"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" sh /inside.sh
cp -L "$root/vmlinuz" "$root/initrd.img" "$folder/"
rm -rf "$root/wheels" "$root/usr/src/linux-source"* "$root/var/cache/apt"
truncate -s 3G "$folder/disk.part"
mkfs.ext4 -q -F -d "$root" "$folder/disk.part"
rm -rf "$root"
mv "$folder/disk.part" "$folder/disk.ext4"
