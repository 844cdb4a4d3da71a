"""The model that every action's config is."""

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from functions.actions.errors import ConfigInvalid
from state_machines.workflow import faults_of

_MAX_FAULTS = 10


class ActionConfig(BaseModel):
    """A config's base: camelCase in the workflow, snake_case here; exact types when published, no unknown field.

    A validator raises ValueError with a sentence; it must not repeat the value, which may hold a secret.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )


def read_config(model: type[ActionConfig], config: object) -> ActionConfig:
    """The config, its templates resolved, as the model. Raises ConfigInvalid, which names every field at fault.

    What a template gave may be a number where text is meant (`"recipient": "{{trigger.userId}}"`): it is taken as text.
    """
    try:
        return model.model_validate(config, strict=False)
    except ValidationError as error:
        faults = [f"{path}: {message}" for path, message in faults_of(error, "config")]
        # Without the cause: it holds the values, and so what was resolved from a secret.
        raise ConfigInvalid("; ".join(faults[:_MAX_FAULTS])) from None
