"""The stack, as the picture in the README has it: the API, the functions, the state machines and the net under them."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.entries import ACTION, API, LIFECYCLE, STREAM
from infra import permissions
from infra.api import Api
from infra.console import ConsoleSite
from infra.engine import EveryMinute, MachineRole, StatusEvents
from infra.functions import ServiceFunction
from infra.observability import Observability
from infra.stage import SERVICE, Stage
from infra.storage import LargeBodies, TicketSecret
from infra.stream import Stream
from infra.tables import WorkflowTable


class WorkflowStack(Stack):
    """One stage of the service. `asset` is the folder, or the zip file, that all functions run from."""

    def __init__(self, scope: Construct, *, stage: Stage, asset: Path) -> None:
        name = stage.stack_name
        super().__init__(
            scope,
            name,
            description=f"Workflow Execution API ({stage.name})",
            termination_protection=stage.termination_protection,
        )
        Tags.of(self).add("service", SERVICE)
        Tags.of(self).add("stage", stage.name)

        table = WorkflowTable(self, "Records", table_name=name).table
        bodies = LargeBodies(self, "LargeBodies", stage=stage)
        tickets = TicketSecret(self, "Tickets", name=f"{name}/tickets")
        notifications = sns.Topic(self, "Notifications", enforce_ssl=True)
        events = StatusEvents(self, "StatusEvents")

        code = lambda_.Code.from_asset(str(asset))
        records = {
            "TABLE_NAME": table.table_name,
            "OUTPUTS_BUCKET": bodies.bucket_name,
            "RETENTION_DAYS": str(stage.retention_days),
        }
        self.console = ConsoleSite(self, "Console") if stage.console else None
        """Where the console is, where the stage has one: `ConsoleStack` fills it."""
        origin = self.console.origin if self.console else stage.allowed_origin
        clients = {"ALLOWED_ORIGINS": origin, "TICKET_SECRET": tickets.secret_arn}

        action = ServiceFunction(
            self,
            "Action",
            stage=stage,
            entry=ACTION,
            code=code,
            environment={
                **records,
                "NOTIFICATIONS_TOPIC_ARN": notifications.topic_arn,
                "SECRETS_PREFIX": name,
                "EMAIL_SENDER": stage.email_sender,
            },
        )
        permissions.grant_action(
            action.role,
            table=table,
            bucket=bodies,
            topic=notifications,
            secrets_prefix=name,
            email_sender=stage.email_sender,
        )
        machine_role = MachineRole(self, "MachineRole", name=f"{name}-machines", action=action.function)

        lifecycle = ServiceFunction(self, "Lifecycle", stage=stage, entry=LIFECYCLE, code=code, environment=records)
        permissions.grant_lifecycle(lifecycle.role, table=table, queue=events.queue)
        events.follow_by(lifecycle.function)
        EveryMinute(self, "EveryMinute", lifecycle=lifecycle.function)

        stream = Stream(self, "Stream", stage=stage, code=code, environment={**records, **clients})
        permissions.grant_stream(stream.role, table=table, bucket=bodies, ticket_secret=tickets)

        api = ServiceFunction(
            self,
            "Api",
            stage=stage,
            entry=API,
            code=code,
            environment={
                **records,
                **clients,
                "ACTION_FUNCTION_ARN": action.function.function_arn,
                "MACHINE_ROLE_ARN": machine_role.role_arn,
                "STREAM_URL": stream.url,
            },
        )
        permissions.grant_api(api.role, table=table, bucket=bodies, machine_role=machine_role, ticket_secret=tickets)

        functions = {API.name: api, ACTION.name: action, LIFECYCLE.name: lifecycle, STREAM.name: stream}
        rest = Api(
            self,
            "Rest",
            stage=stage,
            allowed_origin=origin,
            functions={name: each.function for name, each in functions.items()},
        )
        self.api_url, self.stream_url = rest.url, stream.url
        watch = Observability(self, "Observability", stage=stage, api=rest, functions=functions, events=events)
        self._say(
            {
                "ApiUrl": rest.url,
                "StreamUrl": stream.url,
                "TableName": table.table_name,
                "StandardPlanId": rest.plans["standard"].usage_plan_id,
                "PremiumPlanId": rest.plans["premium"].usage_plan_id,
                "OutputsBucket": bodies.bucket_name,
                "NotificationsTopicArn": notifications.topic_arn,
                "AlarmsTopicArn": watch.topic.topic_arn,
                "TicketSecret": tickets.secret_arn,
                "DashboardUrl": watch.dashboard_url,
                **({"ConsoleUrl": self.console.origin} if self.console else {}),
            }
        )

    def _say(self, outputs: Mapping[str, str]) -> None:
        """What a deployment tells, and what `python -m functions.admin` reads."""
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
