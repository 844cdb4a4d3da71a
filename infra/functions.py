"""The functions, as `functions/entries.py` has them: each with a role and a log of its own."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.entries import ENVIRONMENT, Entry
from infra import permissions
from infra.findings import accept
from infra.logs import Log
from infra.stage import Stage


class ServiceFunction(Construct):
    """One function. Its role allows it to write its own log and its traces, and what `permissions` grant it.

    Its name is fixed: state machines never change, and each of them has the ARN of `action` in it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        entry: Entry,
        code: lambda_.Code,
        environment: Mapping[str, str],
        layers: Sequence[lambda_.ILayerVersion] = (),
        concurrency: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        name = f"{stage.stack_name}-{entry.name}"
        self.log = Log(self, "Log", stage=stage, name=f"/aws/lambda/{name}")
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        permissions.report(self.role, self.log)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=entry.handler,
            code=code,
            timeout=Duration.seconds(entry.timeout),
            memory_size=entry.memory,
            environment={"STAGE": stage.name, **ENVIRONMENT, **environment},
            layers=list(layers),
            reserved_concurrent_executions=concurrency,
            log_group=self.log,
            tracing=lambda_.Tracing.ACTIVE,
            # Else the CDK adds statements of its own, which allow more than is needed.
            role=self.role.without_policy_updates(),
        )
        accept(
            self.function,
            "AwsSolutions-L1",
            "The packages are pinned, with their hashes, as built for Python 3.13; a newer one is a change of its own.",
        )
