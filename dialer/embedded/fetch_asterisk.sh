#!/usr/bin/env bash
# Unpacks Asterisk and what it needs beside the system: packages of a newer Debian suite, from the mirror that this
# machine's apt already uses, signatures checked, nothing installed. No root. Usage: fetch_asterisk.sh FOLDER SUITE
set -euo pipefail

tree=$(realpath -m "$1") suite=$2
work=$tree.apt
packages=(asterisk asterisk-modules)

mirror=$(apt-get indextargets --format '$(SITE)|$(RELEASE)' 'Created-By: Packages' | grep -v security | head -n 1 | cut -d'|' -f1)
if [ -z "$mirror" ]; then
    echo "apt on this machine knows no Debian mirror; install Asterisk 20 or newer yourself" >&2
    exit 1
fi

rm -rf "$tree" "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial,state} "$tree"
: >"$work/status"
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$suite" >"$work/suite.sources"

# a mirror's copy of a moving suite can be older than this machine's clock: its dates are not held against it
apt=(apt-get -q
    -o Dir::Etc::sourcelist="$work/suite.sources" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o Dir::State="$work/state" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status"
    -o Dir::Cache="$work/cache" -o Dir::Log="$work" -o APT::Sandbox::User= -o APT::Install-Recommends=false
    -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false
    -o APT::Update::Post-Invoke-Success=)
"${apt[@]}" update
"${apt[@]}" -y --download-only install "${packages[@]}"

for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$tree" --keep-directory-symlink --no-same-owner \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
done
rm -rf "$work"
