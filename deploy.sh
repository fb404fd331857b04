#!/usr/bin/env bash
# Deploys one environment: prepares what is needed, bootstraps the account only when needed, deploys, says what is next.
# Exit codes: 0 deployed, 1 the CDK failed, 2 wrong arguments, tools or credentials, with one line that says what to do.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null
. cli/deployment/common.sh

usage() {
  cat <<'USAGE'
Usage: ./deploy.sh --account ID [options] [-- cdk deploy options]

  -e, --environment NAME       the deployment's name (default: that of cdk.json, else prod)
  -a, --account ID             the AWS account, 12 digits (required)
  -r, --region REGION          the AWS region (default: that of cdk.json, else us-east-1)
  -d, --dry-run                runs plan, but write nothing to GitLab
  -s, --schedule EXPRESSION    "cron(...)", "rate(...)" or off (default: cron(0 9 * * ? *))
      --gitlab-url URL         the GitLab server
      --gitlab-project-id ID   the default project: numeric id or full path
      --toggl-workspace-id ID  entries of other workspaces are left out
  -h, --help                   this text

--option=value works as well. Anything after -- goes to cdk deploy, for example:
  -- -c timezone=Europe/Berlin -c alarm_email=me@example.com

A setting that is given neither here nor in cdk.json has its default, whatever is deployed. A line says so for each that
this changes; when it is a URL, to which a token is sent, nothing is deployed.
USAGE
}

flags="-d --dry-run"
valued="-s --schedule --gitlab-url --gitlab-project-id --toggl-workspace-id"
take() {
  case $1 in
    -d | --dry-run) context+=(-c dry_run=true) ;;
    -s | --schedule) context+=(-c "schedule=$2") ;;
    --gitlab-url) context+=(-c "gitlab_url=$2") ;;
    --gitlab-project-id) context+=(-c "gitlab_project_id=$2") ;;
    --toggl-workspace-id) context+=(-c "toggl_workspace_id=$2") ;;
  esac
}

parse "$@"
check_place
prepare_tools
check_account
.venv/bin/python -m cli.deployment.changes "${context[@]}" ${rest[@]+"${rest[@]}"} || exit 2
if [ "$bootstrapped" = no ]; then
  .venv/bin/python -m cli.deployment.bootstrap --account "$account" --region "$region" ${rest[@]+"${rest[@]}"} || exit 2
fi

# On a terminal the CDK shows what changes in the rights that are given, and asks; elsewhere nobody could answer.
approval=(--require-approval never)
[ -t 0 ] && [ -t 1 ] && approval=(--require-approval broadening)
for word in ${rest[@]+"${rest[@]}"}; do
  case $word in
    --require-approval | --require-approval=*) approval=() ;;
  esac
done

# bash 3.2 takes an empty array for one that was never set, so such are spelled out.
"$cdk" deploy "TogglGitLabSync-$environment" ${approval[@]+"${approval[@]}"} "${context[@]}" ${rest[@]+"${rest[@]}"}

place="--environment $environment --region $region"
cat <<NEXT

Deployed. Next, in $PWD:
  1. Put the two tokens into their secrets, if you have not yet (nothing is shown or kept in your shell's history):
       .venv/bin/python -m cli.tokens $place
  2. Check that everything is in order:
       .venv/bin/python -m cli.check $place
  3. Try a run that writes nothing:
       .venv/bin/python -m cli.start $place --dry-run
  4. Look at it: the ConsoleLink among the outputs above is its page in AWS's console.
NEXT
