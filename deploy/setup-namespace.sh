#!/bin/sh
# Creates the namespace and its search attributes, or brings them up to date. Safe to run again.
# Needs the Temporal CLI. Settings: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE (default), HOLDFAST_RETENTION (168h).
set -eu

: "${TEMPORAL_ADDRESS:?must be set, for example to temporal:7233}"
namespace=${TEMPORAL_NAMESPACE:-default}
retention=${HOLDFAST_RETENTION:-168h}
attributes_file=$(dirname "$0")/search-attributes.txt
patience_seconds=60

# wait_for WHAT COMMAND...: repeats the command until it succeeds; gives up with its last output.
wait_for() {
  what=$1
  shift
  waited=0
  until output=$("$@" 2>&1); do
    waited=$((waited + 1))
    if [ "$waited" -ge "$patience_seconds" ]; then
      echo "Gave up waiting for $what: $output" >&2
      exit 1
    fi
    sleep 1
  done
}

wait_for "the server at $TEMPORAL_ADDRESS" temporal operator cluster health

if temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$namespace" --retention "$retention" >/dev/null
  echo "The namespace $namespace exists; finished calls are kept for $retention."
else
  temporal operator namespace create --namespace "$namespace" --retention "$retention" >/dev/null
  echo "Created the namespace $namespace; finished calls are kept for $retention."
fi

# A new namespace is unknown to the rest of the server for some seconds.
wait_for "the namespace $namespace" temporal operator search-attribute list --namespace "$namespace"

set --
while read -r name type; do
  set -- "$@" --name "$name" --type "$type"
done <"$attributes_file"
# Those that exist are left alone; one of the same name and another type is an error.
temporal operator search-attribute create --namespace "$namespace" "$@" >/dev/null
echo 'The search attributes are registered.'
