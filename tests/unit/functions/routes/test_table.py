"""The routes: each is one function of its dialect, and all of these are routes."""

import inspect
from importlib import import_module

from functions.routes.table import ROUTES


def test_every_route_of_the_api_has_a_function_and_every_function_a_route() -> None:
    for dialect in {route.dialect for route in ROUTES}:
        module = import_module(f"functions.routes.{dialect}")
        own = {
            name
            for name, found in inspect.getmembers(module, inspect.isfunction)
            if found.__module__ == module.__name__ and not name.startswith("_")
        }
        assert own == {route.operation for route in ROUTES if route.dialect == dialect and route.function == "api"}


def test_no_route_is_there_twice() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
