"""The AWS CDK's app. `cdk synth` makes the template of every stage in `cdk.json`, `cdk synth -c stage=dev` one stage's.

Each template is checked by cdk-nag as it is made; a finding that `infra` does not accept, with a reason, ends it.
"""

import sys

from infra.bundle import ConsoleMissing, PackagesMissing, TooLarge, bundle, console
from infra.stage import StageInvalid, StageUnknown, choose, read_stages


def main() -> None:
    """Writes the cloud assembly to where the CDK's command line says."""
    # Not before `infra`, which says in which Node they run.
    from aws_cdk import App, Validations
    from cdk_nag import AwsSolutionsChecks

    from infra.console import ConsoleStack
    from infra.stack import WorkflowStack

    app = App()
    context = app.node.try_get_context
    stages = choose(read_stages(context("stages")), context("stage"))
    asset = bundle()
    for stage in stages:
        stack = WorkflowStack(app, stage=stage, asset=asset)
        if stack.console:
            ConsoleStack(
                app,
                stage=stage,
                site=stack.console,
                api_url=stack.api_url,
                stream_url=stack.stream_url,
                files=console(),
            )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except (ConsoleMissing, PackagesMissing, StageInvalid, StageUnknown, TooLarge) as error:
        sys.exit(str(error))
