"""Documents: generated ones say what the code says, links lead somewhere, nothing names a machine."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from orderwire.canonical.envelope import BODIES, Event, EventType, event_id
from orderwire.config.alerts import AlertKind
from orderwire.pipeline.alert_words import RUN_BOOKS
from orderwire.queue.codec import encode

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
PAGES = [path for path in TRACKED if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
ASYNCAPI = yaml.safe_load((ROOT / "docs/reference/asyncapi.yaml").read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as renderers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_generated_reference_is_what_the_code_says() -> None:
    """A change to models, settings, errors or profiles comes with its documents."""
    checked = subprocess.run(
        [sys.executable, "-m", "scripts.generate_docs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading of it."""
    for match in LINK.finditer(page.read_text("utf-8")):
        target, _, anchor = match["target"].partition("#")
        if "://" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), match["target"]
        assert not anchor or anchor in anchors(file), match["target"]


def test_every_page_can_be_reached_from_the_readme() -> None:
    """No page is known only to those who know it."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        targets = (match["target"].partition("#")[0] for match in LINK.finditer(page.read_text("utf-8")))
        waiting += [(page.parent / target).resolve() for target in targets if target and "://" not in target]

    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs") or page.parent == ROOT} <= reached


def test_no_file_names_a_package_index_or_a_machine() -> None:
    """What is cloned elsewhere works elsewhere, from whichever index is set up there."""
    indexes = ["py" + "pi.org", "python" + "hosted", "deb." + "debian", "registry." + "npmjs"]
    machine = [str(ROOT), "/" + "root/", f"{Path.home()}/"]
    forbidden = [name.encode() for name in (*indexes, *machine) if len(name) > 4]

    found = [(path.relative_to(ROOT), name) for path in TRACKED for name in forbidden if name in path.read_bytes()]

    assert found == []


def test_lock_files_are_pinned_and_hashed() -> None:
    """Each requirement has a version and a hash, and nothing says where it comes from."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
        requirements = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert all(re.match(r"[\w.-]+(\[\w+\])?==\S+", line) and "--hash=sha256:" in line for line in requirements)
        assert "://" not in text


def test_every_library_has_its_line_in_the_decisions() -> None:
    """A new library needs a reason."""
    decided = (ROOT / "docs/decisions/0001-foundation.md").read_text("utf-8").lower()
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)

    assert wanted
    for name in re.findall(r'"([\w-]+)', wanted[1]):
        assert name.lower() in decided


def test_asyncapi_lists_every_event_type_on_the_exchange() -> None:
    """One channel each, whose address is the routing key, and one message with the type's schema."""
    addresses = {channel["address"] for channel in ASYNCAPI["channels"].values()}

    assert addresses == {kind.value for kind in EventType}
    assert {channel["bindings"]["amqp"]["exchange"]["name"] for channel in ASYNCAPI["channels"].values()} == {
        "ow.events"
    }
    for message in ASYNCAPI["components"]["messages"].values():
        assert (ROOT / "docs/reference" / message["payload"]["$ref"]).is_file()


def test_references_inside_asyncapi_lead_somewhere() -> None:
    """Every local reference names something that is there."""
    for reference in re.findall(r"\$ref: '?#/([\w/]+)'?", (ROOT / "docs/reference/asyncapi.yaml").read_text("utf-8")):
        place = ASYNCAPI
        for part in reference.split("/"):
            place = place[part]


def test_what_is_published_has_the_documented_headers() -> None:
    """The headers on the wire fit the AsyncAPI document, with every attribute set and with the least."""
    headers = ASYNCAPI["components"]["schemas"]["headers"]
    least = {
        "id": event_id("d", 0, "x"),
        "source": "orderwire/edi",
        "type": EventType.ORDER_RECEIVED,
        "time": "2026-11-21T08:15:00Z",
        "data": {},
        "documentid": "d",
        "correlationid": "d",
    }
    most = {**least, "subject": "4711", "causationid": "c", "partner": "acme", "epoch": 2, "test": True}

    for attributes in (least, most):
        wire = encode(Event.model_validate(attributes))
        jsonschema.validate(dict(wire.headers), headers)
        assert set(wire.headers) <= set(headers["properties"])


@pytest.mark.parametrize("path", sorted((ROOT / "docs/reference/schemas").glob("*.json")), ids=lambda path: path.stem)
def test_a_published_schema_is_a_schema(path: Path) -> None:
    """By the dialect it names; decimals are strings in it."""
    schema = yaml.safe_load(path.read_text("utf-8"))

    jsonschema.Draft202012Validator.check_schema(schema)
    assert '"number"' not in path.read_text("utf-8")
    assert len(BODIES) >= 1


def test_every_decision_has_a_number_of_its_own_and_its_line() -> None:
    """Decisions are counted without a gap, bear their number in the title, and are listed in order."""
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    titles = [file.read_text("utf-8").splitlines()[0] for file in files]
    listed = [line[3:7] for line in (ROOT / "docs/README.md").read_text("utf-8").splitlines() if "(decisions/" in line]

    numbers = [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [file.name[:4] for file in files] == numbers
    assert [title[2:6] for title in titles] == numbers
    assert listed == numbers


def test_every_alert_leads_to_a_run_book() -> None:
    """What Orderwire tells by itself names a page that is there."""
    assert set(RUN_BOOKS) == set(AlertKind)
    assert all((ROOT / f"docs/run-books/{page}.md").is_file() for page in RUN_BOOKS.values())
