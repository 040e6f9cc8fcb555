# shellcheck shell=bash
# ./nicosim doctor: what this machine has, and the line that gets the rest. Installs and builds nothing.

# 0 when `run` has all it needs, 1 otherwise.
doctor() {
  local group package version versions missing=() run_missing=0
  printf 'nicosim in %s\n' "$NICOSIM_ROOT"
  if ! is_debian; then
    printf 'not Debian: the packages below cannot be checked, they are Debian 12 names\n'
  fi
  for group in run waves test bench verify; do
    printf '\n%s\n' "$(group_title "$group")"
    local packages
    mapfile -t packages < <(packages_of "$group")
    versions=$(installed_versions "${packages[@]}")
    for package in "${packages[@]}"; do
      version=$(awk -v name="$package" '$1 == name { print $2; exit }' <<<"$versions")
      printf '  %-22s %s\n' "$package" "${version:-missing}"
      [[ -z $version ]] || continue
      [[ " ${missing[*]-} " == *" $package "* ]] || missing+=("$package")
      [[ $group != run ]] || run_missing=1
    done
  done

  printf '\nmachine\n'
  printf '  %-22s %s\n' cores "$(nproc)"
  local program="not built yet" sudo=""
  [[ ! -x $NICOSIM_ROOT/build/release/cli/nicosim ]] || program=built
  printf '  %-22s %s\n' program "$program"

  if ((${#missing[@]} > 0)); then
    (($(id -u) == 0)) || sudo="sudo "
    printf '\ninstall what is missing with:\n  %sapt-get install %s\n' "$sudo" "${missing[*]}"
  fi
  return "$run_missing"
}

group_title() {
  case $1 in
    run) echo "run: run, replay, tap, frame, check, costs, registers, stations, version" ;;
    waves) echo "waves: what run and replay need besides for --waves" ;;
    test) echo "test: what ./nicosim test needs besides" ;;
    bench) echo "bench: what ./nicosim bench needs besides" ;;
    verify) echo "verify: what proving the RTL needs besides" ;;
  esac
}
