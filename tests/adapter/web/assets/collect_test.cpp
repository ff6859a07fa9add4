// Collecting static files into a real folder.
#include "support/private_server.hpp"

#include <elasticbot/base/json.hpp>
#include <elasticbot/web/assets/collect.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include <unistd.h>

namespace elasticbot::assets {
namespace {

namespace fs = std::filesystem;
using elasticbot::testing::ScratchFolder;
using ::testing::HasSubstr;

const std::string long_text = [] {
    std::string text;
    for (int i = 0; i < 200; ++i) {
        text += "body { color: #123456; }\n";
    }
    return text;
}();

std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> names(const fs::path& root) {
    std::set<std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.is_regular_file()) {
            result.insert(fs::relative(entry.path(), root).string());
        }
    }
    return result;
}

std::string gunzip(const std::string& packed) {
    std::string text(1 << 20, '\0');
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

TEST(CollectStatic, WritesHashedNamesCompressedCopiesAndAManifest) {
    const ScratchFolder folder("elasticbot-static");
    const fs::path root = folder.path() / "made" / "here";
    const std::array assets{Asset{"css/page.css", long_text}, Asset{"tiny.txt", "x"}};

    const auto done = collect(root, assets);

    ASSERT_TRUE(done) << done.error().message;
    const std::string hashed = hashed_name("css/page.css", long_text);
    EXPECT_THAT(
        names(root),
        ::testing::UnorderedElementsAre(
            "css/page.css",
            "css/page.css.gz",
            "css/page.css.br",
            hashed,
            hashed + ".gz",
            hashed + ".br",
            "tiny.txt",
            hashed_name("tiny.txt", "x"),
            "staticfiles.json"
        )
    );
    EXPECT_EQ(contents(root / hashed), long_text);
    EXPECT_EQ(gunzip(contents(root / "css/page.css.gz")), long_text);
    const auto manifest = json::parse(contents(root / "staticfiles.json"));
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->at("paths").at("css/page.css"), hashed);
    EXPECT_EQ(done->written, 9);
}

TEST(CollectStatic, WritesNothingASecondTime) {
    const ScratchFolder folder("elasticbot-static");
    ASSERT_TRUE(collect(folder.path(), all_assets()));

    const auto again = collect(folder.path(), all_assets());

    ASSERT_TRUE(again);
    EXPECT_EQ(again->written, 0);
    EXPECT_GT(again->unchanged, 0);
}

TEST(CollectStatic, NamesChangeWithTheContentOnly) {
    EXPECT_EQ(hashed_name("a/b.c/page.min.css", "x"), hashed_name("a/b.c/page.min.css", "x"));
    EXPECT_NE(hashed_name("page.css", "x"), hashed_name("page.css", "y"));
    // SHA-256 of "abc" begins with ba7816bf8f01. (FIPS 180-4, appendix B.1)
    EXPECT_EQ(hashed_name("a/b.c/page.min.css", "abc"), "a/b.c/page.ba7816bf8f01.min.css");
    EXPECT_EQ(hashed_name("LICENSE", "abc"), "LICENSE.ba7816bf8f01");
    EXPECT_EQ(hashed_name(".hidden", "abc"), ".hidden.ba7816bf8f01");
}

TEST(CollectStatic, CompressesTheSameBytesToTheSameBytes) {
    EXPECT_EQ(*gzip(long_text), *gzip(long_text));
    EXPECT_EQ(*brotli(long_text), *brotli(long_text));
    EXPECT_EQ(gunzip(*gzip("")), "");
}

TEST(CollectStatic, SaysWhichFolderItCannotWrite) {
    const ScratchFolder folder("elasticbot-static");
    const fs::path file = folder.path() / "file";
    std::ofstream(file) << "in the way";

    const auto refused = collect(file / "static", all_assets());

    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("cannot create " + (file / "static").string()));
    EXPECT_THAT(refused.error().message, HasSubstr("STATIC_ROOT"));
}

TEST(CollectStatic, SaysThatTheDeviceIsFull) {
    if (access("/dev/full", W_OK) != 0) {
        GTEST_SKIP() << "there is no /dev/full";
    }
    const ScratchFolder folder("elasticbot-static");
    const Asset asset{"page.css", "x"};
    const std::string part =
        hashed_name(asset.path, asset.content) + "." + std::to_string(getpid()) + ".part";
    fs::create_symlink("/dev/full", folder.path() / part);

    const auto refused = collect(folder.path(), std::array{asset});

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::exhausted) << refused.error().message;
    EXPECT_FALSE(fs::exists(folder.path() / "staticfiles.json"));
}

TEST(EmbeddedAssets, AreWholeAndInOrder) {
    const auto assets = all_assets();

    ASSERT_FALSE(assets.empty());
    EXPECT_TRUE(std::ranges::is_sorted(assets, {}, &Asset::path));
    for (const Asset& asset : assets) {
        EXPECT_TRUE(asset.content.ends_with("\n")) << asset.path;
    }
}

}  // namespace
}  // namespace elasticbot::assets
