"""The descriptions of services are botocore's own, whoever reads them."""

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

from functions.aws_data import SERVICES, KnownServices


@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_description_says_what_botocores_own_reader_says(service: str, kind: str) -> None:
    assert KnownServices().load_service_model(service, kind) == Loader().load_service_model(service, kind)


def test_endpoints_are_those_of_botocore() -> None:
    assert KnownServices().load_data("endpoints") == Loader().load_data("endpoints")


def test_a_service_that_nothing_here_calls_is_unknown() -> None:
    session = Session()
    session.register_component("data_loader", KnownServices())
    with pytest.raises(UnknownServiceError, match="rekognition"):
        session.create_client("rekognition", region_name="us-east-1")
