#include "sc_model/host/disk.hpp"

#include "common/int128.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace nicosim {

Disk::Disk(Agenda& agenda, HostCpu& cpu, Ledger& ledger, unsigned line, DiskConfig config)
    : agenda_(agenda),
      cpu_(cpu),
      ledger_(ledger),
      line_(line),
      config_(config),
      completion_(Rank::interrupt, agenda.new_source(), [this] { complete(); }) {}

void Disk::submit(Bio bio) {
  cpu_.charge(Cost::blk_submit, 1);
  cpu_.catch_up();
  Request request{std::move(bio), agenda_.now(), SimTime::zero()};
  if (in_flight_.size() + finished_.size() < config_.queue) return issue(std::move(request));
  ++stats_.waited_for_tag;
  waiting_.push_back(std::move(request));
}

void Disk::issue(Request request) {
  constexpr std::int64_t kPsPerSecond = 1'000'000'000'000;
  const auto transfer =
      static_cast<std::int64_t>(static_cast<UInt128>(request.bio.bytes) * kPsPerSecond / config_.bandwidth);
  path_free_ = std::max(agenda_.now() + config_.latency, path_free_) + SimTime::ps(transfer);
  request.done = path_free_;
  in_flight_.push_back(std::move(request));
  stats_.max_in_flight = std::max<std::uint64_t>(stats_.max_in_flight, in_flight_.size());
  const Bio& bio = in_flight_.back().bio;
  ledger_.note(agenda_.now(), "disk_submit", {},
               fmt::format("sector={} bytes={} in_flight={}{}", bio.sector, bio.bytes, in_flight_.size(),
                           bio.write ? " op=write" : ""));
  if (!completion_.scheduled()) agenda_.post(completion_, in_flight_.front().done);
}

void Disk::complete() {
  finished_.push_back(std::move(in_flight_.front()));
  in_flight_.pop_front();
  const Bio& bio = finished_.back().bio;
  ledger_.note(agenda_.now(), "disk_complete", {},
               fmt::format("sector={} bytes={}{}", bio.sector, bio.bytes, bio.write ? " op=write" : ""));
  if (!in_flight_.empty()) agenda_.post(completion_, in_flight_.front().done);
  cpu_.line(line_, true, agenda_.now());
}

bool Disk::handle_interrupt() {
  const bool ours = !finished_.empty();
  while (!finished_.empty()) {
    cpu_.charge(Cost::blk_complete, 1);
    cpu_.catch_up();
    Request request = std::move(finished_.front());
    finished_.pop_front();
    const bool write = request.bio.write;
    ++(write ? stats_.writes_completed : stats_.reads_completed);
    (write ? stats_.sectors_written : stats_.sectors_read) += request.bio.bytes / kSectorBytes;
    (write ? stats_.time_writing : stats_.time_reading) += agenda_.now() - request.submitted;
    if (!waiting_.empty()) {
      Request next = std::move(waiting_.front());
      waiting_.pop_front();
      issue(std::move(next));
    }
    request.bio.end_io();
  }
  cpu_.line(line_, false, agenda_.now());
  return ours;
}

}  // namespace nicosim
