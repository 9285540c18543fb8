#!/bin/sh
# Run by build.sh in the root of the machine to be.
set -eu
kernel=$(ls /lib/modules)

# Debian's kernel lacks vimc, the virtual camera that libcamera knows; its source is in linux-source.
mkdir -p /usr/src/vimc
tar -xf /usr/src/linux-source-*.tar.* -C /usr/src/vimc --strip-components=5 --wildcards \
  '*/drivers/media/test-drivers/vimc/*'
make -s -C "/lib/modules/$kernel/build" M=/usr/src/vimc CONFIG_VIDEO_VIMC=m modules
install -D -m644 /usr/src/vimc/vimc.ko "/lib/modules/$kernel/updates/vimc.ko"
depmod "$kernel"
modinfo -k "$kernel" vimc vivid v4l2loopback | grep filename

python3 -m venv --system-site-packages /opt/mien
/opt/mien/bin/pip install --quiet --no-index --find-links /wheels setuptools wheel
/opt/mien/bin/pip install --quiet --no-index --find-links /wheels --no-build-isolation picamera2 \
  numpy opencv-python-headless ai-edge-litert paho-mqtt pydantic rich
/opt/mien/bin/pip list 2>/dev/null | grep -i -E 'picamera2|numpy|opencv|litert'

systemctl enable mien-camera-test.service
systemctl disable mosquitto.service
systemctl mask getty@tty1.service serial-getty@ttyS0.service systemd-networkd.service
echo mien-camera > /etc/hostname
