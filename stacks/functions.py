"""The three Lambdas: one builder, one layer of dependencies, one role and one log group each."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from contract import limits, names
from contract.settings import Settings
from stacks.assets import code_folder, layer_folder, variables_of
from stacks.network import authority_layers, let_join
from stacks.rules import acknowledge
from stacks.storage import Storage

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64


class Functions(Construct):
    """`fetch`, `transform` and `post`. fetch may read the Toggl secret only, the other two the GitLab secret only.

    `transform_version` and `post_version` are what a run calls: an execution keeps the definition that it started with,
    so a deployment in the middle of a run changes nothing for what it plans and writes.

    fetch is called as it is, because its settings may be changed between deployments. So a run that waits for Toggl
    during a deployment gets the new fetch's answer into the transform that it started with. The keys of that answer are
    therefore a contract between deployments: they may be added, never removed or renamed. A setting that is new is
    refused by the older transform: such a run ends with InvalidSettings before it has written anything, and the next
    one does its work.
    """

    def __init__(self, scope: Construct, construct_id: str, settings: Settings, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._layer = lambda_.LayerVersion(
            self,
            "Dependencies",
            layer_version_name=names.layer(settings.environment),
            description="what the functions import besides the runtime's own boto3",
            code=lambda_.Code.from_asset(str(layer_folder())),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )
        self._authorities = authority_layers(self, settings)
        reading = Duration.seconds(limits.READING_TIMEOUT_SECONDS)
        with code_folder(settings) as folder:
            self._code = lambda_.Code.from_asset(str(folder))
            self.fetch = self._function("fetch", reading, memory_mb=512)
            self.transform = self._function("transform", reading, memory_mb=512)
            self.post = self._function("post", Duration.seconds(limits.POST_TIMEOUT_SECONDS), memory_mb=256)
        self.transform_version = _kept(self.transform)
        self.post_version = _kept(self.post)
        _let_read(self.fetch, storage.toggl_secret)
        _let_read(self.transform, storage.gitlab_secret)
        _let_read(self.post, storage.gitlab_secret)
        for role, function in (("fetch", self.fetch), ("transform", self.transform), ("post", self.post)):
            _let_use(function, storage.bucket, "s3:GetObject", "*")
            _let_use(function, storage.bucket, "s3:PutObject", *(f"*/{name}" for name in names.WRITTEN_FILES[role]))
            _let_see_what_is_missing(function, storage.bucket)
        bucket = Stack.of(self).resolve(storage.bucket.bucket_arn)["Fn::GetAtt"][0]
        for name in ("*", *(f"*/{name}" for written in names.WRITTEN_FILES.values() for name in written)):
            files = f"IAM5[Resource::<{bucket}.Arn>/{names.HANDOVER_PREFIX}{name}]"
            acknowledge(self, files, "The files of any run: their names begin with the execution's.")

    def _function(self, role: str, timeout: Duration, memory_mb: int) -> lambda_.Function:
        environment = self._settings.environment
        log_group = logs.LogGroup(
            self,
            f"{role.capitalize()}Log",
            log_group_name=names.function_log_group(environment, role),
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        execution_role = iam.Role(
            self,
            f"{role.capitalize()}Role",
            description=names.role_description(environment, self._settings.region, f"what the {role} function may do"),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        log_group.grant_write(execution_role)
        acknowledge(
            execution_role, "IAM5[Resource::*]", "X-Ray's actions and those for a network's interfaces know none."
        )
        function = lambda_.Function(
            self,
            role.capitalize(),
            function_name=names.function(environment, role),
            description=f"{names.PRODUCT} ({environment}): {role}",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=f"functions.{role}.handler.handle",
            code=self._code,
            layers=[self._layer, *self._authorities],
            role=execution_role,
            log_group=log_group,
            timeout=timeout,
            memory_size=memory_mb,
            environment=variables_of(role, self._settings),
            tracing=lambda_.Tracing.ACTIVE,
        )
        let_join(function, names.function(environment, role), self._settings)
        acknowledge(function, "L1", "Python 3.13 is what the layer's packages are locked for and tested with.")
        return function


def _let_read(function: lambda_.Function, secret: secretsmanager.ISecret) -> None:
    function.add_to_role_policy(
        iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret.secret_arn])
    )


def _let_use(function: lambda_.Function, bucket: s3.IBucket, action: str, *files: str) -> None:
    """files: of any run, as IAM's patterns, in which a * goes past slashes."""
    resources = [bucket.arn_for_objects(f"{names.HANDOVER_PREFIX}{name}") for name in files]
    function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=resources))


def _let_see_what_is_missing(function: lambda_.Function, bucket: s3.IBucket) -> None:
    """Without it, S3 says of a file that is not there yet that it may not be read.

    A condition on the prefix would not hold there, since reading an object names none. Source: the API reference of
    GetObject, "Permissions".
    """
    function.add_to_role_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]))


def _kept(function: lambda_.Function) -> lambda_.Version:
    """The function's version of this deployment. It outlives the next one, and goes with the function.

    Not when the deployment that makes it is rolled back: Lambda makes no second version of the same code, so the next
    try would fail on one that was left.
    """
    version = function.current_version
    version.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    return version
