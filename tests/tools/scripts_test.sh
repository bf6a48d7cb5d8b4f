#!/usr/bin/env bash
# The scripts of tools/ and .ci/ parse, explain themselves and refuse what they do not know; none needs the network.
#   scripts_test.sh REPOSITORY
set -euo pipefail

cd -- "$1"
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

for script in tools/quickstart tools/test tools/fuzz tools/emulate tools/packages tools/packaging/check_deb .ci/run; do
  bash -n "$script" || fail "$script does not parse"
done
if command -v shellcheck >/dev/null; then
  shellcheck --external-sources tools/quickstart tools/test tools/fuzz tools/emulate tools/packages .ci/run \
    tools/packaging/check_deb tools/packaging/debian/{postinst,prerm,postrm}
fi

for script in tools/quickstart tools/test tools/fuzz tools/emulate tools/packaging/check_deb; do
  [[ -x $script ]] || fail "$script is not executable"
  # From another folder, to see that the scripts find their own.
  help="$(cd / && "$OLDPWD/$script" --help)" || fail "$script --help failed"
  [[ $help == usage:* && $help == *Example:* ]] || fail "$script --help has no usage and example"
  code=0
  message="$("$script" --no-such-flag 2>&1)" || code=$?
  ((code == 2)) || fail "$script --no-such-flag ended with $code, expected 2"
  [[ $message == *--no-such-flag* ]] || fail "$script does not name the unknown flag: $message"
done

for port in 0 65536 x '' 1x; do
  code=0
  tools/quickstart --no-install --port "$port" >/dev/null 2>&1 || code=$?
  ((code == 2)) || fail "quickstart --port '$port' ended with $code, expected 2"
done

# quickstart configures again in a clone that was copied with its build folder, and not in one that was not. The cmake it
# finds here only says what it was asked for.
copy="$(mktemp -d)"
trap 'rm -rf -- "$copy"' EXIT
mkdir -p "$copy/bin" "$copy/a clone/build/release"
cp -r tools "$copy/a clone"
printf '#!/bin/sh\necho "cmake $*"\n' >"$copy/bin/cmake"
chmod +x "$copy/bin/cmake"
touch "$copy/a clone/build/release/build.ninja"
build_in_copy() {
  printf 'CMAKE_HOME_DIRECTORY:INTERNAL=%s\n' "$1" >"$copy/a clone/build/release/CMakeCache.txt"
  PATH="$copy/bin:$PATH" "$copy/a clone/tools/quickstart" --no-install --build-only
}
asked="$(build_in_copy "/elsewhere/a clone" 2>/dev/null)"
[[ $asked == *"cmake --fresh"*"cmake --build"* ]] || fail "quickstart keeps what another folder configured: $asked"
asked="$(build_in_copy "$copy/a clone" 2>/dev/null)"
[[ $asked == "cmake --build"* ]] || fail "quickstart configures again what is configured: $asked"

# The packages of both lists exist once.
# shellcheck source=tools/packages
source tools/packages
twice="$(printf '%s\n' "${build_packages[@]}" "${test_packages[@]}" | sort | uniq -d)"
[[ -z $twice ]] || fail "listed twice in tools/packages: $twice"
echo "scripts are sound"
