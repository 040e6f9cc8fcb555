#include "regmap/tx_context.hpp"

namespace nicosim {
namespace {

constexpr std::uint8_t kDtypData = 1;

// The context's parts; TUCMD and DTYP lie where a data descriptor has CMD and DTYP.
constexpr DescriptorPart kIpcss{0, 8}, kIpcso{8, 8}, kIpcse{16, 16};
constexpr DescriptorPart kTucss{32, 8}, kTucso{40, 8}, kTucse{48, 16};
constexpr DescriptorPart kPaylen{64, 20}, kHdrlen{104, 8}, kMss{112, 16};

template <class T>
void get(const DescriptorBytes& bytes, const DescriptorPart& part, T& value) {
  value = static_cast<T>(part.get(bytes));
}

}  // namespace

DescriptorBytes TxContext::encode() const {
  DescriptorBytes b{};
  kIpcss.put(b, ipcss);
  kIpcso.put(b, ipcso);
  kIpcse.put(b, ipcse);
  kTucss.put(b, tucss);
  kTucso.put(b, tucso);
  kTucse.put(b, tucse);
  kPaylen.put(b, paylen);
  part::TXD_CMD.put(b, tucmd);
  kHdrlen.put(b, hdrlen);
  kMss.put(b, mss);
  return b;
}

TxContext TxContext::decode(const DescriptorBytes& bytes) {
  TxContext c;
  get(bytes, kIpcss, c.ipcss);
  get(bytes, kIpcso, c.ipcso);
  get(bytes, kIpcse, c.ipcse);
  get(bytes, kTucss, c.tucss);
  get(bytes, kTucso, c.tucso);
  get(bytes, kTucse, c.tucse);
  get(bytes, kPaylen, c.paylen);
  get(bytes, part::TXD_CMD, c.tucmd);
  get(bytes, kHdrlen, c.hdrlen);
  get(bytes, kMss, c.mss);
  return c;
}

DescriptorBytes TxData::encode() const {
  DescriptorBytes b{};
  part::TXD_ADDRESS.put(b, address);
  part::TXD_DTALEN.put(b, length);
  part::TXD_DTYP.put(b, kDtypData);
  part::TXD_CMD.put(b, cmd);
  part::TXD_POPTS.put(b, popts);
  return b;
}

TxData TxData::decode(const DescriptorBytes& bytes) {
  TxData d;
  get(bytes, part::TXD_ADDRESS, d.address);
  get(bytes, part::TXD_DTALEN, d.length);
  get(bytes, part::TXD_CMD, d.cmd);
  get(bytes, part::TXD_POPTS, d.popts);
  return d;
}

TxForm tx_form(const DescriptorBytes& bytes) {
  if ((part::TXD_CMD.get(bytes) & txd::CMD_DEXT) == 0) return TxForm::legacy;
  return part::TXD_DTYP.get(bytes) == kDtypData ? TxForm::data : TxForm::context;
}

}  // namespace nicosim
