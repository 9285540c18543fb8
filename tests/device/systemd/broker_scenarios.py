"""A second machine: one that becomes its own broker, and one whose camera is a Pi's."""

import re

from tests.device.systemd.machine import Watch, check, wait_for
from tests.device.systemd.scenarios import CLIP, Story, _left_behind, _succeeds


def the_broker_comes_with_it(story: Story) -> None:
    machine = story.machine
    story.broker.stop()
    story.checkout("mien")
    story.before = machine.files()
    done = story.install(f"--with-broker --camera file:{CLIP}")
    _succeeds(done)
    check("FAILED" not in done.stdout, f"doctor finds fault: {done.stdout[-900:]}")
    login = re.search(r"user (\S+), password (\S+)", done.stdout)
    check(login, f"no login was printed: {done.stdout}")
    assert login
    machine.out(f"printf '%s\\n' '{login[2]}' > reader", "pi")
    with Watch(machine, f"--host localhost --mqtt-user {login[1]} --mqtt-password-file reader") as watch:
        watch.wait("state", 0, 20, emotion="happy")
    check(
        login[2] not in machine.out("journalctl --no-pager; cat /etc/mosquitto/mien.*"), "its password is kept"
    )


def who_may_do_what_at_the_broker(story: Story) -> None:
    machine = story.machine
    nobody = machine.run("mien watch --json --host localhost --seconds 2", "pi")
    check(nobody.returncode == 1 and "refused" in nobody.stderr, f"without a login: {nobody}")
    reader = "u, p = 'mien-reader', open('reader').readline().strip()"
    device = "u, p = 'mien', open('/etc/mien/mqtt-password').readline().strip()"
    check(not _arrives(story, reader, "mien/x/cmd/y"), "the reader can write")
    check(_arrives(story, device, "mien/garden/probe"), "the device cannot write")
    check(_arrives(story, device, "homeassistant/device/garden/config"), "the device cannot be discovered")
    check(not _arrives(story, device, "elsewhere/x"), "the device can write anywhere")
    check(
        machine.out("stat -c '%a %U' /etc/mosquitto/mien.passwd") == "600 mosquitto", "who may read the logins"
    )


def installed_again_the_logins_stay(story: Story) -> None:
    machine = story.machine
    logins = machine.out("cat /etc/mosquitto/mien.passwd /etc/mien/mqtt-password")
    done = story.install("--with-broker")
    _succeeds(done)
    check("password" not in done.stdout.partition("doctor")[0], f"a login was printed again: {done.stdout}")
    check(machine.out("cat /etc/mosquitto/mien.passwd /etc/mien/mqtt-password") == logins, "the logins changed")


def an_environment_for_picamera2(story: Story) -> None:
    """Debian's packages are seen, and what they were built for is not replaced by what they cannot bear."""
    machine = story.machine
    _succeeds(story.install("--camera picamera2"))
    code = "import picamera2, numpy, cv2; print(numpy.__version__, cv2.__version__)"
    numpy, opencv = machine.out(f"/opt/mien/current/venv/bin/python -c '{code}'", "pi").split()
    if "bookworm" in machine.out("cat /etc/os-release"):
        check(numpy.startswith("1.") and opencv.startswith("4.11"), f"numpy {numpy}, OpenCV {opencv}")
    check('source = "picamera2"' in machine.out("cat /etc/mien/mien.toml"), "the camera is not in mien.toml")


def purged_with_the_broker(story: Story) -> None:
    done = story.install("--uninstall --purge")
    _succeeds(done)
    left = [name for name in _left_behind(story) if "mien" in name or name.startswith("etc/mosquitto")]
    check(not left, f"left behind: {left}")
    check(not story.machine.out("grep -rl mien /etc || true"), "settings that name it are left")
    packages = re.search(r"apt-get remove (.*)", done.stdout)
    check(packages and {"mosquitto", "python3-venv"} <= set(packages[1].split()), f"packages: {done.stdout}")


def foreign_broker_settings_are_left_alone(story: Story) -> None:
    machine = story.machine
    machine.out("echo 'listener 1884' > /etc/mosquitto/conf.d/own.conf")
    refused = story.install("--with-broker")
    check(refused.returncode == 1 and "own.conf" in refused.stderr, f"it says: {refused}")
    check(not refused.stdout, f"said before it refused: {refused.stdout}")
    machine.out("rm /etc/mosquitto/conf.d/own.conf")


WITH_BROKER = (
    the_broker_comes_with_it,
    who_may_do_what_at_the_broker,
    installed_again_the_logins_stay,
    an_environment_for_picamera2,
    purged_with_the_broker,
    foreign_broker_settings_are_left_alone,
)

_PUBLISH = """
import sys, threading, paho.mqtt.client as paho
def client(u, p):
    made = paho.Client(paho.CallbackAPIVersion.VERSION2)
    made.username_pw_set(u, p)
    return made
{login}
topic, came, ready = "{topic}", threading.Event(), threading.Event()
{watcher}
listener = client(u2, p2)
listener.on_message = lambda *_: came.set()
listener.on_subscribe = lambda *_: ready.set()
listener.connect("localhost"); listener.subscribe(topic); listener.loop_start(); ready.wait(5)
sender = client(u, p)
sender.connect("localhost"); sender.loop_start(); sender.publish(topic, "x", 1)
print(came.wait(1.5))
"""


def _arrives(story: Story, login: str, topic: str) -> bool:
    """Whether a message published with a login reaches the device's own, which may read what it may write."""
    watcher = "u2, p2 = 'mien', open('/etc/mien/mqtt-password').readline().strip()"
    program = _PUBLISH.format(login=login, topic=topic, watcher=watcher)
    story.machine.out(f"cat > /run/publish.py <<'END'\n{program}\nEND")
    wait_for(lambda: story.machine.run("systemctl is-active mosquitto").returncode == 0, "mosquitto runs")
    said = story.machine.out("cd /home/pi && /opt/mien/current/venv/bin/python /run/publish.py")
    return said == "True"
