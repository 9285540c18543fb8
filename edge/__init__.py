"""Everything of mien that runs on the device: frames go in, MQTT messages come out.

Importing this package loads neither OpenCV nor an interpreter.
"""
