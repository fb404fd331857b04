"""Runs JSONata state machines as AWS does, on ministack's integrations and API; `local.aws.patches` puts it in place.

It follows the Amazon States Language specification and the Step Functions developer guide where ministack does not:
Retry with MaxDelaySeconds and JitterStrategy, errors that no wildcard matches, the 256 KiB and 25,000-event limits, the
order of Output and Assign, TimeoutSeconds of the whole machine, StopExecution inside a Map, and a history with every
event of every Map iteration. What it does not run (JSONPath, Parallel, Distributed Map, task tokens) fails with
States.Runtime and says so.
"""
