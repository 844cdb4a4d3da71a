"""The REST API: every route of `functions/routes/table.py`, and what API Gateway answers by `functions/gateway.py`."""

from collections.abc import Mapping

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions import gateway
from functions.entries import API, STREAM
from functions.routes.table import ROUTES
from infra.findings import accept
from infra.logs import Log
from infra.stage import Stage

_ACCESS = """{
"requestId": "$context.requestId",
"time": "$context.requestTime",
"ip": "$context.identity.sourceIp",
"method": "$context.httpMethod",
"resource": "$context.resourcePath",
"status": $context.status,
"latency": $context.responseLatency,
"apiKeyId": "$context.identity.apiKeyId",
"responseType": "$context.error.responseType",
"event_type": "AUTH",
"action": "authenticate",
"community": "-",
"user": "-",
"result": "$context.error.responseType"
}""".replace("\n", "")
"""A record of the access log, with the fields of the audit trail: a refused key reaches no function that could note it.

`result` is `-` where API Gateway let the request pass, else its own word, such as INVALID_API_KEY: the format knows no
conditions. No path is in it, which has ids, and no key, header's value or body."""

_MOCK = {"application/json": '{"statusCode": 204}'}


class Api(Construct):
    """The API with its stage, usage plans and access log. `functions` are those that routes name, by their names.

    Pages of `allowed_origin` may call it from a browser; where it is empty, none may."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        allowed_origin: str,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, id)
        self._origin = allowed_origin
        self.log = Log(self, "AccessLog", stage=stage, name=f"/aws/apigateway/{stage.stack_name}")
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=stage.stack_name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # An account has one such role for each region, and no access log without it: it outlives the stack.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=apigateway.StageOptions(
                stage_name=stage.name,
                throttling_rate_limit=stage.throttle_rate,
                throttling_burst_limit=stage.throttle_burst,
                tracing_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(self.log),
                access_log_format=apigateway.AccessLogFormat.custom(_ACCESS),
            ),
        )
        # An output of the CDK's own, beside ours.
        self.rest_api.node.try_remove_child("Endpoint")
        self._add_routes({API.name: _buffered(functions[API.name]), STREAM.name: _streamed(functions[STREAM.name])})
        self._add_gateway_responses()
        self.plans = {name: self._plan(stage, name, plan) for name, plan in gateway.PLANS.items()}
        self._accept_findings()

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        stage = self.rest_api.deployment_stage
        return f"https://{self.rest_api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{stage.stage_name}"

    def _add_routes(self, integrations: Mapping[str, apigateway.Integration]) -> None:
        methods: dict[str, list[str]] = {}
        for route in ROUTES:
            methods.setdefault(route.path, []).append(route.method)
            resource = self.rest_api.root.resource_for_path(route.path)
            resource.add_method(route.method, integrations[route.function], api_key_required=route.needs_key)
        for path, allowed in methods.items():
            self._add_preflight(self.rest_api.root.resource_for_path(path), allowed)

    def _add_preflight(self, resource: apigateway.Resource, methods: list[str]) -> None:
        """Answers OPTIONS, with the permission of the allowed origin or, where there is none, without any.

        Not the CDK's own, which needs an origin and gives no request id.
        """
        headers = self._common_headers()
        if self._origin:
            headers |= _fixed(
                {
                    "Access-Control-Allow-Methods": ",".join(sorted({*methods, "OPTIONS"})),
                    "Access-Control-Allow-Headers": ",".join(gateway.REQUEST_HEADERS),
                    "Access-Control-Max-Age": str(gateway.PREFLIGHT_SECONDS),
                }
            )
        mapped = {f"method.response.header.{name}": value for name, value in headers.items()}
        answer = apigateway.IntegrationResponse(status_code="204", response_parameters=mapped)
        resource.add_method(
            "OPTIONS",
            apigateway.MockIntegration(request_templates=_MOCK, integration_responses=[answer]),
            api_key_required=False,
            method_responses=[
                apigateway.MethodResponse(status_code="204", response_parameters=dict.fromkeys(mapped, True))
            ],
        )

    def _add_gateway_responses(self) -> None:
        for kind, response in gateway.RESPONSES.items():
            headers = self._common_headers() | _fixed(gateway.OWN_HEADERS)
            if response == gateway.RATE_LIMITED:
                headers |= _fixed({"Retry-After": str(gateway.RETRY_AFTER)})
            self.rest_api.add_gateway_response(
                kind,
                type=apigateway.ResponseType.of(kind),
                status_code=str(response.status),
                response_headers=headers,
                templates={"application/json": response.body()},
            )

    def _common_headers(self) -> dict[str, str]:
        """What every answer of API Gateway's own has: its request's id, and which origin may read it."""
        headers = {"X-Request-Id": "context.requestId"} | _fixed({"Vary": "Origin"})
        if not self._origin:
            return headers
        exposed = ",".join(gateway.RESPONSE_HEADERS)
        return headers | _fixed({"Access-Control-Allow-Origin": self._origin, "Access-Control-Expose-Headers": exposed})

    def _plan(self, stage: Stage, name: str, plan: gateway.Plan) -> apigateway.UsagePlan:
        return self.rest_api.add_usage_plan(
            f"{name.capitalize()}Plan",
            name=f"{stage.stack_name}-{name}",
            throttle=apigateway.ThrottleSettings(rate_limit=plan.rate, burst_limit=plan.burst),
            api_stages=[apigateway.UsagePlanPerApiStage(api=self.rest_api, stage=self.rest_api.deployment_stage)],
        )

    def _accept_findings(self) -> None:
        keyed = "Keys are API Gateway's, each on a usage plan, and `api` knows whose a key is and what its user may do."
        accept(self.rest_api, "AwsSolutions-APIG4", keyed)
        accept(self.rest_api, "AwsSolutions-COG4", keyed)
        accept(
            self.rest_api,
            "AwsSolutions-APIG2",
            "`api` checks every body itself: it names every fault by its field, in the dialect of the route, and after "
            "it has checked who asks.",
        )
        accept(
            self.rest_api,
            "AwsSolutions-APIG3",
            "Without a key nothing is reached, and with one a usage plan bounds it. A web ACL is a cost and a policy "
            "of an account's own, and can be put before the stage from outside of this stack.",
        )
        accept(
            self.rest_api,
            "AwsSolutions-APIG6",
            "The access log says what became of each request. Execution logs would have headers' values and bodies in "
            "them, in a group that no stack owns and that keeps them for ever.",
        )
        policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        accept(
            self.rest_api,
            f"AwsSolutions-IAM4[Policy::{policy}]",
            "API Gateway asks for exactly this policy before it writes any log.",
        )


def _buffered(function: lambda_.IFunction) -> apigateway.Integration:
    # One permission for the whole API: two for each method would pass what a function's policy may hold, 20 KB.
    timeout = Duration.seconds(API.timeout)
    return apigateway.LambdaIntegration(function, scope_permission_to_method=False, timeout=timeout)


def _streamed(function: lambda_.IFunction) -> apigateway.Integration:
    return apigateway.LambdaIntegration(
        function,
        scope_permission_to_method=False,
        timeout=Duration.seconds(STREAM.timeout),
        response_transfer_mode=apigateway.ResponseTransferMode.STREAM,
    )


def _fixed(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with values as API Gateway writes those that are no expressions."""
    return {name: f"'{value}'" for name, value in headers.items()}
