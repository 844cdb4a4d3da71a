"""The canary: what is replaced in moto is what it was when the replacement was written.

Where a test here fails, moto has changed: read its new source, see whether the replacement is still right or still
needed, and put the new digest here.
"""

import hashlib
import inspect
from collections.abc import Iterator
from typing import Any

import moto
import pytest
from moto import backends

from local.aws import LocalAws
from local.emulator.replacements import ORIGINALS

DIGESTS = {
    "api.InvalidDefinition.TYPE": "dc937b59892604f5",
    "asl_parser.AmazonStateLanguageParser.parse": "a59a7d18760fb22e",
    "botocore_stubber.BotocoreStubber.__call__": "6cbb7bf98afec5c8",
    "common_models.BaseModel.__new__": "08cf0ef20e88029a",
    "comparisons.ConditionExpressionParser._make_operand": "021131942c01900c",
    "comparisons.ConditionExpressionParser.parse": "5c9b63c5f49ed5d5",
    "dynamo_type.DynamoType.cast_value": "135da387dfcc7c1c",
    "dynamo_type.DynamoType.to_regular_json": "a9fe48d6f3f9aa7e",
    "dynamo_type.Item.__deepcopy__": "7621d16ad7ce49d9",
    "dynamo_type.Item.__init__": "d9c12b62cb921831",
    "dynamo_type.Item.project": "f411e6d8b56886f4",
    "dynamo_type.Item.size": "9bc6ada96d33365c",
    "dynamodb.responses.TRANSACTION_MAX_ITEMS": "b7a56873cd771f2c",
    "dynamodb.responses.dynamo_to_dict": "80f600124c13ddcb",
    "environment.Environment.__init__": "aa71d1e8d70ecbb9",
    "environment.Environment.set_error": "6447409d405612c0",
    "eval_component.EvalComponent._log_exception": "2125c07bc2eec625",
    "eval_component.EvalComponent._log_failure_event_exception": "7d7aa73b14eebc89",
    "eval_component.EvalComponent.heap_key": "2531bf43997a2252",
    "execution.BaseExecutionWorkerCommunication.terminated": "360372a6a57bf99b",
    "execution_worker.ExecutionWorker._execution_logic": "baa3e2a48fd228d9",
    "execution_worker.ExecutionWorker.start": "0b502dd3a4e5fd2b",
    "expressions.UpdateExpressionParser.make": "2c00ed96d6e191f2",
    "jitter_strategy_decl.JitterStrategyDecl._eval_body": "13a10f4ac093e55b",
    "models.DynamoDBBackend.transact_write_items": "81db2cb7d94e39c9",
    "models.DynamoDBBackend.update_item": "218984588dd689a5",
    "models.LambdaFunction.invoke": "dadc324f30aed38b",
    "models.SESBackend.__init__": "d3c61eac07e0fd92",
    "models.StepFunctionsParserBackend.delete_state_machine": "3181befe1f478ce2",
    "models.StepFunctionsParserBackend.describe_execution": "74309ac20095b102",
    "models.StepFunctionsParserBackend.start_execution": "0f8d9dd57baf0c28",
    "models.Topic.__init__": "e246f280d7cc7e2e",
    "moto.backends._import_backend": "2e28baa6595a7d79",
    "path.result_path.parse": "cd433e740d17c7ee",
    "program.Program.eval": "6d701880064a8970",
    "responses.CloudFormationResponse.cloudformation_backend": "caf5fd84282ab17f",
    "responses.DynamoHandler.call_action": "ce5f57cf83cde340",
    "responses.DynamoHandler.transact_write_items": "61c163fff213f33a",
    "responses.StepFunctionResponse.describe_execution": "c3953bdc9ce21fda",
    "responses.StepFunctionResponse.stop_execution": "633c8a544aacfd14",
    "state_parallel.branches_decl.CustomErrorName": "40a96f8ab3691437",
    "state_task.lambda_eval_utils._invoke_lambda_function": "0ebcddb746e422b0",
    "table.SecondaryIndex.project": "b2eb603ebd167860",
    "table.Table.delete_item": "1594f7b07616c8cb",
    "table.Table.get_item": "b08e98fe37b7e583",
    "table.Table.put_item": "de23933013ef8426",
    "table.Table.query": "002b4d00be6df07c",
    "useragent.UserAgentString.to_string": "50d24364f32a2d1d",
    "utils.json_path.parse": "8e8fc5e91980418d",
    "wait_function.WaitFunction._wait_interval": "8f954dee80372b4b",
}
"""The beginning of the SHA-256 of what was replaced, by the end of its dotted name."""


@pytest.fixture(scope="module", autouse=True)
def _installed() -> Iterator[None]:
    with LocalAws(schedule=None):
        backends.get_backend("cloudformation")  # replaced in when it is first called
        yield


def found() -> dict[str, Any]:
    return {".".join(name.split(".")[-3:]): original for name, original in ORIGINALS.items()}


def digest(original: Any) -> str:
    if isinstance(original, property):
        original = original.fget
    source = inspect.getsource(original) if callable(original) else repr(original)
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def test_the_version_of_moto_is_the_one_that_was_read() -> None:
    assert moto.__version__ == "5.2.5"


def test_every_replacement_is_known_here() -> None:
    assert (set(found()), len(ORIGINALS)) == (set(DIGESTS), len(DIGESTS))


@pytest.mark.parametrize("name", DIGESTS)
def test_what_is_replaced_is_as_it_was_read(name: str) -> None:
    assert digest(found()[name]) == DIGESTS[name]
