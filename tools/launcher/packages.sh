# shellcheck shell=bash
# Which Debian packages a command needs, which of them are missing, and how they get here.
#
# Asked of dpkg on every call (tens of milliseconds), so apt runs only when something is really missing.

# Packages of the groups "$@", one a line, each once.
packages_of() {
  local group
  for group in "$@"; do
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$NICOSIM_ROOT/tools/packages/$group.txt"
  done | awk '!seen[$0]++'
}

# "name version" of those of the packages "$@" that are installed.
installed_versions() {
  # dpkg-query fails when it does not know one of them, which is an answer and not a mistake.
  { dpkg-query -W -f='${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null || true; } |
    sed -n 's/^installed //p'
}

# Debian, or something that says it is like Debian.
is_debian() (
  # shellcheck source=/dev/null
  . "${NICOSIM_OS_RELEASE:-/etc/os-release}" 2>/dev/null || exit 1
  [[ " ${ID-} ${ID_LIKE-} " == *" debian "* ]]
)

# ensure_packages GROUP...: returns when all are installed, exits otherwise. Leaves "name version" lines in
# package_versions, which the build uses to notice an upgraded compiler or library.
ensure_packages() {
  local needed missing=() package
  package_versions=""
  [[ -z ${NICOSIM_SKIP_PACKAGES-} ]] || return 0
  mapfile -t needed < <(packages_of "$@")
  if ! is_debian; then
    say "this is not Debian, so nothing can be installed from here. Debian 12 calls what is needed: ${needed[*]}"
    fail 2 "with their equivalents installed, NICOSIM_SKIP_PACKAGES=1 goes on"
  fi
  package_versions=$(installed_versions "${needed[@]}")
  for package in "${needed[@]}"; do
    [[ $'\n'$package_versions == *$'\n'"$package "* ]] || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0

  say "missing packages: ${missing[*]}"
  if [[ $install_policy == never ]]; then
    fail 2 "install them with: apt-get install ${missing[*]}"
  fi
  if [[ $install_policy == ask ]] && is_interactive; then
    local answer=""
    read -r -p "nicosim: install them with apt-get? [Y/n] " answer || answer=n
    [[ $answer =~ ^([Yy]|[Yy]es)?$ ]] || fail 2 "nothing installed; the command needs them"
  fi
  install_packages "${missing[@]}"
  package_versions=$(installed_versions "${needed[@]}")
}

# Somebody is there to answer. CI systems may hand out a terminal, but nobody sits at it.
is_interactive() {
  [[ -t 0 && -t 2 && -z ${CI-} ]]
}

install_packages() {
  local log=$NICOSIM_ROOT/build/log/install.log apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
  if (($(id -u) != 0)); then
    command -v sudo >/dev/null || fail 2 "not root and no sudo; as root: apt-get install $*"
    if is_interactive; then apt=(sudo "${apt[@]}"); else apt=(sudo -n "${apt[@]}"); fi
  fi
  mkdir -p "${log%/*}" || fail 4 "cannot write to ${log%/*}"
  : >"$log"

  local updated=no
  if ! has_package_lists; then
    update_package_lists
    updated=yes
  fi
  say "installing $# packages"
  if ! install_once "$@"; then
    # Lists that are old name versions the mirror has dropped: fetch them anew, once.
    [[ $updated == no ]] || fail_with_log 5 "$log" "apt-get could not install $*"
    update_package_lists
    install_once "$@" || fail_with_log 5 "$log" "apt-get could not install $*"
  fi
}

# Both work on the locals of install_packages.
update_package_lists() {
  say "fetching the package lists"
  "${apt[@]}" update >>"$log" 2>&1 </dev/null || fail_with_log 5 "$log" "apt-get update failed"
}

install_once() {
  "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

# A fresh container has none.
has_package_lists() {
  compgen -G "${NICOSIM_APT_LISTS:-/var/lib/apt/lists}/*_Packages*" >/dev/null
}
