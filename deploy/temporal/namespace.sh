#!/bin/sh
# Makes the namespace unless it is there. Needs temporal (the CLI) and TEMPORAL_ADDRESS. Retention is how long Temporal keeps
# what has ended, to look at; Holdfast's own record does not need it.
set -eu
namespace=${NAMESPACE:-default}

tries=0
until temporal operator cluster health --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 120 ]; then
    echo "No Temporal at $TEMPORAL_ADDRESS." >&2
    exit 1
  fi
  sleep 0.5
done
temporal operator namespace describe --namespace "$namespace" --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention 30d --address "$TEMPORAL_ADDRESS"
