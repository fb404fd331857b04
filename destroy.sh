#!/usr/bin/env bash
# Removes one environment for good: asks, stops its runs, empties its buckets, destroys the stack, says what is left.
# Exit codes: 0 nothing is left, 1 something is left (it says what), 2 wrong arguments, tools or credentials, 130 Ctrl-C.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null
. cli/deployment/common.sh

usage() {
  cat <<'USAGE'
Usage: ./destroy.sh --account ID [options]

  -e, --environment NAME       the deployment's name (default: that of cdk.json, else prod)
  -a, --account ID             the AWS account, 12 digits (required)
  -r, --region REGION          the AWS region (default: that of cdk.json, else us-east-1)
      --yes                    do not ask for the environment's name to be typed
  -h, --help                   this text

Removes the stack with its secrets, its logs, the files of its large runs and everything else that is named after the
environment. Toggl and GitLab stay as they are. A deployment that is half there is removed as well; of one that is not
there it says so.
USAGE
}

flags="--yes"
valued=""
yes=
take() {
  yes=$1
}

parse "$@"
[ ${#rest[@]} -eq 0 ] || misuse "'${rest[0]}' is not an option"
check_place
prepare_tools
check_account
place=(--environment "$environment" --region "$region")

status=0
.venv/bin/python -m cli.destroy --prepare "${place[@]}" ${yes:+"$yes"} || status=$?
case $status in
  0)
    # When it fails, what is left says more than its exit code.
    "$cdk" destroy "TogglGitLabSync-$environment" --force -c "environment=$environment" -c "account=$account" \
      -c "region=$region" || echo "destroy.sh: cdk destroy failed" >&2
    ;;
  3) ;;         # no stack, but something else is there
  4) exit 0 ;;  # nothing is there
  *) exit "$status" ;;
esac
.venv/bin/python -m cli.destroy --finish "${place[@]}"
