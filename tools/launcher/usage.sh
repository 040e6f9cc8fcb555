# shellcheck shell=bash
# What can be typed, and what was probably meant.

usage() {
  cat <<'TEXT'
usage: ./nicosim COMMAND [ARGUMENTS]        (./nicosim COMMAND --help explains one)

  run SCENARIO               runs a scenario or a study, e.g. examples/first_frame.toml
  replay CAPTURE             sends a capture through the card
  replay DIR                 repeats a recorded run
  tap -- COMMAND             a real program on a private network whose only link is the card
  frame DIR FRAME            one frame's life, e.g. r0:17
  check SCENARIO             validates without running
  costs, registers, stations the tables behind the model
  version                    versions of the program and its tools

  test [-L LABEL] [-R REGEX] [-j N]   everything that CI runs, or a part of it
  bench cosim | line-rate | card      what simulating costs; whether the card keeps up with the wire
  bench stack                         our stack alone against lwIP
  bench tap                           a real client's download through the card, against lwIP behind a TAP
  coverage                   lines and signals of the RTL that the tests reach
  mutate                     do the tests notice small faults in the RTL?
  prove [NAME...]            proves properties of the RTL, and seeds bugs that the proofs must find
  synthesize                 cells, flip-flops, memories and logic levels of the card in an FPGA
  doctor                     what is installed, what is missing, and how to get it

Missing Debian packages are installed first:
  --yes          without asking
  --no-install   not at all: names them and exits with 2
TEXT
}

commands=(run replay tap frame check costs registers stations version test bench coverage mutate prove synthesize doctor help)

# The command with the smallest edit distance to $1 (Levenshtein; the first one wins a tie).
nearest_command() {
  local word=$1 best="" least=1000 candidate i j cost above diagonal
  local -a row
  for candidate in "${commands[@]}"; do
    for ((j = 0; j <= ${#candidate}; j++)); do row[j]=$j; done
    for ((i = 1; i <= ${#word}; i++)); do
      diagonal=${row[0]}
      row[0]=$i
      for ((j = 1; j <= ${#candidate}; j++)); do
        cost=1
        [[ ${word:i-1:1} != "${candidate:j-1:1}" ]] || cost=0
        above=${row[j]}
        row[j]=$((diagonal + cost))
        ((above + 1 >= row[j])) || row[j]=$((above + 1))
        ((row[j - 1] + 1 >= row[j])) || row[j]=$((row[j - 1] + 1))
        diagonal=$above
      done
    done
    if ((row[${#candidate}] < least)); then
      least=${row[${#candidate}]}
      best=$candidate
    fi
  done
  printf '%s\n' "$best"
}
