"""A Flask application that counts and times its requests."""

import time

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

REQUESTS = Counter("shop_requests_total", "Requests answered.", ["path", "code"])
SECONDS = Histogram("shop_request_duration_seconds", "Time to answer a request.", ["path"])

app = Flask(__name__)


@app.before_request
def start_timer():
    g.started = time.monotonic()


@app.after_request
def observe(response):
    # The rule, not the path: a path with an id in it would be a series per id.
    path = request.url_rule.rule if request.url_rule else "unknown"
    REQUESTS.labels(path, response.status_code).inc()
    SECONDS.labels(path).observe(time.monotonic() - g.started)
    return response


@app.get("/orders/<int:order>")
def show_order(order):
    return {"order": order}


@app.get("/metrics")
def metrics():
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=8000)
