#!/bin/sh
# In the virtual machine, on its serial console: install the wheel, then the scenarios.
cd /payload || exit
echo  # ends the line that systemd left open
mount -t tmpfs tmpfs /tmp
/opt/mien/bin/pip install --quiet --no-deps --no-index mien-*.whl || exit
cp pykms.py /opt/mien/lib/python3*/site-packages/
# Picamera2 takes its buffers from the heap that a Pi has; any will do.
ln -sf /dev/dma_heap/system '/dev/dma_heap/linux,cma'
mosquitto -p 1883 > /tmp/mosquitto.log 2>&1 &
/opt/mien/bin/python scenarios.py && echo DONE
