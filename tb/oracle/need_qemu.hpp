// NEED_QEMU(): first line of a test that asks QEMU. Skips it, with the reason, where QEMU is not installed.
#pragma once

#include "tb/oracle/qemu_process.hpp"

#include <gtest/gtest.h>

#define NEED_QEMU()                       \
  if (!nicosim::QemuProcess::available()) \
  GTEST_SKIP() << "qemu-system-x86_64 is not installed (package qemu-system-x86)"
