#!/usr/bin/env bash
# Deploys one environment: prepares what is needed, bootstraps the account only when needed, deploys, says what is next.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'USAGE'
Usage: ./deploy.sh --account ID [options] [-- cdk deploy options]

  -e, --environment NAME       the deployment's name (default: prod)
  -a, --account ID             the AWS account, 12 digits (required)
  -r, --region REGION          the AWS region (default: us-east-1)
  -d, --dry-run                runs plan, but write nothing to GitLab
  -s, --schedule EXPRESSION    "cron(...)", "rate(...)" or off (default: cron(0 9 * * ? *))
      --gitlab-url URL         the GitLab server
      --gitlab-project-id ID   the default project: numeric id or full path
      --toggl-workspace-id ID  entries of other workspaces are left out
  -h, --help                   this text

Anything after -- goes to cdk deploy, for example: -- -c timezone=Europe/Berlin -c alarm_email=me@example.com
USAGE
}

fail() {
  echo "deploy.sh: $1" >&2
  exit 2
}

environment=prod
account=
region=us-east-1
context=()
while [ $# -gt 0 ]; do
  option=$1
  case $option in
    -h | --help) usage; exit 0 ;;
    -d | --dry-run) context+=(-c dry_run=true); shift; continue ;;
    --) shift; break ;;
  esac
  case $option in
    -e | --environment | -a | --account | -r | --region | -s | --schedule | --gitlab-url | --gitlab-project-id | --toggl-workspace-id)
      [ $# -ge 2 ] && [ -n "$2" ] && [ "$2" != -- ] || fail "$option needs a value. See ./deploy.sh --help" ;;
    *) fail "unknown option $option. See ./deploy.sh --help" ;;
  esac
  case $option in
    -e | --environment) environment=$2 ;;
    -a | --account) account=$2 ;;
    -r | --region) region=$2 ;;
    -s | --schedule) context+=(-c "schedule=$2") ;;
    --gitlab-url) context+=(-c "gitlab_url=$2") ;;
    --gitlab-project-id) context+=(-c "gitlab_project_id=$2") ;;
    --toggl-workspace-id) context+=(-c "toggl_workspace_id=$2") ;;
  esac
  shift 2
done

[ -n "$account" ] || fail "--account is required: the AWS account to deploy to. See ./deploy.sh --help"
[[ $account =~ ^[0-9]{12}$ ]] || fail "--account '$account' is no AWS account: 12 digits are allowed"
[[ $environment =~ ^[a-z0-9-]{1,20}$ ]] || fail "--environment '$environment': 1-20 of a-z 0-9 - are allowed"
[[ $region =~ ^[a-z]{2,4}(-[a-z]+)+-[0-9]$ ]] || fail "--region '$region' is no AWS region, like us-east-1"
command -v make >/dev/null || fail "make is missing: install it"

make --silent setup
context+=(-c "environment=$environment" -c "account=$account" -c "region=$region")
cdk=node_modules/.bin/cdk
export AWS_REGION=$region AWS_DEFAULT_REGION=$region

status=0
.venv/bin/python -m operate.account --account "$account" --region "$region" || status=$?
case $status in
  0) ;;
  3) (cd build && "../$cdk" bootstrap "aws://$account/$region") ;;
  *) exit "$status" ;;
esac

"$cdk" deploy "TogglGitLabSync-$environment" --require-approval never "${context[@]}" "$@"

cat <<NEXT

Deployed. Next:
  1. Put the two tokens into their secrets, if you have not yet (nothing is shown or kept in your shell's history):
       .venv/bin/python -m operate.tokens --environment $environment --region $region
  2. Try it without writing anything:
       aws stepfunctions start-execution --region $region \\
         --state-machine-arn arn:aws:states:$region:$account:stateMachine:toggl-gitlab-sync-$environment --input '{"dry_run": true}'
  3. Look at it: https://$region.console.aws.amazon.com/states/home?region=$region#/statemachines/view/arn:aws:states:$region:$account:stateMachine:toggl-gitlab-sync-$environment
NEXT
