// gzip by zlib and brotli by its encoder.
#include <elasticbot/web/assets/collect.hpp>

#include <brotli/encode.h>
#include <zlib.h>

#include <cstdint>

namespace elasticbot::assets {

Result<std::string> gzip(std::string_view content) {
    constexpr int window_with_gzip_header = 15 + 16;  // zlib.h, deflateInit2
    constexpr int memory_level = 9;
    z_stream stream{};
    if (deflateInit2(
            &stream,
            Z_BEST_COMPRESSION,
            Z_DEFLATED,
            window_with_gzip_header,
            memory_level,
            Z_DEFAULT_STRATEGY
        ) != Z_OK) {
        return Error{Errc::exhausted, "cannot compress by gzip: out of memory"};
    }
    std::string packed(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
    // zlib's interface is older than const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int end = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (end != Z_STREAM_END) {
        return Error{
            Errc::internal, "cannot compress by gzip: the output does not fit its own bound"
        };
    }
    return packed;
}

Result<std::string> brotli(std::string_view content) {
    std::size_t size = BrotliEncoderMaxCompressedSize(content.size());
    std::string packed(size, '\0');
    const BROTLI_BOOL done = BrotliEncoderCompress(
        BROTLI_MAX_QUALITY,
        BROTLI_DEFAULT_WINDOW,
        BROTLI_MODE_TEXT,
        content.size(),
        reinterpret_cast<const std::uint8_t*>(content.data()),
        &size,
        reinterpret_cast<std::uint8_t*>(packed.data())
    );
    if (done == BROTLI_FALSE) {
        return Error{Errc::internal, "cannot compress by brotli"};
    }
    packed.resize(size);
    return packed;
}

}  // namespace elasticbot::assets
