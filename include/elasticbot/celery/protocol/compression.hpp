// Compressed bodies, opened with a limit on what comes out.
#pragma once

#include <elasticbot/base/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace elasticbot::celery {

// `method` as in headers.compression. gzip and zlib are both zlib streams on the wire
// (celery-wire.md 3); a real gzip header is accepted too. Errors: invalid for an unknown method or
// damaged bytes, exhausted above the limit.
Result<std::string> decompress(std::string_view method, std::string_view bytes, std::size_t limit);

}  // namespace elasticbot::celery
