"""The figures for people: to read, and to post."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.emotion.bundle import BEST_BUNDLE


def format_bench(figures: Mapping[str, Any]) -> str:
    """The figures as lines."""
    return "\n".join(
        [
            *_head(figures),
            "",
            *_stages(figures),
            "",
            *_networks(figures),
            *_costs(figures),
            *_at_rate(figures),
            *_rest(figures),
        ]
    )


def _head(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"{figures['frames']} frames of {figures['frame_size']} on {figures['machine']}"
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    yield f"{figures['system']} {figures['architecture']}; {versions}"
    before, after = figures["temperature_c"], figures["temperature_after_c"]
    heat = (
        [] if before is None or after is None else [f"{before:.0f} degrees Celsius before, {after:.0f} after"]
    )
    now = (figures["throttling"] or {}).get("now")
    if heat or now:
        yield "; ".join([*heat, *([f"NOT AT FULL SPEED: {', '.join(now)}"] if now else [])])


def _stages(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'':<10}{'wall, ms a frame':>20}{'CPU, ms a frame':>20}{'':>10}"
    yield f"{'stage':<10}{'median':>10}{'p95':>10}{'median':>10}{'p95':>10}{'mean':>10}"
    for stage, times in figures["stages"].items():
        row = [times[name] for name in ("median", "p95", "cpu_median", "cpu_p95", "cpu_mean")]
        yield f"{stage:<10}" + "".join(f"{value:>10.3f}" for value in row)


def _networks(figures: Mapping[str, Any]) -> Iterator[str]:
    times = ", ".join(f"{name} {time_ms:.2f} ms" for name, time_ms in figures["networks_ms"].items())
    yield f"model       {figures['model']}; a face takes {times}"
    verdict = "quick enough for" if figures["auto"] == BEST_BUNDLE else "too slow for"
    limit = f"at most {figures['quick_enough_ms']:g} ms a face"
    yield f"            this machine is {verdict} {BEST_BUNDLE} ({limit}): auto is {figures['auto']}"


def _costs(figures: Mapping[str, Any]) -> Iterator[str]:
    ours, plain, agree = (
        figures[name] for name in ("cpu_ms_per_frame", "plain_cpu_ms_per_frame", "faces_agree")
    )
    yield f"mien        {ours:8.2f} ms of CPU a frame, {figures['faces_per_frame']:g} faces in it"
    yield f"plain loop  {plain:8.2f} ms of CPU a frame: {plain / ours:.1f} times more"
    if agree is None:
        yield "faces       the plain loop found none"
    else:
        yield f"faces       {agree:8.1%} of the frames in which the plain loop finds a face have ours there too"


def _at_rate(figures: Mapping[str, Any]) -> Iterator[str]:
    how = "in real time" if figures["paced"] else "reckoned (--paced: in real time)"
    if figures["cpu_percent"] is not None:
        fps = figures["camera_fps"]
        yield f"CPU         {figures['cpu_percent']:8.1f} % of one core at {fps:g} frames a second, {how}"
    if figures["idle_cpu_percent"] is not None:
        yield f"empty room  {figures['idle_cpu_percent']:8.1f} % of one core, capture not counted"
    if figures["wake_s"] is not None:
        yield f"wakes       {figures['wake_s']:8.2f} s after a face comes into an empty room"


def _rest(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"full speed  {figures['fps']:8.0f} frames a second, capture and decoding included"
    yield f"latency     {figures['latency_p95_ms']:8.2f} ms from frame to message (p95)"
    yield f"memory      {figures['rss_mb']:8.0f} MB at most"
