# shellcheck shell=bash
# Where things are. Nothing that is built or run lands in the checkout.

# The checkout: the folder above scripts/.
root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Built tools, and the run folders of the stacks.
cache_dir=${LEARNFLOW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/learnflow}

components_dir=$root_dir/components/local
topics_file=$root_dir/components/topics.yaml

# set_run_dir: one run folder for each port offset, so that stacks side by side do not meet. Needs `offset`.
set_run_dir() {
  run_dir=$(realpath -m "${LEARNFLOW_RUN:-$cache_dir/run/$offset}")
  log_dir=$run_dir/logs
}
