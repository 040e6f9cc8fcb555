# shellcheck shell=bash
# ./nicosim coverage and ./nicosim mutate: how well the tests look at the RTL. Each has a build folder of its own.

# coverage [-j N] [--only-report]: see tools/coverage.
run_coverage() {
  ensure_packages run test
  build coverage ON nicosim_coverage_tests
  trap - INT TERM
  exec python3 -B "$NICOSIM_ROOT/tools/coverage" "$NICOSIM_ROOT/build/coverage" "$@"
}

# mutate [--count N] [--seed N] [-j N] [--only LIST]: see tools/mutate.
run_mutate() {
  local generate=() run=() folder=$NICOSIM_ROOT/build/mutate
  while (($# > 0)); do
    case $1 in
      --count | --seed | -j | --only)
        (($# > 1)) || fail 2 "mutate: $1 wants a value"
        if [[ $1 == --count || $1 == --seed ]]; then generate+=("$1" "$2"); else run+=("$1" "$2"); fi
        shift
        ;;
      *) fail 2 "mutate: '$1' is not understood; it takes --count N, --seed N, -j N and --only NUMBERS" ;;
    esac
    shift
  done
  ensure_packages run test
  mkdir -p "$folder" || fail 4 "cannot write to $folder"
  python3 -B "$NICOSIM_ROOT/tools/mutate" generate "$folder" "${generate[@]}" >&2 || fail 5 "no faults could be made"
  # The faulty copy is no source of the project, so ninja has to look in any case.
  rm -f -- "$folder/nicosim_mutation_tests.stamp"
  build mutate ON nicosim_mutation_tests
  trap - INT TERM
  exec python3 -B "$NICOSIM_ROOT/tools/mutate" run "$folder" "${run[@]}"
}
