// The pages of the floating rate: landing page, detail table, and the reference value before it.
#include "html.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/product/feeds/bcb_rate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace elasticbot::feeds {

namespace {

using market::Decimal;

Error missing(std::string_view page, std::string_view what) {
    return {Errc::not_found, fmt::format("cannot read the {}: {}", page, what)};
}

OfficialRate tco_rate(const Date& date, const Decimal& buy, std::string source) {
    return {.date = date, .buy = buy, .sell = buy + tco_sell_margin, .source = std::move(source)};
}

// A row of today's and tomorrow's pair.
std::optional<OfficialRate> read_duo_row(const html::Node& row) {
    const auto* number_node = html::find_first(row, html::with_class("bcb-tco-duo-num"));
    const auto* label = html::find_first(row, html::with_class("bcb-tco-duo-label"));
    if (number_node == nullptr || label == nullptr) {
        return std::nullopt;
    }
    const auto value = parse_spanish_number(html::text_of(*number_node));
    auto date = find_spanish_date(html::text_of(*label));
    if (const auto* time = html::find_first(*label, html::with_name("time"));
        !date && time != nullptr) {
        const auto stamp = time->attributes.find("datetime");
        date = stamp == time->attributes.end() ? std::nullopt : find_spanish_date(stamp->second);
    }
    if (!value || !date) {
        return std::nullopt;
    }
    return tco_rate(*date, *value, "BCB_TCO_LANDING");
}

std::optional<OfficialRate> read_single(const html::Node& block) {
    const auto* number_node = html::find_first(block, html::with_class("bcb-tco-num"));
    const auto* as_of = html::find_first(block, html::with_class("bcb-kpi2-asof"));
    const auto* time =
        as_of == nullptr ? nullptr : html::find_first(*as_of, html::with_name("time"));
    if (number_node == nullptr || time == nullptr) {
        return std::nullopt;
    }
    const auto stamp = time->attributes.find("datetime");
    const auto date =
        find_spanish_date(stamp == time->attributes.end() ? html::text_of(*time) : stamp->second);
    const auto value = parse_spanish_number(html::text_of(*number_node));
    if (!date || !value) {
        return std::nullopt;
    }
    return tco_rate(*date, *value, "BCB_TCO_LANDING");
}

// Rows of this table, not of tables inside it.
std::vector<const html::Node*> own_rows(const html::Node& table) {
    std::vector<const html::Node*> rows;
    for (const auto& child : table.children) {
        if (child.name == "tr") {
            rows.push_back(&child);
        } else if (child.name == "thead" || child.name == "tbody" || child.name == "tfoot") {
            for (const auto& row : child.children) {
                if (row.name == "tr") {
                    rows.push_back(&row);
                }
            }
        }
    }
    return rows;
}

std::vector<std::string> cell_texts(const html::Node& row) {
    std::vector<std::string> texts;
    for (const auto& cell : row.children) {
        if (cell.name == "td" || cell.name == "th") {
            texts.push_back(html::text_of(cell));
        }
    }
    return texts;
}

// Names of the groups of columns, spread out by `colspan`: {"", "BANCO A", "BANCO A", "TOTAL
// BANCOS", …}.
std::vector<std::string> spread_header(const html::Node& row) {
    std::vector<std::string> names;
    for (const auto& cell : row.children) {
        if (cell.name != "td" && cell.name != "th") {
            continue;
        }
        const auto span = cell.attributes.find("colspan");
        const auto count =
            span == cell.attributes.end() ? 1 : text::to_integer(span->second).value_or(1);
        names.insert(
            names.end(),
            static_cast<std::size_t>(std::clamp<std::int64_t>(count, 1, 100)),
            html::text_of(cell)
        );
    }
    return names;
}

// Columns of the detail table that hold a bank's amount; that of all banks together is left out.
std::vector<std::size_t> amount_columns(
    const std::vector<const html::Node*>& rows, std::size_t width
) {
    std::vector<std::string> groups;
    std::vector<std::string> kinds;
    for (const auto* row : rows) {
        const auto names = spread_header(*row);
        const bool has_amount = std::ranges::any_of(names, [](const std::string& name) {
            return text::lower(name).contains("monto");
        });
        if (has_amount) {
            kinds = names;
            break;
        }
        groups = names;
    }
    // A label cell with `rowspan` over both header rows stands in the first of them only.
    kinds.insert(kinds.begin(), width > kinds.size() ? width - kinds.size() : 0, "");
    groups.resize(width);
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < width; ++i) {
        if (text::lower(kinds[i]).contains("monto") && !text::lower(groups[i]).contains("total") &&
            !text::lower(kinds[i]).contains("total")) {
            columns.push_back(i);
        }
    }
    return columns;
}

std::optional<Date> validity_date(const html::Node& page) {
    const auto blocks = html::find_all(page, [](const html::Node& node) {
        return text::lower(html::text_of(node)).contains("vigencia");
    });
    // The innermost element that speaks of it comes last on each path; its neighbours carry other
    // dates.
    for (const auto* block : std::views::reverse(blocks)) {
        const std::string words = html::text_of(*block);
        const auto at = text::lower(words).find("vigencia");
        if (const auto date = find_spanish_date(std::string_view(words).substr(at))) {
            return date;
        }
    }
    return find_spanish_date(html::text_of(page));
}

bool has_class_prefix(const html::Node& node, std::string_view prefix) {
    const auto classes = node.attributes.find("class");
    return classes != node.attributes.end() &&
           std::ranges::any_of(text::split(classes->second, ' '), [&](auto one) {
               return one.starts_with(prefix);
           });
}

std::vector<std::string> texts_with_class(const html::Node& page, std::string_view prefix) {
    std::vector<std::string> texts;
    for (const auto* node : html::find_all(
             page, [&](const html::Node& one) { return has_class_prefix(one, prefix); }, true
         )) {
        texts.push_back(html::text_of(*node));
    }
    return texts;
}

}  // namespace

Result<std::vector<OfficialRate>> parse_tco_landing(PageBytes page) {
    const auto document = html::parse(page.body, page.content_type);
    if (!document) {
        return document.error();
    }
    const auto* block = html::find_first(*document, html::with_class("is-tc-oficial"));
    if (block == nullptr) {
        return missing("BCB landing page", "no block .is-tc-oficial");
    }
    std::vector<OfficialRate> rates;
    for (const auto* row : html::find_all(*block, html::with_class("bcb-tco-duo-row"), true)) {
        if (auto rate = read_duo_row(*row)) {
            rates.push_back(*std::move(rate));
        }
    }
    if (rates.empty()) {
        if (auto rate = read_single(*block)) {
            rates.push_back(*std::move(rate));
        }
    }
    if (rates.empty()) {
        return missing("BCB landing page", "no rate with a date in the block .is-tc-oficial");
    }
    std::ranges::sort(rates, {}, [](const OfficialRate& rate) {
        return std::chrono::sys_days(*rate.date);
    });
    return rates;
}

Result<OfficialRate> parse_tco_detail(PageBytes page) {
    const auto document = html::parse(page.body, page.content_type);
    if (!document) {
        return document.error();
    }
    const auto* table = html::find_first(*document, [](const html::Node& node) {
        return node.name == "table" && html::has_class(node, "matrix");
    });
    if (table == nullptr) {
        return missing("BCB detail page", "no table .matrix");
    }
    const auto date = validity_date(*document);
    if (!date) {
        return missing("BCB detail page", "no date of validity");
    }
    const auto rows = own_rows(*table);
    std::size_t width = 0;
    for (const auto* row : rows) {
        width = std::max(width, spread_header(*row).size());
    }
    const auto columns = amount_columns(rows, width);

    Decimal value;
    Decimal volume;
    for (const auto* row : rows) {
        const auto cells = cell_texts(*row);
        const auto rate = cells.empty() ? std::nullopt : parse_spanish_number(cells.front());
        if (!rate) {
            continue;  // Header, TOTAL or TCO.
        }
        for (const auto column : columns) {
            const auto amount =
                column < cells.size() ? parse_spanish_amount(cells[column]) : std::nullopt;
            if (amount) {
                value += *rate * *amount;
                volume += *amount;
            }
        }
    }
    if (!volume.is_positive()) {
        return missing("BCB detail page", "no purchase in the table .matrix");
    }
    return tco_rate(*date, market::divide(value, volume, 5), "BCB_TCO_DETAIL");
}

Result<ReferenceValue> parse_reference_svg(PageBytes page) {
    const auto document = html::parse(page.body, page.content_type);
    if (!document) {
        return document.error();
    }
    const auto averages = texts_with_class(*document, "average-value");
    const auto dates = texts_with_class(*document, "date-line");
    if (!averages.empty() && !dates.empty()) {
        const auto value = parse_spanish_number(averages.front());
        const auto date = find_spanish_date(fmt::format("{}", fmt::join(dates, " ")));
        if (value && date) {
            return ReferenceValue{.date = *date, .value = *value};
        }
    }
    // The other form: one line per day, a date and its value. The latest day counts.
    const auto labels = texts_with_class(*document, "cell-text");
    const auto values = texts_with_class(*document, "cell-value");
    std::optional<ReferenceValue> latest;
    for (std::size_t i = 0; i < std::min(labels.size(), values.size()); ++i) {
        const auto date = find_spanish_date(labels[i]);
        const auto value = parse_spanish_number(values[i]);
        if (date && value && (!latest || *date > latest->date)) {
            latest = ReferenceValue{.date = *date, .value = *value};
        }
    }
    if (!latest) {
        return missing("BCB reference value", "no value with a date in the SVG");
    }
    return *latest;
}

Result<OfficialRate> combine_reference(const ReferenceValue& buy, const ReferenceValue& sell) {
    if (buy.date != sell.date) {
        return Error{
            Errc::conflict,
            fmt::format(
                "cannot combine the BCB reference values: buy is of {}, sell of {}",
                to_iso_date(buy.date),
                to_iso_date(sell.date)
            )
        };
    }
    return OfficialRate{
        .date = buy.date, .buy = buy.value, .sell = sell.value, .source = "BCB_REFERENCE_SVG"
    };
}

std::vector<std::string> suspicions(
    const OfficialRate& rate, const std::optional<Decimal>& last_sell
) {
    std::vector<std::string> found;
    for (const auto& [name, value] : {std::pair("buy", rate.buy), std::pair("sell", rate.sell)}) {
        if (value < Decimal(3, 0) || value > Decimal(50, 0)) {
            found.push_back(fmt::format("{} rate {} is outside 3 to 50", name, value.to_string()));
        }
    }
    if (last_sell && (rate.sell - *last_sell).abs() * Decimal(5, 0) > *last_sell) {
        found.push_back(fmt::format(
            "sell rate {} is more than 20 % from the last stored {}",
            rate.sell.to_string(),
            last_sell->to_string()
        ));
    }
    return found;
}

}  // namespace elasticbot::feeds
