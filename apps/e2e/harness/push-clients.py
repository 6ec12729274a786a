"""Pushes with Python's prometheus_client: argument 1 is the gateway's URL, 2 and 3 a user and password or empty."""
import sys

from prometheus_client import (
    CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary,
    delete_from_gateway, instance_ip_grouping_key, push_to_gateway, pushadd_to_gateway,
)
from prometheus_client.exposition import basic_auth_handler, default_handler

gateway, user, password = sys.argv[1:4]


def handler(url, method, timeout, headers, data):
    if not user:
        return default_handler(url, method, timeout, headers, data)
    return basic_auth_handler(url, method, timeout, headers, data, user, password)


registry = CollectorRegistry()
gauge = Gauge("job_last_success_unixtime", "Last time a batch job succeeded", registry=registry)
gauge.set(1700000000.5)
counter = Counter("rows", "Rows read.", ["table"], registry=registry)
counter.labels("a\"b\\c\nd").inc(3)
counter.labels("ü").inc()
histogram = Histogram("step_seconds", "Steps.", ["step"], buckets=(0.1, 1), registry=registry)
histogram.labels("one").observe(0.5)
summary = Summary("size_bytes", "Sizes.", registry=registry)
summary.observe(10)
Info("build", "Build.", registry=registry).info({"version": "1.2"})
Enum("state", "State.", states=["on", "off"], registry=registry).state("off")

push_to_gateway(gateway, job="batch", registry=registry, handler=handler)
push_to_gateway(gateway, job="with/slash", registry=registry,
                grouping_key={"path": "/var/tmp", "empty": "", "zone": "ü b"}, handler=handler)

other = CollectorRegistry()
Gauge("other", "Another.", registry=other).set(2)
pushadd_to_gateway(gateway, job="batch", registry=other, handler=handler)
gauge.set(5)
one = CollectorRegistry()
Gauge("only", "Replaces.", registry=one).set(1)
push_to_gateway(gateway, job="replaced", registry=registry, handler=handler)
push_to_gateway(gateway, job="replaced", registry=one, handler=handler)
push_to_gateway(gateway, job="gone", registry=one, grouping_key={"path": "/x"}, handler=handler)
delete_from_gateway(gateway, job="gone", grouping_key={"path": "/x"}, handler=handler)
assert "instance" in instance_ip_grouping_key()
try:
    clash = CollectorRegistry()
    Counter("other", "Clashes by type.", registry=clash).inc()
    Gauge("rows_total", "Clashes too.", registry=clash)
    push_to_gateway(gateway, job="clash", registry=clash, handler=handler)
    print("accepted")
except Exception as err:
    print(getattr(err, "code", err))
