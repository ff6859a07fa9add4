// zlib's inflate in steps, stopped at the limit.
#include <elasticbot/celery/protocol/compression.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <array>

namespace elasticbot::celery {

namespace {

constexpr int detect_gzip_or_zlib =
    15 + 32;  // zlib.h, inflateInit2: window bits plus header detection

struct Inflater {
    z_stream stream{};
    bool ready = inflateInit2(&stream, detect_gzip_or_zlib) == Z_OK;

    Inflater() = default;
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    ~Inflater() {
        if (ready) {
            inflateEnd(&stream);
        }
    }
};

}  // namespace

Result<std::string> decompress(std::string_view method, std::string_view bytes, std::size_t limit) {
    if (method != "application/x-gzip" && method != "gzip" && method != "zlib") {
        return Error{
            Errc::invalid, fmt::format("cannot decompress the body: unknown method '{}'", method)
        };
    }
    Inflater inflater;
    if (!inflater.ready) {
        return Error{Errc::exhausted, "cannot decompress the body: no memory for zlib"};
    }
    std::string input(bytes);  // next_in is not const.
    auto& stream = inflater.stream;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());

    std::string out;
    std::array<char, std::size_t{16} * 1024> buffer{};
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = buffer.size();
        status = inflate(&stream, Z_NO_FLUSH);
        out.append(buffer.data(), buffer.size() - stream.avail_out);
        if (out.size() > limit) {
            return Error{
                Errc::exhausted,
                fmt::format("cannot decompress the body: more than {} bytes", limit)
            };
        }
    }
    if (status != Z_STREAM_END) {
        return Error{Errc::invalid, "cannot decompress the body: damaged or cut zlib stream"};
    }
    return out;
}

}  // namespace elasticbot::celery
