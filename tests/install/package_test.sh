#!/usr/bin/env bash
# The Debian package: made by cpack, and what is in it. Installing it needs root: tools/packaging/check_deb.
#   package_test.sh CPACK BUILD WORK
set -euo pipefail

cpack="$1" build="$2" work="$3"
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

rm -rf -- "$work"
mkdir -p "$work"
cd "$work"
"$cpack" -G DEB --config "$build/CPackConfig.cmake" -B "$work" >cpack.log 2>&1 || fail "cpack: $(tail -n 20 cpack.log)"
packages=("$work"/*.deb)
((${#packages[@]} == 1)) || fail "cpack made ${#packages[@]} packages, expected one"
deb="${packages[0]}"
[[ $deb == */filigree_*_amd64.deb ]] || fail "the package is named $deb"

field() { dpkg-deb --field "$deb" "$1"; }
[[ $(field Package) == filigree ]] || fail "Package is $(field Package)"
# By shlibdeps, and what the maintainer scripts call.
for needed in libc6 libssl3 libyaml-cpp0.7 libutf8proc2 adduser; do
  [[ " $(field Depends)," =~ \ ${needed}[,\ ] ]] || fail "$needed is not in Depends: $(field Depends)"
done

listing="$(dpkg-deb --contents "$deb")"
for path in usr/bin/filigree usr/share/man/man1/filigree.1 usr/share/bash-completion/completions/filigree \
  usr/share/zsh/site-functions/_filigree usr/lib/systemd/system/filigree.service usr/share/doc/filigree/copyright \
  usr/share/doc/filigree/CHANGELOG.md etc/filigree/config.yaml etc/default/filigree var/lib/filigree/models/ \
  usr/share/filigree/models/minilm6-squad-pruned80-int8/model.onnx; do
  [[ $listing == *" ./$path"* ]] || fail "$path is not in the package: $listing"
done
strays="$(grep --invert-match -E ' \./(usr|etc|var)?(/|$)' <<<"$listing" || true)"
[[ -z $strays ]] || fail "the package writes elsewhere: $strays"
[[ $listing != *[[:space:]]./usr/include* && $listing != *.a$'\n'* ]] || fail "libraries are in the package: $listing"
owners="$(awk '$2 != "root/root"' <<<"$listing")"
[[ -z $owners ]] || fail "files belong to somebody else than root: $owners"

dpkg-deb --control "$deb" control
for script in postinst prerm postrm; do
  [[ -x control/$script ]] || fail "$script is not executable"
  sh -n "control/$script" || fail "$script does not parse"
done
[[ "$(sort control/conffiles)" == "$(printf '/etc/default/filigree\n/etc/filigree/config.yaml')" ]] ||
  fail "conffiles are $(cat control/conffiles)"

# The program as it is in the package, with the configuration of the package.
dpkg-deb --extract "$deb" root
sed "s#/usr/share#$work/root/usr/share#" root/etc/filigree/config.yaml >config.yaml
FILIGREE_CACHE_DIR="$work/cache" root/usr/bin/filigree serve --check --config-file config.yaml >check.log 2>&1 ||
  fail "the configuration of the package cannot be served: $(cat check.log)"
# The unit names what is there, and flags that exist.
arguments="$(sed -n 's/^ExecStart=//p' root/usr/lib/systemd/system/filigree.service)"
[[ $arguments == /usr/bin/filigree\ serve\ * && -x root/usr/bin/filigree ]] || fail "ExecStart is $arguments"
for flag in $(grep -ohE -- '--[a-z-]+' <<<"$arguments $(cat root/etc/default/filigree)"); do
  root/usr/bin/filigree serve --help | grep -q -- "$flag" || fail "serve has no $flag"
done
echo "the package is sound"
