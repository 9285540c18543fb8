"""Many made devices against a broker, and what it costs both sides."""

from edge.simulate.fleet import Fleet, allow_connections
from edge.simulate.reports import Report, format_report

__all__ = ["Fleet", "Report", "allow_connections", "format_report"]
