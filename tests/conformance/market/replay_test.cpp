// A replay of the recorded market gives its figures again, through the pages that Binance would
// send. (market-reality.md)
#include <elasticbot/product/feeds/binance_p2p.hpp>
#include <elasticbot/product/feeds/binance_stand_in.hpp>
#include <elasticbot/product/market/stand_in.hpp>

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <filesystem>

namespace elasticbot {
namespace {

const std::filesystem::path recording =
    std::filesystem::path(ELASTICBOT_FIXTURES) / "market" / "usdt_bob_2024-08_2026-02.csv.gz";

std::string unzipped(const std::filesystem::path& path) {
    gzFile file = gzopen(path.c_str(), "rb");
    std::string text;
    std::array<char, 65536> buffer{};
    for (int count = 0;
         (count = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    gzclose(file);
    return text;
}

// Encoded, cut into pages, read again.
std::vector<market::Advertisement> through_pages(
    const std::vector<market::Advertisement>& ads, market::Side side
) {
    std::vector<market::Advertisement> read;
    for (std::size_t page = 1; read.size() < ads.size(); ++page) {
        const auto answer =
            feeds::parse_binance_page(feeds::encode_binance_page(ads, {side, page}), side);
        EXPECT_TRUE(answer && answer->simulated && answer->total == ads.size());
        if (!answer || answer->ads.empty()) {
            break;
        }
        read.insert(read.end(), answer->ads.begin(), answer->ads.end());
    }
    return read;
}

void expect_row_again(const market::SideRow& row, market::Side side) {
    const auto figures = market::side_figures(
        through_pages(market::advertisements(row, side), side), side, std::nullopt
    );
    ASSERT_TRUE(figures.has_value());
    EXPECT_EQ(figures->usable, row.offers);
    EXPECT_EQ(figures->volume, row.volume);
    if (row.offers > 2) {
        EXPECT_EQ(figures->low, row.low);
        EXPECT_EQ(figures->high, row.high);
        EXPECT_EQ(figures->median, row.median);
        EXPECT_LE((figures->vwap - row.vwap).abs(), market::Decimal(1, 3));
    }
}

TEST(Replay, GivesTheFiguresOfTheRecordedRowsAgain) {
    if (!std::filesystem::exists(recording)) {
        GTEST_SKIP() << "no recorded market beside this tree";
    }
    const auto rows = market::parse_market_csv(unzipped(recording));
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_GT(rows->size(), 20'000U);
    EXPECT_GE(to_rfc3339(rows->front().time), "2024-08-29") << "earlier rows have no volume";

    for (std::size_t i = 0; i < rows->size() && !::testing::Test::HasFailure(); i += 401) {
        SCOPED_TRACE(to_rfc3339((*rows)[i].time));
        expect_row_again((*rows)[i].sell, market::Side::sell);
        expect_row_again((*rows)[i].buy, market::Side::buy);
    }
}

}  // namespace
}  // namespace elasticbot
