"""Pages with code that asks a live service: the notebook prints what is stored in it, and R's addresses answer."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from docs import notebook
from service.wiring import make_app
from tests.service.serving import serving

pytestmark = pytest.mark.one_server_will_do

R_PAGE = Path(notebook.__file__).parent / "r.md"


@pytest.fixture(scope="module")
def address(sample_url: str) -> Iterator[str]:
    with serving(make_app(sample_url)) as found:
        yield found


def test_every_address_of_the_page_for_r_answers_with_the_columns_that_it_names(address: str) -> None:
    page = R_PAGE.read_text("utf-8")
    paths = re.findall(r'read\((?:paste0\()?"([^"]+)"', page)
    columns: set[str] = set()
    for path in paths:
        answered = httpx.get(f"{address}/v1{path}{'120' if path.endswith('@') else ''}", timeout=60)
        assert answered.status_code == 200, (path, answered.text)
        assert answered.headers["content-type"].startswith("text/csv")
        columns |= set(next(csv.reader(io.StringIO(answered.text))))
    named = set(re.findall(r"\$`?([a-z_]+)", page)) | set(re.findall(r"(\w+) ==", page))
    assert len(paths) >= 7
    assert named <= columns


def test_the_notebook_prints_what_is_stored_in_it(address: str) -> None:
    assert any(
        notebook.stored(cell) for cell in json.loads(notebook.NOTEBOOK.read_text("utf-8"))["cells"] if "outputs" in cell
    )
    asked = [sys.executable, "-m", "docs.notebook", "--check"]
    environment = {**os.environ, "KNOWNWHEN": address, "PYTHONPATH": "service/client"}
    done = subprocess.run(asked, cwd=R_PAGE.parents[1], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
