// The oldest page of the central bank: a table of currencies, one row per currency and direction.
#include "html.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/product/feeds/bcb_rate.hpp>

#include <fmt/format.h>

#include <regex>

namespace elasticbot::feeds {

namespace {

using market::Decimal;

// Rows of a table in document order, not those of tables nested in it.
void collect_own_rows(const html::Node& node, std::vector<const html::Node*>& rows) {
    for (const auto& child : node.children) {
        if (child.name == "tr") {
            rows.push_back(&child);
        } else if (child.name != "table" && !child.name.empty()) {
            collect_own_rows(child, rows);
        }
    }
}

// A row's cells without what stands in tables nested in them.
std::string own_text(const html::Node& cell) {
    html::Node copy{.name = cell.name, .text = cell.text, .attributes = {}, .children = {}};
    for (const auto& child : cell.children) {
        if (child.name.empty()) {
            copy.children.push_back(child);
        } else if (child.name != "table") {
            copy.children.push_back(html::Node{
                .name = "",
                .text = fmt::format(" {} ", own_text(child)),
                .attributes = {},
                .children = {}
            });
        }
    }
    return html::text_of(copy);
}

// The rightmost cell that is a decimal number.
std::optional<Decimal> row_rate(const std::vector<std::string>& cells) {
    static const std::regex decimal(R"((?:[Bb][Ss]\.?\s*)?(\d+)[.,](\d+))");
    for (const auto& cell : std::views::reverse(cells)) {
        std::smatch match;
        if (std::regex_match(cell, match, decimal)) {
            if (const auto rate = Decimal::parse(match[1].str() + "." + match[2].str())) {
                return rate->rounded(2);
            }
        }
    }
    return std::nullopt;
}

std::string upper_without_accent(std::string_view text) {
    // upper() leaves what is not ASCII alone.
    return text::replace_all(text::replace_all(text::upper(text), "Ó", "O"), "ó", "O");
}

struct Found {
    std::optional<Decimal> sell;
    std::optional<Decimal> buy;
};

void read_row(const html::Node& row, Found& found) {
    std::vector<std::string> cells;
    for (const auto& cell : row.children) {
        if (cell.name == "td") {
            cells.push_back(own_text(cell));
        }
    }
    if (cells.size() < 2) {
        return;
    }
    const std::string words = upper_without_accent(fmt::format("{}", fmt::join(cells, " ")));
    if (!words.contains("ESTADOS UNIDOS") || !words.contains("DOLAR")) {
        return;
    }
    const auto rate = row_rate(cells);
    if (!rate) {
        return;
    }
    if (words.contains("VENTA")) {
        found.sell = found.sell ? found.sell : rate;
    } else if (words.contains("COMPRA")) {
        found.buy = found.buy ? found.buy : rate;
    }
}

Result<> plausible(std::string_view name, const Decimal& rate) {
    if (rate < Decimal(650, 2)) {
        return Error{
            Errc::invalid, fmt::format("{} rate {} below minimum 6.50", name, rate.to_string())
        };
    }
    if (rate > Decimal(750, 2)) {
        return Error{
            Errc::invalid, fmt::format("{} rate {} above maximum 7.50", name, rate.to_string())
        };
    }
    return {};
}

}  // namespace

Result<OfficialRate> parse_legacy_table(PageBytes page) {
    const auto document = html::parse(page.body, page.content_type);
    if (!document) {
        return document.error();
    }
    const auto tables = html::find_all(*document, html::with_name("table"));
    if (tables.empty()) {
        return Error{Errc::not_found, "No table found on BCB page"};
    }
    Found found;
    for (const auto* table : tables) {
        std::vector<const html::Node*> rows;
        collect_own_rows(*table, rows);
        for (const auto* row : rows) {
            read_row(*row, found);
        }
        if (found.sell && found.buy) {
            break;
        }
    }
    if (!found.sell) {
        return Error{Errc::not_found, "VENTA rate not found in BCB table"};
    }
    if (!found.buy) {
        return Error{Errc::not_found, "COMPRA rate not found in BCB table"};
    }
    for (const auto& [name, rate] :
         {std::pair("venta", *found.sell), std::pair("compra", *found.buy)}) {
        if (auto checked = plausible(name, rate); !checked) {
            return checked.error();
        }
    }
    if (*found.buy >= *found.sell) {
        return Error{
            Errc::invalid,
            fmt::format(
                "Buy rate {} must be less than sell rate {}",
                found.buy->to_string(),
                found.sell->to_string()
            )
        };
    }
    return OfficialRate{
        .date = std::nullopt, .buy = *found.buy, .sell = *found.sell, .source = "BCB_ULTIMO_PHP"
    };
}

}  // namespace elasticbot::feeds
