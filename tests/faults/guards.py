"""What guards the record, the engine and the net beside the conditions of writes, and the tests that notice."""

from tests.faults.removal import removed

_EXECUTIONS = "functions/store/executions.py"
_LIFECYCLE = "functions/lifecycle.py"
_ACTION = "functions/action.py"
_START = "functions/start.py"
_OF_EXECUTIONS = "tests/unit/functions/store/test_executions.py"
_OF_START = "tests/unit/functions/test_start.py"
_OF_CONDITIONS = "tests/faults/test_conditions.py"
_OF_DISORDER = "tests/faults/test_disorder.py"
_OF_REPAIRS = "tests/integration/test_repairs.py"
_OF_TASKS = "tests/integration/test_tasks.py"
_OF_TICKETS = "tests/unit/functions/test_tickets.py"
_OF_STACK = "tests/infra/test_stack.py"

OF_THE_RECORD = [
    removed(
        "an end and its count are one transaction",
        _EXECUTIONS,
        "            ),\n            counting(ended.workflow_id",
        "            ))\n        table.transact(\n            counting(ended.workflow_id",
        _OF_CONDITIONS,
    ),
    removed(
        "an end is counted",
        _EXECUTIONS,
        "            counting(ended.workflow_id, ended.started_at, ended.is_test, ended),\n",
        "",
        _OF_EXECUTIONS,
    ),
    removed(
        "what is claimed is in flight",
        _EXECUTIONS,
        '{"in_flight": "1", "check_at": check_at}',
        "{}",
        _OF_EXECUTIONS,
    ),
    removed(
        "what has ended is in flight until its machine has",
        _EXECUTIONS,
        'f"SET {addition.sets}{sets}",\n                names',
        'f"SET {addition.sets}{sets} REMOVE in_flight",\n                names',
        _OF_EXECUTIONS,
    ),
    removed(
        "a large step is staged before it is committed",
        _ACTION,
        "            step = steps.stage(execution.id, step, execution.expires_at)",
        "            pass",
        _OF_TASKS,
    ),
    removed(
        "a step that was staged is not performed again",
        _ACTION,
        "return steps.read(execution.id, task.leader) if tries > 1 or task.crashed else None",
        "return None",
        "tests/faults/test_guards.py",
    ),
    removed(
        "a step that is in the log is not performed again",
        _ACTION,
        "if (recorded := _recorded(task, execution, flow)) is not None:",
        "if (recorded := None) is not None:",
        "tests/faults/test_guards.py",
    ),
    removed(
        "a Task goes by what another delivery recorded",
        _ACTION,
        "return _recorded(task, _running(task), flow) or step.answer",
        "return step.answer",
        _OF_TASKS,
    ),
    removed(
        "a Task that only folds needs a running record",
        _ACTION,
        "if execution is None or execution.status != Status.RUNNING:",
        "if execution is None:",
        _OF_DISORDER,
        _OF_TASKS,
        "tests/faults/test_guards.py",
    ),
    removed(
        "the last of several branches ends the record",
        _ACTION,
        "    if not flow.frontier(ports_of(execution.log)):\n",
        "    if False:\n",
        "tests/faults/test_guards.py",
    ),
    removed(
        "every attempt has the same idempotency token",
        _ACTION,
        'idempotency_token=f"{execution.id}:{node.id}:{task.visit}"',
        'idempotency_token=f"{execution.id}:{node.id}:{task.visit}:{task.attempt}"',
        _OF_DISORDER,
    ),
    removed(
        "an API is told the idempotency token",
        "functions/actions/call_api.py",
        '            "Idempotency-Key": token,\n',
        "",
        _OF_DISORDER,
    ),
    removed(
        "an e-mail is handed over once in an attempt",
        "functions/aws.py",
        '_client("ses", _ONCE)',
        '_client("ses")',
        "tests/faults/test_guards.py",
    ),
    removed(
        "a throttled transaction is tried again",
        "functions/store/table.py",
        '"ThrottlingError", "ProvisionedThroughputExceeded"',
        "",
        "tests/unit/functions/store/test_table.py",
    ),
    removed(
        "no clock orders the path",
        "functions/record.py",
        "began[node] = reached[node] = max(started_at, reached[node])",
        "began[node] = reached[node] = started_at",
        _OF_DISORDER,
    ),
    removed(
        "nothing ends before it began",
        _EXECUTIONS,
        "ended_at=max(ending.at, execution.started_at)",
        "ended_at=ending.at",
        _OF_CONDITIONS,
    ),
]

OF_THE_ENGINE = [
    removed(
        "a machine runs under its execution's id",
        "functions/engine.py",
        "name=execution_id, input=machine_input",
        'name=execution_id[:24] + __import__("secrets").token_hex(4), input=machine_input',
        "tests/unit/functions/test_engine.py",
        _OF_REPAIRS,
    ),
    removed(
        "a machine that ran already counts as started",
        "functions/engine.py",
        "    except client.exceptions.ExecutionAlreadyExists:\n        return\n",
        "",
        "tests/faults/test_guards.py",
    ),
    removed(
        "the same Idempotency-Key is the same execution",
        _START,
        "    if request.idempotency_key is not None:\n        execution_id",
        "    if False:\n        execution_id",
        _OF_START,
    ),
    removed(
        "an Idempotency-Key belongs to one body",
        _START,
        '        if claimed["digest"] != request.digest:\n',
        "        if False:\n",
        _OF_START,
    ),
    removed(
        "a claim that was made before is started",
        _START,
        "        return _started(executions.read(execution.id) or execution)",
        "        return executions.read(execution.id) or execution",
        _OF_CONDITIONS,
    ),
    removed(
        "a start that is refused is left to the schedule",
        _START,
        "except (StartRefused, MachineGone):",
        "except MachineGone:",
        _OF_REPAIRS,
    ),
    removed(
        "a cancel stops the machine",
        "functions/cancel.py",
        "    if ended.machine_arn:\n",
        "    if False:\n",
        "tests/faults/test_guards.py",
    ),
    removed(
        "a machine tries a Task again that found no store",
        "state_machines/translate.py",
        "    UNAVAILABLE,\n]",
        "]",
        "tests/integration/test_outages.py",
    ),
    removed(
        "a failing store before an effect is no crash",
        _ACTION,
        "    except table.FAULTS as error:\n        raise StoreUnavailable from error",
        "    except table.FAULTS:\n        raise",
        "tests/integration/test_outages.py",
    ),
    removed(
        "a failing store behind an effect does not repeat it",
        _ACTION,
        "            if not task.is_effect:\n                raise\n",
        "            raise\n",
        "tests/integration/test_outages.py",
    ),
    removed(
        "what an effect came to is written down again",
        _ACTION,
        "for pause in (*PAUSES, None):",
        "for pause in (None,):",
        "tests/integration/test_outages.py",
    ),
    removed(
        "a machine whose record has ended stops at its next Task",
        "state_machines/translate.py",
        '[{"ErrorEquals": [ENDED], "MaxAttempts": 0}, ',
        "[",
        "tests/unit/state_machines/test_translate.py",
    ),
]

OF_THE_NET = [
    removed(
        "the schedule looks at what is in flight",
        _LIFECYCLE,
        "for item in executions.in_flight(clock.now_iso()):",
        "for item in ():",
        _OF_REPAIRS,
    ),
    removed(
        "the schedule starts what was not started",
        _LIFECYCLE,
        "_start_again(execution) if execution.status == Status.RUNNING else",
        "None if execution.status == Status.RUNNING else",
        _OF_REPAIRS,
    ),
    removed(
        "the schedule stops what was not stopped",
        _LIFECYCLE,
        "            engine.stop(arn, execution.id)\n",
        "            pass\n",
        _OF_REPAIRS,
    ),
    removed(
        "the schedule judges a record by its end",
        _LIFECYCLE,
        "settle(executions.read(execution.id) or execution, run)",
        "settle(execution, run)",
        _OF_REPAIRS,
    ),
    removed(
        "one execution keeps no other waiting",
        _LIFECYCLE,
        "        with suppress(BotoCoreError, ClientError):\n            _put_off(execution_id",
        "        raise\n        with suppress(BotoCoreError, ClientError):\n            _put_off(execution_id",
        _OF_CONDITIONS,
    ),
    removed(
        "only what could not be followed is delivered again",
        _LIFECYCLE,
        'failed = [record["messageId"] for record in event["Records"] if not _followed(record)]',
        'failed = [record["messageId"] for record in event["Records"] if _followed(record) is None]',
        _OF_REPAIRS,
    ),
    removed(
        "one message takes no other with it",
        _LIFECYCLE,
        "        return False\n    return True",
        "        raise\n    return True",
        _OF_REPAIRS,
    ),
    removed(
        "an event that comes late ends nothing",
        _LIFECYCLE,
        "    with suppress(ExecutionEnded):\n",
        "    with suppress(AssertionError):\n",
        "tests/faults/test_guards.py",
    ),
    removed(
        "a record that goes on meanwhile is looked at again",
        _LIFECYCLE,
        "    with suppress(ExecutionEnded):\n",
        "    with suppress(ExecutionEnded, executions.AlreadyDone):\n",
        _OF_CONDITIONS,
    ),
    removed(
        "a batch of the queue names what failed",
        "infra/engine.py",
        "report_batch_item_failures=True",
        "report_batch_item_failures=False",
        f"{_OF_STACK}::TestNet",
    ),
    removed(
        "what cannot be followed is kept",
        "infra/engine.py",
        "            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_TRIES),\n",
        "",
        f"{_OF_STACK}::TestNet",
    ),
    removed(
        "the schedule calls every minute",
        "infra/engine.py",
        "events.Schedule.rate(Duration.minutes(1))",
        "events.Schedule.rate(Duration.days(1))",
        f"{_OF_STACK}::TestNet",
    ),
]

OF_THE_STREAM = [
    removed(
        "a ticket's signature is checked",
        "functions/tickets.py",
        "if not any(_is_signed(",
        "if False and not any(_is_signed(",
        _OF_TICKETS,
    ),
    removed(
        "a ticket expires",
        "functions/tickets.py",
        "if int(expiry) <= clock.now().timestamp():",
        "if False:",
        _OF_TICKETS,
    ),
]
