"""The names under which AWS's services report their own faults, to Step Functions or to Python.

Sources are sections of the Step Functions developer guide, unless another is named.
"""

from __future__ import annotations

ANY = "States.ALL"
"""What a Retry or a Catch says for every error."""

TASK_TIMED_OUT = "States.Timeout"

# Lambda: "Handling transient Lambda service exceptions", and "Handling errors in Step Functions workflows".

LAMBDA_NOT_INVOKED = "Lambda.TooManyRequestsException"
"""Lambda refused to start the function: it did nothing."""

LAMBDA_SETS_UP = (
    "Lambda.CodeArtifactUserPendingException",
    "Lambda.CodeArtifactUserDeletedException",
    "Lambda.ENINotReadyException",
    "Lambda.ResourceConflictException",
    "Lambda.ResourceNotReadyException",
)
"""Nobody has called the function (or this version of it) for weeks, so Lambda has put it away: it did nothing.

The first call has it set up again, which takes 40 to 110 s. In a network, its interface is gone as well. Source: the
Lambda developer guide, "Lambda function states", and the API reference of Invoke, "Errors"; the first two names are
those of recorded executions."""

LAMBDA_SERVICE_FAULTS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)
"""Faults of Lambda itself, in which the function may or may not have run."""

LAMBDA_CRASHES = ("Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory", "Lambda.Unknown", TASK_TIMED_OUT)
"""How a function ends that ran too long, ran out of memory or died."""

LAMBDA_MAY_LIVE_ON = (*LAMBDA_SERVICE_FAULTS, "Lambda.Unknown", TASK_TIMED_OUT)
"""After these, the function may go on until its own timeout, and write."""

# DynamoDB and Step Functions, called by the state machine: their API references, "Common errors", and for an SDK
# integration the service's name before the exception's: "Learning to use AWS service SDK integrations".

LOCK_IS_HELD = "DynamoDB.ConditionalCheckFailedException"
"""A conditional write did not find what it expects."""

EXECUTION_UNKNOWN = "Sfn.ExecutionDoesNotExistException"
"""Also what an execution becomes 90 days after its end: "Quotas", execution history retention."""

TABLE_FAULTS = (
    "DynamoDB.AmazonDynamoDBException",
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.InternalServerError",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceeded",
    "DynamoDB.RequestLimitExceededException",
    "DynamoDB.ThrottlingException",
    "DynamoDB.SdkClientException",
    "Sfn.SdkClientException",
    "Sfn.SfnException",
    TASK_TIMED_OUT,
)
"""Faults of the services around the lock. Reads and the conditional writes give the same when they are repeated."""

# SNS: the API reference of Publish, "Errors".

MAIL_FAULTS = (
    "SNS.AmazonSNSException",
    "SNS.InternalErrorException",
    "SNS.SdkClientException",
    "SNS.SnsException",
    "SNS.ThrottledException",
    TASK_TIMED_OUT,
)
"""Faults of the mail's service, not of the mail."""

# Inside of a Lambda, which reports the name of the Python exception.

SECRET_UNREADABLE = "GetParameterError"  # noqa: S105 - the name of an error
"""Secrets Manager did not give the token, so the service was never called.

Source: Powertools for AWS Lambda (Python), `utilities.parameters.exceptions`."""

SECRET_UNKNOWN = "ResourceNotFoundException"  # noqa: S105 - the name of an error
SECRET_FORBIDDEN = "AccessDeniedException"  # noqa: S105 - the name of an error
"""Also what a role that may read one ARN gets for a secret that is gone, or was made again under the same name."""

SECRET_BEING_DELETED = "InvalidRequestException"  # noqa: S105 - the name of an error
"""The secret is scheduled for deletion, which takes 7 to 30 days and can be taken back until then.

Source: Secrets Manager's API reference, GetSecretValue, "Errors"."""

STORAGE_FAULTS = (
    "HTTPClientError",
    "IncompleteReadError",
    "ResponseStreamingError",
    "SSLError",
    "ClientError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ReadTimeoutError",
)
"""A fault of S3 that botocore's own retries did not get over; a step that only reads may be repeated.

Source: `botocore.exceptions`."""
