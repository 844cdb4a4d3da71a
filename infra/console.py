"""The console: static files in a private bucket, which CloudFront alone reads, and the headers its pages come with.

The API lets the console's origin in, and the console's pages may ask the API's alone. Each has to know where the other
is, so they are made one after the other: `ConsoleSite` first, beside the API; `ConsoleStack` behind them, which fills
the bucket and tells the page where the API is.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.bundle import ROOT
from infra.findings import accept
from infra.stage import Stage

_HEADERS: Mapping[str, str] = json.loads((ROOT / "console" / "headers.json").read_text())
_PAGE, _SETTINGS = "index.html", "config.json"
_CHARSET = '<meta charset="utf-8" />'
_FOR_EVER = deployment.CacheControl.from_string("public, max-age=31536000, immutable")
_ASK_AGAIN = deployment.CacheControl.from_string("no-cache")

_LOGS = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_COPYING = (
    *("Action::s3:GetObject*", "Action::s3:GetBucket*", "Action::s3:List*"),
    *("Action::s3:DeleteObject*", "Action::s3:Abort*"),
    "Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*",
)
"""What the CDK grants the function of a BucketDeployment, as cdk-nag names it."""
_BUCKET_EXPORT = "ExportsOutputFnGetAttConsoleFiles2D43986CArnD7B90EAB"


class ConsoleSite(Construct):
    """Where the console's pages are: the bucket, and the distribution in front of it."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Files",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            # CloudFormation deletes no bucket with something in it.
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Console of {Stack.of(self).stack_name}",
            default_root_object=_PAGE,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                response_headers_policy=_headers(self),
            ),
        )
        self._accept_findings()

    @property
    def origin(self) -> str:
        """As a browser sends it in `Origin`."""
        return f"https://{self.distribution.distribution_domain_name}"

    def _accept_findings(self) -> None:
        accept(
            self.bucket,
            "AwsSolutions-S1",
            "What is in it is public by CloudFront and the same for everyone; who asks for it tells nothing.",
        )
        accept(
            self.distribution,
            "AwsSolutions-CFR1",
            "Static files, the same for everyone: where in the world a reader is makes no difference.",
        )
        accept(
            self.distribution,
            "AwsSolutions-CFR2",
            "Static files are all there is behind it: no request has a part that a firewall could find a fault with.",
        )
        accept(
            self.distribution,
            "AwsSolutions-CFR3",
            "Static files, the same for everyone. What people do with them is in the API's own audit trail.",
        )
        accept(
            self.distribution,
            "AwsSolutions-CFR4",
            "CloudFront's own domain knows no other security policy; a domain of one's own, which it would need, "
            "is left to those who have one.",
        )


class ConsoleStack(Stack):
    """Puts the console's files where `site` serves them, with the API's and the stream's addresses in them.

    `files` is the folder that the console was built into: index.html, and what it names by content in `assets`.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, site: ConsoleSite, api_url: str, stream_url: str, files: Path
    ) -> None:
        super().__init__(
            scope,
            f"{stage.stack_name}-console",
            description=f"Workflow Execution API ({stage.name}): the console's files",
            termination_protection=stage.termination_protection,
        )
        assets = deployment.BucketDeployment(
            self,
            "Assets",
            sources=[deployment.Source.asset(str(files), exclude=[_PAGE, _SETTINGS])],
            destination_bucket=site.bucket,
            cache_control=[_FOR_EVER],
            # A page that is open meanwhile still asks for those of the deployment before.
            prune=False,
        )
        start = deployment.BucketDeployment(
            self,
            "Page",
            sources=[
                deployment.Source.data(_PAGE, _connected((files / _PAGE).read_text(), api_url, stream_url)),
                deployment.Source.json_data(_SETTINGS, {"apiUrl": api_url}),
            ],
            destination_bucket=site.bucket,
            cache_control=[_ASK_AGAIN],
            prune=False,
            distribution=site.distribution,
            distribution_paths=[f"/{_PAGE}", f"/{_SETTINGS}", "/"],
        )
        # Nobody gets a page before what it names is there.
        start.node.add_dependency(assets)
        self._accept_findings(stage)

    def _accept_findings(self, stage: Stage) -> None:
        copies = "By the CDK's own function, which runs while a deployment does and copies files into one bucket."
        accept(self, "AwsSolutions-L1", f"{copies} The CDK chooses its runtime, and renews it.")
        accept(self, f"AwsSolutions-IAM4[{_LOGS}]", f"{copies} It may write its log.")
        for what in (*_COPYING, f"Resource::{stage.stack_name}:{_BUCKET_EXPORT}/*"):
            accept(self, f"AwsSolutions-IAM5[{what}]", f"{copies} It may read the CDK's assets and write there.")
        accept(self, "AwsSolutions-IAM5[Resource::*]", f"{copies} It may have CloudFront forget the page before.")


def _connected(page: str, api_url: str, stream_url: str) -> str:
    """The page, with a policy that lets it ask these two alone: browsers hold to each policy that a page comes with.

    The header cannot say it, since the function behind the stream has to know the distribution that sends the header.
    """
    before, after = page.split(_CHARSET)
    policy = f"connect-src 'self' {_origin(api_url)} {stream_url}"
    return f'{before}{_CHARSET}\n    <meta http-equiv="Content-Security-Policy" content="{policy}" />{after}'


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _headers(scope: Construct) -> cloudfront.ResponseHeadersPolicy:
    policy = _HEADERS["Content-Security-Policy"].format(
        api=f"https://*.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}", stream=f"https://*.lambda-url.{Aws.REGION}.on.aws"
    )
    others = {
        name: value
        for name, value in _HEADERS.items()
        if name not in ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")
    }
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "Headers",
        comment="What a browser may do with the console's pages",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), include_subdomains=False, override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                for name, value in others.items()
            ]
        ),
    )
