"""One deployment as the commands find it: whose account, which region, and what to do when it is not there."""

from __future__ import annotations

import json
from typing import Any, Self
from urllib.parse import urlsplit

from cli.deployment.aws import (
    AWS_ERRORS,
    NOT_THERE,
    answer_if_there,
    client_of,
    code_of,
    in_words,
    patient_client_of,
    quick_client_of,
    refusals_as_unusable,
    session_in,
)
from cli.settings.environments import environment_names, environments_folder, named
from cli.terminal.command_line import command_line
from cli.terminal.exit_codes import Unusable
from contract import names
from contract.errors import InvalidSettings
from contract.settings import IN_A_FILE, VARIABLES, Settings
from contract.values import is_loopback


class Deployment:
    """An environment's place in AWS; what is there is looked up when it is asked for.

    Attributes:
        account: 12 digits. identity: the ARN of who is asking.
    """

    def __init__(self, environment: str, session: Any, account: str, identity: str, *, quickly: bool = False) -> None:
        self.environment = environment
        self.account = account
        self.identity = identity
        self.region: str = session.region_name
        self._session = session
        self._client_of = quick_client_of if quickly else client_of
        self._partition = identity.split(":")[1]
        self._clients: dict[str, Any] = {}

    @classmethod
    def find(cls, environment: str | None, region: str | None, *, quickly: bool = False) -> Self:
        """The deployment of this name with the credentials of the shell. Raises Unusable.

        quickly: no look at it may take long, and what does is an error of AWS.
        """
        given = {"environment": environment, "region": region}
        try:
            name = Settings.from_context({key: value for key, value in given.items() if value is not None}).environment
        except InvalidSettings as error:
            raise Unusable(error.message) from error
        session = session_in(region)
        with refusals_as_unusable():
            identity = (quick_client_of if quickly else client_of)(session, "sts").get_caller_identity()
        return cls(name, session, identity["Account"], identity["Arn"], quickly=quickly)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client_of(self._session, service)
        return self._clients[service]

    def patient_client(self, service: str) -> Any:
        """One that waits while AWS throttles, fails or cannot be reached; see `patient_client_of`."""
        return patient_client_of(self._session, service)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self._partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def is_local(self) -> bool:
        """Whether it is in a local AWS, which has no console."""
        return is_loopback(urlsplit(self.client("stepfunctions").meta.endpoint_url).hostname or "")

    @property
    def state_machine_arn(self) -> str:
        return self.arn("states", f"stateMachine:{names.state_machine(self.environment)}")

    @property
    def options(self) -> str:
        """The options that name this deployment, for a hint."""
        return f"--environment {self.environment} --region {self.region}"

    def command(self, subcommand: str, more: str = "") -> str:
        """A command line for a hint, such as `command("tokens")`."""
        return " ".join(filter(None, [command_line(subcommand), self.options, more]))

    def how_to_deploy(self) -> str:
        """For a hint. Without a file of the environment, what is not given anew has its default: without its URLs,
        tokens would go to another server.
        """
        deploy = self._deploy_from_file()
        return deploy or f"./deploy.sh --account {self.account} {self.options} and all of your own settings"

    def how_to_restore(self) -> str:
        """For a hint. CloudFormation leaves alone what was changed by hand, unless it is told to look for that."""
        deploy = self._deploy_from_file()
        return f"{deploy} -- --revert-drift" if deploy else f"{self.how_to_deploy()}, with --revert-drift after --"

    def how_to_set(self, key: str, value: str | int) -> str:
        """For a hint: what gives a setting another value."""
        deploy = self._deploy_from_file()
        if deploy:
            file = f"{environments_folder().name}/{self.environment}.toml"
            return f"put {key} = {json.dumps(value, ensure_ascii=False)} into {file}, and {deploy}"
        return f"deploy with --set {key}={value}"

    def how_to_destroy(self) -> str:
        """For a hint."""
        return command_line("destroy", "--account", self.account, *self.options.split())

    def _deploy_from_file(self) -> str:
        """The command that deploys what the environment's file says; "" where there is none."""
        if self.environment not in environment_names():
            return ""
        try:
            known = named({"environment": self.environment}).settings()
        except InvalidSettings:
            return ""  # whoever deploys is told what is wrong with it
        account = [] if known.account == self.account else ["-a", self.account]
        region = [] if known.region == self.region else ["-r", self.region]
        return command_line("deploy", "-e", self.environment, *account, *region)

    def exists(self) -> bool:
        """Whether there is a stack of this name. Raises AWS_ERRORS."""
        ask = self.client("cloudformation").describe_stacks
        return bool(answer_if_there(ask, StackName=names.stack(self.environment)).get("Stacks"))

    def require(self) -> None:
        """Raise Unusable when there is no state machine of this name."""
        try:
            self.client("stepfunctions").describe_state_machine(stateMachineArn=self.state_machine_arn)
        except AWS_ERRORS as error:
            if code_of(error) not in NOT_THERE:
                raise Unusable(in_words(error)) from error
            raise Unusable(
                f"There is no {names.state_machine(self.environment)} in {self.region} of account {self.account}."
                f" {self._others()} Give another --region, or deploy it: {self.how_to_deploy()}"
            ) from error

    def environments(self) -> list[str]:
        """Those that have a state machine in this account and region. Raises AWS_ERRORS."""
        pages = self.client("stepfunctions").get_paginator("list_state_machines").paginate()
        stem = names.state_machine("")
        found = [one["name"] for page in pages for one in page["stateMachines"]]
        return sorted(name.removeprefix(stem) for name in found if name.startswith(stem))

    def _others(self) -> str:
        """For a hint, where this environment is not: which ones are."""
        try:
            there = self.environments()
        except AWS_ERRORS:
            return "Which environments are deployed there cannot be seen."
        if not there:
            return "No environment is deployed there."
        say = f"say -e {there[0]}" if len(there) == 1 else "say which one with -e"
        return f"Deployed there: {', '.join(there)}: {say}."

    def settings(self) -> Settings:
        """The deployed settings, as far as the Lambdas know them. Raises InvalidSettings and AWS_ERRORS."""
        return Settings.from_environment(self.variables(), required=VARIABLES, environment=self.environment)

    def variables(self) -> dict[str, str]:
        """The variables of the function that resolves a run's settings, with those that are in its file.

        Empty when the function is not there. Raises AWS_ERRORS.
        """
        function = names.function(self.environment, "fetch")
        ask = self.client("lambda").get_function_configuration
        configuration = answer_if_there(ask, FunctionName=function)
        variables: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
        unseen = self.unseen_settings() if variables else {}
        return variables | {key.upper(): text for key, text in unseen.items() if key.upper() in IN_A_FILE}

    def unseen_settings(self) -> dict[str, str]:
        """By key, the texts of the settings that no variable has; none of a deployment that did not keep them.

        Raises AWS_ERRORS.
        """
        texts: dict[str, str] = self.template().get("Metadata", {}).get(names.SETTINGS_METADATA, {})
        return texts

    def template(self) -> dict[str, Any]:
        """What CloudFormation deployed last; empty when it did not. Raises AWS_ERRORS."""
        ask = self.client("cloudformation").get_template
        template: dict[str, Any] = answer_if_there(ask, StackName=names.stack(self.environment)).get("TemplateBody", {})
        return template
