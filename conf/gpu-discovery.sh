#!/usr/bin/env bash
# Prints the GPUs of this machine as Spark wants to read them: {"name": "gpu", "addresses": ["0","1"]}.
# A standalone worker takes it as spark.worker.resource.gpu.discoveryScript; on YARN and Kubernetes
# executors do, as spark.executor.resource.gpu.discoveryScript.
set -euo pipefail

if ! command -v nvidia-smi >/dev/null 2>&1; then
  echo "gpu-discovery.sh: nvidia-smi is missing; install the driver, or let this machine offer no GPU." >&2
  exit 1
fi
indices=$(nvidia-smi --query-gpu=index --format=csv,noheader)
addresses=
for index in $indices; do
  addresses=${addresses:+$addresses,}\"$index\"
done
printf '{"name": "gpu", "addresses": [%s]}\n' "$addresses"
