#!/usr/bin/env bash
# Commits the executed notebooks below book/ with what runs them, and pushes that commit alone as
# the branch `notebooks` of the repository $1. Neither the working tree nor its index changes.
set -euo pipefail
shopt -s globstar

remote=${1:?"Usage: tools/notebooks_branch.sh REPOSITORY"}
notebooks=(book/**/*.ipynb)
[ -e "${notebooks[0]}" ] || { echo "There is no notebook below book/." >&2; exit 1; }

source=$(git rev-parse HEAD)
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
export GIT_INDEX_FILE="$folder/index"
cat >"$folder/README.md" <<END
The chapters as executed notebooks, with the package that they use, as of commit $source of the
branch \`main\`. Each publication makes this branch anew: change the chapters there, not here.
END
readme=$(git hash-object -w "$folder/README.md")
git add .binder LICENSE LICENSE-TEXT.md bnutils pyproject.toml requirements.txt
git add --force "${notebooks[@]}"
git update-index --add --cacheinfo "100644,$readme,README.md"
GIT_AUTHOR_NAME=$(git log -1 --format=%an) GIT_AUTHOR_EMAIL=$(git log -1 --format=%ae)
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
commit=$(git commit-tree "$(git write-tree)" -m "Notebooks of $source")
git push --force "$remote" "$commit:refs/heads/notebooks"
