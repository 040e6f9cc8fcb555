// The texts behind Station, Fate and DropReason, from the lists that declare them.
#include "common/drop_reason.hpp"
#include "common/station.hpp"

#include <array>

namespace nicosim {
namespace {

struct Text {
  std::string_view name, sentence;
};

#define NICOSIM_X(name, text) Text{#name, text},
constexpr std::array kStationTexts{NICOSIM_STATIONS(NICOSIM_X)};
constexpr std::array kFateTexts{NICOSIM_FATES(NICOSIM_X)};
constexpr std::array kReasonTexts{NICOSIM_DROP_REASONS(NICOSIM_X)};
#undef NICOSIM_X

static_assert(kStationTexts.size() == kStations && kFateTexts.size() == kFates && kReasonTexts.size() == kDropReasons);

}  // namespace

std::string_view name_of(Station s) { return kStationTexts.at(static_cast<std::size_t>(s)).name; }
std::string_view describe(Station s) { return kStationTexts.at(static_cast<std::size_t>(s)).sentence; }
std::string_view name_of(Fate f) { return kFateTexts.at(static_cast<std::size_t>(f)).name; }
std::string_view describe(Fate f) { return kFateTexts.at(static_cast<std::size_t>(f)).sentence; }
std::string_view name_of(DropReason r) { return kReasonTexts.at(static_cast<std::size_t>(r)).name; }
std::string_view describe(DropReason r) { return kReasonTexts.at(static_cast<std::size_t>(r)).sentence; }

std::optional<Station> station_from(std::string_view name) {
  for (std::size_t i = 0; i < kStations; ++i)
    if (kStationTexts.at(i).name == name) return static_cast<Station>(i);
  return std::nullopt;
}

}  // namespace nicosim
