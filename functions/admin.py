"""The operator's command: workspaces, members, keys, and the secret of stream tickets, of a deployed or a local stack.

    python -m functions.admin --stack workflow-execution-api-prod workspaces list
    python -m functions.admin --endpoint-url http://localhost:8002 keys create --user ada --tier standard --name laptop

It calls AWS with the credentials of whoever runs it, who needs:

    cloudformation:DescribeStacks       on the stack
    dynamodb:GetItem, BatchGetItem, Query, PutItem, UpdateItem, DeleteItem
                                        on the table and its index `listing` (transactions need no more)
    apigateway:GET, POST, PATCH, DELETE on /apikeys, /apikeys/*, /usageplans/*/keys, and
    apigateway:PUT                      on /tags/*, since keys are tagged with their stack
    secretsmanager:ListSecretVersionIds, PutSecretValue
                                        on the tickets' secret, for `tickets rotate` alone

The standard output is the result, the standard error what went wrong and the audit trail. The exit code is 0 where all
is as asked for, also where it was before; 1 where it is not; 2 where the command line is wrong; 130 when interrupted.
A key's value is printed before the key is put into use: it counts where the exit code is 0.
"""

import json
import os
import re
import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as aws_errors

from functions import administration, audit
from functions.administration import Answer
from functions.deployment import DEFAULT_STACK, Refused, connect
from functions.gateway import PLANS
from functions.store.members import Overtaken, Raced, TooManyKeys
from functions.store.tenants import Role, Taken

_EXAMPLES = """examples, against the local service (`make run`):
  python -m functions.admin --endpoint-url http://localhost:8002 workspaces list
  python -m functions.admin --endpoint-url http://localhost:8002 members set --workspace acme --user ada --role member
  python -m functions.admin --endpoint-url http://localhost:8002 keys create --user ada --tier standard --name laptop

Every command is safe to repeat: what is there already is said, and changes nothing."""

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {"UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignatureException"}
_SIGN_IN = "Sign in (`aws sso login`, `aws configure`), or name another --profile."


class OutputLost(Refused):
    """Raised when nobody reads what a command answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Answers the exit code."""
    options = parser().parse_args(arguments)
    try:
        with audit.written_to(sys.stderr):
            at = connect(
                options.stack, endpoint_url=options.endpoint_url, region=options.region, profile=options.profile
            )
            options.run(at, options, _say_json if options.json else _say_text)
    except KeyboardInterrupt:
        print("Interrupted: the same command again goes on from where it was.", file=sys.stderr)
        return 130
    except (Refused, Taken, TooManyKeys, Overtaken, Raced, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    except (aws_errors.BotoCoreError, aws_errors.ClientError) as error:
        print(explain(error, options.endpoint_url), file=sys.stderr)
        return 1
    return 0


def parser() -> ArgumentParser:
    """The command line: options, then a noun and a verb; the options may also stand behind the verb."""
    top = ArgumentParser(
        prog="python -m functions.admin",
        description="Makes workspaces, members and API keys of a workflow execution service.",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_common(top)
    nouns = top.add_subparsers(title="nouns", metavar="<noun>", required=True)
    _add_workspaces(nouns)
    _add_members(nouns)
    _add_keys(nouns)
    _add_tickets(nouns)
    return top


def explain(error: Exception, endpoint_url: str | None = None) -> str:
    """What an error of boto3's or of AWS's means to an operator, and what to do about it."""
    if isinstance(error, aws_errors.ClientError):
        return _explain_answer(error)
    if isinstance(error, (aws_errors.NoCredentialsError, aws_errors.PartialCredentialsError)):
        return f"There are no AWS credentials. {_SIGN_IN} The local service needs none: --endpoint-url."
    if isinstance(error, aws_errors.NoRegionError):
        return "It is not known which region is meant. Give --region, or name a --profile that has one."
    if isinstance(error, (aws_errors.HTTPClientError, aws_errors.ConnectionError)):
        if endpoint_url:
            return f"{endpoint_url} does not answer. Start the local service (`make run`), or see where it listens."
        return f"AWS does not answer: {error}. See whether the network and the region are right."
    return f"{str(error).rstrip('.')}. {_SIGN_IN}"


def _explain_answer(error: aws_errors.ClientError) -> str:
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _DENIED:
        return f"These credentials may not do that: {message}"
    if code in _EXPIRED:
        return f"The credentials have expired. {_SIGN_IN}"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials: {message} {_SIGN_IN}"
    return f"{error.operation_name} failed: {message or 'no reason was given'} ({code}). Run the same command again."


def _say_text(answer: Answer) -> None:
    if answer.text is not None:
        _write(answer.text)


def _say_json(answer: Answer) -> None:
    if answer.document is not None:
        _write(json.dumps(answer.document, indent=2))


def _write(text: str) -> None:
    """Writes a line to the standard output, and makes sure that it got there. Raises OutputLost."""
    try:
        print(text, flush=True)
    except OSError as error:
        # Python writes what is left at its end, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputLost(f"The output went nowhere ({error.strerror}): run the same command again.") from None


def _add_workspaces(nouns: Any) -> None:
    verbs = _noun(nouns, "workspaces", "create, list or show workspaces")
    create = _verb(verbs, "create", administration.create_workspace, "create a workspace")
    create.add_argument("--slug", required=True, type=slug, help="its name in paths: 1-64 of a-z, 0-9 and -")
    create.add_argument("--name", required=True, type=title, help="its name for people")
    create.add_argument("--community", required=True, type=community, metavar="NUMBER", help="its number in v1")
    _verb(verbs, "list", administration.list_workspaces, "list all workspaces")
    show = _verb(verbs, "show", administration.show_workspace, "show a workspace and its members")
    show.add_argument("workspace", type=workspace, metavar="SLUG", help="its slug or its ws_... id")


def _add_members(nouns: Any) -> None:
    verbs = _noun(nouns, "members", "say who may do what in a workspace")
    put = _verb(verbs, "set", administration.set_member, "give a user a role in a workspace, in the place of any other")
    _add_member(put)
    roles = "admin: everything; member: view, execute, create; viewer: view"
    put.add_argument("--role", required=True, choices=[str(role) for role in Role], help=roles)
    _add_member(_verb(verbs, "remove", administration.remove_member, "take a user's role in a workspace away"))
    listed = _verb(verbs, "list", administration.list_members, "list the members of a workspace")
    listed.add_argument("--workspace", required=True, type=workspace, help="its slug or its ws_... id")


def _add_member(verb: ArgumentParser) -> None:
    verb.add_argument("--workspace", required=True, type=workspace, help="its slug or its ws_... id")
    verb.add_argument("--user", required=True, type=user, help="the user's id")


def _add_keys(nouns: Any) -> None:
    verbs = _noun(nouns, "keys", "create, list, rotate or revoke API keys")
    create = _verb(verbs, "create", administration.create_key, "create a key and show its value, once")
    create.add_argument("--user", required=True, type=user, help="the id of the user that it belongs to")
    create.add_argument("--tier", required=True, choices=sorted(PLANS), help="standard: 100 a minute; premium: 1,000")
    create.add_argument("--name", required=True, type=key_name, help="what the user knows it by")
    statuses = (
        "status: active; disabled (by hand, in API Gateway); unfinished (its making was cut short: the same command "
        "again makes it); missing (deleted by hand) and half-revoked: revoke it"
    )
    listed = _verb(verbs, "list", administration.list_keys, "list keys, without their values", statuses)
    listed.add_argument("--user", type=user, help="only this user's")
    rotate = _verb(verbs, "rotate", administration.rotate_key, "put a new key in the place of one that is revoked then")
    rotate.add_argument("key_id", type=key_id, metavar="KEY_ID", help="the key to replace")
    rotate.add_argument(
        "--keep-old", action="store_true", help="do not revoke it: `keys revoke` does when clients moved"
    )
    revoke = _verb(verbs, "revoke", administration.revoke_key, "take a key away: no request is served with it any more")
    revoke.add_argument("key_id", type=key_id, metavar="KEY_ID", help="the key to take away")


def _add_tickets(nouns: Any) -> None:
    verbs = _noun(nouns, "tickets", "rotate the secret that stream URLs are signed with")
    rotate = _verb(
        verbs, "rotate", administration.rotate_tickets, "sign with a new secret; tickets of the one before stay good"
    )
    rotate.add_argument(
        "--force", action="store_true", help="also within 24 hours of the last time, which ends streams that are in use"
    )


def _noun(nouns: Any, name: str, what: str) -> Any:
    noun = nouns.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    return noun.add_subparsers(title="verbs", metavar="<verb>", required=True)


def _verb(verbs: Any, name: str, run: Callable[..., None], what: str, more: str | None = None) -> ArgumentParser:
    verb: ArgumentParser = verbs.add_parser(
        name, help=what, description=f"{what.capitalize()}.", epilog=more, allow_abbrev=False
    )
    # Given there they count, and where they are absent they do not undo those given before the noun.
    _add_common(verb, absent=SUPPRESS)
    verb.set_defaults(run=run)
    return verb


def _add_common(to: ArgumentParser, absent: str | None = None) -> None:
    where = to.add_argument_group("where and how")
    stack_default = absent or DEFAULT_STACK
    where.add_argument("--stack", type=stack, default=stack_default, help=f"the stack's name ({DEFAULT_STACK})")
    endpoint = (
        "an endpoint in the place of AWS's own: http://localhost:8002 is the local service's, without credentials"
    )
    where.add_argument("--endpoint-url", type=endpoint_url, default=absent, metavar="URL", help=endpoint)
    where.add_argument("--region", default=absent, help="the stack's region, if the profile does not say it")
    where.add_argument("--profile", default=absent, help="a profile of the AWS configuration")
    where.add_argument("--json", action="store_true", default=absent or False, help="answer in JSON, for scripts")


def _matching(pattern: str, rule: str) -> Callable[[str], str]:
    """A type of argument: the whole text must match, and is taken as it is."""
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ArgumentTypeError(f"{text!r} is not {rule}")
        return text

    return read


slug = _matching("[a-z0-9-]{1,64}", "1-64 of a-z, 0-9 and -")
workspace = _matching("[a-z0-9-]{1,64}|ws_[0-9a-f]{32}", "a slug (1-64 of a-z, 0-9 and -) or a ws_... id")
user = _matching('[!-"$-~]{1,128}', "1-128 letters, digits or signs, without spaces and #")
key_name = _matching(
    "[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}", "1-64 letters, digits, spaces, _ . or -, a letter or digit first"
)
key_id = _matching("[A-Za-z0-9]{1,64}", "the id of a key (`keys list` shows it)")
stack = _matching("[A-Za-z][A-Za-z0-9-]{0,127}", "the name of a stack")


def title(text: str) -> str:
    """A name for people: printable, and not blank."""
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ArgumentTypeError("give 1-200 characters, none of them a control character")
    return text.strip()


def community(text: str) -> int:
    """A community's number."""
    if not re.fullmatch("[0-9]{1,18}", text):
        raise ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


def endpoint_url(text: str) -> str:
    """The URL of an endpoint."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArgumentTypeError(f"{text!r} is not a URL such as http://localhost:8002")
    return text


if __name__ == "__main__":
    sys.exit(main())
