"""The local AWS: ministack in a process of its own, corrected where it is not like AWS."""

import logging

# Said whenever ministack's CloudFormation is imported. It is of KMS's Sign and Verify only, and nothing here signs.
_NOT_MISSED = "cryptography package not installed"
logging.getLogger("kms").addFilter(lambda record: not record.getMessage().startswith(_NOT_MISSED))
