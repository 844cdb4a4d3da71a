"""What AWS charges for what this service uses: list prices, without free tiers, taxes and discounts.

They change, and differ by region: whoever needs the exact amount asks AWS (https://calculator.aws).
"""

from collections.abc import Mapping
from typing import NamedTuple

from functions.entries import ACTION, API, LIFECYCLE, Entry

REGION = "us-east-1"
AS_OF = "2026-06"
"""The month for which these were looked up."""


class Price(NamedTuple):
    """`dollars` for so many (`per`) of a unit; `source` is where AWS says so."""

    unit: str
    dollars: float
    per: int
    source: str

    def of(self, count: float) -> float:
        """What so many units cost, in dollars."""
        return count * self.dollars / self.per


_PAGE = "https://aws.amazon.com/{}/pricing/"
_MILLION = 1_000_000

PRICES: Mapping[str, Price] = {
    "api_gateway_request": Price("REST API request", 3.50, _MILLION, _PAGE.format("api-gateway")),
    "cloudwatch_alarm": Price("alarm and month", 0.10, 1, _PAGE.format("cloudwatch")),
    "cloudwatch_dashboard": Price("dashboard and month", 3.00, 1, _PAGE.format("cloudwatch")),
    "cloudwatch_log_gb": Price("GB of logs taken in", 0.50, 1, _PAGE.format("cloudwatch")),
    "cloudwatch_log_storage_gb": Price("GB of logs kept and month", 0.03, 1, _PAGE.format("cloudwatch")),
    "cloudwatch_metric": Price("custom metric and month", 0.30, 1, _PAGE.format("cloudwatch")),
    "data_out_gb": Price("GB to the internet", 0.09, 1, _PAGE.format("ec2/on-demand")),
    "dynamodb_backup_gb": Price("GB and month, point-in-time recovery", 0.20, 1, _PAGE.format("dynamodb/on-demand")),
    "dynamodb_read": Price("on-demand read request unit", 0.125, _MILLION, _PAGE.format("dynamodb/on-demand")),
    "dynamodb_storage_gb": Price("GB and month", 0.25, 1, _PAGE.format("dynamodb/on-demand")),
    "dynamodb_write": Price("on-demand write request unit", 0.625, _MILLION, _PAGE.format("dynamodb/on-demand")),
    "eventbridge_aws_event": Price("event of an AWS service or schedule", 0.0, _MILLION, _PAGE.format("eventbridge")),
    "lambda_gb_second": Price("GB-second, arm64", 0.0000133334, 1, _PAGE.format("lambda")),
    "lambda_request": Price("call", 0.20, _MILLION, _PAGE.format("lambda")),
    "s3_get": Price("GET request", 0.0004, 1000, _PAGE.format("s3")),
    "s3_put": Price("PUT request", 0.005, 1000, _PAGE.format("s3")),
    "s3_storage_gb": Price("GB and month", 0.023, 1, _PAGE.format("s3")),
    "secrets_manager_call": Price("call", 0.05, 10_000, _PAGE.format("secrets-manager")),
    "secrets_manager_secret": Price("secret and month", 0.40, 1, _PAGE.format("secrets-manager")),
    "ses_email": Price("e-mail", 0.10, 1000, _PAGE.format("ses")),
    "sns_publish": Price("publication", 0.50, _MILLION, _PAGE.format("sns")),
    "sqs_request": Price("request, standard queue", 0.40, _MILLION, _PAGE.format("sqs")),
    "step_functions_transition": Price("transition, Standard", 25.00, _MILLION, _PAGE.format("step-functions")),
    "xray_trace": Price("trace recorded", 5.00, _MILLION, _PAGE.format("xray")),
}

SECONDS: Mapping[Entry, float] = {API: 0.06, ACTION: 0.04, LIFECYCLE: 0.03}
"""Assumed: how long a call takes on Lambda. An effect that waits for another system adds that, at 512 MB."""
