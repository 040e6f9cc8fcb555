#include "bench/line/numbered_frames.hpp"

#include "common/rng.hpp"

#include <algorithm>
#include <numeric>

namespace nicosim::bench {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr unsigned kShortest = 64, kLongest = 1518, kFcs = 4;
constexpr std::size_t kSizes = 1024;  // of a mix, before it repeats
constexpr MacAddress kPeer{{0x02, 0, 0, 0, 0x01, 0x01}};

}  // namespace

NumberedFrames::NumberedFrames(unsigned bytes, const MacAddress& destination) : destination_(destination) {
  lengths_.assign(bytes == kMixed ? kSizes : 1, bytes);
  Rng sizes{kSeed, "line-sizes"};
  if (bytes == kMixed)
    for (unsigned& length : lengths_) length = kShortest + static_cast<unsigned>(sizes.below(kLongest - kShortest + 1));
  Rng content{kSeed, "line-content"};
  noise_.resize(2 * std::size_t{kLongest});
  for (std::byte& b : noise_) b = static_cast<std::byte>(content.next() & 0xffU);
}

void NumberedFrames::make(std::uint64_t number, std::vector<std::byte>& frame) const {
  frame.resize(length(number) - kFcs);
  const std::span<std::byte> out{frame};
  destination_.store(out);
  kPeer.store(out.subspan(6));
  store_be16(out, 12, 0x88b5);  // IEEE 802, local experimental
  store_be32(out, kAt, static_cast<std::uint32_t>(number));
  const auto body = out.subspan(kAt + 4);
  std::copy_n(noise_.begin() + static_cast<std::ptrdiff_t>(number % kLongest), body.size(), body.begin());
}

double NumberedFrames::mean_length() const {
  return static_cast<double>(std::accumulate(lengths_.begin(), lengths_.end(), 0U)) /
         static_cast<double>(lengths_.size());
}

}  // namespace nicosim::bench
