"""Streaming: `stream` behind AWS's Lambda Web Adapter, and its own URL, for browsers."""

from collections.abc import Mapping

from aws_cdk import Aws, Fn
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.entries import STREAM
from infra.functions import ServiceFunction
from infra.stage import Stage

_ADAPTER = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
    "AWS_LWA_INVOKE_MODE": "response_stream",
    "AWS_LWA_PORT": "8080",
}


class Stream(ServiceFunction):
    """The function, with as many streams at once as the stage reserves, and its URL, which asks for a ticket itself.

    The URL has no throttle: what is reserved bounds what a crowd of clients can take, and cost.
    """

    def __init__(
        self, scope: Construct, id: str, *, stage: Stage, code: lambda_.Code, environment: Mapping[str, str]
    ) -> None:
        super().__init__(
            scope,
            id,
            stage=stage,
            entry=STREAM,
            code=code,
            environment={**environment, **_ADAPTER},
            layers=[_adapter(scope, stage)],
            concurrency=stage.stream_concurrency or None,
        )
        # The application answers preflight requests itself, as it does locally.
        url = self.function.add_function_url(
            auth_type=lambda_.FunctionUrlAuthType.NONE, invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM
        )
        self.url = f"https://{Fn.select(2, Fn.split('/', url.url))}"
        """Without a slash at its end."""


def _adapter(scope: Construct, stage: Stage) -> lambda_.ILayerVersion:
    arn = stage.lambda_adapter_layer.format(partition=Aws.PARTITION, region=Aws.REGION)
    return lambda_.LayerVersion.from_layer_version_arn(scope, "LambdaAdapter", arn)
