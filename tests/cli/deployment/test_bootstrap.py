"""How an account is made ready for the CDK, under the CDK's names or a company's own."""

from __future__ import annotations

import pytest

from cli.deployment.bootstrap import Bootstrap, bootstrap_of

OWN = {"toolkitStackName": "StudioToolkit", "context": {"@aws-cdk/core:bootstrapQualifier": "studio"}}


@pytest.mark.parametrize(
    ("arguments", "in_file", "expected"),
    [
        ([], {}, Bootstrap("hnb659fds", "CDKToolkit")),
        ([], OWN, Bootstrap("studio", "StudioToolkit")),
        (["-c", "@aws-cdk/core:bootstrapQualifier=other"], OWN, Bootstrap("other", "StudioToolkit")),
        (["--toolkit-stack-name", "Other"], OWN, Bootstrap("studio", "Other")),
        (["--quiet", "--toolkit-stack-name=Other"], OWN, Bootstrap("studio", "Other")),
    ],
)
def test_names_of_ones_own_are_taken_from_where_the_cdk_takes_them(
    arguments: list[str], in_file: dict[str, object], expected: Bootstrap
) -> None:
    assert bootstrap_of(arguments, in_file) == expected
