#!/usr/bin/env bash
# Removes one environment for good: ./destroy.sh --help. The same as ./tgs destroy.
exec "$(dirname -- "${BASH_SOURCE[0]}")/tgs" destroy "$@"
