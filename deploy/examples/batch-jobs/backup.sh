#!/bin/sh
# A nightly job that tells how it went. The group is replaced by each run (PUT), so nothing of older runs stays.
set -e
started=$(date +%s)
# ... the work ...
cat <<METRICS | curl --silent --show-error --fail --request PUT --data-binary @- \
  "http://localhost:9091/metrics/job/backup/instance/db1"
# TYPE backup_last_success_timestamp_seconds gauge
# HELP backup_last_success_timestamp_seconds When the last backup ended well.
backup_last_success_timestamp_seconds ${1:-$(date +%s)}
# TYPE backup_duration_seconds gauge
backup_duration_seconds $(($(date +%s) - started))
METRICS
