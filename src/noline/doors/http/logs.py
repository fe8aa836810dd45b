"""What a server tells its operator: one JSON object a line on stderr, without query strings, bodies and keys."""

import sys

import structlog


def configure() -> None:
    """Write logs as JSON lines to stderr, with time, level and the whole cause of a failure."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
