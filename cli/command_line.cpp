#include "cli/command_line.hpp"

#include "cli/capture/pacing.hpp"
#include "cli/commands/commands.hpp"
#include "cli/nearest.hpp"
#include "cli/scenario/units.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

namespace nicosim {
namespace {

// "FROM..TO", either side may be empty.
bool parse_window(const std::string& text, RunOptions& options) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  const std::string from = text.substr(0, dots), to = text.substr(dots + 2);
  const auto first = from.empty() ? std::optional{SimTime::zero()} : parse_duration(from);
  const auto last = to.empty() ? std::optional{SimTime::never()} : parse_duration(to);
  if (!first || !last || *last < *first) return false;
  options.waves_from = *first;
  options.waves_to = *last;
  return true;
}

CLI::Validator pace_check() {
  return {[](const std::string& text) {
            const auto pace = Pace::parse(text);
            return pace ? std::string{} : pace.error();
          },
          "PACE"};
}

CLI::Validator not_empty() {
  return {[](const std::string& text) { return text.empty() ? std::string{"expected a name"} : std::string{}; }, ""};
}

// A duration option; CLI11 reports what the lambda refuses.
CLI::Option* add_duration(CLI::App& app, const std::string& name, SimTime& target, const std::string& what) {
  return app
      .add_option_function<std::string>(
          name,
          [&target, name](const std::string& text) {
            const auto time = parse_duration(text);
            if (!time || *time < SimTime::zero())
              throw CLI::ValidationError(name, "'" + text + "' is no duration; expected e.g. 10ms");
            target = *time;
          },
          what)
      ->type_name("TIME");
}

// What run and replay share; what it says about the scenario goes into `overlays`.
void add_run_options(CLI::App& app, RunOptions& options, std::vector<std::string>& overlays) {
  app.add_option("--json", options.json, "Write report.json here; - is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  app.add_option("--out", options.out, "Folder for report, resolved scenario, event log and captures")
      ->type_name("DIR")
      ->check(not_empty());
  app.add_flag("--force", options.force, "Write into a folder that exists");
  app.add_option("--events", options.events, "Write the event log here")->type_name("FILE")->check(not_empty());
  app.add_option("--taps", options.taps, "Write what passes the tap points here, as pcapng; a FIFO will do")
      ->type_name("FILE")
      ->check(not_empty());
  app.add_option("--batch", options.batch, "Most clock cycles per activation of a card")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  app.add_flag("--no-skip", options.no_skip, "Evaluate idle cycles, too");
  app.add_flag("--check-skip", options.check_skip, "Evaluate skipped cycles and fail if anything moved");
  app.add_flag("--quiet", options.quiet, "No summary, no progress");
  app.add_option("--random-reset", options.random_reset_seed,
                 "Flops start at random values from this seed, before reset");
  const auto overlay = [&overlays](const std::string& path) {
    return [&overlays, path](const std::string& value) { overlays.push_back(path + value); };
  };
  app.add_option_function<std::string>("--seed", overlay("seed="), "Seed of the run")->type_name("N");
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&overlays](const std::vector<std::string>& sets) {
           overlays.insert(overlays.end(), sets.begin(), sets.end());
         },
         "PATH=VALUE, e.g. nic.rx_ring=64")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  add_duration(app, "--linger", options.linger, "How long to wait when nothing is left to do");
  app.add_option(
         "--waves",
         [&options](const std::vector<std::string>& values) {
           options.waves = "waves.fst";
           if (!parse_window(values.front(), options))
             throw CLI::ValidationError("--waves",
                                        "'" + values.front() +
                                            "' is no stretch of time; expected e.g. 18ms..18.1ms, either side "
                                            "may be left out");
           return true;
         },
         "Write waves.fst (in the output folder, if there is one), all of it or, with --waves=FROM..TO, the stretch "
         "between these times of the event log")
      ->type_name("[=FROM..TO]");
}

void add_run(CLI::App& app, ParsedCommand& parsed, const std::string& command_line) {
  const auto request = std::make_shared<RunRequest>();
  request->options.command = command_line;
  CLI::App& run = *app.add_subcommand("run", "Run a scenario");
  run.add_option("SCENARIO", request->file, "TOML file; - is standard input")->required();
  run.add_option_function<std::string>(
         "--until", [request](const std::string& time) { request->overlays.push_back("stop.after=" + time); },
         "Stop at this simulated time, counted from when the wires live")
      ->type_name("TIME");
  add_run_options(run, request->options, request->overlays);
  run.add_option("-j", request->jobs, "Points of a study at a time; all cores without it")->check(CLI::Range(1U, 256U));
  run.callback([request, &parsed] { parsed.command = [request] { return run_command(*request); }; });
}

void add_replay(CLI::App& app, ParsedCommand& parsed, const std::string& command_line) {
  const auto request = std::make_shared<ReplayRequest>();
  request->options.command = command_line;
  CLI::App& replay = *app.add_subcommand("replay", "Send a capture through the card");
  replay
      .add_option("CAPTURE", request->file,
                  "pcap or pcapng file, - is standard input; or the folder of a run, to repeat it")
      ->required();
  replay.add_option("--as", request->as, "Whose card it is: auto, a MAC address or an IPv4 address");
  replay.add_flag("--promisc", request->promiscuous, "Receive everybody's frames");
  replay.add_option("--mode", request->mode, "How frames are received: pio, dma_irq or napi")
      ->check(CLI::IsMember({"pio", "dma_irq", "napi"}));
  replay.add_option("--pace", request->pace, "capture, line, or N times faster, e.g. 2.5x")->check(pace_check());
  add_duration(replay, "--max-gap", request->max_gap, "Longer silences are shortened to this");
  replay.add_flag("--lenient", request->lenient, "Skip what is broken in the capture, with a warning");
  add_run_options(replay, request->options, request->overlays);
  replay.callback([request, &parsed] { parsed.command = [request] { return replay_command(*request); }; });
}

void add_tap(CLI::App& app, ParsedCommand& parsed, const std::string& command_line, std::vector<std::string> command) {
  const auto request = std::make_shared<TapRequest>();
  request->options.command = command_line;
  request->command = std::move(command);
  CLI::App& tap = *app.add_subcommand("tap", "Run a real program in a private network whose only link is the card");
  tap.footer("Behind --: the command to run there; a shell without it.");
  tap.add_option("--scenario", request->file, "The host; - is standard input. Otherwise one with the usual servers")
      ->type_name("FILE")
      ->check(not_empty());
  tap.add_option("--nics", request->nics, "Cards of the usual host; with 2 it forwards between them")
      ->check(CLI::Range(1U, 2U));
  tap.add_option("--attach", request->attach, "Use this TAP, which exists, and no private network; once per card")
      ->type_name("IFNAME")
      ->allow_extra_args(false);
  tap.add_option("--scale", request->scale, "Simulated time passes this many times slower than real time")
      ->check(CLI::Range(1e-3, 1e6));
  tap.add_option("--record", request->record, "Folder for what ./nicosim replay needs to repeat the run")
      ->type_name("DIR")
      ->check(not_empty());
  add_run_options(tap, request->options, request->overlays);
  tap.callback([request, &parsed] { parsed.command = [request] { return tap_command(*request); }; });
}

void add_tables(CLI::App& app, ParsedCommand& parsed) {
  struct Words {
    std::string first, second;
    std::vector<std::string> overlays;
  };
  const auto words = std::make_shared<Words>();
  CLI::App& check = *app.add_subcommand("check", "Validate a scenario without running it");
  check.add_option("SCENARIO", words->first, "TOML file; - is standard input")->required();
  check.add_option("--set", words->overlays, "PATH=VALUE")->type_name("PATH=VALUE")->allow_extra_args(false);
  check.callback(
      [words, &parsed] { parsed.command = [words] { return check_command(words->first, words->overlays); }; });
  CLI::App& frame = *app.add_subcommand("frame", "Tell one frame's life from a run's output folder");
  frame.add_option("DIR", words->first, "What --out wrote")->required();
  frame.add_option("FRAME", words->second, "r0:17 (arrival 17 at port 0) or t0:4 (sent by the host)")->required();
  frame.callback([words, &parsed] { parsed.command = [words] { return frame_command(words->first, words->second); }; });
  const auto add = [&app, &parsed](const char* name, const char* what, int (*command)()) {
    app.add_subcommand(name, what)->callback([command, &parsed] { parsed.command = command; });
  };
  add("costs", "What work costs on the simulated CPU", costs_command);
  add("registers", "The card's registers", registers_command);
  add("stations", "The stations of a frame's life, and its fates", stations_command);
  add("version", "Versions of the program and its tools", version_command);
}

// The first word that nobody knows.
std::string unknown(const CLI::App& command, const std::vector<std::string>& extras) {
  const auto option = std::ranges::find_if(extras, [](const std::string& word) { return word.starts_with('-'); });
  const std::string& word = option == extras.end() ? extras.front() : *option;
  std::vector<std::string> names;
  for (const CLI::Option* known : command.get_options())
    for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
  return "'" + word + "' is not understood" + (option == extras.end() ? std::string{} : did_you_mean(word, names));
}

// What was typed, last word first, as CLI11 wants it. The value of --waves can only stand behind a '=', so that
// `run --waves examples/first_frame.toml` has a scenario.
struct Words {
  std::vector<std::string> ours;
  std::vector<std::string> command;  // of tap: everything behind the first --
};
Words words_of(int argc, char** argv) {
  Words words{{argv + 1, argv + argc}, {}};
  const auto end = std::ranges::find(words.ours, "--");
  std::replace(words.ours.begin(), end, std::string{"--waves"}, std::string{"--waves=.."});
  if (!words.ours.empty() && words.ours.front() == "tap" && end != words.ours.end()) {
    words.command.assign(end + 1, words.ours.end());
    words.ours.erase(end, words.ours.end());
  }
  std::ranges::reverse(words.ours);
  return words;
}

}  // namespace

ParsedCommand parse_command_line(int argc, char** argv, const std::string& command_line) {
  CLI::App app{"A network card's real RTL, its driver and the stack above, in one simulation"};
  app.name("./nicosim");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string{"nicosim "} + NICOSIM_VERSION);
  ParsedCommand parsed;
  add_run(app, parsed, command_line);
  add_replay(app, parsed, command_line);
  Words words = words_of(argc, argv);
  add_tap(app, parsed, command_line, std::move(words.command));
  add_tables(app, parsed);
  try {
    app.parse(std::move(words.ours));
  } catch (const CLI::ParseError& e) {
    parsed.command = nullptr;
    if (e.get_exit_code() == 0) {  // --help, --version
      app.exit(e);
      return parsed;
    }
    const auto chosen = app.get_subcommands();
    CLI::App& command = chosen.empty() ? app : *chosen.front();
    const auto extras = app.remaining(true);
    std::fprintf(stderr, "nicosim: %s\n", (extras.empty() ? std::string{e.what()} : unknown(command, extras)).c_str());
    std::fprintf(stderr, "nicosim: %s --help says what it takes\n",
                 chosen.empty() ? "./nicosim" : ("./nicosim " + command.get_name()).c_str());
    parsed.exit_code = command.get_name() == "tap" ? kTapFailed : kUsage;
  }
  return parsed;
}

}  // namespace nicosim
