// Captures are read more than once (who is the station, who are its neighbours, then the frames themselves); a pipe
// can be read once only.
#pragma once

#include <string>

namespace nicosim {

// The path itself for a regular file; else ("-", a FIFO) that of an unnamed temporary copy, which lives as long as the
// process and serves every call for that path. Throws CaptureError when it cannot be read, std::system_error when there
// is no room for the copy.
std::string readable_again(const std::string& path);

}  // namespace nicosim
