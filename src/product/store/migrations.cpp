// The table of all migrations, embedded at compile time.
#include <elasticbot/product/store/migrations.hpp>

#include <array>
#include <string_view>

namespace elasticbot::store {

namespace {

// The files are also listed in CMakeLists.txt, so that a changed one is compiled again.
constexpr char market_tables[] = {
#embed "migrations/0001_market_tables.sql"
};
constexpr char celery_tables[] = {
#embed "migrations/0002_celery_tables.sql"
};
constexpr char firing[] = {
#embed "migrations/0003_firing.sql"
};

template <std::size_t N>
constexpr std::string_view text(const char (&bytes)[N]) {
    return {bytes, N};
}

constexpr std::array all{
    db::Migration{1, "0001_market_tables", text(market_tables)},
    db::Migration{2, "0002_celery_tables", text(celery_tables)},
    db::Migration{3, "0003_firing", text(firing)},
};

}  // namespace

std::span<const db::Migration> migrations() {
    return all;
}

}  // namespace elasticbot::store
