"""What an operator watches, in Prometheus' words."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.books import OUTCOMES


class _Collector:
    def __init__(self, hub: Hub, writer: Writer) -> None:
        self._hub = hub
        self._writer = writer

    def collect(self):  # noqa: ANN202  prometheus-client's own protocol
        items = CounterMetricFamily(
            "noline_items", "Items received, by what became of them.", labels=["source", "status"]
        )
        for page in self._hub.books():
            for outcome in OUTCOMES:
                items.add_metric([page.source, outcome], getattr(page, outcome))
        yield items
        letters = GaugeMetricFamily("noline_dead_letters", "Dead letters, by code and state.", labels=["code", "state"])
        for (code, state), count in self._hub.dead_letter_counts().items():
            letters.add_metric([code, state], count)
        yield letters
        yield GaugeMetricFamily("noline_log_last_seq", "The last position of the log.", value=self._hub.last_seq())
        yield GaugeMetricFamily("noline_requests_waiting", "Requests waiting for a commit.", value=self._writer.waiting)
        behind = GaugeMetricFamily(
            "noline_webhook_behind", "Positions not confirmed by a receiver.", labels=["webhook"]
        )
        for one in self._hub.outbox.subscriptions():
            behind.add_metric([one.name], self._hub.last_seq() - one.delivered_seq)
        yield behind


def exposition(hub: Hub, writer: Writer) -> str:
    """The metrics as text."""
    registry = CollectorRegistry()
    registry.register(_Collector(hub, writer))
    return generate_latest(registry).decode()
