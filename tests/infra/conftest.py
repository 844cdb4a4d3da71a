"""The CDK runs in Node: the one that is installed beside this Python, whatever the path says."""

import os
import sys
from pathlib import Path

os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))
