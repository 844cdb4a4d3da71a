"""Findings of cdk-nag (AwsSolutions) that are accepted: each beside what it is about, with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Accepts what `rule` finds on a construct and on what is in it; `reason` says why it is right here."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
