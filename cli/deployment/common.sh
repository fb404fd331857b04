# What deploy.sh and destroy.sh have in common; both source it from the project's folder. It runs in bash 3.2 (macOS) too.

environment=
account=
region=
context=()
rest=()

fail() {
  echo "${0##*/}: $1" >&2
  exit 2
}

misuse() {
  fail "$1. See ./${0##*/} --help"
}

# Reads the arguments. The script has said which options stand alone ($flags) and which take a value ($valued), and has a
# function `take OPTION VALUE` for its own ones. What stands after -- goes into `rest`, what is given into `context`.
parse() {
  local option how
  while [ $# -gt 0 ]; do
    option=$1
    how=apart
    shift
    case $option in
      --)
        rest=("$@")
        return
        ;;
      --?*=*)
        set -- "${option#*=}" "$@"
        option=${option%%=*}
        how=attached
        ;;
      "" | *[[:space:]]*) misuse "'$option' is not an option" ;;
    esac
    if is_one_of "$option" "-h --help $flags"; then
      [ "$how" = apart ] || misuse "$option takes no value"
      take_common "$option" ""
    elif is_one_of "$option" "-e --environment -a --account -r --region $valued"; then
      check_value "$option" "$how" "$@"
      take_common "$option" "$1"
      shift
    else
      misuse "'$option' is not an option"
    fi
  done
}

is_one_of() {
  case " $2 " in
    *" $1 "*) return 0 ;;
  esac
  return 1
}

# $1: the option, $2: `attached` for --option=value, else `apart`, $3...: its value and what follows.
check_value() {
  [ $# -ge 3 ] && [ -n "$3" ] || misuse "$1 needs a value"
  # A value that begins with a dash is nearly always the next option, whose value was forgotten.
  case "$2$3" in
    apart-*) misuse "$1 needs a value, but $3 follows it. If that is the value, write --OPTION=$3" ;;
  esac
}

take_common() {
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    -e | --environment) environment=$2 context+=(-c "environment=$2") ;;
    -a | --account) account=$2 context+=(-c "account=$2") ;;
    -r | --region) region=$2 context+=(-c "region=$2") ;;
    *) take "$1" "$2" ;;
  esac
}

check_place() {
  local LC_ALL=C  # elsewhere a-z may mean more
  [ -n "$account" ] || misuse "--account is required: the AWS account, 12 digits"
  [[ $account =~ ^[0-9]{12}$ ]] || misuse "--account '$account' is not an AWS account: it must be 12 digits"
  [[ $environment =~ ^[a-z0-9-]{0,20}$ ]] || misuse "--environment '$environment': 1-20 of a-z 0-9 - are allowed"
  [[ $region =~ ^([a-z]{2,4}(-[a-z]+)+-[0-9])?$ ]] || misuse "--region '$region' is not an AWS region, like us-east-1"
}

# Sets `environment` and `region`: what no option gives stands in cdk.json, or has its default.
complete_place() {
  local place
  place=$(.venv/bin/python -m cli.deployment.intended "${context[@]}" ${rest[@]+"${rest[@]}"}) || exit 2
  environment=${place% *}
  region=${place#* }
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
}

# Makes what is needed: .venv, node_modules and the Lambda layer; nothing when they are there. Sets `cdk`, and the place.
prepare_tools() {
  local major version
  command -v make >/dev/null || fail "make is missing: install it"
  command -v node >/dev/null || fail "Node is missing: the CDK needs Node 20 or later, with npm (https://nodejs.org)"
  major=$(node -p 'process.versions.node.split(".")[0]') || fail "node does not run: install Node 20 or later"
  [ "$major" -ge 20 ] || fail "Node 20 or later is needed, but this is $(node --version)"
  make --silent setup || fail "make setup failed: fix what it says, then run this again"
  cdk=$PWD/node_modules/.bin/cdk
  # From its package, since the CDK takes a second to say it itself.
  version=$(node -p 'require("./node_modules/aws-cdk/package.json").version' 2>/dev/null) || version=unknown
  case $version in
    2.*) ;;
    *) fail "the CDK in node_modules is of version $version, but 2.x is needed: rm -rf node_modules && make setup" ;;
  esac
  export CDK_DISABLE_CLI_TELEMETRY=true
  export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION=1
  complete_place
}

# Ends the script unless the credentials are of this account. Sets `bootstrapped` to yes or no.
check_account() {
  local status=0
  .venv/bin/python -m cli.deployment.account --account "$account" --region "$region" ${rest[@]+"${rest[@]}"} ||
    status=$?
  case $status in
    0) bootstrapped=yes ;;
    3) bootstrapped=no ;;
    *) exit 2 ;;
  esac
}
