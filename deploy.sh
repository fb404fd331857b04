#!/usr/bin/env bash
# Deploys one environment: ./deploy.sh --help. The same as ./tgs deploy.
exec "$(dirname -- "${BASH_SOURCE[0]}")/tgs" deploy "$@"
