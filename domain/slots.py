"""Plug-in discovery: a slot is a package whose modules each declare one object under the same name."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType


def discover(package: ModuleType, declaration: str) -> Iterator[object]:
    """Yield what each module of `package` declares under the name `declaration`, by module name.

    Raises AttributeError for a module that declares nothing: a file in a slot that does not fill it is a mistake.
    """
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        yield getattr(import_module(f"{package.__name__}.{module}"), declaration)
