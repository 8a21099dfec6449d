#!/bin/bash
# A comparison by an array of Slurm jobs: prepare, the workers, merge; each waits for the one before.
#
#   submit.sh WORKERS FLAGS...     FLAGS are those of compare, without --workers
#
# Prints the three jobs. Where one fails for good, those behind it are cancelled. What all jobs need
# (partition, account) goes into SBATCH_PARTITION, SBATCH_ACCOUNT. docs/scale-out.md, "Slurm".
set -euo pipefail

if (($# < 2)) || [[ ! $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: submit.sh WORKERS FLAGS..." >&2
  exit 2
fi
workers=$1
shift
script=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/compare.sbatch

submit() { # STEP [OPTIONS OF SBATCH...] -- FLAGS...
  local step=$1 options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  local job
  job=$(sbatch --parsable --job-name="ddm-compare-$step" --kill-on-invalid-dep=yes \
    "${options[@]}" "$script" --workers "$workers" "$@")
  echo "${job%%;*}" # behind the semicolon is the cluster
}

array=(--array="0-$((workers - 1))" --output=ddm-compare-%A-%a.log)
one=(--output=ddm-compare-%j.log)

before=$(submit prepare "${one[@]}" -- --prepare "$@")
echo "prepare $before"
steps=(work)
[[ " $* " != *" --exchange"[\ =]* ]] || steps=(scan join)
for step in "${steps[@]}"; do
  of_step=()
  [[ $step == work ]] || of_step=(--step "$step")
  before=$(submit "$step" --dependency="afterok:$before" "${array[@]}" -- "${of_step[@]}" "$@")
  echo "$step $before"
done
merge=$(submit merge --dependency="afterok:$before" "${one[@]}" -- --merge "$@")
echo "merge $merge"
