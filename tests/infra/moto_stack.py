"""A template as far as moto's CloudFormation knows its types: the rest is left out, and its references replaced."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from moto.cloudformation.parsing import get_model_map


def known_part(template: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The resources that moto can create, and the outputs; `values` stand for what refers to others, by logical id."""
    resources = {name: resource for name, resource in template["Resources"].items() if _is_known(resource)}
    left_out = template["Resources"].keys() - resources.keys()
    for resource in resources.values():
        resource["DependsOn"] = [name for name in resource.get("DependsOn", ()) if name in resources]
    part = {"Resources": resources, "Outputs": template["Outputs"]}
    dangling = set(_references(part)) & left_out
    assert dangling <= values.keys(), f"no values for {dangling - values.keys()}"
    replaced: dict[str, Any] = _replaced(part, left_out, values)
    return replaced


def _is_known(resource: Mapping[str, Any]) -> bool:
    """Whether moto can create it; of methods, it takes those only whose integration calls something."""
    mocked = resource["Type"] == "AWS::ApiGateway::Method" and resource["Properties"]["Integration"]["Type"] == "MOCK"
    return resource["Type"] in get_model_map() and not mocked


def create(name: str, part: Mapping[str, Any]) -> dict[str, str]:
    """Creates the stack; its outputs. The functions' code is a stand-in."""
    _upload_code(part)
    client = boto3.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(part))
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _upload_code(part: Mapping[str, Any]) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    client = boto3.client("s3")
    client.create_bucket(Bucket="assets")
    for resource in part["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            code = resource["Properties"]["Code"]
            code["S3Bucket"] = "assets"
            client.put_object(Bucket="assets", Key=code["S3Key"], Body=empty.getvalue())


def _references(value: Any) -> Iterator[str]:
    if (name := _referred(value)) is not None:
        yield name
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _references(inner)


def _replaced(value: Any, names: set[str], values: Mapping[str, str]) -> Any:
    if (name := _referred(value)) is not None:
        return values[name] if name in names else value
    if isinstance(value, dict):
        return {key: _replaced(inner, names, values) for key, inner in value.items()}
    return [_replaced(inner, names, values) for inner in value] if isinstance(value, list) else value


def _referred(value: Any) -> str | None:
    """The logical id that a reference names."""
    if isinstance(value, dict) and len(value) == 1:
        ((kind, target),) = value.items()
        if kind in ("Ref", "Fn::GetAtt"):
            return str(target if kind == "Ref" else target[0])
    return None
