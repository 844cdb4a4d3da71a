"""The resources that hold what cannot be made again, and what about each of them must never change.

CloudFormation replaces a resource when its logical id changes, or a property that it can only be created with; which
these are, cfn-lint's copies of CloudFormation's own schemas say.

`python -m tests.infra.data_resources` writes data_resources.json anew: look well at what changes in it.
"""

import json
from pathlib import Path
from typing import Any

from tests.infra.synthesis import stages, template

RECORDED = Path(__file__).with_suffix(".json")

HOLDS = {
    "AWS::DynamoDB::Table": "every workflow, execution and key",
    "AWS::S3::Bucket": "bodies too large for the table",
    "AWS::SecretsManager::Secret": "what stream tickets are signed with",
    "AWS::Logs::LogGroup": "the audit trail",
    "AWS::ApiGateway::RestApi": "the API's address",
    "AWS::ApiGateway::Stage": "the API's address",
    "AWS::ApiGateway::UsagePlan": "which keys are on it",
    "AWS::CloudFront::Distribution": "the console's address",
    "AWS::Lambda::Url": "the address of streams",
    "AWS::Lambda::Function": "the name that every state machine calls",
    "AWS::IAM::Role": "what every state machine may do",
    "AWS::SNS::Topic": "who has subscribed",
}
"""By type: what is lost with one."""


def held(template: dict[str, Any]) -> dict[str, Any]:
    """By logical id: the type, whether the resource outlives the stack, and the properties that it is created with."""
    return {
        name: {
            "type": resource["Type"],
            "kept": resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain",
            "created_with": _created_with(resource),
        }
        for name, resource in sorted(template["Resources"].items())
        if resource["Type"] in HOLDS and _is_known_outside(resource)
    }


def recorded() -> dict[str, Any]:
    """What data_resources.json says, by stage."""
    content: dict[str, Any] = json.loads(RECORDED.read_text())
    return content


def _is_known_outside(resource: dict[str, Any]) -> bool:
    """State machines, which the stack does not hold, know one role by its name; the others nobody knows."""
    return resource["Type"] != "AWS::IAM::Role" or "RoleName" in resource["Properties"]


def _created_with(resource: dict[str, Any]) -> dict[str, Any]:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
    places = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    names = sorted({place.split("/")[2] for place in places} & resource["Properties"].keys())
    return {name: resource["Properties"][name] for name in names}


if __name__ == "__main__":
    RECORDED.write_text(json.dumps({stage: held(template(stage)) for stage in stages()}, indent=2) + "\n")
