#!/bin/sh
# Registers the namespace and Baton's search attributes. Both may exist already. The address and the namespace come from
# TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, which the Temporal command line reads by itself.
set -eu

attempts=60
until temporal operator cluster health; do
  attempts=$((attempts - 1))
  if [ "$attempts" -le 0 ]; then
    echo "The Temporal server at $TEMPORAL_ADDRESS did not become healthy." >&2
    exit 1
  fi
  sleep 2
done

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${NAMESPACE_RETENTION:-30d}"

# A namespace that was just registered reaches the server's cache a few seconds later.
attempts=30
until temporal operator search-attribute create \
  --name BatonState --type Keyword \
  --name BatonIntent --type Keyword \
  --name BatonWorkspace --type Keyword; do
  attempts=$((attempts - 1))
  if [ "$attempts" -le 0 ]; then
    echo "The search attributes could not be registered." >&2
    exit 1
  fi
  sleep 2
done
