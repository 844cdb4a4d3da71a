"""The console: CloudFront alone reads the bucket of its pages, and they may ask the API and the stream alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.bundle import ConsoleMissing, console
from infra.console import ConsoleStack
from infra.stack import WorkflowStack
from infra.stage import Stage
from tests.infra.synthesis import built_console, console_template, of_type, stages, template

Json = Any


@pytest.fixture(scope="module", params=sorted(stages()))
def stage(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def one(stack: Json, kind: str) -> Json:
    ((_, resource),) = of_type(stack, kind).items()
    return resource["Properties"]


def distribution(stack: Json) -> Json:
    return one(stack, "AWS::CloudFront::Distribution")["DistributionConfig"]


def written(value: Json) -> str:
    """A value of a template as the text it will be, with what only a deployment knows in angle brackets."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(map(written, argument[1]))
    if function == "Fn::GetAtt":
        return f"<{argument[0]}.{argument[1]}>"
    if function == "Ref":
        return f"<{argument}>"
    return f"<{function}>"


class TestSite:
    def test_only_this_distribution_reads_the_bucket_and_it_signs_its_requests(self, stage: str) -> None:
        stack = template(stage)
        (origin,) = distribution(stack)["Origins"]
        control = one(stack, "AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
        assert (control["OriginAccessControlOriginType"], control["SigningBehavior"]) == ("s3", "always")
        assert origin["OriginAccessControlId"]["Fn::GetAtt"][0] in of_type(
            stack, "AWS::CloudFront::OriginAccessControl"
        )
        bucket = origin["DomainName"]["Fn::GetAtt"][0]
        (policy,) = (
            each["Properties"]["PolicyDocument"]["Statement"]
            for each in of_type(stack, "AWS::S3::BucketPolicy").values()
            if each["Properties"]["Bucket"] == {"Ref": bucket}
        )
        (allowed,) = (statement for statement in policy if statement["Effect"] == "Allow")
        assert (allowed["Action"], allowed["Principal"]) == ("s3:GetObject", {"Service": "cloudfront.amazonaws.com"})
        ((operator, keys),) = allowed["Condition"].items()
        ((key, arn),) = keys.items()
        assert (operator, key) == ("StringEquals", "AWS:SourceArn")
        (name,) = of_type(stack, "AWS::CloudFront::Distribution")
        assert written(arn) == f"arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/<{name}>"

    def test_pages_are_read_by_https_alone_and_nothing_is_written(self, stage: str) -> None:
        config = distribution(template(stage))
        behavior = config["DefaultCacheBehavior"]
        assert (behavior["ViewerProtocolPolicy"], behavior["AllowedMethods"]) == ("redirect-to-https", ["GET", "HEAD"])
        assert (config["DefaultRootObject"], "CacheBehaviors" in config) == ("index.html", False)

    def test_every_answer_has_the_headers_that_local_mode_has(self, stage: str) -> None:
        policy = one(template(stage), "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
        security = policy["SecurityHeadersConfig"]
        sent = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]} | {
            "Content-Security-Policy": written(security["ContentSecurityPolicy"]["ContentSecurityPolicy"]),
            "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
            "X-Content-Type-Options": "nosniff" if security["ContentTypeOptions"]["Override"] else "",
        }
        expected = json.loads((Path(__file__).parents[2] / "console" / "headers.json").read_text())
        hosts = {
            "api": "https://*.execute-api.<AWS::Region>.<AWS::URLSuffix>",
            "stream": "https://*.lambda-url.<AWS::Region>.on.aws",
        }
        expected["Content-Security-Policy"] = expected["Content-Security-Policy"].format(**hosts)
        assert sent == expected
        assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000

    def test_the_policy_lets_in_no_script_or_style_that_is_not_a_file_of_the_console(self) -> None:
        headers = json.loads((Path(__file__).parents[2] / "console" / "headers.json").read_text())
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
        assert (policy["frame-ancestors"], policy["base-uri"], policy["form-action"]) == ("'none'", "'none'", "'none'")

    def test_the_api_and_the_stream_let_the_consoles_origin_in_and_no_other(self, stage: str) -> None:
        stack = template(stage)
        (name,) = of_type(stack, "AWS::CloudFront::Distribution")
        origin = f"https://<{name}.DomainName>"
        told = {
            written(variables["ALLOWED_ORIGINS"])
            for function in of_type(stack, "AWS::Lambda::Function").values()
            if "ALLOWED_ORIGINS" in (variables := function["Properties"]["Environment"]["Variables"])
        }
        assert told == {origin}
        answers = of_type(stack, "AWS::ApiGateway::GatewayResponse").values()
        header = "gatewayresponse.header.Access-Control-Allow-Origin"
        assert {written(each["Properties"]["ResponseParameters"][header]) for each in answers} == {f"'{origin}'"}
        assert written(stack["Outputs"]["ConsoleUrl"]["Value"]) == origin

    def test_a_stage_without_it_has_nothing_of_it(self) -> None:
        stack = template("dev", console=False)
        assert not [name for name, each in stack["Resources"].items() if "CloudFront" in each["Type"]]
        assert "ConsoleUrl" not in stack["Outputs"]


class TestFiles:
    def test_the_page_may_ask_the_api_and_the_stream_and_is_told_where_the_api_is(self, tmp_path: Path) -> None:
        from aws_cdk import App

        asset = tmp_path / "asset"
        asset.mkdir()
        (asset / "code.py").touch()
        app = App(outdir=str(tmp_path / "cdk.out"), analytics_reporting=False)
        stack = WorkflowStack(app, stage=Stage(name="dev", console=True), asset=asset)
        assert stack.console
        ConsoleStack(
            app,
            stage=Stage(name="dev", console=True),
            site=stack.console,
            api_url="https://abc.execute-api.eu-west-1.amazonaws.com/dev",
            stream_url="https://xyz.lambda-url.eu-west-1.on.aws",
            files=built_console(tmp_path),
        )
        app.synth()
        (page,) = (tmp_path / "cdk.out").glob("asset.*/index.html")
        (settings,) = (tmp_path / "cdk.out").glob("asset.*/config.json")
        policies = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)" />', page.read_text())
        api, stream = "https://abc.execute-api.eu-west-1.amazonaws.com", "https://xyz.lambda-url.eu-west-1.on.aws"
        assert policies == [f"connect-src 'self' {api} {stream}"]
        assert json.loads(settings.read_text()) == {"apiUrl": f"{api}/dev"}

    def test_files_named_by_content_are_kept_for_ever_and_the_page_is_always_asked_for(self, stage: str) -> None:
        copies = of_type(console_template(stage), "Custom::CDKBucketDeployment")
        assert {each["Properties"]["SystemMetadata"]["cache-control"] for each in copies.values()} == {
            "public, max-age=31536000, immutable",
            "no-cache",
        }
        assert {each["Properties"]["Prune"] for each in copies.values()} == {False}

    def test_the_page_comes_after_what_it_names_and_the_one_before_is_forgotten(self, stage: str) -> None:
        copies = of_type(console_template(stage), "Custom::CDKBucketDeployment")
        ((assets, _),) = ((name, each) for name, each in copies.items() if "DistributionId" not in each["Properties"])
        ((_, page),) = ((name, each) for name, each in copies.items() if "DistributionId" in each["Properties"])
        assert assets in page["DependsOn"]
        assert {"/index.html", "/config.json"} <= set(page["Properties"]["DistributionPaths"])

    def test_a_console_that_is_not_built_is_named_with_what_builds_it(self, tmp_path: Path) -> None:
        with pytest.raises(ConsoleMissing, match="make console"):
            console(tmp_path)
