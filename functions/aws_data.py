"""The descriptions of AWS's services that botocore comes with, found and read in half the time that it takes itself.

Botocore looks through the folders of all four hundred services, twice, before it makes the first client, and reads
every description as OrderedDict, which plain dicts have made needless.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

SERVICES = ("apigateway", "cloudformation", "dynamodb", "s3", "secretsmanager", "ses", "sns", "stepfunctions", "sts")
"""Those that `functions/aws.py` has a client for. One more there is one more here."""


class KnownServices(Loader):
    """Knows its services by name."""

    def __init__(self) -> None:
        super().__init__(file_loader=_PlainFiles())

    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


class _PlainFiles(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:
        """The document in `file_path`, which comes without its ending, or None where there is none."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None
