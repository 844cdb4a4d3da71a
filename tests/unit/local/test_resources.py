import pytest

from local.resources import Resources

TREE = Resources(
    [
        ("GET", "/flows"),
        ("GET", "/flows/{id}"),
        ("PUT", "/flows/{id}"),
        ("GET", "/flows/{id}/runs"),
        ("GET", "/flows/runs/{run}"),
        ("POST", "/flows/check"),
    ]
)


def test_a_resource_has_all_its_methods() -> None:
    resource = TREE.find("/flows/7")
    assert resource is not None
    assert resource.methods == {"GET", "PUT"}


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/flows", "/flows", {}),
        ("/flows/", "/flows", {}),
        ("/flows/7", "/flows/{id}", {"id": "7"}),
        ("/flows/7/", "/flows/{id}", {"id": "7"}),
        ("/flows/check", "/flows/check", {}),
        ("/flows/7/runs", "/flows/{id}/runs", {"id": "7"}),
        ("/flows/runs/7", "/flows/runs/{run}", {"run": "7"}),
        ("/flows/runs/runs", "/flows/runs/{run}", {"run": "runs"}),
        ("/flows/a%2Fb", "/flows/{id}", {"id": "a%2Fb"}),
        ("/flows/{id}", "/flows/{id}", {"id": "{id}"}),
    ],
)
def test_a_static_segment_wins_over_a_parameter(path: str, template: str, parameters: dict[str, str]) -> None:
    resource = TREE.find(path)
    assert resource is not None
    assert (resource.path, resource.path_parameters) == (template, parameters)


@pytest.mark.parametrize(
    "path",
    ["/", "", "/flow", "/flows//", "/flows//runs", "/flows/runs", "/flows/7/runs/8", "flows", "/FLOWS", "//flows"],
)
def test_other_paths_are_for_nothing(path: str) -> None:
    assert TREE.find(path) is None
