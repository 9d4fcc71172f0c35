"""Peers from npm, on the same interchange: installed into a temporary folder when node is there."""

import json
import shutil
import subprocess
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
const { Reader } = require('ts-edifact');
const begin = process.cpuUsage();
const segments = new Reader('UNOC').parse(text).length;
const used = process.cpuUsage(begin);
console.log(JSON.stringify([segments, (used.user + used.system) / 1e6]));
""",
}
#: What `ts-edifact` asks for without saying so in its package.
_ALSO = ("htmlparser2@6",)


def compare(content: bytes) -> list[str]:
    """Return a line for each peer: how fast it read the file to segments, or why it did not."""
    if not (shutil.which("node") and shutil.which("npm")):
        return ["npm edifact, ts-edifact: not measured, because node is missing"]
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, *_SCRIPTS, *_ALSO]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as error:
            return [f"npm edifact, ts-edifact: not measured, because npm could not install them ({error})"]
        file = Path(folder) / "orders.edi"
        file.write_bytes(content)
        return [_line(name, script, file, len(content)) for name, script in _SCRIPTS.items()]


def _line(name: str, script: str, file: Path, size: int) -> str:
    program = file.with_name(f"{name}.js")
    program.write_text(script, encoding="utf-8")
    try:
        ran = subprocess.run(["node", program, file], capture_output=True, text=True, check=False, timeout=300)
    except subprocess.TimeoutExpired:
        return f"npm {name}: did not come to an end in five minutes"
    if ran.returncode or not ran.stdout.strip().startswith("["):
        reason = next((line for line in ran.stderr.splitlines() if line.startswith("Error")), "it printed nothing")
        return f"npm {name}: does not read the file ({reason})"
    segments, seconds = json.loads(ran.stdout.strip().splitlines()[-1])
    return f"npm {name}: {size / 1e6 / seconds:.1f} MB/s to {segments} segments, unchecked"
