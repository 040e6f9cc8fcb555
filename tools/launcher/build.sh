# shellcheck shell=bash
# Builds what has changed, and nothing when nothing has.
#
# The rule: a target is fresh, and neither cmake nor ninja runs, when its stamp build/PRESET/TARGET.stamp
#   - names this project folder and the installed versions of the packages the command needs, and
#   - is newer than every file and folder the target is made of: CMakeLists.txt, CMakePresets.json, cmake/, include/
#     and the folders CMakeLists.txt adds (the program itself does not depend on tb/ and bench/).
# Newer means by the time of the last change of the inode (ctime), which no copy, rename or archive can set back; a
# folder counts too, since removing a file changes only that. The stamp carries the time at which its build began, so
# an edit during the build makes the next call build again.

# build PRESET TESTS TARGET...: TESTS is ON when the tests must be part of the build. Returns when all are built.
build() {
  ! is_fresh "$1" "${@:3}" || return 0
  mkdir -p "$NICOSIM_ROOT/build/log" && touch "$NICOSIM_ROOT/build/lock" || fail 4 "cannot write to $NICOSIM_ROOT/build"
  local lock
  exec {lock}>"$NICOSIM_ROOT/build/lock"
  if ! flock --nonblock "$lock"; then
    say "waiting for another build to finish"
    flock "$lock"
  fi
  # Whoever held the lock may have built just this.
  if ! is_fresh "$1" "${@:3}"; then
    configure "$1" "$2"
    compile "$1" "${@:3}"
  fi
  exec {lock}>&-
}

# wants_waves ARGUMENTS: --waves is among them, and then the card is verilated with tracing, in a build of its own.
wants_waves() {
  local word
  for word in "$@"; do
    case $word in
      --) return 1 ;;
      --waves | --waves=*) return 0 ;;
    esac
  done
  return 1
}

stamp_key() {
  printf '%s\n%s\n' "$NICOSIM_ROOT" "$package_versions"
}

# is_fresh PRESET TARGET...
is_fresh() {
  local preset=$1 target stamp
  shift
  for target in "$@"; do
    stamp=$NICOSIM_ROOT/build/$preset/$target.stamp
    [[ -f $stamp && $(<"$stamp") == "$(stamp_key)" ]] || return 1
    [[ -z $(first_changed "$target" "$stamp") ]] || return 1
    # The stamp speaks for outputs, so they must be there.
    [[ $target != nicosim_exe || -x $NICOSIM_ROOT/build/$preset/cli/nicosim ]] || return 1
    [[ $target != nicosim_bench || -x $NICOSIM_ROOT/build/$preset/bench/nicosim_bench ]] || return 1
  done
}

# One path that changed after the stamp, or nothing.
first_changed() (
  cd "$NICOSIM_ROOT" || exit
  sources=(CMakeLists.txt CMakePresets.json cmake)
  [[ ! -d include ]] || sources+=(include)
  while IFS= read -r folder; do
    [[ ! -d $folder || $1 == nicosim_exe && $folder =~ ^(tb|bench)(/|$) ]] || sources+=("$folder")
  done < <(sed -n 's/^ *add_subdirectory(\([^ )]*\).*/\1/p' CMakeLists.txt)
  # What is gone has changed as well.
  find "${sources[@]}" -cnewer "$2" -print -quit 2>/dev/null || echo gone
)

# configure PRESET TESTS: runs cmake unless the build folder already has what is asked for; ninja itself notices changed
# CMakeLists.txt. Tests that an earlier call switched on stay on, so `run` and `test` in turn do not rebuild.
configure() {
  local preset=$1 tests=$2
  local folder=$NICOSIM_ROOT/build/$preset log=$NICOSIM_ROOT/build/log/$preset-configure.log
  local options=(--preset "$preset") cache=$folder/CMakeCache.txt
  if [[ ! -f $cache ]]; then
    options+=("-DNICOSIM_TESTS=$tests")
  elif ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$NICOSIM_ROOT" "$cache"; then
    say "the project folder has moved: building anew"
    options+=(--fresh "-DNICOSIM_TESTS=$tests")
  elif [[ $tests == ON ]] && ! grep -qx "NICOSIM_TESTS:.*=ON" "$cache"; then
    options+=(-DNICOSIM_TESTS=ON)
  elif [[ -f $folder/build.ninja && ! $NICOSIM_ROOT/CMakePresets.json -nt $folder/build.ninja ]]; then
    return 0
  fi
  say "configuring $preset"
  (cd "$NICOSIM_ROOT" && cmake "${options[@]}") >"$log" 2>&1 </dev/null ||
    fail_with_log 5 "$log" "cmake could not configure the build"
}

# compile PRESET TARGET...
compile() {
  local preset=$1 target
  shift
  local folder=$NICOSIM_ROOT/build/$preset log=$NICOSIM_ROOT/build/log/$preset-build.log first=""
  [[ -f $folder/.ninja_log ]] || first=" (first time: about 4 minutes on two cores)"
  say "building $preset: $*$first"
  for target in "$@"; do stamp_key >"$folder/$target.started"; done

  local ninja=(env "NINJA_STATUS=[%f/%t] " ninja -C "$folder" -j "${NICOSIM_JOBS:-$(nproc)}" "$@")
  if [[ -t 2 ]]; then
    "${ninja[@]}" 2>&1 </dev/null | tee "$log" | show_progress || fail_with_log 5 "$log" "the build failed"
  else
    "${ninja[@]}" >"$log" 2>&1 </dev/null || fail_with_log 5 "$log" "the build failed"
  fi
  for target in "$@"; do mv -- "$folder/$target.started" "$folder/$target.stamp"; done
}

# Turns ninja's "[12/90] ..." lines into one line that counts, and wipes it at the end.
show_progress() {
  local line
  while IFS= read -r line; do
    [[ ! $line =~ ^\[([0-9]+/[0-9]+)\] ]] || printf '\r\033[Knicosim: building %s' "${BASH_REMATCH[1]}" >&2
  done
  printf '\r\033[K' >&2
}
