# shellcheck shell=bash
# The Debian packages that filigree needs, in one place, and how they are installed. Sourced by quickstart and test.
# The lists are used by those scripts, which shellcheck does not see from here:
# shellcheck disable=SC2034

# What the program is built from and run with.
build_packages=(
  g++
  cmake
  ninja-build
  pkg-config
  libboost1.81-dev
  libnuma-dev
  libutf8proc-dev
  libyaml-cpp-dev
  rapidjson-dev
  ca-certificates
  curl
)

# What the tests need beyond that: the browser for the page, clang for libFuzzer.
test_packages=(
  libgtest-dev
  chromium
  chromium-driver
  clang
  libclang-rt-14-dev
)

say() { printf '%s: %s\n' "${program:-filigree}" "$*" >&2; }

fail() {
  say "$*"
  exit 2
}

is_installed() {
  [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# Three attempts: mirrors of the distribution fail now and then for a moment.
with_retries() {
  local attempt
  for attempt in 1 2 3; do
    if "$@"; then return 0; fi
    say "attempt $attempt of 3 failed: $*"
    if ((attempt < 3)); then sleep $((attempt * 5)); fi
  done
  return 1
}

# install_packages PACKAGE...: installs those that are missing; does nothing, and needs no rights, when none is.
install_packages() {
  local package missing=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    fail "this system has no apt-get. filigree is built and tested on Debian 12. Install what matches these" \
      "Debian packages, then run again with --no-install: $*"
  fi
  for package in "$@"; do
    if ! is_installed "$package"; then missing+=("$package"); fi
  done
  if ((${#missing[@]} == 0)); then return 0; fi

  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      fail "these Debian packages are missing, and neither are you root nor is there sudo to install them:" \
        "apt-get install ${missing[*]}"
    fi
    as_root=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get --quiet --yes -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  with_retries "${apt[@]}" update ||
    fail "apt-get update failed; see its messages above"
  with_retries "${apt[@]}" install --no-install-recommends "${missing[@]}" ||
    fail "these Debian packages could not be installed: ${missing[*]}"
}
