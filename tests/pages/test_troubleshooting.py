"""Each error line that `mien` prints has an entry that says why and what to do."""

from pages.lines import Line, collect
from pages.troubleshooting import PARTS, lines_of, read_remedies, said

#: Places whose whole line comes from elsewhere: another error, `explain_…`. A new one has to be looked at: does
#: the reader of the code find its lines there? If not, name the function that makes them in its _SPEAKERS.
HAND_ON = {
    "edge/commands/timeline.py:run",
    "edge/cameras/file.py:Pictures._read_all",
    "edge/cameras/file.py:_open_video",
    "edge/cameras/recovery.py:RecoveringCamera._is_good",
    "edge/cli.py:main",
    "edge/commands/run.py:show_link",  # no error, but the link of the aim page
    "edge/config/camera.py:CameraConfig._within_the_picture",
    "edge/config/whole.py:load_config",
    "edge/config/whole.py:parse_config",
    "edge/doctor/visitor.py:Visitor.connected",
    "edge/emotion/accelerator.py:Accelerator._put_off",
    "edge/emotion/bundle.py:read_card",
    "edge/emotion/coral.py:open_coral",
    "edge/emotion/coral.py:try_coral",
    "edge/mqtt/client.py:MqttTransport.on_answers",
    "edge/mqtt/connection.py:Connection._connect_once",
    "edge/control.py:Control.settle",
    "edge/mqtt/outages.py:Outages.say_ended",
    "edge/mqtt/outages.py:Outages.say_once",
    "edge/mqtt/outages.py:Outages.say_refused",
    "edge/mqtt/outages.py:Outages.say_silent",
    "edge/mqtt/outages.py:Outages.say_unreachable",
    "edge/mqtt/subscriber.py:Subscriber.__init__",
    "edge/mqtt/subscriber.py:Subscriber._connect",
    "edge/mqtt/subscriber.py:Subscriber._on_connect",
    "edge/predict.py:PictureRun.predictions",
}


def test_every_line_has_an_entry() -> None:
    missing = set(said()) - set(lines_of(read_remedies()))
    assert not missing, (
        "`make pages` adds them to .docs/troubleshooting.toml, where why and what to do are written"
    )


def test_every_entry_has_lines_that_the_code_says() -> None:
    assert not set(lines_of(read_remedies())) - set(said())


def test_every_entry_says_why_and_what_to_do_in_a_part_of_the_page() -> None:
    for part, entries in read_remedies().items():
        assert part in PARTS, f"[[{part}]] is no part of the page"
        for entry in entries:
            assert len(entry["why"].split()) >= 4 and entry["do"], (
                f"{entry['lines'][0]}: say why and what to do"
            )


def test_a_line_that_comes_from_elsewhere_is_found_there() -> None:
    assert {line.place for line in collect() if line.only_hands_on} <= HAND_ON


def test_the_reader_of_the_code_finds_errors_logs_and_refusals() -> None:
    found = {line.text: line for line in collect()}
    assert found["… is not there; expected a TOML file (an empty one will do)"].place.endswith(":load_config")
    assert "the broker has not acknowledged a message for … s; connecting anew" in found  # logged with %g
    assert "does not talk TLS at this port; is mqtt.port right?" in found  # a table of _SPEAKERS
    assert isinstance(next(iter(found.values())), Line)
