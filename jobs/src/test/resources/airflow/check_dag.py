"""Runs the DAG in a real Airflow: success, nothing to do, killed, failed, input that is wrong.

Usage: check_dag.py MODEL CALIBRATION TEST OUTPUT_ROOT; prints a line for each case that held.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import llm_surgeon_dag

model, calibration, test, root = sys.argv[1:]
CONF = {
    "model": model,
    "calibration": calibration,
    "test": test,
    "output_root": root,
    "recipe": "default",
    "sparsity": 0.1,
    "shots": 2,
    "sequences": 4,
}


def run(day, **more):
    run = llm_surgeon_dag.dag.test(
        logical_date=datetime(2026, 1, day, tzinfo=timezone.utc), run_conf=CONF | more
    )
    return {ti.task_id: (str(ti.state), ti.try_number) for ti in run.get_task_instances()}


def folder(day):
    return Path(root) / f"202601{day:02d}T000000"


def held(what, condition, seen):
    if not condition:
        print(f"FAILED {what}: {seen}", flush=True)
        sys.exit(1)
    print("HELD " + what, flush=True)


states = run(1)
held("success", all(state == "success" for state, _ in states.values()), states)
latest = json.loads((Path(root) / "latest.json").read_text())
held("published", latest["output"].endswith(str(folder(1))) and latest["perplexity"] > 1, latest)
weights = folder(1) / "model.safetensors"
before = weights.stat().st_mtime_ns

states = run(1)
same = weights.stat().st_mtime_ns == before
held("nothing to do", same and states["publish"][0] == "success", states)


def kill_once():
    """Ends the driver as a lost machine would, once its first shot is done."""
    shot = folder(2) / ".surgeon-run" / "shot-0001" / "manifest.json"
    while not shot.exists():
        time.sleep(0.05)
    found = subprocess.run(["pgrep", "-f", f"output={folder(2)} "], capture_output=True, text=True)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


killer = threading.Thread(target=kill_once, daemon=True)
killer.start()
states = run(2)
report = json.loads((folder(2) / "pruning_report.json").read_text())
held(
    "killed and resumed",
    states["prune"] == ("success", 2) and report["resumed_from_shot"] >= 1,
    (states, report["resumed_from_shot"]),
)
held("same bytes", (folder(2) / "model.safetensors").read_bytes() == weights.read_bytes(), "")


def fail_once():
    """Has another process take over the run directory and leave it: the driver ends with exit code 1."""
    run_directory = folder(4) / ".surgeon-run"
    while not (run_directory / "shot-0001" / "manifest.json").exists():
        time.sleep(0.02)
    (run_directory / "lease" / "000002.released").write_text("")
    (run_directory / "lease" / "000002.claim.json").write_text("{}")


failer = threading.Thread(target=fail_once, daemon=True)
failer.start()
states = run(4)
report = json.loads((folder(4) / "pruning_report.json").read_text())
held(
    "failed with exit code 1 and resumed",
    states["prune"] == ("success", 2)
    and report["resumed_from_shot"] >= 1
    and (folder(4) / "model.safetensors").read_bytes() == weights.read_bytes(),
    (states, report["resumed_from_shot"]),
)

states = run(3, calibration="nowhere.txt")
held("wrong input is not tried again", states["prune"] == ("failed", 1), states)
