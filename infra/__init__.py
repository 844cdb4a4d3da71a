"""The stack, for the AWS CDK. It runs in Node: in the one that is installed beside this Python."""

import os
import sys
from pathlib import Path

os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))
