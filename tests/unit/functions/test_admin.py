"""The admin command's line: what it takes, what it refuses before it calls anybody, and what it says of faults."""

import json
from argparse import ArgumentParser, ArgumentTypeError, _SubParsersAction
from typing import Any

import pytest
from botocore import exceptions as aws_errors

from functions import admin, administration, audit
from functions.administration import Answer, table
from functions.deployment import DEFAULT_STACK, Deployment, StackNotFound
from functions.store.tenants import Taken


def parsed(line: str) -> Any:
    return admin.parser().parse_args(line.split())


class TestOptions:
    def test_they_have_defaults(self) -> None:
        options = parsed("workspaces list")
        assert (options.stack, options.endpoint_url, options.region, options.profile, options.json) == (
            DEFAULT_STACK,
            None,
            None,
            None,
            False,
        )

    @pytest.mark.parametrize(
        "line",
        [
            "--stack prod --json --region eu-west-1 keys list --user ada",
            "keys list --user ada --stack prod --json --region eu-west-1",
            "--stack dev --json keys list --stack prod --user ada --region eu-west-1",
        ],
    )
    def test_they_stand_before_the_noun_or_behind_the_verb(self, line: str) -> None:
        options = parsed(line)
        assert (options.stack, options.json, options.region, options.user) == ("prod", True, "eu-west-1", "ada")

    @pytest.mark.parametrize(
        ("line", "run"),
        [
            ("workspaces create --slug acme --name Acme --community 123", administration.create_workspace),
            ("workspaces list", administration.list_workspaces),
            ("workspaces show acme", administration.show_workspace),
            ("members set --workspace acme --user ada --role viewer", administration.set_member),
            ("members remove --workspace acme --user ada", administration.remove_member),
            ("members list --workspace ws_019ab0c4e5f07a1b8c2d3e4f50617283", administration.list_members),
            ("keys create --user auth0|ada@example.com --tier premium --name laptop", administration.create_key),
            ("keys list", administration.list_keys),
            ("keys rotate a1b2c3 --keep-old", administration.rotate_key),
            ("keys revoke a1b2c3", administration.revoke_key),
            ("tickets rotate --force", administration.rotate_tickets),
        ],
    )
    def test_each_command_is_one_function(self, line: str, run: object) -> None:
        assert parsed(line).run is run

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["workspaces"],
            ["workspaces", "destroy"],
            ["--jso", "workspaces", "list"],
            ["workspaces", "list", "--jso"],
            ["workspaces", "create", "--name", "Acme", "--community", "1"],
            ["workspaces", "create", "--slug", "acme", "--community", "1"],
            ["workspaces", "show"],
            ["members", "set", "--workspace", "acme", "--user", "ada"],
            ["members", "set", "--workspace", "acme", "--role", "member"],
            ["members", "set", "--user", "ada", "--role", "member"],
            ["members", "remove", "--workspace", "acme"],
            ["members", "list"],
            ["keys", "create", "--tier", "standard", "--name", "laptop"],
            ["keys", "create", "--user", "ada", "--name", "laptop"],
            ["keys", "create", "--user", "ada", "--tier", "standard"],
            ["keys", "create", "--user", "a b", "--tier", "standard", "--name", "laptop"],
            ["keys", "list", "--user", "a b"],
            ["keys", "rotate"],
            ["keys", "rotate", "a/b"],
            ["keys", "revoke"],
            ["--stack", "a/b", "workspaces", "list"],
            ["--endpoint-url", "localhost:8002", "workspaces", "list"],
            ["--endpoint-url", "ftp://localhost", "workspaces", "list"],
            ["workspaces", "create", "--slug", "acme", "--name", "Acme"],
            *(
                ["workspaces", "create", "--slug", slug, "--name", "Acme", "--community", "1"]
                for slug in ("", "Acme", "a_b", "ws_1", "a" * 65, "a b", "é", "acme\n")
            ),
            *(
                ["workspaces", "create", "--slug", "acme", "--name", name, "--community", "1"]
                for name in ("", "  ", "a\nb", "a\x1b[31mb", "a" * 201)
            ),
            *(
                ["workspaces", "create", "--slug", "acme", "--name", "Acme", "--community", number]
                for number in ("", "-1", "1.5", "x", "9" * 19, "\u0661")
            ),
            *(
                ["members", "set", "--workspace", "acme", "--role", "member", "--user", user]
                for user in ("", "a b", "a#b", "a\x00b", "a\nb", "é", "a" * 129)
            ),
            ["members", "set", "--workspace", "acme", "--user", "ada", "--role", "owner"],
            ["members", "list", "--workspace", "ws_1"],
            *(
                ["keys", "create", "--user", "ada", "--tier", "standard", "--name", name]
                for name in ("", "a/b", " a", "a#", "a\n", "a" * 65)
            ),
            ["keys", "create", "--user", "ada", "--tier", "gold", "--name", "laptop"],
            ["keys", "revoke", "a/b"],
        ],
    )
    def test_what_cannot_be_meant_is_refused_with_a_sentence(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            admin.main(arguments)
        assert ended.value.code == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "error: " in said.err.splitlines()[-1]

    def test_whatever_can_be_given_is_explained(self) -> None:
        usages: dict[str, str] = {}

        def look(parser: ArgumentParser) -> None:
            assert parser.description
            assert parser.description[0].isupper()
            assert parser.description.endswith(".")
            usages[parser.prog.removeprefix("python -m functions.admin").strip()] = " ".join(
                parser.format_usage().partition(" [--json]")[2].split()
            )
            for action in parser._actions:
                if isinstance(action, _SubParsersAction):
                    assert all(choice.help for choice in action._choices_actions)
                    for verb in action.choices.values():
                        look(verb)
                else:
                    assert action.help

        look(admin.parser())
        assert usages == {
            "": "<noun> ...",
            "workspaces": "",
            "workspaces create": "--slug SLUG --name NAME --community NUMBER",
            "workspaces list": "",
            "workspaces show": "SLUG",
            "members": "",
            "members set": "--workspace WORKSPACE --user USER --role {admin,member,viewer}",
            "members remove": "--workspace WORKSPACE --user USER",
            "members list": "--workspace WORKSPACE",
            "keys": "",
            "keys create": "--user USER --tier {premium,standard} --name NAME",
            "keys list": "[--user USER]",
            "keys rotate": "[--keep-old] KEY_ID",
            "keys revoke": "KEY_ID",
            "tickets": "",
            "tickets rotate": "[--force]",
        }

    def test_the_statuses_of_keys_are_explained(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            admin.main(["keys", "list", "--help"])
        assert "half-revoked: revoke it" in " ".join(capsys.readouterr().out.split())

    @pytest.mark.parametrize("line", ["", "workspaces", "keys", "keys create", "tickets rotate"])
    def test_help_says_what_there_is(self, line: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            admin.main([*line.split(), "--help"])
        assert ended.value.code == 0
        assert "usage: python -m functions.admin" in capsys.readouterr().out


class TestFaults:
    def answer(self, code: str, message: str = "why not") -> aws_errors.ClientError:
        return aws_errors.ClientError({"Error": {"Code": code, "Message": message}}, "CreateApiKey")

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (aws_errors.NoCredentialsError(), "There are no AWS credentials. Sign in"),
            (aws_errors.PartialCredentialsError(provider="env", cred_var="x"), "There are no AWS credentials"),
            (aws_errors.NoRegionError(), "Give --region"),
            (aws_errors.ProfileNotFound(profile="p"), "(p) could not be found. Sign in"),
            (aws_errors.EndpointConnectionError(endpoint_url="https://e"), "AWS does not answer"),
            (aws_errors.ReadTimeoutError(endpoint_url="https://e"), "AWS does not answer"),
            (aws_errors.TokenRetrievalError(provider="sso", error_msg="gone"), "Sign in"),
        ],
    )
    def test_what_boto3_raises_says_what_to_do(self, error: Exception, said: str) -> None:
        assert said in admin.explain(error)

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("AccessDeniedException", "These credentials may not do that: why not"),
            ("AccessDenied", "These credentials may not do that: why not"),
            ("ExpiredTokenException", "The credentials have expired. Sign in"),
            ("UnrecognizedClientException", "AWS does not know these credentials: why not Sign in"),
            ("TooManyRequestsException", "CreateApiKey failed: why not (TooManyRequestsException). Run the same"),
        ],
    )
    def test_what_aws_answers_says_what_to_do(self, code: str, said: str) -> None:
        assert said in admin.explain(self.answer(code))

    def test_an_answer_without_words_says_at_least_its_code(self) -> None:
        error = aws_errors.ClientError({"Error": {"Code": "Odd"}}, "CreateApiKey")
        assert admin.explain(error) == "CreateApiKey failed: no reason was given (Odd). Run the same command again."
        error = aws_errors.ClientError({"Error": {}}, "CreateApiKey")
        assert admin.explain(error) == "CreateApiKey failed: no reason was given (). Run the same command again."
        denied = aws_errors.ClientError({"Error": {"Code": "AccessDenied"}}, "CreateApiKey")
        assert admin.explain(denied) == "These credentials may not do that: "

    def test_a_sentence_ends_once(self) -> None:
        assert admin.explain(aws_errors.BotoCoreError()).startswith("An unspecified error occurred. Sign in")

    def test_an_endpoint_that_does_not_answer_is_named(self) -> None:
        error = aws_errors.EndpointConnectionError(endpoint_url="http://localhost:8002/")
        assert admin.explain(error, "http://localhost:8002").startswith("http://localhost:8002 does not answer. Start")

    @pytest.mark.parametrize(
        ("error", "code", "said"),
        [
            (StackNotFound("There is no stack x."), 1, "There is no stack x.\n"),
            (Taken("the slug x by y"), 1, "the slug x by y\n"),
            (aws_errors.NoRegionError(), 1, "It is not known which region is meant."),
            (KeyboardInterrupt(), 130, "Interrupted"),
        ],
    )
    def test_a_fault_is_one_sentence_and_no_traceback(
        self,
        error: BaseException,
        code: int,
        said: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def connect(*_: Any, **__: Any) -> Deployment:
            raise error

        monkeypatch.setattr(admin, "connect", connect)
        assert admin.main(["workspaces", "list"]) == code
        written = capsys.readouterr()
        assert written.out == ""
        assert written.err.startswith(said)
        assert len(written.err.splitlines()) == 1


@pytest.mark.parametrize("url", ["http://localhost:8002", "https://aws.example", "HTTP://localhost"])
def test_an_endpoint_is_a_url(url: str) -> None:
    assert admin.endpoint_url(url) == url


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (admin.endpoint_url, "localhost:8002", "'localhost:8002' is not a URL such as http://localhost:8002"),
        (admin.endpoint_url, "http://", "'http://' is not a URL such as http://localhost:8002"),
        (admin.slug, "A b", "'A b' is not 1-64 of a-z, 0-9 and -"),
        (admin.title, "a" * 201, "give 1-200 characters, none of them a control character"),
        (admin.community, "x", "'x' is not a number from 0 on"),
    ],
)
def test_what_is_none_is_told(read: Any, text: str, said: str) -> None:
    with pytest.raises(ArgumentTypeError) as refused:
        read(text)
    assert str(refused.value) == said


def test_a_name_has_up_to_200_characters() -> None:
    assert admin.title("a" * 200) == "a" * 200


class TestAnswers:
    ANSWER = Answer({"a": "é"}, "for people")

    @pytest.mark.parametrize(("line", "out"), [("", "for people\n"), ("--json", '{\n  "a": "\\u00e9"\n}\n')])
    def test_a_script_gets_json_and_a_person_text(
        self, line: str, out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        at = Deployment("stack", {})
        asked: list[Any] = []

        def connect(*arguments: Any, **options: Any) -> Deployment:
            asked.append((arguments, options))
            return at

        def list_keys(found: Deployment, options: Any, say: Any) -> None:
            assert found is at
            audit.record("AUDIT", action="test")
            say(self.ANSWER)

        monkeypatch.setattr(admin, "connect", connect)
        monkeypatch.setattr(administration, "list_keys", list_keys)
        place = ["--stack", "s", "--endpoint-url", "http://e", "--region", "r", "--profile", "p"]
        assert admin.main([*place, "keys", "list", *line.split()]) == 0
        assert asked == [(("s",), {"endpoint_url": "http://e", "region": "r", "profile": "p"})]
        written = capsys.readouterr()
        assert written.out == out
        assert json.loads(written.err)["action"] == "test"

    def test_columns_are_aligned_under_their_headings(self) -> None:
        rows: list[dict[str, Any]] = [
            {"key_id": "a", "tier": None, "name": "x"},
            {"key_id": "abcdefgh", "tier": "standard", "name": "y"},
        ]
        assert table(rows, "nothing").splitlines() == [
            "KEY ID     TIER       NAME",
            "a          -          x",
            "abcdefgh   standard   y",
        ]

    def test_where_there_is_nothing_a_sentence_says_so(self) -> None:
        assert table([], "There are no keys.") == "There are no keys."

    def test_no_line_of_text_comes_for_what_is_json_only(self, capsys: pytest.CaptureFixture[str]) -> None:
        admin._say_text(Answer({}, None))
        admin._say_json(Answer(None, "text"))
        assert capsys.readouterr().out == ""
        admin._say_json(Answer({"b": 1, "a": 2}, None))
        assert json.loads(capsys.readouterr().out) == {"a": 2, "b": 1}
