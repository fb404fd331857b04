"""Closes the gaps between ministack 1.5.33 and AWS that the project's state machine would notice.

`apply()` replaces private functions of ministack, in its process, before it serves. Each replaced or relied-upon place
is listed in `version.PLACES` with a fingerprint of its source, so that another version of ministack stops the start
instead of quietly behaving otherwise.

Lambda: an exception keeps its class name and its cause is the JSON of AWS's Python runtime, the environment stays warm
after it, and crashes, timeouts and failing imports have AWS's names. A log group that is gone is not made again.

CloudFormation: `Ref` of a secret is its ARN, and a schedule has its time zone.

EventBridge Scheduler: the context attributes in a target's input are filled in, and a rate is as fast as the waits are.

Step Functions: JSONata state machines are run by `local.aws.interpreter`, since ministack's own differs from AWS in too
many places to patch one by one.
"""

from local.aws.patches import cloudformation, lambda_functions, schedules, step_functions
from local.aws.patches.version import verify


def apply() -> None:
    """Verify, then patch this process's ministack. Once, before it serves.

    Raises:
        local.aws.patches.version.IncompatibleError: ministack is not the one that the patches were made for.
    """
    verify()
    lambda_functions.apply()
    step_functions.apply()
    schedules.apply()
    cloudformation.apply()
