// Scaled integers of 128 bits; every operation checks for overflow.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/product/market/decimal.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace elasticbot::market {

namespace {

using Units = Decimal::Units;

constexpr int max_integer_digits = 15;
constexpr int max_fraction_digits = 8;

Units multiplied(Units left, Units right) {
    Units product = 0;
    ELASTICBOT_ASSERT(!__builtin_mul_overflow(left, right, &product));
    return product;
}

Units power_of_ten(int exponent) {
    Units power = 1;
    for (int i = 0; i < exponent; ++i) {
        power = multiplied(power, 10);
    }
    return power;
}

// Both with the larger of the two scales.
std::pair<Units, Units> aligned(const Decimal& left, const Decimal& right) {
    const int scale = std::max(left.scale(), right.scale());
    return {
        multiplied(left.units(), power_of_ten(scale - left.scale())),
        multiplied(right.units(), power_of_ten(scale - right.scale()))
    };
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    const auto point = text.find('.');
    std::string_view integer = text.substr(0, point);
    std::string_view fraction =
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (integer.empty() && fraction.empty()) {
        return std::nullopt;
    }
    while (integer.size() > 1 && integer.front() == '0') {
        integer.remove_prefix(1);
    }
    while (!fraction.empty() && fraction.back() == '0') {
        fraction.remove_suffix(1);
    }
    if (integer.size() > max_integer_digits || fraction.size() > max_fraction_digits ||
        !std::ranges::all_of(integer, is_digit) || !std::ranges::all_of(fraction, is_digit)) {
        return std::nullopt;
    }
    Units units = 0;
    for (const char digit : integer) {
        units = units * 10 + (digit - '0');
    }
    for (const char digit : fraction) {
        units = units * 10 + (digit - '0');
    }
    return Decimal(negative ? -units : units, static_cast<int>(fraction.size()));
}

Decimal Decimal::from_double(double value, int scale) {
    ELASTICBOT_ASSERT(std::isfinite(value) && std::abs(value) < 1e18 && scale >= 0 && scale <= 12);
    return {static_cast<Units>(std::round(value * std::pow(10.0, scale))), scale};
}

Decimal Decimal::rounded(int scale) const {
    if (scale >= scale_) {
        return {multiplied(units_, power_of_ten(scale - scale_)), scale};
    }
    return divide(*this, Decimal(1, 0), scale);
}

double Decimal::to_double() const {
    return static_cast<double>(units_) / std::pow(10.0, scale_);
}

std::string Decimal::to_string() const {
    Units rest = units_ < 0 ? -units_ : units_;
    std::string digits;
    for (int position = 0; rest > 0 || position <= scale_; ++position) {
        if (position == scale_ && scale_ > 0) {
            digits.push_back('.');
        }
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    }
    if (units_ < 0) {
        digits.push_back('-');
    }
    std::ranges::reverse(digits);
    return digits;
}

Decimal operator+(const Decimal& left, const Decimal& right) {
    const auto [a, b] = aligned(left, right);
    Units sum = 0;
    ELASTICBOT_ASSERT(!__builtin_add_overflow(a, b, &sum));
    return {sum, std::max(left.scale(), right.scale())};
}

Decimal operator-(const Decimal& left, const Decimal& right) {
    return left + -right;
}

Decimal operator*(const Decimal& left, const Decimal& right) {
    return {multiplied(left.units(), right.units()), left.scale() + right.scale()};
}

std::strong_ordering operator<=>(const Decimal& left, const Decimal& right) {
    const auto [a, b] = aligned(left, right);
    return a <=> b;
}

bool operator==(const Decimal& left, const Decimal& right) {
    return (left <=> right) == std::strong_ordering::equal;
}

// Digit by digit, so that only the denominator, not the numerator times 10^scale, must fit.
Decimal divide(const Decimal& numerator, const Decimal& denominator, int scale) {
    ELASTICBOT_ASSERT(!denominator.is_zero());
    const auto [n, d] = aligned(numerator, denominator);
    const bool negative = (n < 0) != (d < 0);
    const Units divisor = d < 0 ? -d : d;
    Units rest = n < 0 ? -n : n;
    Units quotient = rest / divisor;
    rest %= divisor;
    for (int digit = 0; digit < scale; ++digit) {
        rest = multiplied(rest, 10);
        quotient = multiplied(quotient, 10) + rest / divisor;
        rest %= divisor;
    }
    if (rest >= divisor - rest) {
        ++quotient;
    }
    return {negative ? -quotient : quotient, scale};
}

}  // namespace elasticbot::market
