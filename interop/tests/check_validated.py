"""Drive `gale serve validated:site` as check_demo.py does the demo: `check_validated.py BASE_URL LOG`.

What wsgiref's validator finds before an answer has begun is a 500 in place of the answer that a check expects. What it
finds later is in the server's LOG, which must hold nothing of the kind.
"""

import re
import sys
from pathlib import Path

import check_demo
from check_demo import check, equal, has

FOUND = re.compile(r"AssertionError|\w*Warning:|garbage collected|without being closed")


@check("validator: it stands between the server and the application")
def in_place(browser):
    answer = browser.get("/wrong")
    equal(answer.status, 500, "status of an application that answers with text, not bytes")
    has(answer.text, "AssertionError")


@check("validator: silent in the server's log")
def silent(_):
    lines = Path(sys.argv[2]).read_text(errors="replace").splitlines()
    assert any("/flask/sign" in line for line in lines), "this is not the server's log"
    found = [line for line in lines if FOUND.search(line)]
    assert not found, f"{len(found)} lines, the first: {found[0]!r}"


if __name__ == "__main__":
    sys.exit(0 if check_demo.run(sys.argv[1], native=False) else 1)
