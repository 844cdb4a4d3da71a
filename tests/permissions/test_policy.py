"""The evaluation decides as IAM's documentation says, case by case, and refuses what it does not know."""

from typing import Any

import pytest

from tests.permissions.patterns import PolicyUnreadable, arn_matches
from tests.permissions.policy import Decision, Request, Statement, evaluate, read_policy

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/workflows"
ALLOWED, EXPLICIT, IMPLICIT = Decision


def statement(**elements: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}
    if "NotAction" in elements:
        del defaults["Action"]
    if "NotResource" in elements:
        del defaults["Resource"]
    return defaults | elements


def decide(*statements: dict[str, Any], action: str = "dynamodb:GetItem", resource: str = TABLE, **more: Any) -> str:
    policy = read_policy({"Version": "2012-10-17", "Statement": list(statements)})
    return evaluate(policy, Request(action=action, resource=resource, **more))


class TestEffects:
    def test_what_nothing_allows_is_denied_implicitly(self) -> None:
        assert decide() == IMPLICIT
        assert decide(statement(), action="dynamodb:PutItem") == IMPLICIT
        assert decide(statement(), resource=f"{TABLE}/index/listing") == IMPLICIT

    def test_what_one_statement_allows_is_allowed(self) -> None:
        assert decide(statement(Action="dynamodb:Query"), statement()) == ALLOWED

    def test_an_explicit_deny_wins_whatever_allows_and_in_any_order(self) -> None:
        deny = statement(Effect="Deny", Action="dynamodb:*")
        assert decide(deny, statement()) == decide(statement(), deny) == EXPLICIT

    def test_a_deny_that_does_not_apply_changes_nothing(self) -> None:
        assert decide(statement(), statement(Effect="Deny", Resource=f"{TABLE}2")) == ALLOWED

    def test_a_single_statement_need_not_stand_in_a_list(self) -> None:
        (read,) = read_policy({"Version": "2012-10-17", "Statement": statement(Sid="One")})
        assert read.sid == "One"


class TestActions:
    @pytest.mark.parametrize(
        "pattern",
        [
            "*",
            "dynamodb:*",
            "dynamodb:Get*",
            "dynamodb:?etItem",
            "DynamoDB:getitem",
            ["s3:GetObject", "dynamodb:*Item"],
        ],
    )
    def test_wildcards_stand_for_any_characters_in_any_case(self, pattern: Any) -> None:
        assert decide(statement(Action=pattern)) == ALLOWED

    @pytest.mark.parametrize("pattern", ["dynamodb:Get", "dynamodb:GetItem?", "dax:GetItem", "dynamodb:BatchGetItem"])
    def test_other_actions_do_not_match(self, pattern: str) -> None:
        assert decide(statement(Action=pattern)) == IMPLICIT

    def test_not_action_is_every_other_one(self) -> None:
        assert decide(statement(NotAction="dynamodb:Put*")) == ALLOWED
        assert decide(statement(NotAction=["dynamodb:Get*", "s3:*"])) == IMPLICIT
        assert decide(statement(NotAction="iam:*", Resource="*"), action="s3:GetObject", resource=TABLE) == ALLOWED


class TestResources:
    @pytest.mark.parametrize(
        ("pattern", "resource"),
        [
            ("*", TABLE),
            ("*", "*"),
            (f"{TABLE}/index/*", f"{TABLE}/index/listing"),
            ("arn:aws:dynamodb:*:123456789012:table/work?lows", TABLE),
            ("arn:aws:s3:::outputs/*", "arn:aws:s3:::outputs/a/b/c.json"),
            ("arn:aws:s3:::outputs/*.json", "arn:aws:s3:::outputs/a/b/c.json"),
            ("arn:aws:states:us-east-1:1:execution:*", "arn:aws:states:us-east-1:1:execution:machine:run"),
            ("arn:aws:states:us-east-1:1:execution:*:run", "arn:aws:states:us-east-1:1:execution:machine:run"),
        ],
    )
    def test_wildcards_stand_for_any_characters_of_a_segment_and_beyond_colons_in_the_last(
        self, pattern: str, resource: str
    ) -> None:
        assert decide(statement(Resource=pattern), resource=resource) == ALLOWED

    @pytest.mark.parametrize(
        ("pattern", "resource"),
        [
            (TABLE, TABLE.replace("workflows", "Workflows")),
            (f"{TABLE}/index/*", TABLE),
            (f"{TABLE}/*", TABLE),
            ("arn:aws:s3:::outputs", "arn:aws:s3:::outputs/a"),
            ("arn:aws:s3:::outputs.x/*", "arn:aws:s3:::outputs-x/a"),
            ("arn:aws:sns:*:topic:x", "arn:aws:sns:us-east-1:1:topic"),
            ("arn:aws:sns:*:topic:x", "arn:aws:sns:us-east-1:1:topic:x"),
            (TABLE, "*"),
        ],
    )
    def test_others_do_not_match_and_case_counts(self, pattern: str, resource: str) -> None:
        assert decide(statement(Resource=pattern), resource=resource) == IMPLICIT

    def test_not_resource_is_every_other_one(self) -> None:
        assert decide(statement(NotResource=f"{TABLE}/index/*")) == ALLOWED
        assert decide(statement(NotResource=[f"{TABLE}", "arn:aws:s3:::*"])) == IMPLICIT

    def test_an_action_without_resources_needs_the_star(self) -> None:
        trace = {"action": "xray:PutTraceSegments", "resource": "*"}
        assert decide(statement(Action="xray:*", Resource="*"), **trace) == ALLOWED
        assert decide(statement(Action="xray:*", Resource="arn:aws:xray:*:*:*"), **trace) == IMPLICIT


PASSED = {"iam:PassedToService": "states.amazonaws.com"}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:action"


class TestConditions:
    @pytest.mark.parametrize(
        ("condition", "context", "expected"),
        [
            ({"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}, PASSED, True),
            ({"StringEquals": {"IAM:passedtoservice".lower(): "states.amazonaws.com"}}, PASSED, True),
            ({"StringEquals": {"iam:PassedToService": "States.amazonaws.com"}}, PASSED, False),
            ({"StringEqualsIgnoreCase": {"iam:PassedToService": "States.amazonaws.com"}}, PASSED, True),
            ({"StringEquals": {"iam:PassedToService": "states.*"}}, PASSED, False),
            ({"StringLike": {"iam:PassedToService": "states.*"}}, PASSED, True),
            ({"StringLike": {"iam:PassedToService": "state?amazonaws.com"}}, PASSED, False),
            ({"StringEquals": {"iam:PassedToService": ["a", "states.amazonaws.com"]}}, PASSED, True),
            ({"StringNotEquals": {"iam:PassedToService": ["a", "states.amazonaws.com"]}}, PASSED, False),
            ({"StringNotEquals": {"iam:PassedToService": ["a", "b"]}}, PASSED, True),
            ({"StringNotLike": {"iam:PassedToService": "states*"}}, PASSED, False),
            (
                {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:123456789012:function:*"}},
                {"aws:SourceArn": FUNCTION},
                1,
            ),
            ({"ArnEquals": {"aws:SourceArn": "arn:aws:lambda:*:*:function:act*"}}, {"aws:SourceArn": FUNCTION}, True),
            ({"ArnLike": {"aws:SourceArn": "arn:aws:*"}}, {"aws:SourceArn": FUNCTION}, False),
            ({"ArnNotLike": {"aws:SourceArn": "arn:aws:lambda:*:*:*"}}, {"aws:SourceArn": FUNCTION}, False),
            ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}, False),
            ({"Bool": {"aws:SecureTransport": True}}, {"aws:SecureTransport": "true"}, True),
            ({"Null": {"iam:PassedToService": "false"}}, PASSED, True),
            ({"Null": {"iam:PassedToService": "true"}}, PASSED, False),
        ],
    )
    def test_an_operator_compares_with_any_of_its_values(
        self, condition: Any, context: dict[str, str], expected: bool
    ) -> None:
        decision = decide(statement(Condition=condition), context=context)
        assert decision == (ALLOWED if expected else IMPLICIT)

    @pytest.mark.parametrize(
        ("operator", "expected"),
        [
            ("StringEquals", False),
            ("StringNotEquals", True),
            ("StringEqualsIfExists", True),
            ("StringNotEqualsIfExists", True),
            ("ArnLike", False),
            ("ArnNotLike", True),
            ("Bool", False),
            ("BoolIfExists", True),
            ("ForAllValues:StringEquals", True),
            ("ForAnyValue:StringEquals", False),
            ("ForAnyValue:StringEqualsIfExists", True),
        ],
    )
    def test_a_key_that_is_not_there_fits_only_what_is_negated_or_may_be_missing(
        self, operator: str, expected: bool
    ) -> None:
        decision = decide(statement(Condition={operator: {"aws:TagKeys": "workflow"}}))
        assert decision == (ALLOWED if expected else IMPLICIT)

    @pytest.mark.parametrize(
        ("operator", "keys", "expected"),
        [
            ("ForAllValues:StringEquals", ("a", "b"), True),
            ("ForAllValues:StringEquals", ("a", "x"), False),
            ("ForAnyValue:StringEquals", ("a", "x"), True),
            ("ForAnyValue:StringEquals", ("x", "y"), False),
            ("ForAnyValue:StringLike", ("ab",), False),
            ("ForAllValues:StringNotEquals", ("x", "y"), True),
            ("ForAllValues:StringNotEquals", ("a", "y"), False),
            ("ForAnyValue:StringNotEquals", ("a", "y"), True),
            ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ],
    )
    def test_many_values_are_asked_all_or_any(self, operator: str, keys: tuple[str, ...], expected: bool) -> None:
        condition = {operator: {"aws:TagKeys": ["a", "b"]}}
        decision = decide(statement(Condition=condition), context={"aws:TagKeys": keys})
        assert decision == (ALLOWED if expected else IMPLICIT)

    def test_every_operator_and_every_key_must_hold(self) -> None:
        condition = {
            "StringEquals": {"iam:PassedToService": "states.amazonaws.com", "aws:RequestedRegion": "us-east-1"},
            "Bool": {"aws:SecureTransport": "true"},
        }
        context = {**PASSED, "aws:RequestedRegion": "us-east-1", "aws:SecureTransport": "true"}
        assert decide(statement(Condition=condition), context=context) == ALLOWED
        for key in context:
            assert decide(statement(Condition=condition), context={**context, key: "other"}) == IMPLICIT

    def test_a_deny_with_a_condition_denies_only_where_it_holds(self) -> None:
        deny = statement(Effect="Deny", Action="*", Resource="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
        assert decide(statement(), deny, context={"aws:SecureTransport": "true"}) == ALLOWED
        assert decide(statement(), deny, context={"aws:SecureTransport": "false"}) == EXPLICIT


class TestPrincipals:
    EVENTS = ("Service", "events.amazonaws.com")

    def test_a_principal_is_who_it_says(self) -> None:
        policy = statement(Principal={"Service": ["events.amazonaws.com", "sns.amazonaws.com"]})
        assert decide(policy, principal=self.EVENTS) == ALLOWED
        assert decide(policy, principal=("Service", "lambda.amazonaws.com")) == IMPLICIT
        assert decide(policy, principal=("AWS", "arn:aws:iam::123456789012:role/events")) == IMPLICIT

    @pytest.mark.parametrize("anyone", ["*", {"AWS": "*"}])
    def test_a_star_is_anyone(self, anyone: Any) -> None:
        assert decide(statement(Principal=anyone), principal=self.EVENTS) == ALLOWED

    def test_not_principal_is_everyone_else(self) -> None:
        deny = statement(Effect="Deny", NotPrincipal={"Service": "events.amazonaws.com"})
        assert decide(statement(), deny, principal=self.EVENTS) == ALLOWED
        assert decide(statement(), deny, principal=("Service", "sns.amazonaws.com")) == EXPLICIT

    def test_a_trust_policy_names_no_resource(self) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        lambda_service = ("Service", "lambda.amazonaws.com")
        assert decide(trust, action="sts:AssumeRole", resource="*", principal=lambda_service) == ALLOWED


@pytest.mark.parametrize(
    ("elements", "named"),
    [
        ({"Action": []}, "no text"),
        ({"Action": "GetItem"}, "no actions"),
        ({"Action": 5}, "no text"),
        ({"Effect": "allow"}, "Effect"),
        ({"Resource": "workflows"}, "no ARN"),
        ({"Resource": "arn:aws:dynamodb:*"}, "no ARN"),
        ({"Resource": "arn:aws:*:us-east-1:1:table/x"}, "no ARN"),
        ({"Resource": {"Fn::GetAtt": ["Table", "Arn"]}}, "no text"),
        ({"Resource": "arn:aws:s3:::outputs/${aws:userid}/*"}, "policy variables"),
        ({"NotAction": "s3:*", "Action": "s3:*"}, "needs one of"),
        ({"Actions": "s3:*"}, "unknown elements"),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, "kinds of principals"),
        ({"Principal": {"Federated": "x"}}, "kinds of principals"),
        ({"Principal": "events.amazonaws.com"}, "no principal"),
        ({"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-11-22"}}}, "unknown condition operator"),
        ({"Condition": {"ForSomeValues:StringEquals": {"aws:TagKeys": "a"}}}, "unknown condition operator"),
        ({"Condition": {"NullIfExists": {"aws:TagKeys": "true"}}}, "unknown condition operator"),
        ({"Condition": {"StringEquals": {"TagKeys": "a"}}}, "unknown kind of condition key"),
        ({"Condition": {"StringEquals": {"aws:userid": "${aws:userid}"}}}, "policy variables"),
        ({"Condition": ["StringEquals"]}, "no conditions"),
    ],
)
def test_what_is_not_known_is_an_error_and_no_decision(elements: dict[str, Any], named: str) -> None:
    document = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | elements
    with pytest.raises(PolicyUnreadable, match=named):
        Statement.read(document)


def test_many_values_without_a_quantifier_are_an_error() -> None:
    policy = statement(Condition={"StringEquals": {"aws:TagKeys": "a"}})
    with pytest.raises(PolicyUnreadable, match="needs ForAllValues"):
        decide(policy, context={"aws:TagKeys": ("a", "b")})


@pytest.mark.parametrize("document", [{"Version": "2008-10-17", "Statement": []}, {"Statement": []}])
def test_an_older_version_of_the_language_is_an_error(document: dict[str, Any]) -> None:
    with pytest.raises(PolicyUnreadable, match="2012-10-17"):
        read_policy(document)


def test_an_arn_with_fewer_segments_matches_nothing() -> None:
    assert not arn_matches(TABLE, "workflows")
