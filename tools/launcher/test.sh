# shellcheck shell=bash
# ./nicosim test: what CI runs, or a part of it.
#
# First the sanitized build for the tests that read foreign bytes, then the fuzzers, about a minute each, then everything
# in the release build, so that the last lines are ctest's summary of the release run, and behind it every failure once
# more. Tests labelled `long` run only when asked for.

sanitized_labels='replay|fuzz-smoke'

run_tests() {
  local label="" regex="" jobs=2
  while (($# > 0)); do
    case $1 in
      -L | -R | -j)
        (($# > 1)) || fail 2 "test: $1 wants a value"
        case $1 in
          -L) label=$2 ;;
          -R) regex=$2 ;;
          -j) jobs=$2 ;;
        esac
        shift
        ;;
      -j*) jobs=${1#-j} ;;
      --help | -h)
        usage
        return 0
        ;;
      *) fail 2 "test: '$1' is not understood; it takes -L LABEL, -R REGEX and -j N" ;;
    esac
    shift
  done
  [[ $jobs =~ ^[1-9][0-9]{0,3}$ ]] || fail 2 "test: -j wants a number of at least 1, not '$jobs'"
  export NICOSIM_JOBS=${NICOSIM_JOBS:-$jobs}

  local filter=()
  [[ -z $label ]] || filter+=(-L "$label")
  [[ -z $regex ]] || filter+=(-R "$regex")

  ensure_packages run test verify
  local failed="" failures=$NICOSIM_ROOT/build/log/failures
  mkdir -p "$NICOSIM_ROOT/build/log" && : >"$failures" || fail 4 "cannot write to $NICOSIM_ROOT/build"
  if wants_sanitized "$label" "$regex"; then
    build sanitize ON nicosim_sanitized_tests
    # GCC's detection of stack use after return does not know SystemC's coroutine stacks.
    ASAN_OPTIONS=detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1 \
      run_ctest sanitize "-L '$sanitized_labels' " -L "$sanitized_labels" "${filter[@]}" --no-tests=ignore ||
      failed=sanitized
  fi
  local nothing=error  # a filter that matches nothing is a typing mistake
  if wants_fuzzers "$label" "$regex"; then
    build fuzz ON nicosim_fuzz_tests
    run_ctest fuzz "-L fuzz " -L '^fuzz$' "${filter[@]}" --no-tests=ignore || failed+=" fuzz"
    nothing=ignore
  fi
  build release ON all
  if ((${#filter[@]} > 0)); then
    filter+=("--no-tests=$nothing")
  else
    filter=(-LE '^long$')
  fi
  run_ctest release "" "${filter[@]}" || failed+=" release"
  [[ -n $failed ]] || return 0
  [[ $failed != *sanitized* ]] || say "a test of the sanitized build failed, see above"
  [[ $failed != *fuzz* ]] || say "a fuzzer found something, see above"
  cat "$failures" >&2
  return 1
}

# wants_sanitized LABEL REGEX: no filter at all, or a label that takes in one of the sanitized ones.
wants_sanitized() {
  if [[ -z $1 ]]; then
    [[ -z $2 ]]
  else
    [[ replay =~ $1 || fuzz-smoke =~ $1 ]]
  fi
}

# wants_fuzzers LABEL REGEX: likewise. Where nothing is installed from here, clang may be missing.
wants_fuzzers() {
  if [[ -n ${NICOSIM_SKIP_PACKAGES-} ]] && ! command -v clang++-14 >/dev/null; then
    say "no clang++-14, so the fuzzers stay out"
    return 1
  fi
  if [[ -z $1 ]]; then
    [[ -z $2 ]]
  else
    [[ fuzz =~ $1 ]]
  fi
}

# run_ctest PRESET REPEAT_OPTIONS CTEST_OPTIONS...: ctest's output, with the command that repeats it after each failure;
# those commands, and what the fuzzers say of their findings in a line, go to the file `failures` too.
run_ctest() {
  local preset=$1 repeat=$2 line name
  # "1/20 Test #1: Name of/(1, 2) .....Subprocess aborted***Exception: ..."
  local failure='^ *[0-9]+/[0-9]+ Test +#[0-9]+: (.+) [.]+[A-Za-z ]*[*]{3}(Failed|Timeout|Exception|Not Run)'
  shift 2
  say "testing $preset"
  ctest --test-dir "$NICOSIM_ROOT/build/$preset" --output-on-failure -j "$jobs" "$@" </dev/null 2>&1 |
    while IFS= read -r line; do
      printf '%s\n' "$line"
      if [[ $line =~ $failure ]]; then
        name=$(sed 's/[].()+*?|$[]/[&]/g' <<<"${BASH_REMATCH[1]}")
        printf "    repeat it with: ./nicosim test %s-R '^%s$'\n" "$repeat" "$name"
        printf "    %s failed; ./nicosim test %s-R '^%s$'\n" "${BASH_REMATCH[1]}" "$repeat" "$name" >>"$failures"
      elif [[ $line =~ ': broken: '|'SUMMARY: '|'Base64: ' ]]; then
        printf '    %s\n' "$line" >>"$failures"
      fi
    done
}
