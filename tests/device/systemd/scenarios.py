"""What happens to a device with mien on it, in order: each scenario goes on where the one before left it."""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.clip import write_clip
from tests.device.systemd.machine import (
    Broker,
    Failed,
    Machine,
    Watch,
    check,
    differing,
    end_all,
    packaged,
    wait_for,
)
from tests.device.systemd.root import checkout_files

SECRET = "a-word-that-nobody-else-knows"
LOGIN = "--host localhost --mqtt-user mien --mqtt-password-file pw"
INSTALL = "sudo mien/systemd/install.sh"
CLIP = "/srv/clip.mp4"
_SITE = "edge"  # the package's folder in a checkout


@dataclass
class Story:
    """What the scenarios share.

    Attributes:
        times: what was measured, in seconds, in words.
        before: the files of the root before anything was installed.
    """

    machine: Machine
    broker: Broker
    steady_s: float
    as_it_is: bool
    times: dict[str, float] = field(default_factory=dict)
    before: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def install(self, options: str = "", checkout: str = "mien") -> subprocess.CompletedProcess[str]:
        return self.machine.run(f"sudo {checkout}/systemd/install.sh {options}", "pi")

    def watch(self) -> Watch:
        return Watch(self.machine, LOGIN)

    def version(self, link: str = "current") -> str:
        return self.machine.out(f"basename $(readlink /opt/mien/{link})")

    def checkout(self, name: str) -> Path:
        """A checkout in the person's home."""
        folder = self.machine.root / "home/pi" / name
        shutil.rmtree(folder, ignore_errors=True)
        checkout_files(folder, self.as_it_is)
        self.machine.out(f"chown -R pi: /home/pi/{name}")
        return folder


def prepare(machine: Machine, folder: Path, steady_s: float, as_it_is: bool) -> Story:
    """A machine with a clip in place of a camera, a person with a password, and a broker that knows it."""
    write_clip(machine.root / CLIP[1:], seconds=6, fps=15)
    (machine.root / CLIP[1:]).chmod(0o644)
    machine.out(f"printf '%s\\n' {SECRET} > pw", "pi")
    broker = Broker(machine, folder / "broker", {"mien": SECRET})
    broker.start()
    return Story(machine, broker, steady_s, as_it_is)


def a_dry_run_and_a_refusal_change_nothing(story: Story) -> None:
    machine = story.machine
    story.checkout("mien")
    story.before = machine.files()
    dry = story.install(f"--dry-run --with-broker --camera file:{CLIP}")
    check(dry.returncode == 0 and "dry run: building" in dry.stdout, f"--dry-run: {dry.stdout + dry.stderr}")
    facts = machine.root / "run/facts"
    for place, text, word in (
        ("etc/os-release", 'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nVERSION_CODENAME=noble\n', "Ubuntu 24.04"),
        ("proc/device-tree/model", "Raspberry Pi 2 Model B Rev 1.1\0", "Raspberry Pi 2"),
        ("proc/device-tree/model", "Freescale i.MX8MQ Phanbell\0", "Phanbell"),
    ):
        machine.out("rm -rf /run/facts; mkdir -p /run/facts/etc /run/facts/proc/device-tree")
        machine.out("cp /etc/os-release /run/facts/etc/")
        machine.out(f"printf '%b' '{text}' > /run/facts/{place}".replace("\0", "\\0000").replace("\n", "\\n"))
        refused = machine.run("sudo MIEN_SYSTEM_ROOT=/run/facts mien/systemd/install.sh", "pi")
        lines = refused.stderr.strip().splitlines()
        check(refused.returncode == 1 and len(lines) == 1 and word in lines[0], f"{facts}: {refused}")
        check(not refused.stdout, f"said before it refused: {refused.stdout}")
    check(not (changed := differing(story.before, machine.files())), f"changed: {changed[:5]}")


def three_commands_to_the_first_state(story: Story) -> None:
    story.checkout("mien")  # the first: git clone
    began_s = time.monotonic()
    options = f"--broker localhost --mqtt-user mien --mqtt-password-file pw --camera file:{CLIP}"
    done = story.install(options)
    check(done.returncode == 0, f"install.sh exits {done.returncode}: {(done.stdout + done.stderr)[-600:]}")
    check("FAILED" not in done.stdout, f"doctor finds fault: {done.stdout[-900:]}")
    check(SECRET not in done.stdout + done.stderr, "the password was printed")
    story.times["install.sh, from a fresh root"] = time.monotonic() - began_s
    with story.watch() as watch:
        _, state = watch.wait("state", 0, 20, emotion="happy")
    story.times["three commands, to the first state message of a smile"] = time.monotonic() - began_s


def the_unit_is_what_it_says(story: Story) -> None:
    machine = story.machine
    check(machine.unit("Type") == "notify" and machine.unit("ActiveState") == "active", "not up by notify")
    check(machine.unit("StatusText") == "online", f"status {machine.unit('StatusText')!r}")
    status = machine.out(f"cat /proc/{machine.daemon}/status")
    about = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    check(all(int(uid) >= 61184 for uid in about["Uid"].split()), f"runs as {about['Uid']}")
    for name, value in {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapBnd": "0" * 16}.items():
        check(about[name].strip() == value, f"{name} is {about[name]}")
    verdict = machine.run("systemd-analyze verify --recursive-errors=yes mien.service")
    check(verdict.returncode == 0 and not verdict.stderr, f"verify: {verdict.stderr}")
    rating = machine.run("systemd-analyze security --no-pager --threshold=20 mien.service | tail -n 1")
    check(rating.returncode == 0, rating.stdout)
    check(machine.run("mien --version", "pi").returncode == 0, "mien is not on the PATH")


def nobody_sees_the_password(story: Story) -> None:
    machine = story.machine
    places = (
        "systemctl show mien", f"cat /proc/{machine.daemon}/environ /proc/{machine.daemon}/cmdline",
        "journalctl --no-pager", "cat /etc/mien/mien.toml /etc/systemd/system/mien.service", "cat /run/mien/*",
    )  # fmt: skip
    for place in places:
        check(SECRET not in machine.run(place).stdout, f"the password is seen by: {place}")
    check(machine.out("stat -c '%a %U' /etc/mien/mqtt-password") == "600 root", "who may read the password")
    check(machine.run("cat /etc/mien/mqtt-password", "pi").returncode != 0, "others can read the password")


def nothing_can_be_written(story: Story) -> None:
    """Not even by root, from where the daemon is."""
    machine = story.machine
    inside = f"nsenter -t {machine.daemon} -m --"
    for folder in ("/etc", "/etc/mien", "/opt/mien", "/var/lib", "/var/log", "/usr/local/bin", "/srv", "/"):
        done = machine.run(f"{inside} touch {folder}/mien-was-here")
        check("Read-only file system" in done.stderr, f"{folder}: {done.stderr or 'could be written'}")
    homes = machine.run(f"{inside} ls /home/pi /root")
    check("pw" not in homes.stdout, f"homes are seen: {homes.stdout}")


def killed(story: Story) -> None:
    with story.watch() as watch:
        _, state = watch.wait("state", 0, 40)
        began_s = time.monotonic()
        story.machine.out(f"kill -9 {story.machine.daemon}")
        back_s, _ = watch.wait("state", began_s, 15, session_other_than=_session(state))
        story.times["kill -9, to the next state message"] = back_s
        _, info = watch.wait("info", began_s, 15, session_other_than=_session(state))
    restarts = _get(info, "restarts")
    check(_get(restarts, "count") == 1 and _get(restarts, "last_reason"), f"info tells {restarts}")


def the_camera_stays_closed(story: Story) -> None:
    """Privacy: over kill -9, and over a stop, after which the disk alone knows of it, as after a reboot."""
    machine = story.machine
    with story.watch() as watch:
        watch.wait("status", 0, 40, text="online")
        device = watch.heard[-1][1].split("/")[1]
        _switch_privacy(story, device, "ON")
        watch.wait("privacy/state", 0, 10, text="ON")
        check(CLIP not in machine.out(f"ls -l /proc/{machine.daemon}/fd"), "the camera is still open")
        check(machine.out("cat /var/lib/mien/privacy") == "ON", "it is not on the disk")
        for command in (f"kill -9 {machine.daemon}", "systemctl stop mien && systemctl start mien"):
            began_s = time.monotonic()
            machine.out(command)
            watch.wait("status", began_s, 40, text="privacy")
            check(CLIP not in machine.out(f"ls -l /proc/{machine.daemon}/fd"), f"open after {command}")
        began_s = time.monotonic()
        _switch_privacy(story, device, "OFF")
        watch.wait("status", began_s, 20, text="online")


def _switch_privacy(story: Story, device: str, position: str) -> None:
    login = f"auth={{'username': 'mien', 'password': '{SECRET}'}}, hostname='localhost', qos=1"
    send = f"from paho.mqtt import publish; publish.single('mien/{device}/privacy/set', '{position}', {login})"
    story.machine.out(f'/opt/mien/current/venv/bin/python -c "{send}"')


def frozen(story: Story) -> None:
    """Nothing of the process runs, so that systemd's own watchdog must act."""
    with story.watch() as watch:
        _, state = watch.wait("state", 0, 40)
        began_s = time.monotonic()
        story.machine.out(f"kill -STOP {story.machine.daemon}")
        lost_s, _ = watch.wait("status", began_s, 60, text="offline")
        back_s, _ = watch.wait("state", began_s, 75, session_other_than=_session(state))
    story.times["frozen process (SIGSTOP), until status says offline"] = lost_s
    story.times["frozen process (SIGSTOP), to the next state message"] = back_s
    check("watchdog" in story.machine.out("journalctl -u mien --no-pager"), "the watchdog did not act")


def the_broker_goes_and_comes(story: Story) -> None:
    process = story.machine.daemon
    story.broker.stop()
    time.sleep(3)
    story.broker.start()
    began_s = time.monotonic()
    with _watch_again(story) as watch:
        back_s, _ = watch.wait("state", began_s, 40)
    story.times["broker back, to the next state message"] = back_s
    check(story.machine.daemon == process, "the daemon was restarted though only the broker was away")


def the_file_goes_and_comes(story: Story) -> None:
    """The clip in a camera's place. A file is not waited for: the process ends, again and again."""
    machine = story.machine
    with story.watch() as watch:
        watch.wait("state", 0, 40)
        began_s = time.monotonic()
        machine.out(f"mv {CLIP} /srv/away.mp4")
        gone_s, _ = watch.wait("status", began_s, 20, text="offline")
        time.sleep(3)
        began_s = time.monotonic()
        machine.out(f"mv /srv/away.mp4 {CLIP}")
        back_s, _ = watch.wait("state", began_s, 40)
        _, info = watch.wait("info", began_s, 10)
    story.times["file of the file camera gone, until status says offline"] = gone_s
    story.times["the file is back, to the next state message"] = back_s
    reason = _get(_get(info, "restarts"), "last_reason")
    check(CLIP in str(reason), f"info tells {reason}")


def the_journal_is_not_flooded(story: Story) -> None:
    """By whatever in the service: here something that says 5000 lines before it."""
    machine = story.machine
    folder = "/run/systemd/system/mien.service.d"
    flood = "[Service]\nExecStartPre=/usr/bin/seq --format=flood-%%g 5000\n"
    machine.out(f"mkdir -p {folder} && printf '%b' '{flood}' > {folder}/flood.conf")
    machine.run("systemctl daemon-reload; systemctl restart mien")
    machine.out(f"rm -r {folder}; systemctl daemon-reload; sleep 1; journalctl --sync")
    lines = int(machine.out("journalctl -u mien -o cat --no-pager | grep -c flood-"))
    check(0 < lines <= 1000, f"{lines} of 5000 lines reached the journal")
    check(machine.unit("ActiveState") == "active", "the service did not come up")


def steady_state_writes_nothing(story: Story) -> None:
    machine, process = story.machine, story.machine.daemon
    owner = int(machine.out(f"stat -c %u /proc/{process}"))
    before, files = _written(machine, process), machine.files()
    time.sleep(story.steady_s)
    written = _written(machine, process) - before
    story.times[f"bytes written to disk in {story.steady_s:g} s of steady state"] = written
    check(machine.daemon == process, "it was restarted meanwhile")
    check(written == 0, f"{written} bytes were written")
    changed = differing(files, machine.files())
    check(not changed, f"files changed: {changed[:5]}")
    owned = machine.out(f"find / -xdev -user {owner} -not -path '/proc/*' | sort").split()
    folder = "/var/lib/private/mien"
    check(owned == [folder, f"{folder}/privacy"], f"it owns on the disk: {owned}")


def installed_again(story: Story) -> None:
    """Without options all stays, and no second install.sh comes between. With one, that alone changes."""
    machine, version = story.machine, story.version()
    machine.out("sed -i 's/^#heartbeat_s = 30/heartbeat_s = 7/' /etc/mien/mien.toml")
    kept = machine.out("cat /etc/mien/mien.toml")
    began_s = time.monotonic()
    first = subprocess.Popen(machine.words(INSTALL, "pi"), stdout=subprocess.PIPE, text=True)
    assert first.stdout
    first.stdout.readline()
    second = story.install("--device-id nowhere")
    first.communicate(timeout=120)
    story.times["install.sh again, nothing to do"] = time.monotonic() - began_s
    check(first.returncode == 0, "the first of two at once was disturbed")
    check(second.returncode == 1 and "another install.sh" in second.stderr, f"the second of two: {second}")
    check(machine.out("cat /etc/mien/mien.toml") == kept, "the configuration changed")
    _succeeds(story.install("--device-id porch"))
    changed = machine.out("cat /etc/mien/mien.toml")
    wanted = kept.replace('#id = "living-room"', 'id = "porch"')
    check(changed == wanted, f"the configuration is {changed[:300]}")
    check(story.version() == version, f"version {story.version()}")
    _tells(story, device="porch")


def upgraded_with_interruptions(story: Story) -> None:
    """As by a power cut: at three places nothing of install.sh lives on; then it is run to its end."""
    machine, before = story.machine, story.version()
    kept = machine.out("cat /etc/mien/mien.toml")
    _bump(story.checkout("newer"), "0.1.0", "0.2.0")
    _cut_off(story, "newer", "building version", 4)
    check(story.version() == before, "switched before it was built")
    _tells(story)
    _cut_off(story, "newer", "keeping", 0)
    _tells(story)
    _cut_off(story, "newer", "starting version", 0.5)
    machine.out("mkdir /opt/mien/versions/0.0.9-older")
    _succeeds(story.install(checkout="newer"))
    check(story.version().startswith("0.2.0-"), f"runs {story.version()}")
    check(story.version("previous") == before, f"keeps {story.version('previous')}")
    versions = machine.out("ls /opt/mien/versions").split()
    check(sorted(versions) == sorted([before, story.version()]), f"versions left: {versions}")
    check(machine.out("cat /etc/mien/mien.toml") == kept, "the configuration was not kept")
    check(machine.out("mien --version", "pi") == "0.2.0", "the command is not the new one")
    _tells(story)


def broken_upgrade(story: Story) -> None:
    """A version that does not come up, first cut off before install.sh could see that."""
    machine, good = story.machine, story.version()
    kept = machine.out("cat /etc/mien/mien.toml")
    folder = story.checkout("broken")
    _bump(folder, "0.1.0", "0.3.0")
    service = folder / _SITE / "service.py"
    service.write_text(service.read_text() + '\nraise RuntimeError("broken on purpose")\n')
    _cut_off(story, "broken", "starting version", 1)
    check(story.version().startswith("0.3.0-"), "was not cut off after the switch")
    began_s = time.monotonic()
    done = story.install("--device-id nowhere", checkout="broken")
    story.times["broken upgrade, to the version before at work (with building)"] = time.monotonic() - began_s
    last = done.stderr.strip().splitlines()[-1]
    check(done.returncode == 1 and "broken on purpose" in last and "went back" in last, f"it says: {done}")
    check(story.version() == good and machine.unit("ActiveState") == "active", f"runs {story.version()}")
    check(machine.out("cat /etc/mien/mien.toml") == kept, "the configuration stayed changed")
    _tells(story)


def the_aim_page(story: Story) -> None:
    """From within the unit's walls it is served, to root's link alone."""
    machine = story.machine
    check(machine.run("mien view --link").returncode == 1, "there is a link, and no page")
    machine.out("sed -i '/^.view.$/a enabled = true' /etc/mien/mien.toml; systemctl restart mien")
    wait_for(lambda: machine.run("test -e /run/mien/view.json").returncode == 0, "a link")
    link = machine.out("mien view --link").splitlines()[0]
    denied = machine.run("mien view --link", "pi")
    check("sudo mien view --link" in denied.stderr and "token" not in denied.stdout, "others have the link")
    browser = "u.build_opener(u.HTTPCookieProcessor())"
    ask = f"import sys, urllib.request as u; print(len({browser}.open(sys.argv[1]).read()))"
    check(int(machine.out(f'python3 -c "{ask}" "{link}"')) > 1000, "the link opens no page")
    check(machine.run(f'python3 -c "{ask}" "{link[:-3]}"').returncode != 0, "another link opens the page")
    check(link.partition("=")[2] not in machine.out("journalctl --no-pager"), "the token is in the journal")
    machine.out("sed -i '/^enabled = true$/d' /etc/mien/mien.toml; systemctl restart mien")
    wait_for(lambda: machine.run("test -e /run/mien/view.json").returncode != 0, "the link's end")


def refused_configuration(story: Story) -> None:
    """A configuration that the version to come would not take: said before anything is switched."""
    machine, process = story.machine, story.machine.daemon
    machine.out("cp /etc/mien/mien.toml /tmp/kept && echo '[camra]' >> /etc/mien/mien.toml")
    done = story.install(checkout="newer")
    machine.out("mv /tmp/kept /etc/mien/mien.toml")
    check(done.returncode == 1 and "did you mean camera" in done.stderr, f"it says: {done}")
    check(machine.daemon == process, "the daemon was touched")


def uninstalled(story: Story) -> None:
    machine = story.machine
    _succeeds(story.install("--uninstall"))
    check(machine.run("systemctl cat mien").returncode != 0, "the unit is still known")
    left = _left_behind(story)
    check(left == ["etc/mien", "etc/mien/mien.toml", "etc/mien/mqtt-password"], f"left behind: {left}")
    _succeeds(story.install("--uninstall --purge"))
    check(not (left := _left_behind(story)), f"left behind: {left}")
    check(not (left_running := machine.out("ls /run | grep mien || true")), f"left in /run: {left_running}")


MAIN: tuple[Callable[[Story], None], ...] = (
    a_dry_run_and_a_refusal_change_nothing, three_commands_to_the_first_state, the_unit_is_what_it_says,
    nobody_sees_the_password, nothing_can_be_written, killed, the_camera_stays_closed, frozen,
    the_broker_goes_and_comes, the_file_goes_and_comes, the_journal_is_not_flooded,
    steady_state_writes_nothing, installed_again,
    upgraded_with_interruptions, broken_upgrade, the_aim_page, refused_configuration, uninstalled,
)  # fmt: skip


def _succeeds(done: subprocess.CompletedProcess[str]) -> None:
    check(done.returncode == 0, f"exit {done.returncode}: {(done.stdout + done.stderr)[-600:]}")


def _session(payload: object) -> object:
    return _get(payload, "session")


def _get(payload: object, key: str) -> object:
    return payload.get(key) if isinstance(payload, dict) else None


def _tells(story: Story, device: str | None = None) -> None:
    """Whether messages come, as the person on the machine sees them."""
    with story.watch() as watch:
        watch.wait(f"{device}/state" if device else "state", 0, 40)


def _watch_again(story: Story) -> Watch:
    """A watch, as soon as the broker answers."""
    wait_for(
        lambda: story.machine.run(f"mien watch --seconds 0.1 --json {LOGIN}", "pi").returncode == 0, "broker"
    )
    return story.watch()


def _written(machine: Machine, process: int) -> int:
    return int(machine.out(f"sed -n 's/^write_bytes: //p' /proc/{process}/io"))


def _bump(checkout: Path, old: str, new: str) -> None:
    project = checkout / "pyproject.toml"
    text = project.read_text()
    check(f'version = "{old}"' in text, f"pyproject.toml is not of version {old}")
    project.write_text(text.replace(f'version = "{old}"', f'version = "{new}"'))


def _cut_off(story: Story, checkout: str, words: str, after_s: float) -> None:
    """Run install.sh and end all of it, some time after it said certain words."""
    process = subprocess.Popen(
        story.machine.words(f"/home/pi/{checkout}/systemd/install.sh"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            break
    else:
        raise Failed(f"install.sh never said {words!r}: {said[-400:]}")
    time.sleep(after_s)
    end_all(process)
    # It is dead at once, but what it had opened is closed a moment later.
    wait_for(lambda: not story.machine.run("pgrep -f systemd/install.s[h]").stdout, "install.sh is dead", 10)


def _left_behind(story: Story) -> list[str]:
    """What is there and was not before, but for what Debian's packages brought."""
    debian = packaged(story.machine)
    now = story.machine.files()
    ours = ("home/pi",)
    return [
        name
        for name in sorted(now.keys() - story.before.keys())
        if not debian.fullmatch(name) and not name.startswith(ours) and "/__pycache__" not in name
    ]
