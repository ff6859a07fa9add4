// The `ordering` parameter of the list of snapshots. (elasticbot-api.md 1.5)
#include <elasticbot/base/text.hpp>
#include <elasticbot/product/store/snapshots.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace elasticbot::store {

std::vector<SnapshotOrder> parse_snapshot_ordering(std::string_view text) {
    using enum SnapshotField;
    constexpr std::array<std::pair<std::string_view, SnapshotField>, 9> fields{{
        {"id", id},
        {"timestamp", timestamp},
        {"average_sell_price", average_sell_price},
        {"average_buy_price", average_buy_price},
        {"total_volume", total_volume},
        {"spread_percentage", spread_percentage},
        {"num_active_traders", num_active_traders},
        {"data_quality_score", data_quality_score},
        {"created_at", created_at},
    }};

    std::vector<SnapshotOrder> order;
    for (const std::string& term : text::split_list(text)) {
        const bool descending = term.starts_with('-');
        const std::string_view name = std::string_view(term).substr(descending ? 1 : 0);
        const auto* const field =
            std::ranges::find(fields, name, &decltype(fields)::value_type::first);
        if (field != fields.end()) {
            order.push_back({field->second, descending});
        }
    }
    return order;
}

}  // namespace elasticbot::store
